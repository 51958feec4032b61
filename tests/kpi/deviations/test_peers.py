"""Rates held against the other regions: enough of them, enough cases, and further off than usual."""

from dataclasses import replace

import pytest

from kpi.asking import Asking
from kpi.deviations.peers import peer_readings
from kpi.deviations.reading import Reading
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped


def read(warehouse: Warehouse, *seen: str, peers_from: int = 2) -> dict[str, Reading]:
    known = shipped()
    definitions = replace(known, rules=replace(known.rules, peers=("win_rate",), peers_from=peers_from))
    scope = Scope.of_regions(*seen) if seen else Scope.everything()
    asked = Slice(current_quarter(warehouse.organisation, NOW), NOW)
    asking = Asking(warehouse.engine, warehouse.organisation, definitions, asked, scope)
    return {one.key.region: one for one in peer_readings(asking)}


def closed(warehouse: Warehouse, region: str, won: int, count: int, *, day: str = "2026-10-06") -> None:
    for number in range(count):
        warehouse.deal(f"{region}{day}{number}", 10, region, **{"won" if number < won else "lost": day})


@pytest.fixture
def apart(warehouse: Warehouse) -> Warehouse:
    """
    region  won of closed
    north    2 of 60    3 %
    south   30 of 60   50 %
    east    28 of 60   47 %
    """
    warehouse.feeds()
    for region, won in (("north", 2), ("south", 30), ("east", 28)):
        closed(warehouse, region, won, 60)
    return warehouse


def test_a_rate_far_below_the_others_is_called_with_the_limits_at_its_n(apart: Warehouse) -> None:
    found = read(apart)
    north = found["north"]
    assert (north.deviates, north.kind, north.key.rule) == (True, "peers", "peers")
    assert north.sentence.startswith("North: Win rate: 3% of 60 against 48% of the other two; limits ")
    assert north.sentence.endswith(" at this n.")
    assert north.low is not None
    assert north.value is not None
    assert north.value < north.low
    assert north.distance == "45 points below"
    assert not found["south"].deviates, "above the others is nothing to mend"


def test_a_rate_that_always_lay_there_calls_nobody(apart: Warehouse) -> None:
    """A year ago north won 2 of 60 too, the others half of theirs."""
    for region, won in (("north", 2), ("south", 30), ("east", 30)):
        closed(apart, region, won, 60, day="2025-10-06")
    assert not read(apart)["north"].deviates


def test_a_rate_that_fell_away_from_the_others_is_called(apart: Warehouse) -> None:
    """A year ago north won 30 of 60 as the others did."""
    for region in ("north", "south", "east"):
        closed(apart, region, 30, 60, day="2025-10-06")
    north = read(apart)["north"]
    assert north.deviates
    assert "At its usual distance from them it would be 4" in north.sentence


def test_with_fewer_other_regions_than_stated_nobody_is_held_against_them(apart: Warehouse) -> None:
    assert read(apart, peers_from=3) == {}


def test_a_region_with_few_cases_is_neither_judged_nor_a_peer(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for region, count in (("north", 60), ("south", 60), ("east", 19)):
        closed(warehouse, region, 2, count)
    assert read(warehouse) == {}
    assert set(read(warehouse, peers_from=1)) == {"north", "south"}


def test_a_reader_of_one_region_learns_of_the_others_their_pooled_rate_alone(apart: Warehouse) -> None:
    found = read(apart, "north")
    assert found == {"north": read(apart)["north"]}
    assert not [name for name in ("South", "East", "south", "east") if name in repr(found)]
