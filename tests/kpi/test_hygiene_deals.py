"""Deals out of order: a past date, no next step, no activity for long, or nobody who owns them; each deal once."""

from tests.kpi.conftest import Warehouse
from tests.kpi.open_deal_tables import usual_gaps, worked_on


def kept(warehouse: Warehouse, deal: str, amount: int = 10, **given: object) -> None:
    columns = {"stage": "develop", "first_stage": "qualify", "closes": "2026-12-20", "next_step": "call"}
    warehouse.deal(deal, amount, "north", **(columns | given))


def test_each_deal_counts_once_however_much_is_wrong_with_it(warehouse: Warehouse) -> None:
    """
    gaps between activities in develop: nine times 10 days, once 40: nine of ten stay under 13
    deal  amount  close date   next step  last activity  owner      out of order
    a     1       20 December  yes        20 November    here
    b     2       23 November  yes        20 November    here       the date is past
    c     4       24 November  yes        20 November    here       it is today's: not past
    d     8       20 December  -          20 November    here       no next step
    e     16      20 December  yes        1 November     here       23 days: too long
    f     32      20 December  yes        20 November    has left   nobody
    g     64      1 November   -          1 June         none       four times, one deal
    """
    warehouse.feeds()
    usual_gaps(warehouse, *[10] * 9, 40)
    warehouse.add("person", "north", {"person_ref": "Person Two", "is_active": False})
    kept(warehouse, "a", 1)
    kept(warehouse, "b", 2, closes="2026-11-23")
    kept(warehouse, "c", 4, closes="2026-11-24")
    kept(warehouse, "d", 8, next_step=None)
    kept(warehouse, "e", 16)
    kept(warehouse, "f", 32, owner_ref="Person Two")
    kept(warehouse, "g", 64, closes="2026-11-01", next_step=None, owner_ref=None, last_activity_at="2026-06-01")
    for deal in "abcdf":
        worked_on(warehouse, deal, "2026-11-20")
    worked_on(warehouse, "e", "2026-11-01")
    assert warehouse.value("hygiene_deals").value == 5
    assert warehouse.value("hygiene_value").value == 2 + 8 + 16 + 32 + 64


def test_the_owner_who_left_later_was_there_at_the_time(warehouse: Warehouse) -> None:
    """Known to have left on 10 November: out of order today, in order at the end of October."""
    warehouse.feeds(exported="2026-10-30T06:30")
    warehouse.feeds()
    warehouse.add("person", "north", {"person_ref": "P", "is_active": True, "known_until": "2026-11-10"})
    warehouse.add("person", "north", {"person_ref": "P", "is_active": False, "known_from": "2026-11-10"})
    kept(warehouse, "a", owner_ref="P", last_activity_at="2026-10-28")
    assert warehouse.value("hygiene_deals").value == 1
    assert warehouse.value("hygiene_deals", period="2026-10").value == 0


def test_a_close_date_is_past_by_the_newest_export(warehouse: Warehouse) -> None:
    """Dated 20 November, last exported on the 16th: whether it was moved since then nobody knows."""
    warehouse.feeds(exported="2026-11-16T06:30")
    usual_gaps(warehouse, *[30] * 6)
    kept(warehouse, "a", closes="2026-11-20", last_activity_at="2026-11-10")
    kept(warehouse, "b", closes="2026-11-15", last_activity_at="2026-11-10")
    assert warehouse.value("hygiene_deals").value == 1
