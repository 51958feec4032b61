"""The scorecard: every figure beside its comparison, the regions with the most money at stake first."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kpi.card import Compare, Scorecard
from kpi.definitions import Definitions
from kpi.headline import headline
from kpi.period import current_quarter
from kpi.scope import NoScopeError, Scope
from kpi.scorecard import scorecard
from kpi.slice import Slice
from tests.kpi.conftest import Warehouse

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return Definitions.read(ROOT / "kpi_definitions.yaml")


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """
    Each region's plan for Oct, Nov, Dec is 1000 euro a month; 3000 x 39/65 working days = 1800 to date in north.

    region  won by 24 Nov           to be closed by 31 Dec
    north   12 deals of 100 = 1200  1 deal of 500
    south   12 deals of 160 = 1920  1 deal of 10
    east    4 deals of 100 = 400    -
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
    warehouse.deal("n-open", 500, closes="2026-12-10")
    warehouse.deal("s-open", 20, "south", closes="2026-12-10")
    return warehouse


def card_of(
    warehouse: Warehouse, definitions: Definitions, compare: Compare = "plan", scope: Scope | None = None
) -> Scorecard:
    organisation = warehouse.organisation
    asked = Slice(current_quarter(organisation, NOW), NOW)
    return scorecard(warehouse.engine, organisation, definitions, asked, scope or Scope.everything(), compare=compare)


def test_a_region_behind_pace_is_flagged_with_the_money_it_lacks(filled: Warehouse, definitions: Definitions) -> None:
    """North should have 1800 and has 1200: 33 % behind, 600 at stake, of which the open 500 can still be won."""
    card = card_of(filled, definitions)
    cell = card.cells["pace", "north"]
    assert float(cell.value.value or 0) == pytest.approx(1200 / 1800)
    assert (cell.flag, cell.favourable, cell.why) == ("act", False, "33% behind pace.")
    assert card.stake_of == {"north": pytest.approx(Decimal(600))}
    assert float(card.changeable) == pytest.approx(500)
    assert card.regions[0] == "north"


def test_a_region_far_behind_on_four_deals_is_not_flagged(filled: Warehouse, definitions: Definitions) -> None:
    card = card_of(filled, definitions)
    cell = card.cells["pace", "east"]
    assert (cell.flag, cell.why) == ("none", "4 deals: too few to judge.")
    assert "east" not in card.stake_of
    assert [finding.kind for finding in card.findings if finding.region == "east"].count("small_n") == 1


def test_won_value_is_compared_with_what_was_expected_by_now(filled: Warehouse, definitions: Definitions) -> None:
    """South is 7 % over: 1920 of 3000 x 38/63 (Columbus day, Veterans day, Thanksgiving and Christmas are free)."""
    cell = card_of(filled, definitions).cells["won_value", "south"]
    assert cell.change_unit == "percent"
    assert cell.change == pytest.approx(1920 / (cell.compared_with or 1) - 1)
    assert cell.flag == "none"
    assert cell.favourable is True


def test_against_last_year_the_change_is_to_the_same_working_day(filled: Warehouse, definitions: Definitions) -> None:
    filled.deal("old", 1000, won="2025-10-06")
    filled.deal("later", 5000, won="2025-12-20")
    card = card_of(filled, definitions, "last_year")
    cell = card.cells["won_value", "north"]
    assert cell.compared_with == 1000.0
    assert cell.change == pytest.approx(0.2)
    assert card.cells["pace", "north"].flag == "act"


def test_against_last_week_the_same_period_stood_a_week_ago(filled: Warehouse, definitions: Definitions) -> None:
    filled.deal("fresh", 300, won="2026-11-20")
    cell = card_of(filled, definitions, "last_week").cells["won_value", "north"]
    assert (float(cell.value.value or 0), cell.compared_with) == (1500.0, 1200.0)


def test_every_shown_kpi_has_a_cell_for_each_region_and_the_group(filled: Warehouse, definitions: Definitions) -> None:
    card = card_of(filled, definitions)
    assert set(card.cells) == {(kpi, region) for kpi in card.kpis for region in (*card.regions, "group")}
    assert all(len(cell.series) == 13 for cell in card.cells.values())


def test_the_series_ends_with_the_running_week(filled: Warehouse, definitions: Definitions) -> None:
    filled.deal("fresh", 300, won="2026-11-23")
    assert card_of(filled, definitions).cells["won_value", "north"].series[-1] == 300.0


def test_a_late_region_is_missing_from_the_total(filled: Warehouse, definitions: Definitions) -> None:
    filled.engine.connection.execute(
        "UPDATE load SET exported_at = TIMESTAMPTZ '2026-11-10 06:30:00+00' WHERE source = 'south_crm'"
    )
    card = card_of(filled, definitions)
    assert card.missing == ("south",)
    assert "South is late" in headline(card, filled.organisation).detail


def test_the_sentence_names_the_region_in_need(filled: Warehouse, definitions: Definitions) -> None:
    found = headline(card_of(filled, definitions), filled.organisation)
    assert found.sentence == "One of three regions needs you: North is 33% behind pace."
    assert found.detail.startswith("**€600** at stake, **€500** can still be changed this period, by **")


def test_a_reader_of_one_region_sees_its_cells_only(filled: Warehouse, definitions: Definitions) -> None:
    card = card_of(filled, definitions, scope=Scope.of_regions("south"))
    assert {region for _, region in card.cells} <= {"south", "group"}
    assert card.regions == ("south",)


def test_a_reader_without_regions_sees_nothing(filled: Warehouse, definitions: Definitions) -> None:
    card = card_of(filled, definitions, scope=Scope.of_regions())
    assert not card.cells
    assert not card.regions
    assert not card.findings
    assert card.at_stake == 0


def test_a_company_may_define_two_kpis_only(filled: Warehouse, definitions: Definitions) -> None:
    few = replace(definitions, kpis={name: definitions.kpis[name] for name in ("won_value", "win_rate")})
    card = card_of(filled, few)
    assert card.kpis == ("won_value", "win_rate")
    assert card.cells["won_value", "north"].why == "There is no plan to compare with."


def test_without_a_scope_nothing_is_answered(filled: Warehouse, definitions: Definitions) -> None:
    asked = Slice(current_quarter(filled.organisation, NOW), NOW)
    with pytest.raises(NoScopeError, match="needs a scope"):
        scorecard(filled.engine, filled.organisation, definitions, asked, None)  # type: ignore[arg-type]


def test_beside_a_figure_stands_how_much_of_it_is_enough(filled: Warehouse, definitions: Definitions) -> None:
    """500 are to close of 1800 still to be won: 0.3 times. All that closed was won, so once would be enough."""
    card = card_of(filled, definitions)
    assert card.cells["coverage", "north"].why.endswith("Coverage required: 1.0×.")
    assert "required" not in card.cells["closing_in_period", "north"].why
