"""Merged accounts: deals stand under the account that is left, by id and by name; nobody is guessed."""

from pathlib import Path

import polars as pl
import pytest

from kpi.accounts import survivors, unresolved_merges
from kpi.definitions import Definitions
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.rows import rows_behind
from kpi.scope import Scope
from kpi.slice import Slice
from organisation import Organisation
from tests.kpi.conftest import NOW, Warehouse, instant, shipped

EVERYTHING = Scope.everything()
Account = tuple[str, str | None, str | None]  # id, name, merged into


CUSTOMERS = """version: 1
group: {name: Group, currency: EUR, week_starts: monday, fiscal_year_starts: january, timezone: Europe/Berlin}
defaults: {owner: Sales, better: higher, needs_at_least: 1, stale_after: 8 days}
kpis:
  customers:
    label: Customers won
    heading: Result
    question: How many customers did we win?
    formula: count(distinct account_ref) filter (where outcome = 'won')
    from: opportunity
    counted_on: won_on
    unit: count
    not: Deals.
    valid_from: 2023-01-01
"""


def accounts(warehouse: Warehouse, *rows: Account, region: str = "north", **given: object) -> None:
    for account_id, name, into in rows:
        columns = {"account_id": account_id, "name": name, "merged_into": into}
        warehouse.add("account", region, columns | given)


def resolved(warehouse: Warehouse, known: str = "TRUE") -> dict[str, str]:
    rows = warehouse.engine.fetch(survivors(known)).rows()
    assert len({row[:2] for row in rows}) == len(rows), "a deal would count twice"
    return {str(ref): str(survivor) for _, ref, survivor in rows}


CHAIN: tuple[Account, ...] = (("1", "Acme Ltd", "2"), ("2", "Acme Inc", "3"), ("3", "Acme", None))


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (CHAIN, {"1": "3", "2": "3", "Acme Ltd": "Acme", "Acme Inc": "Acme"}),
        ((("1", "A", "2"), ("2", "B", "1")), {}),
        ((("1", "A", "1"),), {}),
        ((("0", "In", "1"), ("1", "A", "2"), ("2", "B", "1")), {}),
        ((("1", "A", "9"),), {"1": "9"}),
        ((("1", "A", "B"), ("2", "B", None)), {"1": "2", "A": "B"}),
        ((("1", "A", "B"), ("2", "B", None), ("3", "B", None)), {}),
        ((("1", "Acme", "2"), ("2", "Acme", None)), {"1": "2"}),
        ((("1", "A", "2"), ("2", "B", None), ("3", "A", None)), {"1": "2"}),
        ((("1", "A", "2"), ("2", "B", None), ("3", "B", None)), {"1": "2"}),
        ((("1", "A", "2"), ("2", None, None)), {"1": "2"}),
        ((("1", "3", "2"), ("2", "B", None), ("3", "C", None)), {"1": "2"}),
    ],
    ids=[
        "a chain of three ends at its end",
        "a circle leads to nobody",
        "an account merged into itself leads to nobody",
        "a way into a circle leads to nobody",
        "a survivor that is in no export is still the survivor",
        "a survivor may be told by its name",
        "a name that two accounts have tells no survivor",
        "the survivor may have the same name",
        "a deal that names one of two accounts keeps the name",
        "a name stands for a survivor only where no other account has it",
        "a survivor without a name has only its id",
        "an id comes before a name",
    ],
)
def test_a_merged_account_leads_to_the_one_that_is_left(
    warehouse: Warehouse, stored: tuple[Account, ...], expected: dict[str, str]
) -> None:
    accounts(warehouse, *stored)
    assert resolved(warehouse) == expected


def test_accounts_of_another_source_are_other_accounts(warehouse: Warehouse) -> None:
    accounts(warehouse, ("1", "A", "2"), ("2", "B", None))
    accounts(warehouse, ("1", "A", None), ("2", "B", "1"), region="south")
    rows = warehouse.engine.fetch(survivors()).sort("source", "account_ref").rows()
    assert rows == [
        ("north_crm", "1", "2"),
        ("north_crm", "A", "B"),
        ("south_crm", "2", "1"),
        ("south_crm", "B", "A"),
    ]


