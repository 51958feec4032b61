"""The common denominator over the weeks: noted once, never rewritten, read as a line."""

from datetime import UTC, date, datetime

import pytest

from kpi.comparability_weeks import (
    TABLE,
    CommonWeek,
    Week,
    common_weeks,
    is_noted,
    noted_weeks,
    week_verdicts,
    weeks_due,
)
from organisation import Organisation
from tests.kpi.conftest import NOW, Warehouse, shipped

SUNDAYS = {monday: datetime(2026, 11, monday + 6, 23, 59, 59, 999_999, UTC) for monday in (2, 9, 16)}


def note(warehouse: Warehouse, now: datetime = NOW) -> tuple[Week, ...]:
    """Note what is due, as the step after a load does; gives the weeks."""
    due = weeks_due(warehouse.engine, now)
    for week in due:
        rows = week_verdicts(warehouse.engine, warehouse.organisation, shipped(), week)
        if not is_noted(noted_weeks(warehouse.engine, due), week.starts, rows):
            warehouse.engine.connection.execute(f"DELETE FROM {TABLE} WHERE week = ?", [week.starts])
            for row in rows.to_dicts():
                warehouse.insert(TABLE, row)
    return due


def test_ended_weeks_are_noted_once_and_the_running_one_each_time(warehouse: Warehouse) -> None:
    """Exports of Mon 2 Nov and Tue 24 Nov; now is Tue 24 Nov 14:02. Weeks 45-47 ended, week 48 runs."""
    for exported in ("2026-11-02T06:30", "2026-11-24T06:30"):
        warehouse.feeds(exported=exported)
    assert note(warehouse) == (
        *(Week(date(2026, 11, monday), end) for monday, end in SUNDAYS.items()),
        Week(date(2026, 11, 23), NOW),
    )
    assert note(warehouse) == (Week(date(2026, 11, 23), NOW),)


def test_nothing_is_due_before_the_first_export(warehouse: Warehouse) -> None:
    assert weeks_due(warehouse.engine, NOW) == ()


def test_the_last_week_of_a_backlog_waits_for_the_next_export(warehouse: Warehouse) -> None:
    """More exports of that week may come with the same backlog."""
    warehouse.feeds(exported="2026-11-03T06:30")
    warehouse.feeds(exported="2026-11-10T06:30")
    assert weeks_due(warehouse.engine, NOW) == (Week(date(2026, 11, 2), SUNDAYS[2]),)


def test_the_line_shows_when_a_region_began_to_fill_a_field(warehouse: Warehouse) -> None:
    """
    east     week of 9 Nov         from 17 Nov on
    lead 1   no first contact      first contact
    """
    for exported in ("2026-11-10T06:30", "2026-11-17T06:30", "2026-11-24T06:30"):
        warehouse.feeds(exported=exported)
    given = {"status": "rejected", "due": "2026-10-07"}
    warehouse.lead("1", "east", **given, known_from="2026-11-10", known_until="2026-11-17", ended_because="changed")
    warehouse.lead("1", "east", **given, touched="2026-10-06", known_from="2026-11-17")
    note(warehouse)
    found = common_weeks(warehouse.engine, ("north", "south", "east"))
    assert [week.starts.day for week in found] == [9, 16, 23]
    assert ["lead_sla" in week.common for week in found] == [False, True, True]
    assert {(week.kpis, week.regions) for week in found} == {(len(shipped().figures), 3)}
    without_east = common_weeks(warehouse.engine, ("north", "south"))
    assert all("lead_sla" in week.common for week in without_east)


def test_an_ended_week_stays_as_it_was_noted(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.feeds(exported="2026-11-10T06:30")
    warehouse.feeds(exported="2026-11-24T06:30")
    note(warehouse)
    before = common_weeks(warehouse.engine, organisation.regions)
    warehouse.deal("1", 10, outcome=None, stage=None, stage_raw="Parked")  # since January, as is known now
    note(warehouse)
    after = common_weeks(warehouse.engine, organisation.regions)
    assert after[:-1] == before[:-1]
    assert len(after[-1].common) < len(before[-1].common)


def test_the_running_week_is_written_only_when_a_verdict_changes(warehouse: Warehouse) -> None:
    warehouse.feeds()
    note(warehouse)
    later = NOW.replace(hour=15)
    (week,) = weeks_due(warehouse.engine, later)
    noted = noted_weeks(warehouse.engine, [week])
    assert is_noted(noted, week.starts, week_verdicts(warehouse.engine, warehouse.organisation, shipped(), week))
    warehouse.deal("1", 10, outcome=None, stage=None, stage_raw="Parked")
    assert not is_noted(noted, week.starts, week_verdicts(warehouse.engine, warehouse.organisation, shipped(), week))


@pytest.mark.parametrize("regions", [(), ("atlantis",)])
def test_no_region_has_no_line(warehouse: Warehouse, regions: tuple[str, ...]) -> None:
    warehouse.feeds()
    note(warehouse)
    assert common_weeks(warehouse.engine, regions) == ()
    assert isinstance(common_weeks(warehouse.engine, ("north",))[0], CommonWeek)
