"""Coverage required and the gap to it, from what past periods made of their pipeline."""

import pytest

from tests.kpi.conftest import Warehouse
from tests.kpi.test_pipe_yield import past_quarters


def test_it_is_not_one_over_the_win_rate(warehouse: Warehouse) -> None:
    """
    each past quarter after this point: won 120, of it 40 created after it -> a third comes by itself
    yield 20 %: (1 - 1/3) / 0.2 = 3.33 times. One over the win rate by value (120 of 320) would say 2.67 times.
    """
    warehouse.feeds()
    past_quarters(warehouse)
    assert warehouse.value("late_share").value == pytest.approx(1 / 3)
    assert warehouse.value("coverage_required").value == pytest.approx((1 - 1 / 3) / 0.2)


def test_without_history_it_falls_back_to_the_win_rate_and_says_so(warehouse: Warehouse) -> None:
    """Won 30 and lost 70 this quarter, no earlier export: 1 / 30 % = 3.33 times, with reservation."""
    warehouse.feeds()
    warehouse.deal("w", 30, won="2026-10-06", known_from="2026-10-05")
    warehouse.deal("l", 70, lost="2026-10-06", known_from="2026-10-05")
    found = warehouse.value("coverage_required")
    assert found.value == pytest.approx(100 / 30)
    assert "WIN_RATE_FOR_YIELD" in found.reasons
    assert found.comparable == "reservation"


def test_the_gap_is_what_is_covered_less_what_is_needed(warehouse: Warehouse) -> None:
    """200 close this quarter, 100 of the plan are still to be won: covered 2 times, needed 3.33 times."""
    warehouse.feeds()
    past_quarters(warehouse)
    warehouse.deal("open", 200, closes="2026-12-20", known_from="2026-10-05")
    warehouse.target("2026-10", 100)
    assert warehouse.value("coverage").value == pytest.approx(2)
    assert warehouse.value("coverage_gap").value == pytest.approx(2 - (1 - 1 / 3) / 0.2)


def test_a_reached_target_leaves_no_gap_to_tell(warehouse: Warehouse) -> None:
    warehouse.feeds()
    past_quarters(warehouse)
    warehouse.deal("w", 150, won="2026-10-06", known_from="2026-10-07")
    warehouse.target("2026-10", 100)
    found = warehouse.value("coverage_gap")
    assert found.value is None
    assert "TARGET_REACHED" in found.reasons
