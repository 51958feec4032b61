"""Completeness by week: filled cells of the rows that ought to have them, as each week's export showed them."""

from datetime import UTC, datetime

from kpi.completeness import Completeness, completeness
from kpi.scope import Scope
from tests.kpi.conftest import Warehouse


def field(warehouse: Warehouse, column: str, table: str = "opportunity", region: str = "north") -> Completeness:
    found = completeness(warehouse.engine, Scope.everything(), weeks=3)
    return next(one for one in found if (one.table, one.column, one.region) == (table, column, region))


def weekly(warehouse: Warehouse, *days: str, table: str = "opportunity", region: str = "north") -> None:
    for day in days:
        warehouse.feed(region, table, f"{day}T06:30")


def test_the_share_of_a_week_is_that_of_its_own_export(warehouse: Warehouse) -> None:
    """Two open deals since the 9th; the first gets its amount with the export of the 23rd: 1 of 2, 1 of 2, 2 of 2."""
    weekly(warehouse, "2026-11-09", "2026-11-16", "2026-11-23")
    warehouse.deal("1", None, known_from="2026-11-09T06:30", known_until="2026-11-23T06:30")
    warehouse.deal("1", 10, known_from="2026-11-23T06:30")
    warehouse.deal("2", 20, known_from="2026-11-09T06:30")
    found = field(warehouse, "amount")
    assert found.weeks == (0.5, 0.5, 1.0)
    assert (found.share, found.change, found.rows) == (1.0, 0.5, 2)
    assert found.until == datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


def test_a_week_without_an_export_and_one_before_the_first_have_no_share(warehouse: Warehouse) -> None:
    weekly(warehouse, "2026-11-09", "2026-11-23")
    warehouse.deal("1", 10, known_from="2026-11-09T06:30")
    assert field(warehouse, "amount").weeks == (1.0, None, 1.0)
    weekly(warehouse, "2026-11-23", region="south")
    warehouse.deal("2", 10, "south", known_from="2026-11-23T06:30")
    assert field(warehouse, "amount", region="south").weeks == (None, None, 1.0)


def test_an_export_at_another_time_of_day_belongs_to_its_week(warehouse: Warehouse) -> None:
    warehouse.feed("north", "opportunity", "2026-11-16T09:00")
    warehouse.feed("north", "opportunity", "2026-11-23T06:30")
    warehouse.deal("1", 10, known_from="2026-11-16T09:00")
    assert field(warehouse, "amount").weeks == (None, 1.0, 1.0)


def test_only_the_rows_that_ought_to_have_a_field_are_asked(warehouse: Warehouse) -> None:
    """An open deal has no close day; a deal that ended two years ago and a deleted one are not looked at."""
    weekly(warehouse, "2026-11-23")
    warehouse.deal("open", 10)
    warehouse.deal("won", 10, won="2026-10-05")
    warehouse.deal("unmapped", 10, outcome=None, stage=None)
    warehouse.deal("old", None, won="2024-10-05")
    warehouse.deal("gone", None, is_deleted=True)
    assert (field(warehouse, "closed_on").rows, field(warehouse, "closed_on").share) == (1, 1.0)
    assert (field(warehouse, "amount").rows, field(warehouse, "amount").share) == (3, 1.0)


def test_an_untouched_open_lead_is_no_gap_and_a_rejected_one_is(warehouse: Warehouse) -> None:
    weekly(warehouse, "2026-11-23", table="lead")
    warehouse.lead("1")
    warehouse.lead("2", status="rejected", touched="2026-10-06")
    warehouse.lead("3", status="rejected")
    assert (field(warehouse, "first_touch_at", "lead").rows, field(warehouse, "first_touch_at", "lead").share) == (
        2,
        0.5,
    )


def test_the_lowest_share_comes_first_and_a_field_that_nobody_fills_says_so(warehouse: Warehouse) -> None:
    weekly(warehouse, "2026-11-23")
    warehouse.deal("1", 10, segment=None, closes="2026-12-01")
    warehouse.deal("2", None, segment=None, closes="2026-12-01")
    found = completeness(warehouse.engine, Scope.everything(), weeks=2)
    assert [(one.column, one.share) for one in found[:2]] == [("segment", 0.0), ("amount", 0.5)]
    assert found[0].is_never_filled
    assert not found[1].is_never_filled


def test_a_reader_of_another_region_sees_no_share(warehouse: Warehouse) -> None:
    weekly(warehouse, "2026-11-23")
    weekly(warehouse, "2026-11-23", region="south")
    warehouse.deal("1", 10)
    warehouse.deal("2", 10, "south")
    assert {one.region for one in completeness(warehouse.engine, Scope.of_regions("south"))} == {"south"}
    assert completeness(warehouse.engine, Scope.of_regions()) == ()
