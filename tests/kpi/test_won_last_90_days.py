"""Won value of the last 90 days: the 90 days that end with the last day of the period that has come."""

from tests.kpi.conftest import Warehouse


def test_the_ninety_days_run_over_the_edge_of_the_quarter(warehouse: Warehouse) -> None:
    """
    90 days up to 24 November are 27 August to 24 November: 5 + 7 = 12.

    won         amount
    2026-08-26  1000    the 91st day back
    2026-08-27  5       in the quarter before, and yet in the 90 days
    2026-11-24  7
    """
    warehouse.feeds()
    for won, amount in (("2026-08-26", 1000), ("2026-08-27", 5), ("2026-11-24", 7)):
        warehouse.deal(won, amount, won=won)
    assert warehouse.value("won_last_90_days").value == 12
    assert warehouse.value("won_value").value == 7
