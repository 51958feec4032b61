"""Won value: what was won in the period, by the day of the win."""

from decimal import Decimal

from tests.kpi.conftest import Warehouse


def test_it_counts_by_the_day_of_the_win_and_converts_at_the_budget_rate(warehouse: Warehouse) -> None:
    """
    deal  region  amount  won        counts in Q4
    a     north   100 €   1 Oct      100
    b     north   200 €   24 Nov     200
    c     north   400 €   30 Sep     no, Q3
    d     north   800 €   lost       no
    e     south   100 $   5 Oct      50 (half a euro a dollar)
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-01")
    warehouse.deal("b", 200, won="2026-11-24")
    warehouse.deal("c", 400, won="2026-09-30")
    warehouse.deal("d", 800, lost="2026-10-05")
    warehouse.deal("e", 100, "south", won="2026-10-05")
    assert (warehouse.value("won_value").value, warehouse.value("won_value").n) == (Decimal(300), 2)
    assert warehouse.value("won_value", "group").value == Decimal(350)
    assert warehouse.value("won_value", period="2026-Q3").value == Decimal(400)


def test_a_deal_that_is_reduced_after_the_win_restates_its_own_quarter(warehouse: Warehouse) -> None:
    """Won in September for 400; reduced to 250 on 10 November. Q3 is 250 now, and Q4 lost nothing."""
    warehouse.feeds()
    warehouse.deal("a", 400, won="2026-09-15", known_from="2026-09-16", known_until="2026-11-10")
    warehouse.deal("a", 250, won="2026-09-15", known_from="2026-11-10")
    assert warehouse.value("won_value", period="2026-Q3").value == Decimal(250)
    assert warehouse.value("won_value", period="2026-Q4").value == Decimal(0)
