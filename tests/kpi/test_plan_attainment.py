"""Attainment of account plans: won with the accounts that have a plan, over the plans."""

import pytest

from tests.kpi.conftest import Warehouse
from tests.kpi.own_rows import account, feeds, match, plan
from tests.kpi.test_same_deal import same


def test_all_won_over_all_planned_and_a_shared_deal_once(warehouse: Warehouse) -> None:
    """
    plans of the fourth quarter: north 100, south 200 dollars = 100
    region  won on the account       attainment
    north   a 50                     50 %
    south   b 100 dollars (is a)     50 %       also c, 500 dollars, with an account that has no plan
    group   a 50 of 200              25 %       not 50 %, and not 100 of 200
    """
    feeds(warehouse)
    for region in ("north", "south"):
        account(warehouse, "1", region)
        match(warehouse, f"{region}/1", "G1")
    quarter = {"starts_on": "2026-10-01", "ends_on": "2026-12-31"}
    plan(warehouse, "G1", target=100, **quarter)
    plan(warehouse, "G1", "south", target=200, currency="USD", **quarter)
    warehouse.deal("a", 50, won="2026-10-05", account_ref="1")
    warehouse.deal("b", 100, "south", won="2026-10-06", account_ref="customer 1")
    warehouse.deal("c", 500, "south", won="2026-10-06", account_ref="9")
    same(warehouse, "south/b", "north/a")
    found = [warehouse.value("plan_attainment", one).value for one in ("north", "south", "group")]
    assert found == [pytest.approx(0.5), pytest.approx(0.5), pytest.approx(0.25)]


def test_a_quarter_takes_its_days_of_a_years_plan(warehouse: Warehouse) -> None:
    """365 for the year: 92 for the days of the fourth quarter."""
    feeds(warehouse)
    account(warehouse, "1")
    match(warehouse, "north/1", "G1")
    plan(warehouse, "G1", target=365)
    warehouse.deal("a", 46, won="2026-10-05", account_ref="1")
    warehouse.deal("b", 46, won="2025-12-05", account_ref="1")
    assert warehouse.value("account_target").value == 92
    assert warehouse.value("plan_attainment").value == pytest.approx(0.5)


def test_without_a_plan_there_is_no_attainment(warehouse: Warehouse) -> None:
    feeds(warehouse)
    warehouse.deal("a", 50, won="2026-10-05", account_ref="1")
    found = warehouse.value("plan_attainment")
    assert found.value is None
    assert "NO_TARGET" in found.reasons
