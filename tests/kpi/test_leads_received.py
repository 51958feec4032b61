"""Leads received: counted in the period in which they arrived."""

from tests.kpi.conftest import Warehouse


def test_a_lead_counts_in_the_quarter_of_its_arrival_whatever_became_of_it(warehouse: Warehouse) -> None:
    """
    lead  arrived  status
    1     5 Oct    open
    2     5 Oct    rejected      it arrived all the same
    3     5 Sep    open          last quarter              2 leads
    """
    warehouse.feeds()
    warehouse.lead("1", created="2026-10-05")
    warehouse.lead("2", created="2026-10-05", status="rejected")
    warehouse.lead("3", created="2026-09-05")
    assert warehouse.value("leads_received").value == 2
