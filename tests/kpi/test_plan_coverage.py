"""Account plans kept: key accounts with a target, actions and a fresh look, over all key accounts."""

import pytest

from tests.kpi.conftest import Warehouse
from tests.kpi.own_rows import account, feeds, match, plan


def test_a_file_is_no_plan(warehouse: Warehouse) -> None:
    """
    key account  target  actions  looked at
    1            100     yes      1 Nov       kept
    2            100     yes      1 Aug       115 days ago: not kept
    3            100     none     1 Nov       not kept
    4            none    yes      1 Nov       not kept
    5            no plan at all               not kept
    6            100     none     1 Aug       mid-market: a target is enough, kept          2 of 6
    7            no key account               does not count
    """
    feeds(warehouse)
    for number in range(1, 8):
        segment = "mid_market" if number == 6 else "enterprise"
        account(warehouse, str(number), segment=segment, is_key=number != 7)
        match(warehouse, f"north/{number}", f"G{number}")
    plan(warehouse, "G1", target=100)
    plan(warehouse, "G2", target=100, updated_on="2026-08-01")
    plan(warehouse, "G3", target=100, actions=None)
    plan(warehouse, "G4")
    plan(warehouse, "G6", target=100, actions=None, updated_on="2026-08-01")
    found = warehouse.value("plan_coverage")
    assert [found.numerator, found.denominator] == [2, 6]
    assert found.value == pytest.approx(2 / 6)


def test_a_customer_of_two_regions_is_one_key_account_of_the_group(warehouse: Warehouse) -> None:
    """North keeps a plan, south does not: 1 of 1, 0 of 1, and 1 of 1 in the group, not 1 of 2. Last year's is over."""
    feeds(warehouse)
    for place in ("north/1", "south/1"):
        account(warehouse, "1", place.split("/")[0])
        match(warehouse, place, "G1")
    plan(warehouse, "G1", target=100)
    plan(warehouse, "G1", "south", target=100, starts_on="2025-01-01", ends_on="2025-12-31")
    found = [warehouse.value("plan_coverage", one) for one in ("north", "south", "group")]
    assert [[one.numerator, one.denominator] for one in found] == [[1, 1], [0, 1], [1, 1]]
