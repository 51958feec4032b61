"""Leads answered in time: of the leads whose time is up, those with a first contact by then."""

import pytest

from tests.kpi.conftest import Warehouse


def test_an_open_lead_past_its_time_is_a_broken_promise(warehouse: Warehouse) -> None:
    """
    lead  due     first contact
    1     6 Oct   5 Oct          in time
    2     6 Oct   7 Oct          too late
    3     6 Oct   never, open    a breach: without it the figure would be 50 %
    4     30 Nov  not yet        not due yet: does not count     1 of 3
    """
    warehouse.feeds()
    warehouse.lead("1", due="2026-10-06", touched="2026-10-05", status="qualified")
    warehouse.lead("2", due="2026-10-06", touched="2026-10-07", status="rejected")
    warehouse.lead("3", due="2026-10-06")
    warehouse.lead("4", due="2026-11-30", created="2026-11-24")
    found = warehouse.value("lead_sla")
    assert found.value == pytest.approx(1 / 3)
    assert found.n == 3


def test_a_region_without_contact_times_has_no_value_and_the_group_leaves_it_out(warehouse: Warehouse) -> None:
    """North answers 1 of 1. East delivers no contact times: 0 of 1 would be a lie, and 1 of 2 for the group too."""
    warehouse.feeds()
    warehouse.lead("1", due="2026-10-06", touched="2026-10-05", status="qualified")
    warehouse.lead("2", "east", due="2026-10-06", status="qualified")
    assert warehouse.value("lead_sla", "east").value is None
    assert "FIELD_MISSING" in warehouse.value("lead_sla", "east").reasons
    assert warehouse.value("lead_sla", "group").value == 1.0
    assert "east" in warehouse.value("lead_sla", "group").missing_regions


def test_a_lead_that_fell_due_after_the_newest_export_may_be_answered_by_now(warehouse: Warehouse) -> None:
    """
    North's leads were last exported on the 20th of November; today is the 24th.

    lead  due      first contact
    1     6 Oct    5 Oct          in time
    2     19 Nov   none           too late: the export would show it
    3     23 Nov   none           nobody knows: counted as unanswered, the figure would be 1 of 3       1 of 2
    """
    warehouse.feed("north", "opportunity")
    warehouse.feed("north", "lead", exported="2026-11-20T06:30", load_id="of the 20th")
    warehouse.lead("1", due="2026-10-06", touched="2026-10-05", status="qualified", load_id="of the 20th")
    warehouse.lead("2", due="2026-11-19", load_id="of the 20th")
    warehouse.lead("3", due="2026-11-23", created="2026-11-20", load_id="of the 20th")
    found = warehouse.value("lead_sla")
    assert (found.value, found.n) == (0.5, 2)


def test_the_newest_export_tells_of_what_did_not_change_in_it(warehouse: Warehouse) -> None:
    """The lead is known since the export of the 20th; that of the 24th did not change it, so its time is up: 0 of 1."""
    warehouse.feed("north", "opportunity")
    warehouse.feed("north", "lead", exported="2026-11-20T06:30", load_id="of the 20th")
    warehouse.feed("north", "lead", exported="2026-11-24T06:30", load_id="of the 24th")
    warehouse.lead("1", due="2026-11-23", created="2026-11-20", load_id="of the 20th")
    assert warehouse.value("lead_sla").n == 1


def test_another_export_of_leads_tells_nothing_of_those_that_it_does_not_hold(warehouse: Warehouse) -> None:
    """The fair's leads were last exported on the 20th, those of the web on the 24th: only the web's time is up."""
    warehouse.feed("north", "opportunity")
    warehouse.feed("north", "lead", exported="2026-11-20T06:30", load_id="fair", export="fair")
    warehouse.feed("north", "lead", exported="2026-11-24T06:30", load_id="web", export="web")
    warehouse.lead("1", due="2026-11-23", created="2026-11-20", load_id="fair")
    warehouse.lead("2", due="2026-11-23", created="2026-11-20", load_id="web")
    assert warehouse.value("lead_sla").n == 1
