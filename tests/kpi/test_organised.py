"""As it was and as organised today: whose a closed deal is, when deals have gone to another region since."""

import random

import pytest

from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.rows import rows_behind
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped

REGIONS = ("north", "south", "east")


@pytest.fixture
def moved(warehouse: Warehouse) -> Warehouse:
    """
    Since November Benelux, here south, is a region of its own; its deals were north's.

    deal     won in      worth  then   now
    before   October     100    north  south
    since    November    20     south  south
    stays    October     10     north  north
    """
    warehouse.feeds()
    warehouse.deal("before", 100, "north", won="2026-10-05", region_now="south")
    warehouse.deal("since", 20, "south", won="2026-11-05", region_now="south", currency="EUR")
    warehouse.deal("stays", 10, "north", won="2026-10-05", region_now="north")
    return warehouse


@pytest.mark.parametrize(("organised", "north", "south"), [("then", 110, 20), ("now", 10, 120)])
def test_a_closed_deal_is_of_its_closing_day_or_of_today(
    moved: Warehouse, organised: str, north: int, south: int
) -> None:
    for region, value in (("north", north), ("south", south), ("group", 130)):
        assert moved.value("won_value", region, organised=organised).value == value


def test_what_was_open_at_a_moment_goes_with_it(warehouse: Warehouse) -> None:
    """Open in north when the quarter began and since slipped: today that is south's slippage."""
    warehouse.feeds()
    states = {
        "_2026_09_01": {"amount": 100, "closes": "2026-11-30", "region_now": "south"},
        "_2026_10_20": {"amount": 100, "closes": "2027-02-28", "region_now": "south"},
    }
    warehouse.history("a", "north", **states)
    assert warehouse.value("slippage", "north").value == 1
    found = warehouse.value("slippage", "north", organised="now"), warehouse.value("slippage", "south", organised="now")
    assert [one.value for one in found] == [None, 1]


def test_the_scope_holds_in_the_organisation_that_is_asked_for(moved: Warehouse) -> None:
    """Who answers for south today sees what went there, and nothing of north's; as it was, nothing that was north's."""
    for organised, numbers in (("then", {"since"}), ("now", {"before", "since"})):
        asked = Slice(parse_period("2026-Q4", moved.organisation, NOW), NOW, organised=organised)  # type: ignore[arg-type]
        scope = Scope.of_regions("south")
        rows = rows_behind(moved.engine, moved.organisation, shipped(), asked, scope, "won_value")
        assert set(rows["number"]) == numbers
        values = evaluate(moved.engine, moved.organisation, shipped(), asked, scope, ["won_value"])
        assert sum(value.value or 0 for value in values if value.region == "south") == float(rows["value"].sum())
        assert {value.region for value in values} <= {"south", "group"}


@pytest.mark.parametrize("seed", range(3))
def test_no_organisation_loses_or_doubles_a_deal(warehouse: Warehouse, seed: int) -> None:
    """Random deals with or without a place in today's organisation: each counts once, in one region."""
    chance = random.Random(seed)
    warehouse.feeds()
    places = {(organised, region): 0 for organised in ("then", "now") for region in REGIONS}
    for number in range(20):
        then, now = chance.choice(REGIONS), chance.choice((*REGIONS, None))
        amount = chance.randint(1, 99)
        warehouse.deal(f"{number}", amount, then, won="2026-10-05", region_now=now, currency="EUR")
        places["then", then] += amount
        places["now", now or then] += amount
    for (organised, region), amount in places.items():
        assert warehouse.value("won_value", region, organised=organised).value == amount
    assert warehouse.value("won_value", "group", organised="now").value == sum(
        places["then", region] for region in REGIONS
    )
