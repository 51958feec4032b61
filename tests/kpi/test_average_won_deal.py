"""Average won deal: won value over won deals."""

import pytest

from tests.kpi.conftest import Warehouse


def test_one_big_deal_moves_it_and_renewals_do_not(warehouse: Warehouse) -> None:
    """
    deal  amount  type
    a     100     new
    b     100     expansion
    c     1000    new         (100 + 100 + 1000) / 3 = 400: no typical deal
    d     5000    renewal     left out
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("b", 100, won="2026-10-05", business_type="expansion")
    warehouse.deal("c", 1000, won="2026-10-05")
    warehouse.deal("d", 5000, won="2026-10-05", business_type="renewal")
    assert warehouse.value("average_won_deal").value == pytest.approx(400)


def test_a_deal_without_an_amount_is_left_out_and_counted(warehouse: Warehouse) -> None:
    """100 and nothing: the average is 100 and not 50."""
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("b", None, won="2026-10-05")
    found = warehouse.value("average_won_deal")
    assert (float(found.value or 0), found.n, found.left_out) == (100.0, 1, 1)
