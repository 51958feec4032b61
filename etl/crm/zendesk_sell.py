"""Zendesk Sell, once Base: CSV files with the names of its API; the amount is called "scope".

Contacts are companies and people in one file: people are left out as what is deleted is.
"""

from etl.crm.dialect import Crm

CRM = Crm(
    name="zendesk_sell",
    lead_statuses={"New": "open", "Working": "open", "Unqualified": "rejected"},
    stages={"Prospecting": "qualify", "Qualified": "develop", "Won": "won", "Lost": "lost", "Unqualified": "dropped"},
    yes_words=("active",),
    no_words=("inactive",),
    not_exported={"opportunity_change": "a file of deals holds the last change of stage alone"},
    links={"account_ref": "name", "owner_ref": "name", "related_ref": "id"},
    headers={
        "opportunity": {
            "en": {
                "opportunity_id": ("id",),
                "name": ("name",),
                "account_ref": ("company", "company_id"),
                "owner_ref": ("owner",),
                "stage_raw": ("stage_name",),
                "pipeline": ("pipeline_name",),
                "amount": ("scope",),
                "currency": ("currency",),
                "created_at": ("created_at", "added_at"),
                "modified_at": ("updated_at",),
                "stage_changed_at": ("last_stage_change_at",),
                "last_activity_at": ("last_activity_date",),
                "lead_source": ("source",),
                "loss_reason": ("loss_reason",),
            },
        },
        "lead": {
            "en": {
                "lead_id": ("id",),
                "created_at": ("created_at",),
                "status_raw": ("status",),
                "owner_ref": ("owner",),
                "country": ("country",),
                "modified_at": ("updated_at",),
            },
        },
        "activity": {
            "en": {
                "activity_id": ("id",),
                "owner_ref": ("owner",),
                "at": ("date", "created_at"),
                "related_ref": ("taskable_id", "noteable_id"),
                "done_at": ("done_at",),
            },
        },
        "account": {
            "en": {
                "account_id": ("id",),
                "name": ("name",),
                "country": ("country",),
                "owner_ref": ("owner",),
                "domain": ("website",),
                "is_company": ("is_organisation", "is_organization"),
            },
        },
        # the interface's users; where deals name their owners, a profile says so of people too (person_ref: name)
        "person": {
            "api": {
                "person_ref": ("id",),
                "name": ("name",),
                "is_active": ("status",),
                "team": ("team_name",),
            },
        },
    },
)
