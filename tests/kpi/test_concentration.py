"""Concentration: which share of the landing hangs on the three largest open deals."""

import pytest

from tests.kpi.conftest import Warehouse
from tests.kpi.test_pipe_yield import past_quarters


def test_three_deals_count_at_the_yield_of_the_pipeline(warehouse: Warehouse) -> None:
    """
    Past quarters won 20 % of what was open at this point, and 40 more that was created later.

    open   400, 300, 200, 100: 1000, weighted 200; the three largest 900, weighted 180
    won    160: the landing is 160 + 200 + 40 = 400
    180 / 400 = 45 %, while a coverage of 1000 / 240 = 4 looks fine.
    """
    warehouse.feeds()
    past_quarters(warehouse)
    warehouse.deal("won", 160, won="2026-10-05")
    warehouse.target("2026-11", 400)
    for amount in (400, 300, 200, 100):
        warehouse.deal(f"{amount}", amount, closes="2026-12-20", known_from="2026-10-05")
    warehouse.deal("elsewhen", 5000, closes="2027-03-20", known_from="2026-10-05")
    assert warehouse.value("largest_three").value == 900
    assert warehouse.value("concentration").value == pytest.approx(0.45)
    assert warehouse.value("coverage").value == pytest.approx(1000 / 240)


def test_the_groups_three_largest_are_chosen_in_one_currency(warehouse: Warehouse) -> None:
    """
    north  10, 20, 30
    south  50 $ and 30 $: 25 € and 15 €
    group  30 + 25 + 20 = 75, and neither the sum of both regions' threes nor of the largest numbers
    """
    warehouse.feeds()
    for number, (amount, region) in enumerate(
        ((10, "north"), (20, "north"), (30, "north"), (50, "south"), (30, "south"))
    ):
        warehouse.deal(f"{number}", amount, region, closes="2026-12-20")
    assert warehouse.value("largest_three", "north").value == 60
    assert warehouse.value("largest_three", "south").value == 40
    assert warehouse.value("largest_three", "group").value == 75
    assert warehouse.value("largest_three", "south", currency="local").value == 80
