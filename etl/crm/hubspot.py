"""HubSpot: views with the labels of their properties, internal names, and a warehouse's copy of the API."""

from etl.crm.dialect import Crm

CRM = Crm(
    name="hubspot",
    close_date_is_overwritten=True,
    probability_scale=1,
    history_fields={"dealstage": "stage_raw", "amount": "amount", "closedate": "expected_close_on"},
    links={"account_ref": "ids", "owner_ref": "name", "related_ref": "ids"},  # owners by id under internal names
    # steps of the lifecycle, by label and by internal name; a Lead Status is an account's own, for its profile to map
    lead_statuses={
        "Lead": "open",
        "Marketing Qualified Lead": "open",
        "Sales Qualified Lead": "qualified",
        "Opportunity": "converted",
        "Customer": "converted",
        "lead": "open",
        "marketingqualifiedlead": "open",
        "salesqualifiedlead": "qualified",
        "opportunity": "converted",
        "customer": "converted",
    },
    stages={
        "Appointment scheduled": "qualify",
        "Qualified to buy": "qualify",
        "Presentation scheduled": "develop",
        "Decision maker bought-in": "propose",
        "Contract sent": "close",
        "Closed won": "won",
        "Closed lost": "lost",
    },
    headers={
        "opportunity": {
            "en": {
                "opportunity_id": ("Record ID", "Deal ID"),
                "name": ("Deal Name",),
                # the one that is marked as primary before all that are joined, ids before the name
                "account_ref": (
                    "Associated Company IDs (Primary)",
                    "Associated Company IDs",
                    "Associated Company",
                ),
                "owner_ref": ("Deal owner",),
                "stage_raw": ("Deal Stage",),
                "is_won": ("Is Closed Won",),
                "pipeline": ("Pipeline",),
                "amount": ("Amount", "Deal amount"),
                "currency": ("Currency",),
                "probability": ("Deal probability",),
                "expected_close_on": ("Close Date",),
                "created_at": ("Create Date",),
                "modified_at": ("Last Modified Date",),
                "last_activity_at": ("Last Activity Date",),
                "loss_reason": ("Closed Lost Reason",),
            },
            "internal, not proven": {
                "opportunity_id": ("hs_object_id",),
                "currency": ("deal_currency_code",),
                "probability": ("hs_deal_stage_probability",),
            },
            "internal": {
                "name": ("dealname",),
                "owner_ref": ("hubspot_owner_id",),
                "stage_raw": ("dealstage",),
                "pipeline": ("pipeline",),
                "amount": ("amount",),
                "expected_close_on": ("closedate",),
                "created_at": ("createdate",),
                "modified_at": ("hs_lastmodifieddate",),
            },
            "warehouse": {
                "opportunity_id": ("deal_id",),
                "name": ("property_dealname",),
                "owner_ref": ("owner_id",),
                "stage_raw": ("deal_pipeline_stage_id",),
                "pipeline": ("deal_pipeline_id",),
                "amount": ("property_amount",),
                "currency": ("property_deal_currency_code",),
                "expected_close_on": ("property_closedate",),
                "created_at": ("property_createdate",),
                "modified_at": ("property_hs_lastmodifieddate",),
                "is_deleted": ("is_deleted",),
            },
        },
        "opportunity_change": {
            "warehouse": {
                "opportunity_id": ("deal_id",),
                "changed_at": ("timestamp", "date_entered"),
                "field": ("name",),
                "value_raw": ("value",),
            },
        },
        "pipeline_stage": {
            "warehouse": {
                "stage_id": ("stage_id",),
                "label": ("label",),
                "pipeline": ("pipeline_id",),
                "probability": ("probability",),
                "is_closed": ("is_closed",),
                "is_won": ("closed_won",),
                "is_deleted": ("_fivetran_deleted",),
            },
        },
        "opportunity_merge": {
            "warehouse": {"merged_id": ("merged_deal_id",), "into_id": ("deal_id",)},
        },
        # calls, meetings, tasks and emails are lists, and so files, of their own
        "activity": {
            "en, not proven": {
                "activity_id": ("Record ID",),
                "owner_ref": ("Activity assigned to", "Assigned to"),
                "at": ("Activity date", "Meeting start time", "Due date"),
                "related_ref": ("Associated Deal IDs", "Associated Deal"),
                "done_at": ("Completed at",),
            },
        },
        # leads are contacts; the day on which one came to a step of the lifecycle is a property of its own
        "lead": {
            "en": {
                "lead_id": ("Contact ID",),
                "created_at": ("Create Date",),
                "status_raw": ("Lifecycle Stage",),
                "owner_ref": ("Contact owner",),
                "lead_source": ("Original Source",),
                "mql_at": ("Became a Marketing Qualified Lead Date",),
                "sql_at": ("Became a Sales Qualified Lead Date",),
                "converted_at": ("Became an Opportunity Date",),
                "score": ("HubSpot Score",),
                "country": ("Country/Region",),
            },
            "en, not proven": {
                "lead_id": ("Record ID",),
                "modified_at": ("Last Modified Date",),
                "last_activity_at": ("Last Activity Date",),
                "lead_source": ("Original Traffic Source",),
            },
            "internal": {
                "created_at": ("createdate",),
                "status_raw": ("lifecyclestage",),
                "owner_ref": ("hubspot_owner_id",),
                "mql_at": ("hs_lifecyclestage_marketingqualifiedlead_date",),
                "sql_at": ("hs_lifecyclestage_salesqualifiedlead_date",),
                "converted_at": ("hs_lifecyclestage_opportunity_date",),
            },
            "internal, not proven": {"lead_id": ("hs_object_id",)},
        },
        "account": {
            "en, not proven": {
                "account_id": ("Record ID", "Company ID"),
                "name": ("Company name",),
                "country": ("Country/Region",),
                "owner_ref": ("Company owner",),
                "domain": ("Company Domain Name",),
            },
            "warehouse": {
                "account_id": ("id",),
                "name": ("property_name",),
                "country": ("property_country",),
                "owner_ref": ("property_hubspot_owner_id",),
                "domain": ("property_domain",),
                "is_deleted": ("is_deleted",),
            },
        },
        "person": {
            "warehouse": {"person_ref": ("owner_id",)},
        },
    },
    languages_unproven=("en, not proven", "internal, not proven"),
)
