"""Deals being worked on: something was done within the gap that is usual in their own stage."""

from tests.kpi.conftest import Warehouse
from tests.kpi.open_deal_tables import usual_gaps, worked_on


def open_deal(warehouse: Warehouse, deal: str, stage: str, last: str | None) -> None:
    warehouse.deal(deal, 10, "north", stage=stage, first_stage="qualify", closes="2026-12-20", created="2026-01-01")
    if last:
        worked_on(warehouse, deal, last)


def test_each_stage_has_its_own_gap_and_seven_days_would_be_wrong(warehouse: Warehouse) -> None:
    """
    gaps in develop: 30 days, in propose: 5 days
    deal  stage    last activity  days  usual
    a     develop  1 November     23    30     worked on: seven days would call it idle
    b     propose  15 November    9     5      idle
    c     propose  20 November    4     5      worked on
    d     develop  never          327   30     idle since its creation
    2 of 4
    """
    warehouse.feeds()
    usual_gaps(warehouse, *[30] * 6)
    usual_gaps(warehouse, *[5] * 6, stage="propose")
    open_deal(warehouse, "a", "develop", "2026-11-01")
    open_deal(warehouse, "b", "propose", "2026-11-15")
    open_deal(warehouse, "c", "propose", "2026-11-20")
    open_deal(warehouse, "d", "develop", None)
    found = warehouse.value("adoption")
    assert (found.value, found.n) == (0.5, 4)


def test_a_stage_with_few_gaps_takes_those_of_its_region(warehouse: Warehouse) -> None:
    """Close has no gaps of its own; 30 days of develop are what is usual in the region: 23 days are within it."""
    warehouse.feeds()
    usual_gaps(warehouse, *[30] * 6)
    open_deal(warehouse, "a", "close", "2026-11-01")
    assert warehouse.value("adoption").value == 1


def test_a_task_that_was_only_planned_is_no_work(warehouse: Warehouse) -> None:
    warehouse.feeds()
    usual_gaps(warehouse, *[30] * 6)
    open_deal(warehouse, "a", "develop", "2026-09-01")
    planned = {"activity_id": "p", "at": "2026-11-20", "done_at": None, "related_ref": "a"}
    warehouse.add("activity", "north", planned)
    assert warehouse.value("adoption").value == 0


def test_a_region_whose_gaps_nobody_knows_has_no_share(warehouse: Warehouse) -> None:
    warehouse.feeds()
    open_deal(warehouse, "a", "develop", "2026-11-23")
    found = warehouse.value("adoption")
    assert (found.value, found.left_out) == (None, 1)


def test_a_region_whose_export_is_late_has_not_been_idle_since(warehouse: Warehouse) -> None:
    """
    The newest export is of 16 November; usual are 5 days. Worked on on the 14th, 2 days before it: worked on, though
    today is the 24th and nobody knows of these eight days.
    """
    warehouse.feeds(exported="2026-11-16T06:30")
    usual_gaps(warehouse, *[5] * 6, stage="propose")
    open_deal(warehouse, "a", "propose", "2026-11-14")
    found = warehouse.value("adoption")
    assert found.value == 1
    assert "STALE" in found.reasons


def test_where_activities_come_later_than_deals_the_gap_is_not_theirs(warehouse: Warehouse) -> None:
    """Deals of the 24th, activities of the 16th: two days since the last activity that anybody can know of."""
    warehouse.feeds()
    warehouse.feed("north", "activity", "2026-11-16T06:30")
    usual_gaps(warehouse, *[5] * 6, stage="propose")
    open_deal(warehouse, "a", "propose", "2026-11-14")
    assert warehouse.value("adoption").value == 1
