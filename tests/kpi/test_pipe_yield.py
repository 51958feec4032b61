"""Pipeline yield: what was won by the end of past periods of the deals that were to close in them at this point."""

import pytest

from tests.kpi.conftest import Warehouse

# Each of the four quarters before: a day before this point of it, a day after it, and one of its last days.
QUARTERS = (
    ("2025_10_02", "2025_12_15", "2025-12-30"),
    ("2026_01_02", "2026_03_15", "2026-03-30"),
    ("2026_04_02", "2026_06_15", "2026-06-29"),
    ("2026_07_02", "2026_09_15", "2026-09-29"),
)


def past_quarters(warehouse: Warehouse, count: int = 4, region: str = "north") -> None:
    """
    In each quarter, all seen before this point (60 % of its working days) and expected in it:

    deal  value then  became
    won   100         won 80 after this point
    slip  100         moved to June 2027: in the denominator only
    lost  200         lost
    And one more of 40 was created after this point and won in the quarter.
    """
    for number, (before, after, closes) in enumerate(QUARTERS[-count:]):
        day = after.replace("_", "-")
        for name, amount, end in (
            ("won", 100, {"amount": 80, "won": day}),
            ("slip", 100, {"amount": 100, "closes": "2027-06-01"}),
            ("lost", 200, {"amount": 200, "lost": day}),
        ):
            states = {f"_{before}": {"amount": amount, "closes": closes}, f"_{after}": end}
            warehouse.history(f"{name}{number}{region}", region, **states)
        warehouse.history(f"late{number}{region}", region, **{f"_{after}": {"amount": 40, "won": day}})


def test_pushed_deals_are_in_the_denominator(warehouse: Warehouse) -> None:
    """80 of 400 in each of four quarters: 20 %. Without the pushed deals it would be 27 %."""
    warehouse.feeds()
    past_quarters(warehouse)
    found = warehouse.value("pipe_yield")
    assert found.value == pytest.approx(0.2)
    assert found.n == 12


def test_three_periods_are_too_few(warehouse: Warehouse) -> None:
    warehouse.feeds()
    past_quarters(warehouse, 3)
    found = warehouse.value("pipe_yield")
    assert found.value is None
    assert "NO_HISTORY" in found.reasons


def test_what_is_open_now_is_no_part_of_it(warehouse: Warehouse) -> None:
    warehouse.feeds()
    past_quarters(warehouse)
    warehouse.deal("now", 10_000, closes="2026-12-20", known_from="2026-10-05")
    assert warehouse.value("pipe_yield").value == pytest.approx(0.2)


def test_the_moment_is_the_same_share_of_working_days(warehouse: Warehouse) -> None:
    """A deal that entered a past quarter in its last days was not yet open at this point of it."""
    warehouse.feeds()
    past_quarters(warehouse)
    warehouse.history(
        "last days",
        _2026_09_20={"amount": 900, "closes": "2026-09-28"},
        _2026_09_29={"amount": 900, "won": "2026-09-28"},
    )
    assert warehouse.value("pipe_yield").value == pytest.approx(0.2)


def test_regions_with_histories_of_unlike_length_have_their_averages_added_up(warehouse: Warehouse) -> None:
    """
    What an average past quarter won after this point, at 0.5 euro for a dollar:

    region  quarters known  won after this point  average
    north   5               4 × (80 + 40)         480 / 5 = 96
    south   4               4 × (80 + 40) $       120 $ = 60
    group                                         156; all won over five quarters would be 144
    """
    warehouse.feeds("north", "south")
    past_quarters(warehouse)
    past_quarters(warehouse, region="south")
    warehouse.history("old", _2025_07_02={"amount": 1, "closes": "2027-06-01"})
    assert warehouse.value("won_after_point").value == 96
    assert warehouse.value("won_after_point", "south").value == 60
    assert warehouse.value("won_after_point", "group", regions=("north", "south")).value == 156
