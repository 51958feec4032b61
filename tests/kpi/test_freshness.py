"""Age of the data: working hours since the newest change in the newest complete load."""

import pytest

from tests.kpi.conftest import Warehouse


def test_a_fresh_file_with_old_content_is_old(warehouse: Warehouse) -> None:
    """
    It is Tuesday 24 Nov, 15:02 in Berlin; a working day is 9 to 17.

    exported         newest change inside  working hours since
    today 07:30      Monday 15:00          2 on Monday + 6 h 02 on Tuesday = 8.03
    """
    warehouse.feed("north", "opportunity", "2026-11-24T06:30", data_until="2026-11-23T14:00")
    warehouse.feed("north", "lead", "2026-11-24T06:30", data_until="2026-11-24T06:30")
    assert warehouse.value("freshness").value == pytest.approx(8 + 2 / 60)


def test_a_weekend_is_no_working_time(warehouse: Warehouse) -> None:
    """Friday 20 Nov 17:00 to Monday 09:00 adds nothing: 8 hours of Monday and 6 h 02 of Tuesday."""
    warehouse.feed("north", "opportunity", "2026-11-20T16:00")
    assert warehouse.value("freshness").value == pytest.approx(14 + 2 / 60)


def test_the_group_is_as_old_as_its_oldest_region(warehouse: Warehouse) -> None:
    warehouse.feed("north", "opportunity", "2026-11-24T06:30")
    warehouse.feed("south", "opportunity", "2026-11-23T06:30")
    south = warehouse.value("freshness", "south").value
    assert warehouse.value("freshness", "group").value == south
