"""Pace: won to date over what is usually won by this point of the period."""

import pytest

from tests.kpi.conftest import Warehouse

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
