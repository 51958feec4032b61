"""Pace: won to date over what is usually won by this point of the period."""

from dataclasses import replace

import pytest

from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped

QUARTERS = (
    ("2025-10-06", "2025-12-22"),
    ("2026-01-08", "2026-03-26"),
    ("2026-04-08", "2026-06-25"),
    ("2026-07-08", "2026-09-25"),
)


def test_a_hockey_stick_region_is_not_behind_in_its_early_weeks(warehouse: Warehouse) -> None:
    """
    In each of the last four quarters 20 was won early and 80 in the last days: by now a fifth of the plan is expected.

    plan  expected by now  won  pace
    300   60               60   100 %     a straight line would expect 180 and say 33 %
    """
    warehouse.feeds()
    for number, (early, late) in enumerate(QUARTERS):
        warehouse.deal(f"early{number}", 20, won=early)
        warehouse.deal(f"late{number}", 80, won=late)
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 100)
    warehouse.deal("now", 60, won="2026-10-08")
    assert warehouse.value("pace").value == pytest.approx(1.0)


def test_a_region_that_always_wins_late_has_a_plan_and_nothing_expected_yet(warehouse: Warehouse) -> None:
    """
    In each of the last four quarters all 80 was won in the last days: by now nothing of the plan is expected.

    region  plan  expected by now  won  pace
    north   300   0                60   none: nothing to compare with, though there is a plan
    """
    warehouse.feeds()
    for number, (_, late) in enumerate(QUARTERS):
        warehouse.deal(f"late{number}", 80, won=late)
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 100)
    warehouse.deal("now", 60, won="2026-10-08")
    expected, pace = warehouse.value("expected_won"), warehouse.value("pace")
    assert expected.value == 0
    assert pace.value is None
    assert pace.reasons[0] == "ZERO_DENOMINATOR"
    assert "NO_TARGET" not in (*expected.reasons, *pace.reasons)


def test_holidays_are_no_working_days(warehouse: Warehouse) -> None:
    """Without own quarters pace is by working days: 39 of 65 in Germany (25 Dec is free): 180 of 300 expected."""
    warehouse.feeds()
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 100)
    warehouse.deal("now", 90, won="2026-10-08")
    found = warehouse.value("pace")
    assert found.value == pytest.approx(90 / (300 * 39 / 65))
    assert "LINEAR_PACE" in found.reasons


def test_the_group_never_adds_two_currencies_whatever_currency_is_shown(warehouse: Warehouse) -> None:
    """
    region  plan   rate  expected (39 of 65 days)  won
    north   300 €  1     180 €                     90 €
    east    300 ¥  0.01  (in ¥)                    90 ¥
    group   303 €        expected and pace are the same in local currency: never 180 + yen
    """
    warehouse.feeds()
    warehouse.rate("JPY", "2026-01-01", "0.01")
    for region in ("north", "east"):
        for month in ("2026-10", "2026-11", "2026-12"):
            warehouse.target(month, 100, region)
        warehouse.deal(f"now {region}", 90, region, won="2026-10-08")
    for kpi in ("expected_won", "pace", "attainment", "won_value"):
        in_group_money = warehouse.value(kpi, "group")
        assert warehouse.value(kpi, "group", currency="local").value == in_group_money.value, kpi
        assert warehouse.value(kpi, "group", currency="local").currency == in_group_money.currency
    assert float(warehouse.value("expected_won", "group").value or 0) == pytest.approx(182, abs=2)
    assert warehouse.value("won_value", "east", currency="local").value == 90


def test_a_region_is_held_against_its_plan_as_far_as_its_newest_export_tells(warehouse: Warehouse) -> None:
    """
    Today is 24 November; north was exported last on the 5th, east today. Both had won 180 by the 5th.

    region  plan  working days told of  expected  won  pace
    north   300   26 of 65              120       180  150 %    until today 180 would be expected: 100 %, and falling
                                                               by a working day each day without one lost deal
    east    300   37 of 63              176.19    180  102 %
    group   600                         296.19    360  122 %    each region as far as it tells
    """
    warehouse.feed("north", exported="2026-11-05T06:30")
    warehouse.feed("east")
    for region in ("north", "east"):
        for month in ("2026-10", "2026-11", "2026-12"):
            warehouse.target(month, 100, region, currency="EUR")
        warehouse.deal(region, 180, region, won="2026-10-08", currency="EUR")
    assert warehouse.value("expected_won").value == pytest.approx(300 * 26 / 65)
    assert warehouse.value("pace").value == pytest.approx(180 / 120)
    east = warehouse.value("expected_won", "east").value
    assert warehouse.value("pace", "group").value == pytest.approx(360 / (120 + float(east or 0)))


def test_the_past_is_cut_where_the_newest_export_ends(warehouse: Warehouse) -> None:
    """
    Each past quarter won 50 early, and 50 at two thirds of its working days (day 44 of 65, say), north's export of
    5 November tells of 26 of 65 days: by then half of a quarter is won, not all of it.

    plan  expected by the export  won  pace
    300   150                     150  100 %
    """
    warehouse.feed("north", exported="2026-11-05T06:30")
    for number, (early, two_thirds) in enumerate(
        (
            ("2025-10-06", "2025-11-20"),
            ("2026-01-08", "2026-02-20"),
            ("2026-04-08", "2026-05-22"),
            ("2026-07-08", "2026-08-20"),
        )
    ):
        warehouse.deal(f"early{number}", 50, won=early)
        warehouse.deal(f"late{number}", 50, won=two_thirds)
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 100)
    warehouse.deal("now", 150, won="2026-10-08")
    assert warehouse.value("pace").value == pytest.approx(1.0)


def test_the_path_to_the_end_of_the_quarter_goes_on_after_the_newest_export(warehouse: Warehouse) -> None:
    """The chart of a region asks for the weeks to come too: at the end of the last one the whole plan of 300 is due."""
    warehouse.feed("north", exported="2026-11-05T06:30")
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 100)
    quarter = parse_period("2026-Q4", warehouse.organisation, NOW)
    asked = Slice(replace(quarter, to_date=quarter.end), NOW, grain="week")
    found = evaluate(warehouse.engine, warehouse.organisation, shipped(), asked, Scope.everything(), ["expected_won"])
    path = [value.value for value in found if value.region == "north"]
    assert path[-1] == pytest.approx(300)
    assert path == sorted(path, key=lambda value: float(value or 0))
    assert len(set(path)) == len(path)
