"""A past that stage history tells is shown, and is no measure: deals that were deleted since are not in it."""

from dataclasses import replace
from datetime import date

import pytest

from kpi.flags import Basis, judge
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.scorecard import scorecard
from kpi.slice import Slice
from kpi.value import Value
from tests.kpi.conftest import NOW, Warehouse, shipped

QUARTERS = ("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3")


@pytest.fixture
def known_since_may(warehouse: Warehouse) -> Warehouse:
    """
    Exports since 5 May 2026. Twenty deals of 100 have been open since 2024, by their stage history; one of them was
    first exported on 1 August. Half of them closed in October.
    """
    warehouse.feeds(exported="2026-05-05T06:30")
    warehouse.feeds(exported="2026-08-24T06:30")
    warehouse.feeds()
    for number in range(20):
        deal = str(number)
        told = {"known_from": "2024-11-01", "first_seen_at": "2024-11-01", "created": "2024-10-31"}
        shown = told | {"known_from": "2026-08-01" if number == 0 else "2026-05-05"}
        until = {"known_until": shown["known_from"]}
        warehouse.deal(deal, 100, closes="2027-03-01", load_id="stage history", times_pushed=1, **told, **until)
        ends = {"known_until": "2026-10-05"} if number < 10 else {}
        warehouse.deal(deal, 100, closes="2027-03-01", times_pushed=1, **shown, **ends)
        if number < 10:
            warehouse.deal(deal, 100, lost="2026-10-05", **shown | {"known_from": "2026-10-05"})
    return warehouse


def test_a_stock_before_the_first_export_says_that_it_is_rebuilt(known_since_may: Warehouse) -> None:
    found = {period: known_since_may.value("open_pipeline", period=period) for period in QUARTERS}
    assert {period: float(value.value or 0) for period, value in found.items()} == dict.fromkeys(QUARTERS, 2000.0)
    assert {period for period, value in found.items() if "REBUILT" in value.reasons} == {"2025-Q4", "2026-Q1"}
    assert found["2025-Q4"].comparable == "reservation"
    assert [value.is_measure for value in found.values()] == [False, False, True, True]


def test_the_group_is_rebuilt_where_a_region_is_and_does_not_lack_it(known_since_may: Warehouse) -> None:
    group = known_since_may.value("open_pipeline", "group", "2026-Q1")
    assert "REBUILT" in group.reasons
    assert group.missing_regions == ("east", "south"), "they have nothing older than their first export"


def test_what_rests_on_a_stock_through_several_steps_is_rebuilt_too(known_since_may: Warehouse) -> None:
    """Coverage over required is coverage less another figure, and coverage rests on what is open."""
    assert shipped().kpis["coverage_gap"].is_stock
    assert "REBUILT" in known_since_may.value("coverage_gap", period="2026-Q1").reasons


def test_a_period_that_began_before_the_first_export_is_rebuilt(known_since_may: Warehouse) -> None:
    """Slippage asks what was to close when the quarter began: on 1 April that is rebuilt, on 1 July it is known."""
    assert "REBUILT" in known_since_may.value("slippage", period="2026-Q2").reasons
    assert "REBUILT" not in known_since_may.value("slippage", period="2026-Q3").reasons


def test_what_has_days_of_its_own_is_not_rebuilt(known_since_may: Warehouse) -> None:
    assert "REBUILT" not in known_since_may.value("win_rate", period="2026-Q1").reasons


def test_half_the_pipeline_gone_is_no_flag_against_a_rebuilt_past(known_since_may: Warehouse) -> None:
    asked = Slice(current_quarter(known_since_may.organisation, NOW), NOW)
    engine, organisation = known_since_may.engine, known_since_may.organisation
    card = scorecard(engine, organisation, shipped(), asked, Scope.everything())
    cell = card.cells["open_pipeline", "north"]
    assert float(cell.value.value or 0) == 1000
    assert cell.flag == "none"
    assert cell.why == (
        "50% below the few quarters the store knows: too little history to judge. "
        "Quarters before the first export are rebuilt from stage history, which is no measure."
    )
    last_year = scorecard(engine, organisation, shipped(), asked, Scope.everything(), compare="last_year")
    cell = last_year.cells["open_pipeline", "north"]
    assert (cell.compared_with, cell.change) == (None, None)
    assert cell.why.startswith("Rebuilt from stage history")


def test_pushes_that_nobody_saw_are_no_measure(warehouse: Warehouse) -> None:
    """Without stage history a deal is first seen long after it was created: what it was pushed before is not known."""
    warehouse.feeds(exported="2026-05-05T06:30")
    warehouse.feeds()
    for number in range(12):
        seen = {"closes": "2027-03-01", "first_seen_at": "2026-05-05"}
        warehouse.deal(f"n{number}", 100, created="2026-01-15", times_pushed=1, **seen)
        warehouse.deal(f"s{number}", 100, "south", created="2026-05-01", times_pushed=1, **seen)
    assert not warehouse.value("pushed_deals", period="2026-11").is_measure
    assert warehouse.value("pushed_deals", "south", "2026-11").is_measure


def test_a_rebuilt_quarter_is_no_part_of_what_is_usual() -> None:
    """100, 100 and 100 as exported, 1000 as rebuilt: 60 is 40 % below 100, and not 82 % below 325."""
    kpi = shipped().kpis["open_pipeline"]
    plain = Value("open_pipeline", "north", "2026-Q3", 100.0, 200, "money", NOW, currency="EUR")
    rebuilt = replace(plain, value=1000.0, reasons=("REBUILT",))
    found = judge(kpi, replace(plain, value=60.0), Basis(quarters=(rebuilt, plain, plain, plain)))
    assert (found.flag, found.why) == ("act", "40% below its last four quarters (€100).")


def test_the_day_of_the_first_export_is_known(known_since_may: Warehouse) -> None:
    """April ends before it, May after it."""
    assert date(2026, 4, 30) < date(2026, 5, 5)
    assert not known_since_may.value("open_pipeline", period="2026-04").is_measure
    assert known_since_may.value("open_pipeline", period="2026-05").is_measure
