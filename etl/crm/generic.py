"""Files that are already in our words: canonical column names as headers, everything else said by the profile."""

from etl.crm.dialect import Crm

_COLUMNS = {
    "opportunity": (
        "opportunity_id name account_ref owner_ref stage_raw amount expected_close_on created_at currency pipeline "
        "probability modified_at closed_on stage_changed_at furthest_stage_raw last_activity_at next_step lead_source "
        "loss_reason lead_id forecast_category business_type segment product country amount_recurring_annual "
        "term_months starts_on is_deleted on_hold status_word status_reason is_closed is_won "
        "is_archived is_active won_at lost_at"
    ),
    "lead": (
        "lead_id created_at status_raw owner_ref lead_source modified_at handed_over_at mql_at accepted_at "
        "first_touch_at sql_at converted_at opportunity_id score rejection_reason country last_activity_at "
        "next_step_at is_converted is_deleted merged_into"
    ),
    "activity": "activity_id owner_ref at related_ref done_at type_raw is_done is_deleted",
    "account": (
        "account_id name country owner_ref parent_id organisation_number domain segment is_key merged_into is_deleted "
        "is_company"
    ),
    "person": "person_ref name is_active team started_on",
    "target": "scope scope_id month kpi kind value currency",
    "order_intake": "region month value currency",
    "forecast": "region scope scope_id starts_on ends_on category submitted_by_role locked_on value currency reason",
    "opportunity_change": (
        "opportunity_id changed_at field value_raw stage_raw amount expected_close_on is_deleted is_closed is_won"
    ),
    "pipeline_stage": "stage_id label pipeline probability is_closed is_won is_deleted",
    "opportunity_merge": "merged_id into_id merged_at",
    "fx_rate": "currency on_date kind rate",
    "qualification_rule": "region lead_source rule valid_from threshold agreed_by_marketing agreed_by_sales",
    "account_match": "account_source account_id global_account_id confirmed_by confirmed_on",
    "account_plan": (
        "global_account_id region starts_on ends_on target currency lead_region updated_on owner_role actions"
    ),
    "account_potential": "global_account_id region product is_relevant marked_by marked_on",
    "opportunity_credit": "opportunity_source opportunity_id valid_from kind region person_ref share",
    "same_deal": "twin_source twin_id counted_source counted_id confirmed_by confirmed_on",
}

CRM = Crm(
    name="generic",
    lead_statuses={"open": "open", "qualified": "qualified", "rejected": "rejected", "converted": "converted"},
    activity_types={"call": "call", "meeting": "meeting", "email": "email", "task": "task"},
    business_types={"new": "new", "expansion": "expansion", "renewal": "renewal"},
    headers={table: {"en": {column: (column,) for column in columns.split()}} for table, columns in _COLUMNS.items()},
)
