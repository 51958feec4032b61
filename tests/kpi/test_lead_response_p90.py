"""Lead response, nine in ten: exact from the rows of whatever is asked for."""

import pytest

from tests.kpi.conftest import Warehouse
from tests.kpi.test_lead_response_median import answered


def test_nine_of_ten_are_answered_within_it(warehouse: Warehouse) -> None:
    """
    north   1 2 3 4 5 6 7 8 9 10 and 20      11 leads: place 9 of 0 to 10 is 10 hours; the average would be 6.8
    south   30 and 30                         30
    group   all thirteen: place 0.9 x 12 = 10.8, between 20 and 30: 28 hours; the regions' average would be 20
    """
    warehouse.feeds()
    for hours in (*range(1, 11), 20):
        answered(warehouse, hours)
    for _ in range(2):
        answered(warehouse, 30, "south")
    assert warehouse.value("lead_response_p90").value == pytest.approx(10)
    assert warehouse.value("lead_response_p90", "south").value == pytest.approx(30)
    assert warehouse.value("lead_response_p90", "group").value == pytest.approx(28)


def test_a_time_that_more_than_one_in_ten_still_wait_for_is_not_told(warehouse: Warehouse) -> None:
    """Four answered after an hour, one waits: nine in ten are not answered, however short the other times are."""
    warehouse.feeds()
    for hours in (1, 1, 1, 1, None):
        answered(warehouse, hours, status="qualified" if hours else "open")
    found = warehouse.value("lead_response_p90")
    assert (found.value, found.n) == (None, 5)
    assert "STILL_WAITING" in found.reasons
    assert warehouse.value("lead_response_median").value == 1
