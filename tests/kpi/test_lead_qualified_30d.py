"""Leads qualified within 30 days: each lead is followed for its own 30 days, by the day it arrived."""

from tests.kpi.conftest import Warehouse


def test_younger_leads_are_too_early_and_never_lost(warehouse: Warehouse) -> None:
    """
    lead  arrived  qualified   by 24 November
    1     1 Oct    20 Oct      within 30 days
    2     1 Oct    10 Nov      after 40 days: not within 30
    3     5 Oct    -           not qualified
    4     10 Nov   -           14 days old: too early to say     1 of 3, not 1 of 4
    """
    warehouse.feeds()
    warehouse.lead("1", created="2026-10-01T09:00", qualified="2026-10-20", status="qualified")
    warehouse.lead("2", created="2026-10-01T09:00", qualified="2026-11-10", status="qualified")
    warehouse.lead("3", created="2026-10-05T09:00")
    warehouse.lead("4", created="2026-11-10T09:00")
    found = warehouse.value("lead_qualified_30d")
    assert found.n == 3
    assert found.value is not None
    assert abs(float(found.value) - 1 / 3) < 1e-9
    assert "IMMATURE" in found.reasons


def test_a_lead_counts_in_the_month_it_arrived(warehouse: Warehouse) -> None:
    """Arrived on 25 September, qualified on 5 October: September's success, and nothing of October's."""
    warehouse.feeds()
    warehouse.lead("1", created="2026-09-25T09:00", qualified="2026-10-05", status="qualified")
    assert warehouse.value("lead_qualified_30d", period="2026-09").value == 1.0
    assert warehouse.value("lead_qualified_30d", period="2026-10").value is None
