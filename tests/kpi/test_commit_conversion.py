"""Commit conversion: how much of what was committed at this point of past periods was won by their end."""

import pytest

from tests.kpi.conftest import Warehouse

QUARTERS = (
    *(("2026-07-01", "2026-09-01"), ("2026-04-01", "2026-06-01")),
    *(("2026-01-02", "2026-03-01"), ("2025-10-01", "2025-12-01")),
)
KPIS = ("commit_conversion", "commit_value_kept")


def committed(warehouse: Warehouse, deal: str, amount: int, became: int | None, **given: object) -> None:
    """In each of the last four quarters: a deal committed since its first days for its last month.

    became: what it was won for; None where it was open still, and moved out of the quarter.
    """
    for starts, closes in QUARTERS:
        first = {"amount": amount, "closes": closes, "forecast_category": "commit", **given}
        later = {"amount": amount, "closes": "2027-02-01", "forecast_category": "pipeline"}
        ended = {"amount": became, "won": closes} if became else later
        key = f"_{closes.replace('-', '_')}"
        states = {f"_{starts.replace('-', '_')}": first, key: ended}
        warehouse.history(f"{deal} {starts}", "north", **states)


def test_a_won_deal_counts_with_what_was_committed_and_what_it_brought_is_a_number_of_its_own(
    warehouse: Warehouse,
) -> None:
    """
    each quarter  committed  won for
    a             100        80        won: 100 of the commit, 80 % of its worth
    b             60         -         pushed: in the denominator
    c             40         40        won
    d             900        900       was never committed: stands outside
                  200        140 of 200 = 70 %; 120 of the 140 kept = 86 %
    """
    warehouse.feeds()
    warehouse.deal("first", 1, closes="2027-02-01", known_from="2025-01-01", forecast_category="pipeline")
    committed(warehouse, "a", 100, 80)
    committed(warehouse, "b", 60, None)
    committed(warehouse, "c", 40, 40)
    committed(warehouse, "d", 900, 900, forecast_category="pipeline")
    warehouse.deal("now", 1, closes="2026-12-01", forecast_category="commit")
    conversion, kept = (warehouse.value(name) for name in KPIS)
    assert conversion.value == pytest.approx(0.7)
    assert kept.value == pytest.approx(120 / 140)
    assert float(conversion.denominator or 0) == 800


def test_under_four_past_periods_there_is_no_figure(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.history("a", _2026_07_01={"amount": 1, "closes": "2026-09-01", "forecast_category": "commit"})
    warehouse.deal("now", 1, closes="2026-12-01", forecast_category="commit", known_from="2026-07-01")
    found = warehouse.value("commit_conversion")
    assert found.value is None
    assert "NO_HISTORY" in found.reasons


def test_the_past_of_a_region_that_cannot_answer_does_not_lengthen_that_of_the_others(warehouse: Warehouse) -> None:
    """
    region  quarters known  says what is committed  value
    north   1               yes                     none: too few quarters
    south   4               no                      none: left out
    group   1               of north alone          none as well
    """
    warehouse.feeds()
    warehouse.rate("USD", "2026-01-01", "0.5")
    warehouse.history("a", _2026_07_01={"amount": 1, "closes": "2026-09-01", "forecast_category": "commit"})
    warehouse.deal("now", 1, closes="2026-12-01", forecast_category="commit", known_from="2026-07-01")
    warehouse.deal("old", 1, "south", closes="2027-02-01", known_from="2025-01-01")
    found = warehouse.value("commit_conversion", "group")
    assert "south" in found.missing_regions
    assert found.value is None
    assert "NO_HISTORY" in found.reasons
