"""The rows behind figures of care, shared customers, credits and forecasts: they give the figures again."""

from decimal import Decimal

import polars as pl
import pytest

from kpi.errors import KpiError
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.rows import part_with_rows, rows_behind
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import Value
from tests.kpi.conftest import NOW, Warehouse, shipped
from tests.kpi.open_deal_tables import usual_gaps, usual_stage_days, worked_on
from tests.kpi.own_rows import account, feeds, match, plan
from tests.kpi.test_credited_value import credit
from tests.kpi.test_forecast_accuracy import QUARTERS, quarter

EVERYTHING = Scope.everything()


def both(
    warehouse: Warehouse, kpi: str, region: str = "north", scope: Scope = EVERYTHING, *, period: str = "2026-Q4"
) -> tuple[Value, pl.DataFrame]:
    """Give a value and the rows behind it."""
    asked = Slice(parse_period(period, warehouse.organisation, NOW), NOW)
    given = (warehouse.engine, warehouse.organisation, shipped(), asked, scope)
    found = {(value.kpi, value.region): value for value in evaluate(*given, [kpi])}
    rows = rows_behind(*given, kpi=kpi, region=region)
    assert rows["file"].null_count() == 0
    assert rows["line"].null_count() == 0
    return found[kpi, region], rows


def total(rows: pl.DataFrame, column: str = "value") -> Decimal:
    return sum((Decimal(str(part)) for part in rows[column] if part is not None), Decimal(0))


@pytest.fixture
def cared_for(warehouse: Warehouse) -> Warehouse:
    """
    gaps between activities in develop: nine times 10 days, once 40; a stage usually takes 20 days
    deal  amount  in its stage since  last activity  out of order
    a     1       1 November          20 November
    b     2       1 May               20 November    the date is past; overdue in its stage
    e     16      1 November          1 November     23 days without an activity
    """
    warehouse.feeds()
    usual_gaps(warehouse, *[10] * 9, 40)
    usual_stage_days(warehouse, 5, 10, 15, 20, 20, 25)
    for deal, amount, entered, last in (
        ("a", 1, "2026-11-01", "2026-11-20"),
        ("b", 2, "2026-05-01", "2026-11-20"),
        ("e", 16, "2026-11-01", "2026-11-01"),
    ):
        closes = "2026-11-20" if deal == "b" else "2026-12-20"
        entry = {"first_stage": "qualify", "developed_at": f"{entered}T09:00", "stage_entered_at": f"{entered}T09:00"}
        warehouse.deal(deal, amount, "north", stage="develop", closes=closes, next_step="call", **entry)
        worked_on(warehouse, deal, last)
    return warehouse


@pytest.mark.parametrize("region", ["north", "group"])
def test_deals_out_of_order_are_listed_one_by_one(cared_for: Warehouse, region: str) -> None:
    value, rows = both(cared_for, "hygiene_value", region)
    assert rows["number"].to_list() == ["e", "b"]
    assert total(rows) == value.value == 18
    value, rows = both(cared_for, "hygiene_deals", region)
    assert total(rows) == value.value == 2


@pytest.mark.parametrize("kpi", ["stage_age", "adoption"])
def test_shares_of_open_deals_are_listed_with_what_they_are_shares_of(cared_for: Warehouse, kpi: str) -> None:
    value, rows = both(cared_for, kpi)
    assert set(rows["number"]) == {"a", "b", "e"}
    assert value.numerator
    assert (total(rows), total(rows, "weight")) == (value.numerator, value.denominator)


def test_shared_customers_are_counted_once_and_all_their_deals_are_listed(warehouse: Warehouse) -> None:
    """
    customer  north    south
    A         100, 30  200 dollars
    A is one customer: one of its rows adds 1, also where the group asks; each region sees its own deals
    """
    feeds(warehouse)
    account(warehouse, "1", domain="skagerion.example")
    account(warehouse, "7", "south", domain="skagerion.example")
    for deal, amount, region, number in (("a", 100, "north", "1"), ("b", 30, "north", "1"), ("c", 200, "south", "7")):
        warehouse.deal(deal, amount, region, account_ref=number, closes="2026-12-10")
    for region, deals in (("north", ["a", "b"]), ("south", ["c"]), ("group", ["a", "b", "c"])):
        value, rows = both(warehouse, "parallel_work", region)
        assert sorted(rows["number"]) == deals
        assert total(rows) == value.value == 1
        value, rows = both(warehouse, "parallel_value", region)
        assert total(rows) == value.value
    _, rows = both(warehouse, "parallel_work", "group", Scope.of_regions("north"))
    assert sorted(rows["number"]) == ["a", "b"]


