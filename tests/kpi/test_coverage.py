"""Coverage: what closes in the period over what is still to be won."""

import pytest

from tests.kpi.conftest import Warehouse


def test_the_group_is_all_over_all(warehouse: Warehouse) -> None:
    """
    region  closing  target  won   still to win  coverage
    north   100      300     100   200           0.5
    south   900 €    300 €   0     300           3.0
    group   1000     600     100   500           2.0     and not the average, 1.75
    """
    warehouse.feeds()
    warehouse.deal("won", 100, won="2026-10-05")
    warehouse.deal("a", 100, closes="2026-12-01")
    warehouse.deal("b", 1800, "south", closes="2026-12-01")
    warehouse.target("2026-11", 300)
    warehouse.target("2026-11", 600, "south")
    for region, times in (("north", 0.5), ("south", 3.0), ("group", 2.0)):
        assert warehouse.value("coverage", region).value == pytest.approx(times)


def test_a_reached_target_has_no_coverage_and_says_so(warehouse: Warehouse) -> None:
    """400 won of 300: dividing by -100 would show a negative coverage."""
    warehouse.feeds()
    warehouse.deal("won", 400, won="2026-10-05")
    warehouse.deal("a", 100, closes="2026-12-01")
    warehouse.target("2026-11", 300)
    found = warehouse.value("coverage")
    assert found.value is None
    assert "TARGET_REACHED" in found.reasons
