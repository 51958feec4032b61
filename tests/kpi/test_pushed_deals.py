"""Pushed deals: open deals that were moved to a later fiscal quarter."""

from tests.kpi.conftest import Warehouse


def test_each_open_deal_counts_once_however_often_it_was_pushed(warehouse: Warehouse) -> None:
    """
    deal  pushed  state
    a     1       open
    b     3       open     counts once
    c     0       open     a move inside its quarter is no push
    d     2       won      not open any more
    """
    warehouse.feeds()
    warehouse.deal("a", 10, closes="2027-02-01", times_pushed=1)
    warehouse.deal("b", 10, closes="2027-02-01", times_pushed=3)
    warehouse.deal("c", 10, closes="2026-12-20", times_pushed=0)
    warehouse.deal("d", 10, won="2026-10-05", times_pushed=2)
    assert warehouse.value("pushed_deals").value == 2


def test_it_is_the_state_of_the_day(warehouse: Warehouse) -> None:
    """Pushed on 10 November: none at the end of October, one now."""
    warehouse.feeds(exported="2026-10-30T06:30")
    warehouse.feeds()
    warehouse.deal("a", 10, closes="2026-12-01", known_from="2026-06-02", known_until="2026-11-10")
    warehouse.deal("a", 10, closes="2027-02-01", times_pushed=1, known_from="2026-11-10")
    assert warehouse.value("pushed_deals", period="2026-10").value == 0
    assert warehouse.value("pushed_deals").value == 1
