"""The regions as they enter a pack: when each was cut off, and which exports were missing then."""

from datetime import datetime

from docket.pack.asking import Questions
from docket.pack.content import MissingFeed, RegionState
from kpi.arrivals import Arrival
from kpi.errors import KpiError
from organisation import Export, Region, Source

NEWEST = """
SELECT l.source, l.table_name, l.export, r.region, max(l.exported_at) AS exported_at,
    max(coalesce(r.data_until, l.exported_at)) AS data_until
FROM load AS l JOIN load_region AS r ON r.load_id = l.load_id
JOIN (SELECT UNNEST($regions) AS region, UNNEST($moments) AS moment) AS c ON c.region = r.region
WHERE l.status = 'loaded' AND l.exported_at <= c.moment
GROUP BY ALL
"""
Seen = dict[tuple[str, str, str | None, str], tuple[datetime | None, datetime | None]]


def region_states(questions: Questions) -> tuple[RegionState, ...]:
    """Give each region with its cut-off, how far it reports, and the feeds that were due by then and not there."""
    regions = questions.organisation.regions
    moments = {name: questions.meeting.cut_off(region.timezone) for name, region in regions.items()}
    rows = questions.once.fetch(NEWEST, {"regions": list(moments), "moments": list(moments.values())}).iter_rows()
    seen: Seen = {(source, table, export, region): (at, until) for source, table, export, region, at, until in rows}
    return tuple(_state(questions, region, moments[name], seen) for name, region in regions.items())


def _state(questions: Questions, region: Region, cut_off: datetime, seen: Seen) -> RegionState:
    declared = [
        (source, export)
        for source in questions.organisation.sources.values()
        for export in source.exports.values()
        if region.id in source.region.regions
    ]
    missing = [_missing(questions, each, region.id, cut_off, seen) for each in declared]
    deals = [
        until
        for (_, table, _, name), (_, until) in seen.items()
        if (table, name) == ("opportunity", region.id) and until is not None
    ]
    return RegionState(
        id=region.id,
        name=region.name,
        manager=region.manager,
        currency=region.currency,
        timezone=region.timezone,
        cut_off=cut_off,
        data_until=min(deals, default=None),
        missing=tuple(feed for feed in missing if feed is not None),
    )


def _missing(
    questions: Questions, feed: tuple[Source, Export], region: str, cut_off: datetime, seen: Seen
) -> MissingFeed | None:
    source, export = feed
    exported_at = seen.get((source.id, export.table, export.part, region), (None, None))[0]
    arrival = _arrival(export, questions.organisation.timezone_of(source))
    if arrival is None:  # nothing is due, so only deals and leads that never came are missed
        never_came = exported_at is None and export.table in ("opportunity", "lead")
        return MissingFeed(source.id, export.table, None, None) if never_came else None
    if not arrival.is_late(exported_at, cut_off):
        return None
    return MissingFeed(source.id, export.table, arrival.last_due(cut_off), exported_at)


def _arrival(export: Export, zone: str) -> Arrival | None:
    """Give the rhythm; one that cannot be read is the profile's fault, which its own check names."""
    try:
        return Arrival.parse(export.arrives, zone) if export.arrives else None
    except KpiError:
        return None
