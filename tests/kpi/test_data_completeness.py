"""Data completeness: filled cells over required cells of open deals, weighted by value."""

import pytest

from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped


def test_a_large_deal_counts_more_than_a_small_one(warehouse: Warehouse) -> None:
    """
    Nine cells are required; both deals lack the next step at first.

    deal  amount  filled
    a     900     9 of 9
    b     100     6 of 9    (900 x 9 + 100 x 6) / (1000 x 9) = 96.7 %, and not 15 of 18 = 83.3 %
    """
    warehouse.feeds()
    warehouse.deal("a", 900, closes="2026-12-01", next_step="visit")
    warehouse.deal("b", 100, closes=None, lead_source=None)
    assert warehouse.value("data_completeness").value == pytest.approx(8700 / 9000)


def test_an_empty_amount_does_not_make_the_rest_look_complete(warehouse: Warehouse) -> None:
    """The deal without an amount weighs as much as the average of the region: (9 + 8) of 18."""
    warehouse.feeds()
    warehouse.deal("a", 100, closes="2026-12-01", next_step="visit")
    warehouse.deal("b", None, closes="2026-12-01", next_step="visit")
    assert warehouse.value("data_completeness").value == pytest.approx(17 / 18)


def test_closed_deals_are_not_judged(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("a", 100, closes="2026-12-01", next_step="visit")
    warehouse.deal("b", 100, won="2026-10-05", next_step=None, lead_source=None)
    assert warehouse.value("data_completeness").value == pytest.approx(1.0)


def test_what_else_is_asked_does_not_change_what_a_deal_without_amount_weighs(warehouse: Warehouse) -> None:
    """
    deal  amount                    filled
    a     5000 until 15 Oct, 100    9 of 9
    b     -                         8 of 9; weighs 100 like the only deal there is now, and not 2550
    """
    warehouse.feeds()
    filled = {"closes": "2026-12-01", "next_step": "visit"}
    warehouse.history("a", _2026_09_01={"amount": 5000, **filled}, _2026_10_15={"amount": 100, **filled})
    warehouse.deal("b", None, **filled)
    asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW)
    alone, together = (
        evaluate(warehouse.engine, warehouse.organisation, shipped(), asked, Scope.everything(), names)
        for names in (["data_completeness"], ["data_completeness", "net_pipeline_change"])
    )
    values = [
        value.value
        for found in (alone, together)
        for value in found
        if (value.kpi, value.region) == ("data_completeness", "north")
    ]
    assert values == [pytest.approx(17 / 18)] * 2
