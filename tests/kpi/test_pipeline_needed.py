"""Pipeline needed: what would have to be created now to close the gap, as what past periods created so late went."""

import pytest

from tests.kpi.conftest import Warehouse
from tests.kpi.test_pipe_yield import QUARTERS


def past(warehouse: Warehouse, *, quick: bool) -> None:
    """
    In each of four quarters:

    deal   created             worth  became
    base   long before         100    pushed: nothing of what was open is won
    quick  after this point    40     won at 30 within the quarter (with quick false: still open)
    slow   after this point    60     still open: of no help to its quarter
    """
    for before, after, closes in QUARTERS:
        day = after.replace("_", "-")
        warehouse.history(
            f"base {before}",
            "north",
            **{
                f"_{before}": {"amount": 100, "closes": closes, "created": "2024-01-10"},
                f"_{after}": {"amount": 100, "closes": "2027-06-01", "created": "2024-01-10"},
            },
        )
        new = {"created": day, "first_seen_at": day, "known_from": day}
        end = {"won": day} if quick else {"closes": "2027-06-01"}
        warehouse.deal(f"quick {before}", 30, "north", first_amount=40, **new, **end)
        warehouse.deal(f"slow {before}", 60, "north", closes="2027-06-01", **new)


def test_only_what_is_won_in_time_helps(warehouse: Warehouse) -> None:
    """
    520 won of 1000; usually 30 are still created and won: the landing is 550, the gap 450.
    Of 100 created so late 30 were won in time: 450 / 30 % = 1500. One over the win rate (100 %) would say 450.
    """
    warehouse.feeds()
    past(warehouse, quick=True)
    warehouse.deal("won", 520, won="2026-10-05", created="2026-10-01")
    warehouse.target("2026-11", 1000)
    assert float(warehouse.value("gap").value or 0) == pytest.approx(450)
    assert warehouse.value("created_yield").value == pytest.approx(0.3)
    assert float(warehouse.value("pipeline_needed").value or 0) == pytest.approx(1500)


def test_when_it_is_too_late_nothing_helps_and_it_says_so(warehouse: Warehouse) -> None:
    warehouse.feeds()
    past(warehouse, quick=False)
    warehouse.deal("won", 520, won="2026-10-05", created="2026-10-01")
    warehouse.target("2026-11", 1000)
    found = warehouse.value("pipeline_needed")
    assert found.value is None
    assert "TOO_LATE" in found.reasons


def test_a_region_over_its_target_needs_none(warehouse: Warehouse) -> None:
    warehouse.feeds()
    past(warehouse, quick=True)
    warehouse.deal("won", 2000, won="2026-10-05", created="2026-10-01")
    warehouse.target("2026-11", 1000)
    assert warehouse.value("pipeline_needed").value == 0
