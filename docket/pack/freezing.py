"""Freezing: everything the weekly review is held on, taken from one snapshot at the cut-off and kept as data."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from docket.docket import Docket
from docket.headline import headline_of
from docket.items import Item
from docket.pack.asking import Meeting, Questions, meeting_of
from docket.pack.content import Content, Head, KpiWords, PeriodWords, Previous, Reader
from docket.pack.deviations import deviations
from docket.pack.figures import of_card
from docket.pack.improvement import improvement
from docket.pack.movement import bridges, changes
from docket.pack.outlook import account_figures, ahead, calls, customers_shared, filling
from docket.pack.past import past
from docket.pack.promises import promises
from docket.pack.regions import region_states
from docket.pack.shelf import Shelf
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.deviations.reading import Reading
from kpi.deviations.readings import readings
from kpi.engines.base import Engine
from kpi.engines.duckdb import DuckDbEngine, snapshot_as_stored
from kpi.in_force import InForce
from kpi.value import GROUP
from organisation import Organisation
from organisation.people import read_people


@dataclass(frozen=True)
class Store:
    """A store at one snapshot: the number of the snapshot, and when it was stored (UTC) where that is known."""

    engine: Engine
    snapshot: int
    snapshot_at: datetime | None = None


def frozen(
    store: Store,
    organisation: Organisation,
    definitions: Definitions,
    docket: Docket,
    *,
    meeting: Meeting,
    previous: Content | None = None,
    before: Engine | None = None,
) -> Content:
    """Give the content of a pack for a meeting; nothing is written.

    previous: the pack of the review before; before: the store as that pack saw it, None where it is not there any
    more. The id is the meeting's day; who keeps several packs of a day tells them apart.
    """
    asked = Questions(store.engine, organisation, definitions, meeting, previous)
    items = docket.items(ended_since=asked.since)
    read = _by_key(readings(asked.card, InForce(definitions, organisation.regions), meeting.day))
    agenda, suppressed = deviations(items, read, meeting.day, definitions.rules.a_week)
    regions = [*organisation.regions, GROUP]
    return Content(
        head=_head(asked, store, items),
        promises=promises(items, definitions, read, asked.known_before, meeting.day),
        calls=calls(asked, "group"),
        own_calls=calls(asked, "local"),
        bridges=bridges(asked, "group"),
        own_bridges=bridges(asked, "local"),
        changes=changes(asked),
        deviations=agenda,
        suppressed=suppressed,
        ahead=ahead(asked),
        pipeline=filling(asked),
        accounts=account_figures(asked),
        shared_customers=customers_shared(asked),
        improvement=improvement(asked),
        past=past(asked, before),
        figures=of_card(asked.card, regions),
        own_figures=of_card(asked.own_card, organisation.regions),
        definitions=definitions.file.read_text(encoding="utf-8"),
        profiles=_profiles(organisation),
    )


def _by_key(found: tuple[Reading, ...]) -> Mapping[tuple[str, str, str, str], Reading]:
    return {tuple(reading.key): reading for reading in found}  # type: ignore[misc]


def _head(asked: Questions, store: Store, items: Sequence[Item]) -> Head:
    group, card = asked.organisation.group, asked.card
    words, period = headline_of(card, items, asked.organisation, asked.definitions), asked.asked.period
    return Head(
        id=asked.meeting.day.isoformat(),
        made_at=asked.meeting.made_at,
        as_of=asked.as_of,
        snapshot=store.snapshot,
        snapshot_at=store.snapshot_at,
        group=group.name,
        currency=group.currency,
        timezone=group.timezone,
        period=PeriodWords(period.code, period.label, period.start, period.end, period.to_date, period.week_label),
        since=asked.since,
        until=asked.meeting.until,
        headline=words.sentence,
        detail=words.detail.replace("**", ""),
        at_stake=words.at_stake,
        changeable=words.changeable,
        calm=card.calm,
        definitions_hash=asked.definitions.hash,
        regions=region_states(asked),
        readers=_readers(asked.organisation),
        kpis=tuple(words_of(kpi) for kpi in asked.definitions.kpis.values()),
        previous=_previous(asked.previous),
    )


def _previous(previous: Content | None) -> Previous | None:
    return Previous(previous.head.id, previous.head.snapshot, previous.head.as_of) if previous else None


def _readers(organisation: Organisation) -> tuple[Reader, ...]:
    people = read_people(organisation.workspace, frozenset(organisation.regions))
    return tuple(
        Reader(person.id, person.role, None if person.regions is None else tuple(sorted(person.regions)))
        for person in people
    )


def words_of(kpi: Kpi) -> KpiWords:
    """Give how a KPI is defined."""
    return KpiWords(
        name=kpi.name,
        label=kpi.label,
        heading=kpi.heading,
        question=kpi.question,
        unit=kpi.unit,
        better=kpi.better,
        formula=kpi.formula or kpi.combine or kpi.of or kpi.paced or kpi.weighted or "",
        is_not=kpi.is_not,
        is_overview=kpi.shown == "overview",
    )


def _profiles(organisation: Organisation) -> dict[str, str]:
    workspace = organisation.workspace
    files: list[Path] = [*sorted(workspace.regions_dir.glob("*.yaml")), *sorted(workspace.sources_dir.glob("*.yaml"))]
    return {file.relative_to(workspace.root).as_posix(): file.read_text(encoding="utf-8") for file in files}


def freeze(
    organisation: Organisation,
    definitions: Definitions,
    docket: Docket,
    *,
    made_at: datetime,
    day: date | None = None,
    request: str = "",
) -> Content:
    """Freeze a pack of the newest snapshot for the review of a day, and put it on the shelf; gives it with its id.

    request: what asked for it, so that a request which was cut off before its answer knows its own pack.

    Raises StoreError where there is no warehouse, PackError where the pack cannot be written.
    """
    shelf = Shelf(organisation.workspace.packs)
    meeting = meeting_of(organisation, made_at, day)
    previous = shelf.newest(before=meeting.day.isoformat())
    with ExitStack() as stack:
        engine = stack.enter_context(DuckDbEngine(organisation.workspace.lake))
        before = as_stored(organisation, previous) if previous else None
        if before is not None:
            stack.enter_context(before)
        store = Store(engine, int(engine.version()), engine.stored_at())
        content = frozen(store, organisation, definitions, docket, meeting=meeting, previous=previous, before=before)
    return shelf.put(replace(content, head=replace(content.head, request=request)))


def as_stored(organisation: Organisation, content: Content) -> DuckDbEngine | None:
    """Give the store as a pack saw it; None where that snapshot is not there any more."""
    return snapshot_as_stored(organisation.workspace.lake, content.head.snapshot, content.head.snapshot_at)
