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
