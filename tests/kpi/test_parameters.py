"""A statement gets the parameters that it names, and no other."""

from kpi.engines.base import asked_for
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped


def test_a_name_that_begins_another_is_not_that_other() -> None:
    assert asked_for("SELECT $rate_day", {"rate": 1, "rate_day": 2}) == {"rate_day": 2}


def test_a_kpi_that_some_regions_lack_is_answered_beside_one_whose_name_begins_its_name(warehouse: Warehouse) -> None:
    """South's lost deals have no amount: it cannot answer the win rate by value, but the win rate."""
    warehouse.feeds()
    for number in range(10):
        warehouse.deal(f"n{number}", 100, won="2026-10-05")
        warehouse.deal(f"s{number}", None, "south", lost="2026-10-05")
    asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW)
    names = ["win_rate", "win_rate_by_value"]
    values = evaluate(warehouse.engine, warehouse.organisation, shipped(), asked, Scope.everything(), names)
    found = {(value.kpi, value.region): value.comparable for value in values}
    assert found["win_rate", "south"] != "no"
    assert found["win_rate_by_value", "south"] == "no"
