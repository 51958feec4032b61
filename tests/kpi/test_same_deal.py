"""Deals of two regions that are one deal: shown in each region, counted once in the group."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from kpi.change.explained import explain_change
from kpi.change.states import Between
from kpi.change.waterfall import waterfalls
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.rows import rows_behind
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped


def same(warehouse: Warehouse, twin: str, counted: str, **given: object) -> None:
    """Confirm that "south/b" is the deal that "north/a" counts for."""
    sides = {"twin": twin, "counted": counted}
    named = {f"{side}_source": f"{name.split('/')[0]}_crm" for side, name in sides.items()}
    named |= {f"{side}_id": name.split("/")[1] for side, name in sides.items()}
    told = {"source": "planning", "confirmed_by": "Key accounts", "confirmed_on": "2026-10-01", **named, **given}
    warehouse.add("same_deal", None, told)


def asked(warehouse: Warehouse, *regions: str) -> Slice:
    return Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW, regions=regions)


def test_the_group_is_the_regions_less_what_two_of_them_count(warehouse: Warehouse) -> None:
    """
    region  won deals        won value
    north   a 100, c 50      150
    south   b  80, d 40      120       160 and 80 dollars; b is a
    group   a, c, d          190       the regions together 270, counted twice 80
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("c", 50, won="2026-10-05")
    warehouse.deal("b", 160, "south", won="2026-10-06")
    warehouse.deal("d", 80, "south", won="2026-10-06")
    same(warehouse, "south/b", "north/a")
    north, south, group = (warehouse.value("won_value", region) for region in ("north", "south", "group"))
    assert (north.value, south.value, group.value) == (150, 120, 190)
    assert (north.counted_twice, south.counted_twice, group.counted_twice) == (None, None, 80)
    assert (south.n, group.n) == (2, 3)
    rows = rows_behind(
        warehouse.engine, warehouse.organisation, shipped(), asked(warehouse), Scope.everything(), "won_value"
    )
    assert sorted(rows["number"]) == ["a", "c", "d"]
    assert sum(rows["value"]) == 190


