"""Attainment: won value over the target of the whole period."""

import pytest

from tests.kpi.conftest import Warehouse

MONTHS = ("2026-10", "2026-11", "2026-12")


def test_the_groups_attainment_is_no_average_of_percentages(warehouse: Warehouse) -> None:
    """
    region  won    target  attainment
    north   90 €   100     90 %
    south   200 $  2000 $  10 %        100 € of 1000 €
    group   190    1100    17.3 %      and not the average, 50 %
    """
    warehouse.feeds()
    warehouse.deal("a", 90, won="2026-10-05")
    warehouse.deal("b", 200, "south", won="2026-10-05")
    warehouse.target("2026-11", 100)
    warehouse.target("2026-11", 2000, "south")
    assert warehouse.value("attainment").value == pytest.approx(0.9)
    assert warehouse.value("attainment", "south").value == pytest.approx(0.1)
    assert warehouse.value("attainment", "group").value == pytest.approx(190 / 1100)


def test_the_target_is_that_of_the_whole_period(warehouse: Warehouse) -> None:
    """Three months of 100: 90 of 300, although the quarter is not over."""
    warehouse.feeds()
    warehouse.deal("a", 90, won="2026-10-05")
    for month in MONTHS:
        warehouse.target(month, 100)
    assert warehouse.value("attainment").value == pytest.approx(0.3)


def test_without_a_target_there_is_no_attainment(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("a", 90, won="2026-10-05")
    found = warehouse.value("attainment")
    assert found.value is None
    assert "NO_TARGET" in found.reasons
