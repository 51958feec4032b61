"""Leads rejected: of those handed over, by the reason that sales gave."""

from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped


def test_the_reasons_are_all_of_it(warehouse: Warehouse) -> None:
    """
    lead  handed over  status     reason
    1     6 Oct        rejected   price
    2     6 Oct        rejected   price
    3     6 Oct        rejected   none given     its own part, not dropped
    4     6 Oct        open       -              waits: not rejected
    5     never        rejected   timing         sales never had it
    """
    warehouse.feeds()
    handed = {"handed_over_at": "2026-10-06"}
    warehouse.lead("1", status="rejected", rejection_reason="price", **handed)
    warehouse.lead("2", status="rejected", rejection_reason="price", **handed)
    warehouse.lead("3", status="rejected", **handed)
    warehouse.lead("4", **handed)
    warehouse.lead("5", status="rejected", rejection_reason="timing")
    asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW, by=("region", "rejection_reason"))
    found = evaluate(
        warehouse.engine, warehouse.organisation, shipped(), asked, Scope.everything(), ["leads_rejected", "won_value"]
    )
    counted = {
        one.bucket: one.value for one in found if one.region == "north" and one.kpi == "leads_rejected" and one.value
    }
    assert counted == {("price",): 2, ("unknown",): 1}
    assert warehouse.value("leads_rejected").value == 3
    assert all("NO_DIMENSION" in one.reasons for one in found if one.kpi == "won_value")
