"""Median won deal: the deal in the middle."""

import pytest

from tests.kpi.conftest import Warehouse


def test_one_big_deal_does_not_move_it_and_the_group_takes_it_from_the_rows(warehouse: Warehouse) -> None:
    """
    region  won deals                median
    north   100 200 9000             200     the average would be 3100
    south   20 40 dollars, 10 20     15      a dollar is half a euro
    group   10 20 100 200 9000       100     not the middle of 200 and 15
    north   5000, a renewal          left out
    """
    warehouse.feeds()
    for region, amounts in (("north", (100, 200, 9000)), ("south", (20, 40))):
        for amount in amounts:
            warehouse.deal(f"{region}{amount}", amount, region, won="2026-10-05")
    warehouse.deal("renewed", 5000, won="2026-10-05", business_type="renewal")
    assert warehouse.value("median_won_deal").value == 200
    assert warehouse.value("median_won_deal", "south").value == 15
    assert warehouse.value("median_won_deal", "group").value == 100


def test_the_middle_of_two_amounts_keeps_its_last_digit(warehouse: Warehouse) -> None:
    """1.01 and 1.02: 1.015, which two decimals would cut to 1.01."""
    warehouse.feeds()
    warehouse.deal("a", "1.01", won="2026-10-05")
    warehouse.deal("b", "1.02", won="2026-10-05")
    assert float(warehouse.value("median_won_deal").value or 0) == pytest.approx(1.015, abs=1e-9)