def test_a_merge_holds_from_when_it_was_known_on_and_after_the_account_is_exported_no_more(
    warehouse: Warehouse,
) -> None:
    accounts(warehouse, ("1", "A", None), known_from="2026-01-01", known_until="2026-05-01", ended_because="changed")
    accounts(warehouse, ("1", "A", "2"), known_from="2026-05-01", known_until="2026-06-01", ended_because="deleted")
    accounts(warehouse, ("2", "B", None))
    assert resolved(warehouse, "v.known_from <= TIMESTAMPTZ '2026-04-01 00:00:00+00'") == {}
    assert resolved(warehouse) == {"1": "2", "A": "B"}


def test_the_merges_that_lead_to_nobody_are_listed_under_the_readers_scope(warehouse: Warehouse) -> None:
    accounts(warehouse, *CHAIN, ("7", "X", "8"), ("8", "Y", "7"))
    found = unresolved_merges(warehouse.engine, EVERYTHING)
    assert found.rows() == [("north_crm", "north", "7", "X", "8"), ("north_crm", "north", "8", "Y", "7")]
    assert unresolved_merges(warehouse.engine, Scope.of_regions("south")).is_empty()


@pytest.fixture
def definitions() -> Definitions:
    return shipped()


@pytest.fixture
def deals(warehouse: Warehouse) -> Warehouse:
    """North won 100 + 200 + 300 with accounts 1, 2 and 3, which are one, and 50 with 7, merged in a circle."""
    warehouse.feeds()
    accounts(warehouse, *CHAIN[:1], ("7", "X", "8"), ("8", "Y", "7"), known_from="2026-11-01")
    accounts(warehouse, *CHAIN[1:])
    for deal, amount, account in (("a", 100, "1"), ("b", 200, "2"), ("c", 300, "3"), ("d", 50, "7"), ("e", 1, "8")):
        warehouse.deal(deal, amount, won="2026-10-05", account_ref=account)
    return warehouse


def rows(deals: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice) -> pl.DataFrame:
    return rows_behind(deals.engine, organisation, definitions, asked, EVERYTHING, kpi="won_value", region="north")


def test_the_rows_behind_a_value_name_the_account_that_is_left_and_their_sum_stays(
    deals: Warehouse, organisation: Organisation, definitions: Definitions
) -> None:
    asked = Slice(parse_period("2026-Q4", organisation, NOW), NOW)
    found = rows(deals, organisation, definitions, asked)
    assert found.select("number", "account").rows() == [
        ("c", "Acme"), ("b", "Acme"), ("a", "Acme"), ("d", "X"), ("e", "Y"),
    ]  # fmt: skip
    assert float(found["value"].sum()) == 651 == deals.value("won_value").value


def test_before_the_merge_was_known_the_rows_name_the_account_of_then(
    deals: Warehouse, organisation: Organisation, definitions: Definitions
) -> None:
    then = Slice(parse_period("2026-Q4", organisation, NOW), instant("2026-10-20"))
    assert rows(deals, organisation, definitions, then).filter(number="a")["account"].to_list() == ["Acme Ltd"]
    assert rows(deals, organisation, definitions, then).filter(number="b")["account"].to_list() == ["Acme"]


def test_a_figure_that_counts_accounts_counts_merged_ones_once(
    deals: Warehouse, organisation: Organisation, tmp_path: Path
) -> None:
    file = tmp_path / "kpi_definitions.yaml"
    file.write_text(CUSTOMERS, encoding="utf-8")
    known = Definitions.read(file)

    def customers(day: str) -> object:
        asked = Slice(parse_period("2026-Q4", organisation, NOW), instant(day), regions=("north",))
        values = evaluate(deals.engine, organisation, known, asked, EVERYTHING, ["customers"])
        return next(value.value for value in values if value.region == "north")

    # 1 alone, 2 = 3, 7, 8; then 1 = 2 = 3, 7, 8: a circle leaves each deal with the account that it names
    assert (customers("2026-10-20"), customers("2026-11-24T14:00")) == (4, 3)
