"""Readings: what a scorecard says of each figure, as distances that open and end deviations."""

from dataclasses import replace
from datetime import date

import pytest

from kpi.card import Scorecard
from kpi.definitions import Definitions
from kpi.deviations.reading import Key, Reading
from kpi.deviations.readings import readings
from kpi.in_force import InForce
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.scorecard import scorecard
from kpi.slice import Slice
from tests.kpi.conftest import NOW, ROOT, Warehouse

TUESDAY, MONDAY = date(2026, 11, 24), date(2026, 11, 23)


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return Definitions.read(ROOT / "kpi_definitions.yaml")


@pytest.fixture
def card(warehouse: Warehouse, definitions: Definitions) -> Scorecard:
    """
    Each region's plan is 3000 for the quarter; 39 of its 65 working days are over, so 1800 are expected by now.

    region  won                   of 1800   flagged below 92 %, act below 85 %
    north   12 deals of 100       67 %      33 % behind, four times the 8 % that are flagged
    south   12 deals of 320 USD   107 %     ahead: calm
    east    4 deals of 10000      -         four deals: too few to judge, no reading
    """
    warehouse.feeds()
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 1000)
        warehouse.target(month, 2000, "south")
        warehouse.target(month, 100_000, "east")
    for number in range(12):
        day = f"2026-10-{number + 5:02d}"
        warehouse.deal(f"n{number}", 100, won=day)
        warehouse.deal(f"s{number}", 320, "south", won=day)
        if number < 4:
            warehouse.deal(f"e{number}", 10_000, "east", won=day)
    asked = Slice(current_quarter(warehouse.organisation, NOW), NOW)
    return scorecard(warehouse.engine, warehouse.organisation, definitions, asked, Scope.everything())


def paces(card: Scorecard, definitions: Definitions, day: date = TUESDAY) -> dict[str, Reading]:
    return {one.key.region: one for one in readings(card, InForce(definitions), day) if one.key.rule == "pace"}


def test_a_region_behind_pace_deviates_by_its_share_of_the_threshold(card: Scorecard, definitions: Definitions) -> None:
    found = paces(card, definitions)
    assert found["north"].severity == pytest.approx((1 - 1200 / 1800) / 0.08, rel=0.01)
    assert (found["north"].level, found["north"].kind, found["north"].deviates) == ("act", "goal", True)
    assert found["north"].money is not None


def test_a_region_ahead_is_calm_and_one_on_few_deals_is_not_read(card: Scorecard, definitions: Definitions) -> None:
    found = paces(card, definitions)
    assert found["south"].is_calm(0.5)
    assert "east" not in found


def test_on_a_monday_the_verdicts_on_goals_stand(card: Scorecard, definitions: Definitions) -> None:
    assert not paces(card, definitions, MONDAY)
    assert readings(card, InForce(definitions), MONDAY)


def test_won_value_and_attainment_are_the_same_deviation_as_pace(card: Scorecard, definitions: Definitions) -> None:
    named = {one.key.kpi for one in readings(card, InForce(definitions), TUESDAY)}
    assert not named & {"won_value", "attainment"}


def test_a_finding_of_its_own_is_not_read_twice(card: Scorecard, definitions: Definitions) -> None:
    """A cell that is marked because of few pushed deals is calm by its own past; the finding is the reading."""
    cell = card.cells["closing_in_period", "south"]
    marked = replace(cell, flag="act", why="few deals", value=replace(cell.value, n=9, value=cell.value.value or 1))
    pace = next(one for one in card.findings if one.kind == "pace")
    few = replace(pace, kind="concentration", kpi="closing_in_period", region="south")
    changed = replace(card, cells={**card.cells, ("closing_in_period", "south"): marked}, findings=(few,))
    found = {one.key: one for one in readings(changed, InForce(definitions), TUESDAY) if one.key.region == "south"}
    assert found[Key("closing_in_period", "south", "", "concentration")].deviates
    assert not found[Key("closing_in_period", "south", "", "own past")].deviates
