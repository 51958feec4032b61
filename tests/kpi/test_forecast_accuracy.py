"""Forecast accuracy and bias: what submitters said at this point of past periods, beside what was won."""

import pytest

from tests.kpi.conftest import Warehouse

QUARTERS = {
    "Q3": ("2026-07-01", "2026-09-30"),
    "Q2": ("2026-04-01", "2026-06-30"),
    "Q1": ("2026-01-01", "2026-03-31"),
    "Q4": ("2025-10-01", "2025-12-31"),
}


def quarter(warehouse: Warehouse, name: str, said: float, won: float, region: str = "north", **given: object) -> None:
    """Add a forecast of a quarter and the deal that was won in it."""
    starts, ends = QUARTERS[name]
    warehouse.forecast(starts, ends, said, region, **given)
    deal = f"{name} {given.get('scope_id', '')}"
    warehouse.deal(deal, won, region, won=starts, created="2025-01-01", country=given.get("scope_id"))


def test_errors_are_summed_whole_so_that_too_much_does_not_mend_too_little(warehouse: Warehouse) -> None:
    """
    quarter  said  won  error  said too much
    Q3       120   100  20     20
    Q2       80    100  20     -20
    Q1       130   100  30     30
    2025 Q4  110   100  10     10
                   400  80     40
    accuracy 1 - 80 / 400 = 80 %, not 1 - 40 / 400; bias 40 / 400 = 10 %
    """
    warehouse.feeds()
    for name, said in {"Q3": 120, "Q2": 80, "Q1": 130, "Q4": 110}.items():
        quarter(warehouse, name, said, 100)
    accuracy = warehouse.value("forecast_accuracy")
    assert accuracy.value == pytest.approx(0.8)
    assert accuracy.n == 4
    assert warehouse.value("forecast_bias").value == pytest.approx(0.1)


def test_submitters_of_one_region_do_not_mend_each_other(warehouse: Warehouse) -> None:
    """
    each quarter  said  won   error
    DE            150   100   50
    AT            50    100   50      together 200 said and 200 won: right, and yet both were wrong
    accuracy 1 - 100 / 200 = 50 %, bias 0 %
    """
    warehouse.feeds()
    for name in QUARTERS:
        for country, said in {"DE": 150, "AT": 50}.items():
            role = {"scope": "country", "scope_id": country, "submitted_by_role": f"manager {country}"}
            quarter(warehouse, name, said, 100, **role)
    assert warehouse.value("forecast_accuracy").value == pytest.approx(0.5)
    assert warehouse.value("forecast_bias").value == 0


def test_the_forecast_is_that_of_the_same_point_and_not_a_later_one(warehouse: Warehouse) -> None:
    """
    now is the middle of week 9: said 120 on the first day, 90 in week 5, and the truth in the last week: 90 counts
    another category says 500: the call alone is the forecast
    """
    warehouse.feeds()
    for name, (starts, ends) in QUARTERS.items():
        quarter(warehouse, name, 120, 100)
        warehouse.forecast(starts, ends, 90, locked_on=f"{starts[:5]}{int(starts[5:7]) + 1:02d}-05")
        warehouse.forecast(starts, ends, 100, locked_on=ends)
        warehouse.forecast(starts, ends, 500, category="best_case")
    assert warehouse.value("forecast_bias").value == pytest.approx(-0.1)


def test_three_periods_are_no_pattern_and_the_code_says_so(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for name in ("Q3", "Q2", "Q1"):
        quarter(warehouse, name, 120, 100)
    for kpi in ("forecast_accuracy", "forecast_bias"):
        found = warehouse.value(kpi)
        assert (found.value, found.comparable) == (None, "no")
        assert "NO_FORECAST" in found.reasons


def test_the_group_sums_the_errors_of_the_regions_at_budget_rates(warehouse: Warehouse) -> None:
    """
    each quarter  said  won           in euro  error
    north         110   100           100      10
    south         $120  $160          80       20
    group                             180      30      accuracy 1 - 30 / 180 = 83 %
    """
    warehouse.feeds()
    for name in QUARTERS:
        quarter(warehouse, name, 110, 100)
        quarter(warehouse, name, 120, 160, "south")
    assert warehouse.value("forecast_accuracy", "south").value == pytest.approx(0.75)
    assert warehouse.value("forecast_accuracy", "group").value == pytest.approx(150 / 180)


def test_a_forecast_in_a_currency_without_a_rate_is_left_out_and_counted(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for name in QUARTERS:
        quarter(warehouse, name, 110, 100)
    warehouse.forecast(*QUARTERS["Q3"], 999, submitted_by_role="another", currency="XAU")
    found = warehouse.value("forecast_accuracy")
    assert found.value == pytest.approx(0.9)
    assert (found.n, found.left_out) == (4, 1)
