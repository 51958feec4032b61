"""The tables that formulas may name: their columns, which of them are money, and who is meant by the row's owner."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from warehouse.schema import tables

HISTORY = frozenset({"known_from", "known_until", "ended_because", "held_back", "row_hash", "load_id", "line"})
KEYED = ("opportunity", "lead", "activity", "account", "person", "target", "account_plan", "account_potential")
MONEY: dict[str, tuple[str, ...]] = {
    "opportunity": ("amount", "first_amount", "amount_recurring_annual"),
    "cell_fill": ("value",),
    "target": ("value",),
    "account_plan": ("target",),
}
# Columns that a scan adds to a table's own: name, type, and the field that a region has to deliver for it.
# told_until: the moment of the newest export by now of those that the row came with; nobody knows what has become of it
# since. It is what a formula's as_of means for rows that are counted by a date.
ADDED: dict[str, dict[str, tuple[str, str]]] = {
    "opportunity": {
        "is_planned": ("BOOLEAN", "account_ref"),  # its region has a plan for its customer
        "told_until": ("TIMESTAMPTZ", "opportunity_id"),
    },
    "lead": {
        "threshold": ("DECIMAL(10, 2)", "score"),  # from which score on it should have gone to sales
        "told_until": ("TIMESTAMPTZ", "lead_id"),
    },
    "account_potential": {"is_worked": ("BOOLEAN", "product")},  # its region has sold it there, or has an open deal
}
ACCOUNT_DEAL, KEY_ACCOUNT, POTENTIAL = "account_deal", "key_account", "account_potential"
CREDITED = "credited_deal"
NUMBER = "number"  # a target that is no money, such as leads: its value under a name of its own
BASE = "opportunity_base"  # deals open at a moment, each beside what became of it by the end of the period
# What the base adds to a deal's columns: type, and the deal's own column that it comes from.
BASE_COLUMNS = {
    # won, lost, dropped, gone, pushed (out of the period), open; of won deals also reduced and reopened
    "became": ("VARCHAR", "outcome"),
    "outcome_now": ("VARCHAR", "outcome"),
    "amount_then": ("DECIMAL(18, 2)", "amount"),
    "won_on_then": ("DATE", "won_on"),
    "taken_on": ("DATE", "expected_close_on"),  # the last day before the moment
}
OPEN_DEAL = "open_deal"  # deals open at a moment, each beside what is usual in its stage there
# What that adds to a deal's columns: type, and the deal's own column that it comes from.
CARE_COLUMNS = {
    "today": ("DATE", "stage"),  # the region's day of its newest export by the moment
    "days_in_stage": ("INTEGER", "stage_entered_at"),
    "usual_stage_days": ("DOUBLE", "stage"),  # three of four deals won in the last year left the stage by then
    "days_since_activity": ("INTEGER", "last_activity_at"),
    "usual_gap_days": ("DOUBLE", "stage"),  # three of four times the next activity came by then, in that stage
    "long_gap_days": ("DOUBLE", "stage"),  # nine of ten times
    "owner_has_left": ("BOOLEAN", "owner_ref"),
}
# Tables whose rows are made for the moment of each cell.
OF_CELLS = ("feed", OPEN_DEAL, ACCOUNT_DEAL, KEY_ACCOUNT, POTENTIAL)
FORECAST = "forecast_result"  # forecasts of past periods at the same point, each beside what was won by their end
# Type, and the deal's column that it rests on; both values are the group's currency at budget rates.
RESULT_COLUMNS = {
    "scope": ("VARCHAR", "outcome"),
    "scope_id": ("VARCHAR", "outcome"),
    "category": ("VARCHAR", "outcome"),
    "submitted_by_role": ("VARCHAR", "outcome"),
    "forecast_value": ("DECIMAL(38, 10)", "amount"),
    "actual_value": ("DECIMAL(38, 10)", "amount"),
}
SELLER = "seller"  # people who sell, for figures about groups of at least five
SELLER_COLUMNS = {
    "team": "VARCHAR",
    "started_on": "DATE",
    "is_active": "BOOLEAN",
    "months_to_target": "INTEGER",  # from the month of the start to the first one at target productivity
}
TOLD_UNTIL = "told_until"
NEVER = "never"  # in a median or percentile: longer than anything that has ended
# second_month and third_month: the first days of those months of the fiscal quarter in which the window ends.
PARAMETERS = {
    "as_of": "TIMESTAMPTZ",
    "period_start": "DATE",
    "period_end": "DATE",
    "second_month": "DATE",
    "third_month": "DATE",
    NEVER: "DOUBLE",
}
# What is worked out of a deal's own columns in every scan: type, and the columns that it comes from.
WORKED_OUT = {"renewal_due_on": ("DATE", ("starts_on", "term_months"))}  # the day after a contract's term


@dataclass(frozen=True, eq=False)
class Relation:
    """What a formula's "from" names; stored is the warehouse's table that its rows come from."""

    name: str
    stored: str
    columns: Mapping[str, str]
    money: frozenset[str]

    def fields(self, column: str) -> tuple[tuple[str, str], ...]:
        """Give the tables and columns that a region has to deliver so that a column has a value."""
        if column == NUMBER:
            return ((self.name, "value"),)
        if self.name == SELLER:
            return (("person", column if column == "team" else "started_on"),)
        if self.name in ADDED and column in ADDED[self.name]:
            return ((self.name, ADDED[self.name][column][1]),)
        if self.name == ACCOUNT_DEAL and column == "customer":
            return (("account", "account_id"),)
        if self.name == KEY_ACCOUNT:
            return (("account", "account_id" if column in _KEY_ACCOUNT else column),)
        made = _MADE_OF_DEALS.get(self.name)
        if made is not None and column in made:
            return (("opportunity", made[column]),)
        table = self.name if made is None else "opportunity"
        return tuple((table, name) for name in WORKED_OUT.get(column, ("", (column,)))[1])

    @property
    def is_of_deals(self) -> bool:
        """Whether its rows are deals; those of forecasts rest on deals, but are none."""
        return self.stored == "opportunity_version" and self.name != FORECAST

    @property
    def has_states(self) -> bool:
        """Whether the stored table keeps every state of a record, so that it can be asked as of a day."""
        return self.stored.endswith("_version")

    def is_instant(self, column: str) -> bool:
        """Say whether a column is a moment, whose day depends on the region's zone."""
        return self.columns[column].upper().startswith(("TIMESTAMP", "DATETIME"))


