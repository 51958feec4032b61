"""Velocity: open qualified deals × average won deal × win rate over the days of a cycle."""

import pytest

from tests.kpi.conftest import Warehouse


def test_it_is_made_of_four_levers_of_which_renewals_are_no_part(warehouse: Warehouse) -> None:
    """
    deal   outcome          amount  days
    a      won              100     30
    b      won              300     50     average 200, median 40 days
    c, d   lost                            win rate 2 / 4
    e-h    open             50             four open
    r      renewal, won     10000   5      in none of them
    s      renewal, open    10000
    u      open, not developed
    4 × 200 × 50 % / 40 = 10 a day.
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05", created="2026-09-05")
    warehouse.deal("b", 300, won="2026-10-25", created="2026-09-05")
    for deal in "cd":
        warehouse.deal(deal, 100, lost="2026-10-20")
    for deal in "efgh":
        warehouse.deal(deal, 50, closes="2027-01-31")
    warehouse.deal("r", 10_000, won="2026-10-10", created="2026-10-05", business_type="renewal")
    warehouse.deal("s", 10_000, closes="2027-01-31", business_type="renewal")
    warehouse.deal("u", 10_000, closes="2027-01-31", reached_develop=False)
    for lever, value in (("qualified_deals", 4), ("average_won_deal", 200), ("win_rate", 0.5), ("sales_cycle", 40)):
        assert float(warehouse.value(lever).value or 0) == pytest.approx(value)
    assert float(warehouse.value("velocity").value or 0) == pytest.approx(10)


def test_the_group_is_made_of_its_own_levers(warehouse: Warehouse) -> None:
    """
    region  open  average  win rate  days  velocity
    north   1     100      100 %     10    10
    south   1     300 €    50 %      30    5
    group   2     200      67 %      20    13.3   recomputed, and not 15
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-15", created="2026-10-05T12:00")
    warehouse.deal("b", 600, "south", won="2026-10-31", created="2026-10-01T12:00")
    warehouse.deal("c", 600, "south", lost="2026-10-31")
    warehouse.deal("d", 1, closes="2027-01-31")
    warehouse.deal("e", 1, "south", closes="2027-01-31")
    found = {region: float(warehouse.value("velocity", region).value or 0) for region in ("north", "south", "group")}
    assert found == {
        "north": pytest.approx(10),
        "south": pytest.approx(5),
        "group": pytest.approx(2 * 200 * 2 / 3 / 20),
    }
