"""Growth: won value against as many working days of a year before, with both years at one exchange rate."""

import pytest

from tests.kpi.conftest import Warehouse


def test_as_many_working_days_count_and_not_the_same_date(warehouse: Warehouse) -> None:
    """
    24 November 2026 is the 39th working day of its quarter. The 39th of 2025 was the 25th: 3 October was a Friday.

    deal   won         amount
    then   2025-10-10  80
    last   2025-11-25  20      the 39th working day
    after  2025-11-26  1000    the 40th: not yet
    now    2026-11-02  110
    110 / 100 - 1 = 10 %. By the date it would be 110 / 80 - 1 = 38 %.
    """
    warehouse.feeds()
    for deal, won, amount in (
        ("then", "2025-10-10", 80),
        ("last", "2025-11-25", 20),
        ("after", "2025-11-26", 1000),
        ("now", "2026-11-02", 110),
    ):
        warehouse.deal(deal, amount, won=won)
    assert warehouse.value("growth").value == pytest.approx(0.10)


def test_what_a_currency_did_is_no_growth(warehouse: Warehouse) -> None:
    """South won 100 $ in both years; the budget rate went from 0.50 to 1.00. At each year's own rate: +100 %."""
    warehouse.feeds()
    warehouse.rate("USD", "2026-01-01", 1)
    for won in ("2025-10-07", "2026-10-07"):
        warehouse.deal(won, 100, "south", won=won)
    assert warehouse.value("growth", "south").value == pytest.approx(0)
    assert warehouse.value("won_value_a_year_before", "south").value == 50


def test_the_group_is_all_over_all(warehouse: Warehouse) -> None:
    """North doubled 10, south kept 90 €: 110 / 100 - 1 = 10 %, and not the average of 100 % and 0 %."""
    warehouse.feeds()
    for deal, region, won, amount in (
        ("a", "north", "2025-10-07", 10),
        ("b", "north", "2026-10-07", 20),
        ("c", "south", "2025-10-07", 180),
        ("d", "south", "2026-10-07", 180),
    ):
        warehouse.deal(deal, amount, region, won=won)
    assert warehouse.value("growth", "group").value == pytest.approx(0.10)
