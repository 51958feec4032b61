"""Net change of the pipeline: what all bars of the waterfall make together, exchange rates aside."""

from datetime import date
from fractions import Fraction

from kpi.change.states import Between
from kpi.change.waterfall import waterfalls
from kpi.scope import Scope
from tests.kpi.conftest import NOW, Warehouse


def moved(warehouse: Warehouse) -> None:
    """
    deal   30 Sep  24 Nov   change
    grows  100     130      30
    won    200     won      -200
    new            50       50
    """
    warehouse.feeds()
    warehouse.history("grows", _2026_09_01={"amount": 100}, _2026_10_20={"amount": 130})
    warehouse.history("won", _2026_09_01={"amount": 200}, _2026_11_03={"amount": 210, "won": "2026-11-02"})
    warehouse.deal("new", 50, created="2026-11-01", known_from="2026-11-02")


def test_it_is_the_sum_of_the_waterfalls_bars(warehouse: Warehouse) -> None:
    """30 - 200 + 50 = -120: the pipeline's two ends, not what was created and won."""
    moved(warehouse)
    assert warehouse.value("net_pipeline_change").value == -120
    asked = Between(date(2026, 9, 30), date(2026, 11, 24), NOW)
    found = waterfalls(warehouse.engine, warehouse.organisation, asked, Scope.everything())
    for region in ("north", "group"):
        bars = sum((bar.amount for bar in found[region].bars if bar.name != "fx"), Fraction(0))
        # East and south have no deals at all: the group lacks nothing that it could have.
        value = warehouse.value("net_pipeline_change", region, regions=("north",)).value
        assert Fraction(str(value)) == bars == -120


def test_both_ends_are_at_the_same_rates(warehouse: Warehouse) -> None:
    """100 $ stay 100 $; the spot rate rose from 0.50 to 0.80 in between. At each end's own rate: +30."""
    warehouse.feeds()
    warehouse.rate("USD", "2026-11-01", "0.8", "spot")
    warehouse.deal("a", 100, "south", known_from="2026-09-01")
    for rates in ("budget", "booked", "spot"):
        assert warehouse.value("net_pipeline_change", "south", rates=rates).value == 0


def test_a_store_that_begins_within_the_period_knows_no_start(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("a", 100, known_from="2026-10-20")
    found = warehouse.value("net_pipeline_change")
    assert found.value is None
    assert "NO_HISTORY" in found.reasons
