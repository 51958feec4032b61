"""Leads received against the promise: what came by now over what would usually have come by now."""

from datetime import date

import pytest

from kpi.period import parse_period
from kpi.slice import Slice
from kpi.spine import cells as spine_cells
from kpi.spine import past_quarters
from kpi.told import Told
from tests.kpi.conftest import NOW, Warehouse


def test_to_date_is_held_against_to_date(warehouse: Warehouse) -> None:
    """
    promise of the quarter: 30 a month, 90; in the store are fewer than four quarters, so working days say how much
    of it is to be expected: 39 of 65 have come: 54.   20 leads came: 20 / 54 = 37 %, not 20 / 90 = 22 %
    """
    warehouse.feeds()
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 30, kpi="leads_received", currency=None)
    for number in range(20):
        warehouse.lead(str(number), created="2026-10-05T09:00")
    expected = warehouse.value("leads_expected")
    assert warehouse.value("leads_target").value == 90
    assert expected.value == pytest.approx(54)
    assert "LINEAR_PACE" in expected.reasons
    assert warehouse.value("leads_pace").value == pytest.approx(20 / 54)


def test_a_fair_in_the_first_week_of_each_quarter_is_expected_then(warehouse: Warehouse) -> None:
    """Eight quarters with all their leads on the first days: all 90 are expected by now, and 45 are half of them."""
    warehouse.feeds()
    cell = spine_cells(
        warehouse.organisation,
        Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW),
        ("north",),
        ("alone",),
        Told(),
    )
    starts = [one.lo for one in past_quarters(warehouse.organisation, cell)]
    assert len(starts) == 8
    for start in starts:
        for number in range(3):
            warehouse.lead(f"{start} {number}", created=f"{start + (date(2026, 1, 5) - date(2026, 1, 1))}T09:00")
    for number in range(45):
        warehouse.lead(str(number), created="2026-10-05T09:00")
    warehouse.target("2026-11", 90, kpi="leads_received", currency=None)
    assert warehouse.value("leads_expected").value == pytest.approx(90)
    assert warehouse.value("leads_pace").value == pytest.approx(0.5)


def test_money_is_no_promise_of_leads(warehouse: Warehouse) -> None:
    """The plan of won value stands in the same table: 1000 euro are not a thousand leads."""
    warehouse.feeds()
    warehouse.target("2026-10", 1000)
    warehouse.lead("1")
    found = warehouse.value("leads_pace")
    assert found.value is None
    assert "NO_TARGET" in found.reasons


def test_leads_are_handed_over_against_their_own_promise(warehouse: Warehouse) -> None:
    """Promised 65 hand-overs, 39 expected by now; 13 came, by the day of the hand-over: 33 %. Two have arrived only."""
    warehouse.feeds()
    for month, promised in (("2026-10", 25), ("2026-11", 20), ("2026-12", 20)):
        warehouse.target(month, promised, kpi="leads_handed_over", currency=None)
        warehouse.target(month, 500, kpi="leads_received", currency=None)
    for number in range(13):
        warehouse.lead(str(number), created="2026-09-20", handed_over_at="2026-10-06")
    for number in (14, 15):
        warehouse.lead(str(number), created="2026-10-05")
    assert warehouse.value("handover_expected").value == pytest.approx(39)
    assert warehouse.value("handover_pace").value == pytest.approx(13 / 39)


def test_leads_are_expected_as_far_as_the_exports_of_leads_tell(warehouse: Warehouse) -> None:
    """Deals were exported today, leads on 5 November: 26 of 65 working days are told of, 36 of 90 leads expected."""
    warehouse.feed("north", "opportunity")
    warehouse.feed("north", "lead", exported="2026-11-05T06:30")
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 30, kpi="leads_received", currency=None)
    for number in range(20):
        warehouse.lead(str(number), created="2026-10-05T09:00")
    assert warehouse.value("leads_expected").value == pytest.approx(36)
