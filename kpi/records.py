"""The records that figures rest on: by which key each is found again, and what a list of them shows."""

from dataclasses import dataclass

from kpi.relations import (
    ACCOUNT_DEAL,
    BASE,
    FORECAST,
    KEY_ACCOUNT,
    OPEN_DEAL,
    POTENTIAL,
    relations,
)


@dataclass(frozen=True)
class Record:
    """A kind of record. number: the column by which people know one; keys: what finds its state again, with its source.

    shown: its own columns in a list; persons are left out.
    """

    number: str
    keys: tuple[str, ...]
    shown: tuple[str, ...]


RECORDS = {
    "opportunity": Record(
        "opportunity_id",
        ("opportunity_id",),
        tuple(
            "name stage stage_raw outcome segment business_type lead_source product amount currency created_at "
            "expected_close_on closed_on won_on times_pushed".split()
        ),
    ),
    "lead": Record(
        "lead_id",
        ("lead_id",),
        tuple("lead_source status created_at sla_due_at first_touch_at response_work_hours sql_at".split()),
    ),
    "account": Record("account_id", ("account_id",), ("segment",)),
    "account_potential": Record(
        "global_account_id", ("global_account_id", "region", "product"), ("product", "marked_by", "marked_on")
    ),
    FORECAST: Record("lo", (), tuple("scope scope_id category submitted_by_role forecast_value actual_value".split())),
}
# What a table made for the cells adds to its records: why each counts as it does.
MADE: dict[str, tuple[str, ...]] = {
    BASE: ("became", "amount_then"),
    OPEN_DEAL: ("days_in_stage", "days_since_activity"),
    ACCOUNT_DEAL: ("regions_at_work",),
    KEY_ACCOUNT: ("has_target", "has_actions", "plan_updated_on"),
    POTENTIAL: ("is_worked",),
}


def kind_of(table: str) -> str:
    """Give whose records a KPI's table rests on."""
    return FORECAST if table == FORECAST else relations()[table].stored.removesuffix("_version")
