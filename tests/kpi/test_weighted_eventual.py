"""Weighted pipelines: what is open times what usually becomes of its stage, some day or in time."""

import pytest

from tests.kpi.conftest import Warehouse
from tests.kpi.test_pipe_yield import QUARTERS

WON_LATER = ("2026_01_20", "2026_04_20", "2026_07_20", "2026_10_20")


def test_what_is_won_after_its_period_is_won_some_day_but_not_in_time(warehouse: Warehouse) -> None:
    """
    In each of four quarters, open at this point and dated in it, 100 each:

    deal   became
    slow   pushed, and won at 120 in the quarter after
    lost   lost
    open   still open: undecided, and no failure

    Some day: 120 / 200 = 60 %. In time: nothing. Open now are the four and one of 300: 700 × 60 % = 420.
    """
    warehouse.feeds()
    for (before, after, closes), later in zip(QUARTERS, WON_LATER, strict=True):
        dated = {"amount": 100, "closes": closes}
        pushed = {"amount": 100, "closes": "2027-06-01"}
        won = {"amount": 120, "won": later.replace("_", "-")}
        states = {f"_{before}": dated, f"_{after}": pushed, f"_{later}": won}
        warehouse.history(f"slow {before}", "north", **states)
        lost = {"amount": 100, "lost": after.replace("_", "-")}
        warehouse.history(f"lost {before}", "north", **{f"_{before}": dated, f"_{after}": lost})
        warehouse.history(f"open {before}", "north", **{f"_{before}": dated, f"_{after}": pushed})
    warehouse.deal("now", 300, closes="2026-12-20", known_from="2026-11-01", created="2026-11-01")
    asked = {"region": "north"}
    assert warehouse.value("eventual_yield", **asked).value == pytest.approx(0.6)
    assert warehouse.value("pipe_yield", **asked).value == 0
    assert float(warehouse.value("weighted_eventual", **asked).value or 0) == pytest.approx(420)
    assert warehouse.value("weighted_in_period", **asked).value == 0
