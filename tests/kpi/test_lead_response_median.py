"""Lead response, median: working hours until a person answers; who waits for an answer is not gone."""

import pytest

from kpi.formula import FormulaError, aggregate_formula, row_condition
from kpi.relations import relations
from tests.kpi.conftest import Warehouse

DUE = "2026-10-06"
LEAD = relations()["lead"]


def answered(warehouse: Warehouse, hours: float | None, region: str = "north", **given: object) -> None:
    number = f"{region} {sum(warehouse.lines.values())}"
    touched = None if hours is None else "2026-10-05T12:00"
    told = {"due": DUE, "handed_over_at": "2026-10-05T09:00", "touched": touched, "status": "qualified"}
    warehouse.lead(number, region, response_work_hours=hours, **{**told, **given})


def test_who_waits_for_an_answer_waits_longer_than_all_others(warehouse: Warehouse) -> None:
    """
    lead   working hours
    1      1
    2      2
    3      3        of five leads in order the one in the middle: 3 hours
    4      no answer, open
    5      no answer, and rejected unseen        the median of the answered ones alone would be 2
    """
    warehouse.feeds()
    for hours in (1, 2, 3):
        answered(warehouse, hours)
    answered(warehouse, None, status="open")
    answered(warehouse, None, status="rejected")
    found = warehouse.value("lead_response_median")
    assert (found.value, found.n) == (3, 5)


def test_an_automatic_reply_answers_nobody(warehouse: Warehouse) -> None:
    """Two leads answered after 1 hour; two got an automatic reply, which is an activity but no contact: 2 of 4 wait."""
    warehouse.feeds()
    for _ in range(2):
        answered(warehouse, 1)
        answered(warehouse, None, status="open", last_activity_at="2026-10-05T09:01")
    found = warehouse.value("lead_response_median")
    assert found.value is None, "the middle lies between an answered and a waiting lead"
    assert "STILL_WAITING" in found.reasons
    assert "ZERO_DENOMINATOR" not in found.reasons


def test_leads_whose_time_is_not_up_are_too_young_to_say(warehouse: Warehouse) -> None:
    """A lead due tomorrow counts neither with its quick answer nor as waiting: quick ones would come first."""
    warehouse.feeds()
    answered(warehouse, 6)
    answered(warehouse, 0.5, due="2026-11-25")
    answered(warehouse, None, due="2026-11-25", status="open")
    found = warehouse.value("lead_response_median")
    assert (found.value, found.n) == (6, 1)


def test_without_a_hand_over_the_time_runs_from_the_arrival_and_the_value_says_so(warehouse: Warehouse) -> None:
    warehouse.feeds()
    answered(warehouse, 4)
    answered(warehouse, 6, handed_over_at=None)
    found = warehouse.value("lead_response_median")
    assert found.value == 5
    assert "NO_HAND_OVER" in found.reasons
    assert found.comparable == "reservation"


def test_the_group_takes_the_middle_of_all_leads(warehouse: Warehouse) -> None:
    """north 1 2 9: 2;  south 5: 5;  group 1 2 5 9: 3.5, which is not the middle of 2 and 5 weighted by anything."""
    warehouse.feeds()
    for hours in (1, 2, 9):
        answered(warehouse, hours)
    answered(warehouse, 5, "south")
    assert warehouse.value("lead_response_median").value == 2
    assert warehouse.value("lead_response_median", "south").value == 5
    assert warehouse.value("lead_response_median", "group").value == 3.5


@pytest.mark.parametrize("text", ["sum(never)", "count(*) filter (where response_work_hours < never)", "max(never)"])
def test_never_is_no_number_to_reckon_with(text: str) -> None:
    with pytest.raises(FormulaError, match="never"):
        aggregate_formula(text, LEAD)
    with pytest.raises(FormulaError, match="never"):
        row_condition("response_work_hours < never", LEAD)
