"""Freshsales: the interface's names, with ids for every link, stage and status, or deals under its placeholders' names.

In the placeholders no order of day and month is usual. What the ids of stages and statuses stand for is for the profile
to say; an account without leads keeps its prospects as contacts, which a profile reads as leads.
"""

from etl.crm.dialect import Crm

CRM = Crm(
    name="freshsales",
    links={"account_ref": "name", "owner_ref": "name", "related_ref": "id"},  # ids under the interface's names
    stages={"New": "qualify", "Qualification": "qualify", "Negotiation": "close", "Won": "won", "Lost": "lost"},
    languages_unproven=("webhook",),
    null_words=("null",),
    not_exported={"opportunity_change": "a deal holds the moment of its last change of stage alone"},
    headers={
        "opportunity": {
            "webhook": {
                "opportunity_id": ("deal_id",),
                "name": ("deal_name",),
                "account_ref": ("deal_sales_account_name",),
                "owner_ref": ("deal_owner_name",),
                "stage_raw": ("deal_deal_stage_name",),
                "pipeline": ("deal_deal_pipeline_name",),
                "amount": ("deal_amount",),
                "currency": ("deal_currency_name",),
                "probability": ("deal_probability",),
                "expected_close_on": ("deal_expected_close",),
                "closed_on": ("deal_closed_date",),
                "created_at": ("deal_created_at",),
                "modified_at": ("deal_updated_at",),
                "stage_changed_at": ("deal_stage_updated_time",),
                "loss_reason": ("deal_lost_reason",),
            },
            "api": {
                "opportunity_id": ("id",),
                "name": ("name",),
                "account_ref": ("sales_account_id",),
                "owner_ref": ("owner_id",),
                "stage_raw": ("deal_stage_id",),
                "pipeline": ("deal_pipeline_id",),
                "amount": ("amount",),
                "probability": ("probability",),
                "expected_close_on": ("expected_close",),
                "closed_on": ("closed_date",),
                "created_at": ("created_at",),
                "modified_at": ("updated_at",),
                "stage_changed_at": ("stage_updated_time",),
                "last_activity_at": ("last_contacted_via_sales_activity",),
                "loss_reason": ("deal_reason_id",),
                "lead_source": ("lead_source_id",),
                "is_deleted": ("is_deleted",),
            },
        },
        "lead": {
            "api": {
                "lead_id": ("id",),
                "created_at": ("created_at",),
                "status_raw": ("lead_stage_id",),
                "owner_ref": ("owner_id",),
                "lead_source": ("lead_source_id",),
                "modified_at": ("updated_at",),
                "rejection_reason": ("lead_reason_id",),
                "country": ("country",),
            },
        },
        "account": {
            "api": {
                "account_id": ("id",),
                "name": ("name",),
                "country": ("country",),
                "owner_ref": ("owner_id",),
                "parent_id": ("parent_sales_account_id",),
                "domain": ("website",),
                "is_deleted": ("is_deleted",),
            },
        },
        # tasks, appointments and what salespeople log are lists, and so files, of their own
        "activity": {
            "api": {
                "activity_id": ("id",),
                "owner_ref": ("owner_id", "creater_id"),
                "at": ("from_date", "start_date", "due_date"),
                "related_ref": ("targetable_id",),
                "done_at": ("completed_date",),
                "type_raw": ("sales_activity_type_id",),
            },
        },
        "person": {
            "api": {
                "person_ref": ("id",),
                "is_active": ("is_active",),
            },
        },
    },
)
