"""Overdue in their stage: open value that stands longer than three of four won deals did."""

from tests.kpi.conftest import Warehouse
from tests.kpi.open_deal_tables import usual_stage_days


def standing(warehouse: Warehouse, deal: str, amount: int, since: str | None, **given: object) -> None:
    columns = {"stage": "develop", "first_stage": "qualify", "closes": "2026-12-20", "stage_entered_at": since}
    warehouse.deal(deal, amount, str(given.pop("region", "north")), **(columns | given))


def test_value_is_overdue_by_the_days_of_its_own_stage(warehouse: Warehouse) -> None:
    """
    won deals stood 10 20 30 40 80 days in develop: three of four left it by 40
    deal  amount  in develop since  days on 24 November
    a     30      1 October         54   overdue, though a won deal once took 80
    b     50      15 October        40   as long as usual
    c     20      20 November       4
    d     999     not known         left out and counted: how old it is nobody can say
    30 of 100
    """
    warehouse.feeds()
    usual_stage_days(warehouse, 10, 20, 30, 40, 80)
    standing(warehouse, "a", 30, "2026-10-01")
    standing(warehouse, "b", 50, "2026-10-15")
    standing(warehouse, "c", 20, "2026-11-20")
    standing(warehouse, "d", 999, None)
    found = warehouse.value("stage_age")
    assert (found.value, found.n, found.left_out) == (0.3, 3, 1)


def test_a_stage_through_which_few_deals_were_won_has_no_usual_time(warehouse: Warehouse) -> None:
    """Four won deals say nothing of what is usual: no share, not 0 %."""
    warehouse.feeds()
    usual_stage_days(warehouse, 10, 20, 30, 40)
    standing(warehouse, "a", 30, "2026-01-01")
    found = warehouse.value("stage_age")
    assert (found.value, found.left_out) == (None, 1)


def test_another_region_s_pace_is_not_the_own_one(warehouse: Warehouse) -> None:
    """
    north  40 days usual, its deal stands 54: overdue, 30 euro
    south  100 days usual, its deal stands 54: in time, $60 = 30 euro
    group  30 of 60
    """
    warehouse.feeds()
    usual_stage_days(warehouse, 10, 20, 30, 40, 80)
    usual_stage_days(warehouse, 100, 100, 100, 100, 100, region="south")
    standing(warehouse, "a", 30, "2026-10-01")
    standing(warehouse, "b", 60, "2026-10-01", region="south")
    assert [warehouse.value("stage_age", name).value for name in ("north", "south", "group")] == [1.0, 0.0, 0.5]
