"""The rows behind figures about other days: the start of the period, the same point of earlier ones, a window."""

import pytest

from kpi.scope import Scope
from tests.kpi.conftest import Warehouse
from tests.kpi.test_pipe_yield import past_quarters
from tests.kpi.test_rows_of_made_tables import both, total


def test_deals_of_the_start_of_the_period_are_listed_as_they_were(warehouse: Warehouse) -> None:
    """
    deal  on 1 October, closes    by 24 November           slippage
    a     north 40, 1 December    won at 35                of 40
    b     north 30, 20 November   moved to February        30 of 30
    c     south 20 dollars, 1 December, moved to March     10 of 10 euro
    """
    warehouse.feeds()
    warehouse.history(
        "a",
        _2026_09_01={"amount": 40, "closes": "2026-12-01", "line": 7},
        _2026_11_06={"amount": 35, "won": "2026-11-05", "line": 9},
    )
    for name, region, amount, later in (("b", "north", 30, "2027-02-20"), ("c", "south", 20, "2027-03-01")):
        before, after = {"amount": amount, "closes": "2026-11-20"}, {"amount": amount, "closes": later}
        warehouse.history(name, region, _2026_09_01=before, _2026_11_06=after)
    value, rows = both(warehouse, "slippage", "group")
    assert [total(rows), total(rows, "weight")] == [value.numerator, value.denominator] == [40, 80]
    found = {row["number"]: row for row in rows.to_dicts()}
    assert {name: row["became"] for name, row in found.items()} == {"a": "won", "b": "pushed", "c": "pushed"}
    assert (found["a"]["amount"], found["a"]["amount_then"], found["a"]["line"]) == (40, 35, 7)
    assert str(found["b"]["expected_close_on"]) == "2026-11-20"
    assert {str(row["period_from"]) for row in found.values()} == {"2026-10-01"}
    _, rows = both(warehouse, "slippage", "group", Scope.of_regions("south"))
    assert rows["number"].to_list() == ["c"]


def test_a_yield_lists_the_deals_of_each_past_period(warehouse: Warehouse) -> None:
    """Three deals of each of four quarters; on average 80 of them and 40 that came later were won after the point."""
    warehouse.feeds()
    past_quarters(warehouse)
    value, rows = both(warehouse, "pipe_yield")
    assert rows.height == value.n == 12
    assert [total(rows), total(rows, "weight")] == [value.numerator, value.denominator] == [320, 1600]
    assert rows["period_from"].n_unique() == 4
    value, rows = both(warehouse, "won_after_point")
    assert value.value == total(rows) / 4 == 120


def test_what_a_deal_became_counts_in_the_currency_that_it_has_by_then(warehouse: Warehouse) -> None:
    """A deal of 100 dollars won as 80 euro adds 80 to the yield, not 40."""
    warehouse.feeds()
    past_quarters(warehouse)
    warehouse.history(
        "moved",
        _2026_07_02={"amount": 100, "closes": "2026-09-29", "currency": "USD"},
        _2026_09_15={"amount": 80, "won": "2026-09-15", "currency": "EUR"},
    )
    value, rows = both(warehouse, "pipe_yield")
    assert [total(rows), total(rows, "weight")] == [value.numerator, value.denominator] == [400, 1650]


@pytest.mark.parametrize(
    ("kpi", "deals"), [("won_last_90_days", ["b", "c"]), ("won_value_a_year_before", ["a"]), ("growth", ["c"])]
)
def test_a_figure_over_a_window_lists_the_deals_of_its_own_days(
    warehouse: Warehouse, kpi: str, deals: list[str]
) -> None:
    """a was won in October 2025, b on 10 September and c on 5 October 2026; the quarter runs to 24 November."""
    warehouse.feeds()
    for deal, won in (("a", "2025-10-06"), ("b", "2026-09-10"), ("c", "2026-10-05")):
        warehouse.deal(deal, 10, won=won, created="2025-01-01")
    value, rows = both(warehouse, kpi)
    assert sorted(rows["number"]) == deals
    if kpi != "growth":
        assert total(rows) == value.value


def test_a_share_of_the_own_quarter_lists_the_deals_of_that_quarter(warehouse: Warehouse) -> None:
    """North's quarter began in October: a month is asked for, and the whole quarter is behind it."""
    warehouse.feeds()
    warehouse.deal("a", 10, won="2026-10-05")
    warehouse.deal("b", 30, won="2026-11-05")
    value, rows = both(warehouse, "linearity_m1", period="2026-11")
    assert [total(rows), total(rows, "weight")] == [value.numerator, value.denominator] == [10, 40]