def test_ratios_and_medians_of_the_group_meet_the_deal_once(warehouse: Warehouse) -> None:
    """
    north  a won 100, c won 300      south  b won 100 (is a), e lost
    win rate: north 2 of 2, south 1 of 2, group 2 of 3 and not 3 of 4
    median won deal of the group: of 100 and 300 it is 200; of 100, 100 and 300 it would be 100
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("c", 300, won="2026-10-05")
    warehouse.deal("b", 200, "south", won="2026-10-06")
    warehouse.deal("e", 200, "south", lost="2026-10-06")
    same(warehouse, "south/b", "north/a")
    assert warehouse.value("win_rate", "south").value == 0.5
    assert warehouse.value("win_rate", "group").value == pytest.approx(2 / 3)
    assert warehouse.value("median_won_deal", "group").value == 200
    assert warehouse.value("average_won_deal", "group").value == 200


def test_a_stock_and_its_waterfall_agree(warehouse: Warehouse) -> None:
    """Open: north 100 since June, south 90 (is north's) since 10 November. The group has 100 on both days."""
    warehouse.feeds()
    warehouse.deal("a", 100, closes="2026-12-10")
    warehouse.deal("b", 180, "south", closes="2026-12-10", known_from="2026-11-10")
    same(warehouse, "south/b", "north/a")
    group = warehouse.value("open_pipeline", "group")
    assert (group.value, group.counted_twice) == (100, 90)
    between = Between(date(2026, 10, 31), date(2026, 11, 23), NOW)
    found = waterfalls(warehouse.engine, warehouse.organisation, between, Scope.everything())
    assert [found["group"].start, found["group"].end] == [100, 100]
    assert [found["south"].start, found["south"].end] == [0, 90]


def test_what_is_counted_twice_is_a_part_of_the_change(warehouse: Warehouse) -> None:
    """Won value rises from 0 to 100: north +100, south +80, counted twice -80."""
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("b", 160, "south", won="2026-10-06")
    same(warehouse, "south/b", "north/a")
    periods = tuple(parse_period(text, warehouse.organisation, NOW) for text in ("2026-Q3", "2026-Q4"))
    given = (warehouse.engine, warehouse.organisation, shipped())
    found = explain_change(
        *given, "won_value", periods=(periods[0], periods[1]), as_of=NOW, rates="budget", scope=Scope.everything()
    )
    assert {part.name: part.amount for part in found.parts if part.amount} == {
        "north": 100,
        "south": 80,
        "Counted twice": -80,
    }


@pytest.mark.parametrize(
    "why", ["only south is asked", "only south is seen", "north's is deleted", "north cannot answer", "not known yet"]
)
def test_the_twin_stands_for_itself_where_the_other_is_not_in_the_total(warehouse: Warehouse, why: str) -> None:
    """South's 80 count wherever north's 100 do not: nothing disappears."""
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05", is_deleted=why == "north's is deleted")
    warehouse.deal("b", 160, "south", won="2026-10-06")
    given = {"known_from": "2026-11-30"} if why == "not known yet" else {}
    same(warehouse, "south/b", "north/a", **given)
    scope = Scope.of_regions("south") if why == "only south is seen" else Scope.everything()
    regions = ("south",) if why == "only south is asked" else ()
    if why == "north cannot answer":
        warehouse.engine.connection.execute("UPDATE opportunity_version SET won_on = NULL WHERE region = 'north'")
        for number in range(9):  # won deals without a day: the region cannot say what it won when
            warehouse.deal(f"x{number}", 5, won="2026-10-05", won_on=None)
    found = evaluate(
        warehouse.engine, warehouse.organisation, shipped(), asked(warehouse, *regions), scope, ["won_value"]
    )
    group = next(value for value in found if value.region == "group")
    assert group.value == (180 if why == "not known yet" else 80)
    assert not group.counted_twice


def test_in_local_currency_the_group_counts_once_too(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("b", 160, "south", won="2026-10-06")
    same(warehouse, "south/b", "north/a")
    local = replace(asked(warehouse), currency="local")
    found = evaluate(warehouse.engine, warehouse.organisation, shipped(), local, Scope.everything(), ["won_value"])
    assert {one.region: one.value for one in found} == {"north": 100, "south": 160, "east": 0, "group": 100}


def test_two_sources_that_confirm_the_same_pair_take_nothing_away_twice(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("b", 160, "south", won="2026-10-06")
    same(warehouse, "south/b", "north/a")
    same(warehouse, "south/b", "north/a", source="finance")
    assert warehouse.value("won_value", "group").value == Decimal(100)
    assert warehouse.value("won_value", "south").value == Decimal(80)


def test_every_kpi_answers_where_two_deals_are_one(warehouse: Warehouse) -> None:
    """Forecasts are compared with deals, but are none: what both regions said and won stays in the group's accuracy.

    each of three quarters, in euros
           said              won                 error
    north  120               100 (a)             20
    south  50 (dollars 100)  40 (b, which is a)  10
    group  170               140                 30 of 140
    """
    warehouse.feeds()
    for starts, ends in (("2026-07-01", "2026-09-30"), ("2026-04-01", "2026-06-30"), ("2026-01-01", "2026-03-31")):
        warehouse.forecast(starts, ends, 120)
        warehouse.forecast(starts, ends, 100, "south")
        warehouse.deal(f"a {starts}", 100, won=starts, created="2025-01-01")
        warehouse.deal(f"b {starts}", 80, "south", won=starts, created="2025-01-01")
        same(warehouse, f"south/b {starts}", f"north/a {starts}")
    found = evaluate(
        warehouse.engine,
        warehouse.organisation,
        shipped(),
        asked(warehouse),
        Scope.everything(),
        tuple(shipped().kpis),
    )
    assert {value.kpi for value in found} == set(shipped().kpis)
    accuracy = next(value for value in found if value.kpi == "forecast_accuracy" and value.region == "group")
    assert (accuracy.numerator, accuracy.denominator) == (Decimal(3 * (140 - 30)), Decimal(3 * 140))
