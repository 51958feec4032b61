"""Pipeline created: what new deals were worth when they were first seen."""

from decimal import Decimal

from tests.kpi.conftest import Warehouse


def test_todays_amount_is_not_the_amount_then(warehouse: Warehouse) -> None:
    """
    deal  created  first seen with  today
    a     5 Oct    100              500
    b     9 Nov    200              won for 150
    c     20 Sep   400              400      another quarter       100 + 200
    """
    warehouse.feeds()
    warehouse.deal("a", 500, closes="2026-12-01", created="2026-10-05", first_amount=100)
    warehouse.deal("b", 150, won="2026-11-20", created="2026-11-09", first_amount=200)
    warehouse.deal("c", 400, closes="2026-12-01", created="2026-09-20")
    found = warehouse.value("pipeline_created")
    assert (found.value, found.n) == (Decimal(300), 2)


def test_deals_older_than_the_first_export_are_a_reservation(warehouse: Warehouse) -> None:
    """Created in June, first seen in October: what it was worth in June nobody knows."""
    warehouse.feeds()
    for number in range(10):
        warehouse.deal(str(number), 100, closes="2026-12-01", created="2026-06-01", first_seen_at="2026-10-01")
    assert "NO_HISTORY" in warehouse.value("pipeline_created", period="2026-Q2").reasons
