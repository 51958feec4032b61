"""Order intake beside won value: the difference, what is missing, who sees it."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from kpi.intake import INTAKE, WON, _compared, _statement, order_intake_differences
from kpi.reason_codes import SENTENCES
from kpi.scope import NoScopeError, Scope
from tests.kpi.conftest import Cell, Warehouse, shipped

EVERYTHING = Scope.everything()


def books(warehouse: Warehouse, month: str, value: float | str, region: str = "north", **given: Cell) -> None:
    """Add what finance booked for a region in a month ("2026-10")."""
    own = {"month": f"{month}-01", "value": Decimal(str(value)), "source": "finance"}
    currency = {"currency": warehouse.organisation.regions[region].currency}
    warehouse.add("order_intake", region, own | currency | given)


def differences(warehouse: Warehouse, scope: Scope = EVERYTHING) -> pl.DataFrame:
    return order_intake_differences(warehouse.engine, warehouse.organisation, scope, definitions=shipped())


def at(found: pl.DataFrame, month: str, region: str = "north") -> dict[str, object]:
    return found.row(
        by_predicate=(pl.col("region") == region) & (pl.col("month") == date.fromisoformat(f"{month}-01")), named=True
    )


def test_the_difference_is_order_intake_less_the_won_value_of_the_month(warehouse: Warehouse) -> None:
    """
    October   won 300 + 100.25   booked 420.50   difference  20.25   5.06 % of won
    November  won 200            booked 150      difference -50      the month runs
    """
    warehouse.feeds()
    warehouse.deal("a", 300, won="2026-10-05")
    warehouse.deal("b", "100.25", won="2026-10-31")
    warehouse.deal("c", 200, won="2026-11-02")
    books(warehouse, "2026-10", "420.50")
    books(warehouse, "2026-11", 150)
    october, november = at(differences(warehouse), "2026-10"), at(differences(warehouse), "2026-11")
    assert (october["won_value"], october["order_intake"]) == (Decimal("400.25"), Decimal("420.50"))
    assert october["difference"] == Decimal("20.25")
    assert october["share"] == pytest.approx(20.25 / 400.25)
    assert (october["currency"], october["reason"], october["is_finished"]) == ("EUR", None, True)
    assert (november["difference"], november["is_finished"]) == (Decimal(-50), False)


def test_the_won_value_is_the_one_that_the_kpi_shows(warehouse: Warehouse) -> None:
    """A dollar deal in the yen region, a deleted deal, a reduced one: whatever the KPI makes of them stands here."""
    warehouse.feeds()
    warehouse.deal("a", 100, "east", won="2026-10-05", currency="USD")
    warehouse.deal("b", 7000, "east", won="2026-10-06")
    warehouse.deal("c", 9000, "east", won="2026-10-07", is_deleted=True)
    warehouse.deal("d", 400, "east", won="2026-10-15", known_from="2026-10-16", known_until="2026-11-10")
    warehouse.deal("d", 250, "east", won="2026-10-15", known_from="2026-11-10")
    books(warehouse, "2026-10", 1, "east")
    shown = warehouse.value("won_value", "east", "2026-10", currency="local")
    found = at(differences(warehouse), "2026-10", "east")
    assert found["won_value"] == shown.value == Decimal(7000 + 250 + 100 * 50)
    assert found["currency"] == shown.currency == "JPY"


def test_foreign_order_intake_is_converted_at_the_budget_rate(warehouse: Warehouse) -> None:
    """100 dollars are 50 euros, and 50 euros are 5000 yen."""
    warehouse.feeds()
    books(warehouse, "2026-10", 100, "north", currency="USD")
    books(warehouse, "2026-10", 50, "east", currency="EUR")
    found = differences(warehouse)
    assert at(found, "2026-10")["order_intake"] == Decimal(50)
    assert at(found, "2026-10", "east")["order_intake"] == Decimal(5000)


def test_what_has_no_figure_says_why(warehouse: Warehouse) -> None:
    warehouse.feeds("north", "south")  # east has never delivered
    books(warehouse, "2026-10", 100)
    books(warehouse, "2026-09", 100, currency="SEK")
    books(warehouse, "2026-08", 100)
    books(warehouse, "2026-08", 100, source="finance_too")
    books(warehouse, "2026-10", 100, "east")
    warehouse.deal("a", 100, "south", won="2026-10-05", currency="SEK")
    books(warehouse, "2026-10", 100, "south")
    found = differences(warehouse)
    expected = {
        ("2026-07", "north"): "NO_ORDER_INTAKE",
        ("2026-08", "north"): "SEVERAL_ORDER_INTAKES",
        ("2026-09", "north"): "NO_RATE",
        ("2026-10", "south"): "NO_RATE",
        ("2026-10", "east"): "NO_DATA",
    }
    for place, reason in expected.items():
        row = at(found, *place)
        assert (row["reason"], row["difference"], row["share"]) == (reason, None, None)
        assert row["sentence"] == SENTENCES[reason]
    assert at(found, "2026-08")["order_intake"] is None
    assert at(found, "2026-10")["reason"] is None


def test_a_month_whose_difference_the_next_one_takes_back_says_so(warehouse: Warehouse) -> None:
    """Finance booked the deal of 31 August, 70, in September; July and October agree."""
    warehouse.feeds()
    for month, won, booked in (("07", 10, 10), ("08", 100, 30), ("09", 20, 90), ("10", 5, 5)):
        warehouse.deal(f"in {month}", won, won=f"2026-{month}-05")
        books(warehouse, f"2026-{month}", booked)
    found = differences(warehouse)
    reasons = [at(found, month)["reason"] for month in ("2026-07", "2026-08", "2026-09", "2026-10")]
    assert reasons == [None, "NEXT_MONTH_OFFSETS", "OFFSETS_MONTH_BEFORE", None]


def test_only_the_newest_state_of_a_month_counts(warehouse: Warehouse) -> None:
    warehouse.feeds()
    books(warehouse, "2026-10", 100, known_until="2026-11-10")
    books(warehouse, "2026-10", 90, known_from="2026-11-10")
    assert at(differences(warehouse), "2026-10")["order_intake"] == Decimal(90)


def test_twelve_closed_months_and_the_running_one_come_newest_first(warehouse: Warehouse) -> None:
    warehouse.feeds()
    books(warehouse, "2020-01", 100)
    found = differences(warehouse)
    months = found["month"].unique(maintain_order=True).to_list()
    assert months[0] == date(2026, 11, 1)
    assert months[-1] == date(2025, 11, 1)
    assert months == sorted(months, reverse=True)
    assert found.height == 13 * 3
    assert found.filter(~pl.col("is_finished"))["month"].unique().to_list() == [date(2026, 11, 1)]


def test_a_company_without_order_intake_has_no_rows(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("a", 300, won="2026-10-05")
    assert differences(warehouse).is_empty()


def test_a_store_that_has_no_such_table_yet_has_no_rows(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.engine.connection.execute("DROP VIEW order_intake")
    warehouse.engine.connection.execute("DROP TABLE order_intake_version")
    assert differences(warehouse).is_empty()


def test_a_reader_sees_the_own_regions_only(warehouse: Warehouse) -> None:
    warehouse.feeds()
    books(warehouse, "2026-10", 100)
    books(warehouse, "2026-10", 200, "south")
    assert set(differences(warehouse, Scope.of_regions("north"))["region"]) == {"north"}
    assert differences(warehouse, Scope.of_regions()).is_empty()
    with pytest.raises(NoScopeError):
        differences(warehouse, None)  # type: ignore[arg-type]


def test_the_scope_is_part_of_the_query() -> None:
    query = _statement(Scope.of_regions("north"))
    assert "$scope_regions" in query.args["where"].sql(dialect="duckdb")
    tables = sqlglot.parse_one(query.sql(dialect="duckdb"), dialect="duckdb").find_all(exp.Table)
    assert {table.name for table in tables} >= {"order_intake_version", "regions", "rates"}


money = st.decimals(Decimal(-(10**16)), Decimal(10**16), places=2)


@given(st.lists(st.tuples(money, money), min_size=1, max_size=13))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_difference_is_exact_whatever_the_amounts(amounts: list[tuple[Decimal, Decimal]]) -> None:
    months = [date(2025 + place // 12, place % 12 + 1, 1) for place in range(len(amounts))]
    won = [("north", month, True, value, None, "EUR") for month, (value, _) in zip(months, amounts, strict=True)]
    booked = [("north", month, value, None) for month, (_, value) in zip(months, amounts, strict=True)]
    both = pl.DataFrame(won, schema=WON, orient="row").join(
        pl.DataFrame(booked, schema=INTAKE, orient="row"), on=["region", "month"], how="left"
    )
    found = _compared(both).sort("month")
    assert found["difference"].to_list() == [intake - value for value, intake in amounts]
