"""Freshsales: deals under the names of its webhook placeholders; no order of day and month is usual."""

from etl.crm.dialect import Crm

CRM = Crm(
    name="freshsales",
    links={"account_ref": "name", "owner_ref": "name"},
    stages={"New": "qualify", "Qualification": "qualify", "Negotiation": "close", "Won": "won", "Lost": "lost"},
    languages_unproven=("webhook",),
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
        },
    },
)
