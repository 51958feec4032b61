"""Closing this period: qualified open deals that are expected to close in the period."""

from decimal import Decimal

from tests.kpi.conftest import Warehouse


def test_only_qualified_open_deals_dated_in_the_period_count(warehouse: Warehouse) -> None:
    """
    deal  amount  expected  state              counts
    a     100     1 Dec     open               yes
    b     200     31 Dec    open               yes
    c     400     1 Jan     open               no, next period
    d     800     1 Dec     never reached develop  no
    e     1600    1 Dec     on hold            no
    f     3200    1 Dec     won                no
    """
    warehouse.feeds()
    warehouse.deal("a", 100, closes="2026-12-01")
    warehouse.deal("b", 200, closes="2026-12-31")
    warehouse.deal("c", 400, closes="2027-01-01")
    warehouse.deal("d", 800, closes="2026-12-01", reached_develop=False)
    warehouse.deal("e", 1600, closes="2026-12-01", on_hold=True)
    warehouse.deal("f", 3200, won="2026-12-01")
    found = warehouse.value("closing_in_period")
    assert (found.value, found.n) == (Decimal(300), 2)


def test_a_deal_without_a_date_is_left_out_with_its_value(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for number in range(10):
        warehouse.deal(str(number), 100, closes="2026-12-01")
    warehouse.deal("x", 70, closes=None)
    found = warehouse.value("closing_in_period")
    assert (found.value, found.left_out, found.left_out_value) == (Decimal(1000), 1, Decimal(70))
