"""Slippage: of the value that was to close in the period when it began, what left the period open."""

import pytest

from tests.kpi.conftest import Warehouse

SHARES = ("slippage", "base_won", "base_lost", "base_open")


def test_slipped_won_lost_and_still_open_value_are_the_whole_base(warehouse: Warehouse) -> None:
    """
    deal  on 1 October, closes  by 24 November              share of the base of 100
    a     40, 1 December        won 35 on 5 November        40 won        at the value it had, not 35
    b     30, 20 November       moved to February           30 slipped
    c     20, 1 December        lost 6 November             20 lost
    d     10, 1 November        open, 20 December           10 still open  a move inside the period
    e     –                     created 9 October, 500      not in the base, though it closes in the period
    f     70, 2 February        pulled in, won 3 November   not in the base: it was not to close in the period
    """
    warehouse.feeds()
    warehouse.history(
        "a", _2026_09_01={"amount": 40, "closes": "2026-12-01"}, _2026_11_06={"amount": 35, "won": "2026-11-05"}
    )
    warehouse.history(
        "b",
        _2026_09_01={"amount": 30, "closes": "2026-11-20"},
        _2026_11_06={"amount": 30, "closes": "2027-02-20", "times_pushed": 1},
    )
    warehouse.history(
        "c", _2026_09_01={"amount": 20, "closes": "2026-12-01"}, _2026_11_07={"amount": 20, "lost": "2026-11-06"}
    )
    warehouse.history(
        "d",
        _2026_09_01={"amount": 10, "closes": "2026-11-01"},
        _2026_11_07={"amount": 10, "closes": "2026-12-20"},
    )
    warehouse.history("e", _2026_10_09={"amount": 500, "closes": "2026-12-20"})
    warehouse.history(
        "f", _2026_09_01={"amount": 70, "closes": "2027-02-02"}, _2026_11_04={"amount": 70, "won": "2026-11-03"}
    )
    found = [warehouse.value(name).value for name in SHARES]
    assert found == pytest.approx([0.3, 0.4, 0.2, 0.1])
    assert sum(float(value or 0) for value in found) == pytest.approx(1)
    assert "SO_FAR" in warehouse.value("slippage").reasons


def test_after_the_end_every_deal_left_open_has_slipped(warehouse: Warehouse) -> None:
    """
    deal  on 1 July, closes  later
    a     60, 1 September    nobody touched its date: open on 30 September, slipped
    b     40, 1 September    won on 5 October: too late, slipped
    c     100, 1 August      won on 30 September, known on 2 October: won
    """
    warehouse.feeds()
    warehouse.history("a", _2026_05_01={"amount": 60, "closes": "2026-09-01"})
    warehouse.history(
        "b", _2026_05_01={"amount": 40, "closes": "2026-09-01"}, _2026_10_06={"amount": 40, "won": "2026-10-05"}
    )
    warehouse.history(
        "c", _2026_05_01={"amount": 100, "closes": "2026-08-01"}, _2026_10_02={"amount": 100, "won": "2026-09-30"}
    )
    found = [warehouse.value(name, period="2026-Q3").value for name in SHARES]
    assert found == pytest.approx([0.5, 0.5, 0, 0])
    assert "SO_FAR" not in warehouse.value("slippage", period="2026-Q3").reasons


def test_a_deal_that_moved_to_another_region_has_not_gone(warehouse: Warehouse) -> None:
    """A deal of the north is the south's since November and won there: asked for the north alone it is won."""
    warehouse.feeds()
    first = {"amount": 10, "closes": "2026-12-01", "source": "shared_crm"}
    warehouse.history("a", _2026_09_01=first, _2026_11_03={**first, "outcome": "open"})
    warehouse.engine.connection.execute(
        "UPDATE opportunity_version SET region = 'south', outcome = 'won', won_on = '2026-11-02', "
        "closed_on = '2026-11-02' WHERE known_until IS NULL"
    )
    assert warehouse.value("base_won", regions=("north",)).value == 1


def test_the_group_is_all_slipped_value_over_all_value(warehouse: Warehouse) -> None:
    """
    region  base  slipped
    north   100   50      50 %
    south   $20   $20     100 %    10 euro
    group   110   60      55 %     never the average of 75 %
    """
    warehouse.feeds()
    warehouse.history("a", _2026_09_01={"amount": 50, "closes": "2026-12-01"})
    for name, amount, region in (("b", 50, "north"), ("c", 20, "south")):
        warehouse.history(
            name,
            region,
            _2026_09_01={"amount": amount, "closes": "2026-12-01"},
            _2026_11_01={"amount": amount, "closes": "2027-03-01"},
        )
    assert warehouse.value("slippage", "group").value == pytest.approx(60 / 110)


def test_a_store_that_begins_inside_the_period_has_no_base(warehouse: Warehouse) -> None:
    """The first export came on 9 October: what was open on the first of the month is not known, and not zero."""
    warehouse.feeds()
    warehouse.history("a", _2026_10_09={"amount": 50, "closes": "2026-12-01"})
    found = warehouse.value("slippage")
    assert found.value is None
    assert "NO_HISTORY" in found.reasons
