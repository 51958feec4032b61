"""Odoo: lists under technical names, or under labels; a field of a linked record stands behind a slash."""

from etl.crm.dialect import Crm

CRM = Crm(
    name="odoo",
    groups=True,
    empty_is_no=True,
    yes_words=("Done",),
    no_words=("Overdue", "Today", "Planned"),
    activities_are_plans=True,
    # a lost deal is archived, and a list leaves archived records out; what both mean is for the profile to say
    stages={"New": "qualify", "Qualified": "develop", "Proposition": "propose", "Won": "won"},
    links={"account_ref": "name", "owner_ref": "name", "parent_id": "name", "related_ref": "id"},
    history_fields={"stage_id": "stage_raw"},
    activity_types={
        "Call": "call",
        "Meeting": "meeting",
        "Email": "email",
        "To Do": "task",
        "To-Do": "task",
    },
    headers={
        "opportunity": {
            "en": {
                "opportunity_id": ("External ID", "ID"),
                "name": ("Opportunity",),
                "account_ref": ("Customer", "Customer/Name", "Company Name"),
                "owner_ref": ("Salesperson", "Salesperson/Name"),
                "stage_raw": ("Stage", "Stage/Stage Name"),
                "is_won": ("Stage/Is Won Stage?",),
                "is_active": ("Active",),
                "amount": ("Expected Revenue",),
                "currency": ("Currency", "Currency/Currency"),
                "probability": ("Probability",),
                "expected_close_on": ("Expected Closing",),
                "closed_on": ("Closed Date",),
                "created_at": ("Created on",),
                "modified_at": ("Last Updated on",),
                "stage_changed_at": ("Last Stage Update",),
                "lead_source": ("Source",),
                "loss_reason": ("Lost Reason",),
                "country": ("Country", "Customer/Country"),
            },
            "api": {
                "opportunity_id": ("id", ".id"),
                "name": ("name",),
                "account_ref": ("partner_id", "partner_id/name", "partner_id/id", "partner_name"),
                "owner_ref": ("user_id", "user_id/name", "user_id/id"),
                "stage_raw": ("stage_id", "stage_id/name", "stage_id/id"),
                "is_won": ("stage_id/is_won",),
                "is_active": ("active",),
                "amount": ("expected_revenue",),
                "currency": ("company_currency", "company_currency/name"),
                "probability": ("probability",),
                "expected_close_on": ("date_deadline",),
                "closed_on": ("date_closed",),
                "created_at": ("create_date",),
                "modified_at": ("write_date",),
                "stage_changed_at": ("date_last_stage_update",),
                "lead_source": ("source_id", "source_id/name"),
                "loss_reason": ("lost_reason_id", "lost_reason_id/name"),
                "country": ("country_id/code", "country_id", "country_id/name"),
            },
        },
        "lead": {
            "en": {
                "lead_id": ("External ID", "ID"),
                "created_at": ("Created on",),
                "status_raw": ("Stage", "Stage/Stage Name"),
                "owner_ref": ("Salesperson", "Salesperson/Name"),
                "lead_source": ("Source",),
                "modified_at": ("Last Updated on",),
                "converted_at": ("Conversion Date",),
                "rejection_reason": ("Lost Reason",),
                "country": ("Country",),
            },
            "api": {
                "lead_id": ("id", ".id"),
                "created_at": ("create_date",),
                "status_raw": ("stage_id", "stage_id/name", "stage_id/id"),
                "owner_ref": ("user_id", "user_id/name", "user_id/id"),
                "lead_source": ("source_id", "source_id/name"),
                "modified_at": ("write_date",),
                "converted_at": ("date_conversion",),
                "rejection_reason": ("lost_reason_id", "lost_reason_id/name"),
                "country": ("country_id/code", "country_id", "country_id/name"),
            },
        },
        "account": {
            "en": {
                "account_id": ("External ID", "ID"),
                "name": ("Name",),
                "country": ("Country",),
                "owner_ref": ("Salesperson", "Salesperson/Name"),
                "parent_id": ("Related Company",),
                "organisation_number": ("Tax ID",),
                "domain": ("Website Link",),
            },
            "api": {
                "account_id": ("id", ".id"),
                "name": ("name",),
                "country": ("country_id/code", "country_id", "country_id/name"),
                "owner_ref": ("user_id", "user_id/name", "user_id/id"),
                "parent_id": ("parent_id", "parent_id/name", "parent_id/id"),
                "organisation_number": ("vat",),
                "domain": ("website",),
            },
        },
        # what is planned: done ones leave the list, or stay in it archived, as the types of activity are set up
        "activity": {
            "en": {
                "activity_id": ("External ID", "ID"),
                "owner_ref": ("Assigned to", "Assigned to/Name"),
                "at": ("Due Date",),
                "related_ref": ("Related Document ID",),
                "done_at": ("Done Date",),
                "is_done": ("State",),
                "type_raw": ("Activity", "Activity Type"),
            },
            "api": {
                "activity_id": ("id", ".id"),
                "owner_ref": ("user_id", "user_id/name", "user_id/id"),
                "at": ("date_deadline",),
                "related_ref": ("res_id",),
                "done_at": ("date_done",),
                "is_done": ("state",),
                "type_raw": ("activity_type_id", "activity_type_id/name"),
            },
        },
        # deals name their salesperson, and so do users
        "person": {
            "en": {
                "person_ref": ("Name",),
                "is_active": ("Active",),
            },
            "api": {
                "person_ref": ("name",),
                "is_active": ("active",),
            },
        },
        # tracked values, which point at a deal by its number: such deals are exported with the number as their id.
        # A stage is told by name; a tracked amount stands beside it as 0 where the line is about the stage.
        "opportunity_change": {
            "api": {
                "opportunity_id": ("mail_message_id/res_id",),
                "changed_at": ("mail_message_id/date",),
                "field": ("field_id/name",),
                "value_raw": ("new_value_char",),
            },
        },
    },
)
