"""Data completeness: filled cells over required cells of open deals, weighted by value."""

import pytest

from tests.kpi.conftest import Warehouse


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