def test_a_credited_deal_is_listed_with_each_regions_part(warehouse: Warehouse) -> None:
    """a of 90: north 70, south 30; b of 10 is north's alone."""
    warehouse.feeds()
    warehouse.deal("a", 90, won="2026-10-05")
    warehouse.deal("b", 10, won="2026-10-05")
    credit(warehouse, "a", "north", "70")
    credit(warehouse, "a", "south", "30")
    for region, parts in (("north", [63, 10]), ("south", [27]), ("group", [63, 27, 10])):
        value, rows = both(warehouse, "credited_value", region)
        assert rows["value"].to_list() == parts
        assert total(rows) == value.value


@pytest.mark.parametrize("kpi", ["forecast_accuracy", "forecast_bias"])
def test_a_forecast_stands_beside_what_was_won(warehouse: Warehouse, kpi: str) -> None:
    warehouse.feeds()
    warehouse.feed("north", "forecast", "2026-11-24T06:30", load_id="planning-forecast-2026-11-24T06:30")
    for name, said in {"Q3": 120, "Q2": 80, "Q1": 130, "Q4": 110}.items():
        quarter(warehouse, name, said, 100)
    value, rows = both(warehouse, kpi)
    assert sorted(str(day) for day in rows["number"]) == sorted(starts for starts, _ in QUARTERS.values())
    assert (total(rows), total(rows, "weight")) == (value.numerator, value.denominator)
    assert sorted(rows["forecast_value"].cast(pl.Float64)) == [80, 110, 120, 130]


def test_key_accounts_are_listed_with_what_their_plans_have(warehouse: Warehouse) -> None:
    """
    account   region  target  actions  looked at   kept
    1         north   100     yes      1 Nov       yes
    2         north   100     none     1 Nov       no
    1         south   –                            no; the same customer: the group counts it once, and kept
    """
    feeds(warehouse)
    for place in ("north/1", "north/2", "south/1"):
        region, number = place.split("/")
        account(warehouse, number, region)
        match(warehouse, place, f"G{number}")
    plan(warehouse, "G1", target=100)
    plan(warehouse, "G2", target=100, actions=None)
    for region, added in (("north", [("1", 1, 1), ("2", 0, 1)]), ("south", [("1", 0, 1)])):
        value, rows = both(warehouse, "plan_coverage", region)
        assert [value.numerator, value.denominator] == [total(rows), total(rows, "weight")]
        assert sorted((row["number"], row["value"] or 0, row["weight"]) for row in rows.to_dicts()) == added
    value, rows = both(warehouse, "plan_coverage", "group")
    assert [total(rows), total(rows, "weight")] == [value.numerator, value.denominator] == [1, 2]
    told = {(row["region"], row["account"], row["has_target"], row["has_actions"]) for row in rows.to_dicts()}
    assert ("north", "customer 2", True, False) in told
    assert ("south", "customer 1", False, False) in told
    _, rows = both(warehouse, "plan_coverage", "group", Scope.of_regions("south"))
    assert rows["region"].to_list() == ["south"]


def test_cells_of_white_space_are_listed_one_by_one(warehouse: Warehouse) -> None:
    """Press is sold and Kit is not; south marked the same account and product in the same file."""
    feeds(warehouse)
    account(warehouse, "1")
    match(warehouse, "north/1", "G1")
    warehouse.feed("north", "account_potential", source="planning")
    for region, product in (("north", "Press"), ("north", "Kit"), ("south", "Press")):
        told = {"source": "planning", "global_account_id": "G1", "product": product, "is_relevant": True}
        warehouse.add("account_potential", region, told)
    warehouse.deal("a", 10, won="2025-10-05", product="Press", account_ref="1")
    value, rows = both(warehouse, "white_space")
    assert [(row["product"], row["is_worked"], row["value"] or 0) for row in rows.to_dicts()] == [
        ("Kit", False, 1),
        ("Press", True, 0),
    ]
    assert [total(rows), total(rows, "weight")] == [value.numerator, value.denominator] == [1, 2]
    assert set(rows["number"]) == {"G1"}
    _, rows = both(warehouse, "white_space", "group", Scope.of_regions("south"))
    assert rows["region"].to_list() == ["south"]


def test_what_rests_on_no_record_says_so(warehouse: Warehouse) -> None:
    refused = []
    for kpi in shipped().figures:
        try:
            part_with_rows(shipped(), kpi.name)
        except KpiError:
            refused.append(kpi.name)
    assert refused == ["ramp", "freshness"]  # persons are not listed, and loads stand on the page Freshness
    with pytest.raises(KpiError, match="rests on no records"):
        both(warehouse, "freshness")
