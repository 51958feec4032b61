"""Leads handed over: counted on the day of the hand-over."""

from tests.kpi.conftest import Warehouse


def test_a_lead_counts_when_it_was_handed_over_and_not_when_it_arrived(warehouse: Warehouse) -> None:
    """
    lead  arrived  handed over
    1     5 Sep    6 Oct         counts, though it arrived last quarter
    2     5 Oct    6 Oct         counts
    3     5 Oct    never         does not                        2 leads
    """
    warehouse.feeds()
    warehouse.lead("1", created="2026-09-05", handed_over_at="2026-10-06")
    warehouse.lead("2", created="2026-10-05", handed_over_at="2026-10-06")
    warehouse.lead("3", created="2026-10-05", handed_over_at=None)
    found = warehouse.value("leads_handed_over")
    assert (found.value, found.left_out) == (2, 0)
