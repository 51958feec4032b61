"""Sales cycle: the median of the days from creation to the win."""

from tests.kpi.conftest import Warehouse


def test_the_median_is_taken_from_the_rows_at_every_level(warehouse: Warehouse) -> None:
    """
    region  days             median
    north   10, 20, 90       20
    south   30, 100          65
    group   10 20 30 90 100  30      neither the mean nor the median of 20 and 65
    """
    warehouse.feeds()
    for region, days in (("north", (10, 20, 90)), ("south", (30, 100))):
        for length in days:
            created = {10: "2026-10-10", 20: "2026-09-30", 90: "2026-07-22", 30: "2026-09-20", 100: "2026-07-12"}
            warehouse.deal(f"{region}{length}", 10, region, won="2026-10-20", created=f"{created[length]}T12:00")
    assert warehouse.value("sales_cycle").value == 20
    assert warehouse.value("sales_cycle", "south").value == 65
    assert warehouse.value("sales_cycle", "group").value == 30


def test_a_deal_without_a_creation_day_is_left_out_and_counted(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for number in range(10):
        warehouse.deal(str(number), 10, won="2026-10-20", created="2026-10-10T12:00")
    warehouse.deal("x", 10, won="2026-10-20", created=None)
    found = warehouse.value("sales_cycle")
    assert (found.value, found.n, found.left_out) == (10, 10, 1)
