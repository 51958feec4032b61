"""Leads accepted: of the leads handed over, those that sales accepted."""

import pytest

from tests.kpi.conftest import Warehouse


def test_a_lead_without_an_answer_is_not_accepted(warehouse: Warehouse) -> None:
    """
    lead  handed over  accepted
    1     6 Oct        7 Oct
    2     6 Oct        no, rejected
    3     6 Oct        no answer      without it the figure would be 50 %
    4     never        7 Oct          never handed over: does not count       1 of 3
    """
    warehouse.feeds()
    warehouse.lead("1", handed_over_at="2026-10-06", accepted_at="2026-10-07")
    warehouse.lead("2", handed_over_at="2026-10-06", accepted_at=None, status="rejected")
    warehouse.lead("3", handed_over_at="2026-10-06", accepted_at=None)
    warehouse.lead("4", handed_over_at=None, accepted_at="2026-10-07")
    found = warehouse.value("lead_acceptance")
    assert found.value == pytest.approx(1 / 3)
    assert found.n == 3
