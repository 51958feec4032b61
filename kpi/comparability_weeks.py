"""How far the common denominator had come, week by week: what is noted after loads, and read as a line."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from kpi.comparability import comparability
from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.period import current_quarter
from kpi.slice import Slice
from kpi.value import GROUP
from organisation import Organisation

TABLE = "comparability_week"
MOST_WEEKS = 53  # noted at once: a company that begins with years of exports gets the line of its last year
WEEK = timedelta(days=7)
WEEKS_READ = """
    SELECT week, kpi, bool_and(comparable <> 'no') AS is_common, max(as_of) AS as_of, count(*) AS regions
    FROM comparability_week WHERE list_contains($regions, region) GROUP BY week, kpi ORDER BY week, kpi
"""


@dataclass(frozen=True)
class Week:
    """A week to be noted: its Monday, and what was known of it when."""

    starts: date
    as_of: datetime


@dataclass(frozen=True)
class CommonWeek:
    """A noted week: the KPIs that all regions could measure, of how many there were, in how many regions."""

    starts: date
    as_of: datetime
    common: frozenset[str]
    kpis: int
    regions: int


def weeks_due(engine: Engine, now: datetime) -> tuple[Week, ...]:
    """Give the weeks to be noted: those that ended before the newest export and are not noted, and the running one.

    A week is over for us when an export of a later one is loaded; the last week of a backlog is noted with the next.
    """
    span = engine.fetch(
        "SELECT min(exported_at) AS oldest, max(exported_at) AS newest FROM load "
        "WHERE status = 'loaded' AND exported_at <= $now",
        {"now": now},
    ).row(0)
    if span[0] is None:
        return ()
    oldest, newest = (_monday(moment) for moment in span)
    noted = dict(engine.fetch(f"SELECT week, max(as_of) FROM {TABLE} GROUP BY week").iter_rows())
    ended = [newest - WEEK * back for back in range(MOST_WEEKS, 0, -1)]
    due = [Week(monday, _end(monday)) for monday in ended if monday >= oldest and noted.get(monday) != _end(monday)]
    return (*due, Week(newest, now)) if newest == _monday(now) else tuple(due)


def week_verdicts(engine: Engine, organisation: Organisation, definitions: Definitions, week: Week) -> pl.DataFrame:
    """Give the rows of a week: each shown KPI in each region, judged for the quarter that ran, as known by then."""
    asked = Slice(current_quarter(organisation, week.as_of), week.as_of)
    found = comparability(engine, organisation, definitions, asked)
    shown = {kpi.name for kpi in definitions.figures}
    rows = [
        {"week": week.starts, "kpi": name, "region": region, "comparable": verdict.comparable,
         "reasons": " ".join(verdict.reasons), "as_of": week.as_of, "definitions": definitions.hash}
        for (name, region), verdict in found.items()
        if name in shown and region != GROUP
    ]  # fmt: skip
    return pl.DataFrame(rows)


def noted_weeks(engine: Engine, weeks: Collection[Week]) -> pl.DataFrame:
    """Give what is noted of some weeks."""
    return engine.fetch(
        f"SELECT * FROM {TABLE} WHERE list_contains($weeks, week)", {"weeks": [week.starts for week in weeks]}
    )


def is_noted(noted: pl.DataFrame, monday: date, rows: pl.DataFrame) -> bool:
    """Say whether a week is noted just so, or the running one with the same verdicts at an earlier hour."""
    noted = noted.filter(pl.col("week") == monday)
    if rows.is_empty() or noted.is_empty():
        return rows.is_empty() == noted.is_empty()
    is_over = rows["as_of"][0] == _end(monday)
    compared = [name for name in rows.columns if name != "as_of" or is_over]
    return noted.select(compared).sort(compared).equals(rows.select(compared).sort(compared))


def common_weeks(engine: Engine, regions: Collection[str], weeks: int = 26) -> tuple[CommonWeek, ...]:
    """Give the last noted weeks, oldest first: what all of the given regions that were there could measure."""
    if TABLE not in engine.schema():
        return ()  # a store that no loader of this version has opened yet
    found: dict[date, list[tuple[str, bool, datetime, int]]] = {}
    for monday, *row in engine.fetch(WEEKS_READ, {"regions": list(regions)}).iter_rows():
        found.setdefault(monday, []).append((row[0], row[1], row[2], row[3]))
    read = [
        CommonWeek(
            monday,
            as_of=max(as_of for _, _, as_of, _ in rows),
            common=frozenset(name for name, is_common, _, _ in rows if is_common),
            kpis=len(rows),
            regions=max(count for *_, count in rows),
        )
        for monday, rows in sorted(found.items())
    ]
    return tuple(read[-weeks:])


def _monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def _end(monday: date) -> datetime:
    """Give the last moment of a week, in UTC."""
    return datetime.combine(monday + WEEK, time(), UTC) - timedelta(microseconds=1)
