"""Win rate by value: won value over won and lost value."""

import pytest

from tests.kpi.conftest import Warehouse


def test_it_is_lower_than_the_win_rate_where_the_big_deals_are_lost(warehouse: Warehouse) -> None:
    """
    deal  amount  outcome
    a     100     won
    b     100     won
    c     800     lost       2 of 3 deals, 200 of 1000 in value
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("b", 100, won="2026-10-06")
    warehouse.deal("c", 800, lost="2026-10-07")
    assert warehouse.value("win_rate").value == pytest.approx(2 / 3)
    assert warehouse.value("win_rate_by_value").value == pytest.approx(0.2)