@cache
def relations() -> dict[str, Relation]:
    """Give every relation by the name that formulas use."""
    found = {name: _keyed(name) for name in KEYED}
    plans = found["target"]
    found["target"] = replace(plans, columns={**plans.columns, NUMBER: plans.columns["value"]})
    deal = found["opportunity"]
    cells = {"value": "DECIMAL(18, 2)", "required_cells": "INTEGER", "filled_cells": "INTEGER"}
    found["cell_fill"] = Relation("cell_fill", deal.stored, {**deal.columns, **cells}, _money("cell_fill", deal.money))
    found |= _of_customers(found)
    base = {name: sql_type for name, (sql_type, _) in BASE_COLUMNS.items()}
    found[BASE] = Relation(BASE, deal.stored, {**deal.columns, **base}, deal.money | {"amount_then"})
    care = {name: sql_type for name, (sql_type, _) in CARE_COLUMNS.items()}
    found[OPEN_DEAL] = Relation(OPEN_DEAL, deal.stored, {**deal.columns, **care}, deal.money)
    person = found["person"]
    found[SELLER] = Relation(SELLER, person.stored, {"region": "VARCHAR", **SELLER_COLUMNS}, frozenset())
    result = {name: sql_type for name, (sql_type, _) in RESULT_COLUMNS.items()}
    found[FORECAST] = Relation(FORECAST, deal.stored, {"region": "VARCHAR", **result}, frozenset())
    feed = {
        "source": "VARCHAR",
        "table_name": "VARCHAR",
        "region": "VARCHAR",
        "data_until": "TIMESTAMPTZ",
        "work_hours_behind": "DOUBLE",
    }
    found["feed"] = Relation("feed", "load", feed, frozenset())
    return found


# Tables made of deals: the deal's own column that each added one comes from.
_MADE_OF_DEALS: dict[str, dict[str, str]] = {
    **{
        name: {column: field for column, (_, field) in added.items()}
        for name, added in ((BASE, BASE_COLUMNS), (OPEN_DEAL, CARE_COLUMNS), (FORECAST, RESULT_COLUMNS))
    },
    ACCOUNT_DEAL: {"regions_at_work": "account_ref", "lead_region": "account_ref"},
    CREDITED: {"credited_amount": "amount"},
}
_KEY_ACCOUNT = {"customer": "VARCHAR", "has_target": "BOOLEAN", "has_actions": "BOOLEAN", "plan_updated_on": "DATE"}


def _of_customers(keyed: Mapping[str, Relation]) -> dict[str, Relation]:
    """Give the tables of customers: open deals beside who else works there, key accounts beside their plans."""
    deal, account = keyed["opportunity"], keyed["account"]
    shared = {"customer": "VARCHAR", "regions_at_work": "INTEGER", "lead_region": "VARCHAR"}
    credited = {"region": "VARCHAR", "won_on": "DATE", "outcome": "VARCHAR", "currency": "VARCHAR"}
    return {
        ACCOUNT_DEAL: replace(deal, name=ACCOUNT_DEAL, columns={**deal.columns, **shared}),
        KEY_ACCOUNT: replace(account, name=KEY_ACCOUNT, columns={**account.columns, **_KEY_ACCOUNT}),
        CREDITED: Relation(
            CREDITED, deal.stored, {**credited, "credited_amount": "DECIMAL(20, 6)"}, frozenset({"credited_amount"})
        ),
    }


def _keyed(name: str) -> Relation:
    stored = f"{name}_version"
    columns = {column.name: column.sql_type for column in tables()[stored].columns if column.name not in HISTORY}
    if name == "opportunity":
        columns |= {column: sql_type for column, (sql_type, _) in WORKED_OUT.items()}
    columns |= {column: sql_type for column, (sql_type, _) in ADDED.get(name, {}).items()}
    return Relation(name, stored, columns, _money(name))


def _money(name: str, more: frozenset[str] = frozenset()) -> frozenset[str]:
    return frozenset(MONEY.get(name, ())) | more
