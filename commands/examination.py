"""The examination of a whole workspace: settings, store, disk, sources, loads and feeds, joined."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from etl.examination import backlog_bytes, examine_loads, examine_loads_of, examine_requests, examine_sources
from kpi.arrivals import Arrival
from kpi.definitions import Definitions
from kpi.engines.duckdb import DuckDbEngine
from kpi.errors import KpiError
from kpi.ledger import Feed, feeds
from kpi.scope import Scope
from organisation import ConfigurationError, Organisation, Problem, SharedStore, Workspace
from organisation.problems import did_you_mean
from warehouse.doctor import examine, examine_care, examine_disk
from warehouse.errors import StoreError
from warehouse.finding import ASK_AGAIN, PROBLEM, Finding, all_of, notice, problem
from warehouse.places import place_of
from warehouse.schema import tables
from warehouse.store import Store


def examine_workspace(place: Workspace) -> list[Finding]:
    """Give everything that is wrong with a workspace, problems first; a check that fails hides no other."""
    settings = _Settings(place)
    stored = examine(place.lake)
    found = settings.found + stored
    if settings.now:
        found += examine_requests(place, settings.now)
    if settings.organisation:
        found += examine_sources(settings.organisation)
    if _has_warehouse(place):
        is_sound = not any(each.severity == PROBLEM for each in stored)
        found += _of_store(settings, is_sound=is_sound)
    else:
        found += _disk(place, None)
    return sorted(found, key=lambda each: each.severity != PROBLEM)


def _has_warehouse(place: Workspace) -> bool:
    try:
        return place_of(place.lake).exists()
    except (ConfigurationError, StoreError):
        return False  # the settings' problems, or those of the store, say why


@dataclass
class _Settings:
    """What can be read of a workspace's settings, and their problems."""

    place: Workspace
    organisation: Organisation | None = None
    now: datetime | None = None
    found: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        reading = (self._read_organisation, self._read_definitions, self._read_clock, self._read_store)
        for read in (*reading, self._read_rhythms, self._read_lacks):
            self.found += all_of({"the settings": partial(_problems, read)}, self.place.root)
        self.found = list(dict.fromkeys(self.found))

    def _read_organisation(self) -> None:
        self.organisation = Organisation.read(self.place)

    def _read_definitions(self) -> None:
        Definitions.read(self.place.definitions_file)

    def _read_clock(self) -> None:
        self.now = self.place.now()

    def _read_store(self) -> None:
        SharedStore.read(self.place.store_file)

    def _read_rhythms(self) -> None:
        for source in self.organisation.sources.values() if self.organisation else ():
            for export in source.exports.values():
                if self.organisation and export.arrives:
                    Arrival.parse(export.arrives, self.organisation.timezone_of(source))

    def _read_lacks(self) -> None:
        """Raise where a profile says that its CRM lacks a column that does not exist: nobody would notice else."""
        wrong: list[Problem] = []
        for source in self.organisation.sources.values() if self.organisation else ():
            for export in source.exports.values():
                known = [column.name for column in tables()[f"{export.table}_version"].columns]
                for column in export.lacks:
                    if column not in known:
                        message = f'{export.key}: lacks: there is no column "{column}"'
                        wrong.append(Problem(source.file, 1, message, did_you_mean(column, known)))
        if wrong:
            raise ConfigurationError(wrong)


def _problems(read: Callable[[], None]) -> Iterator[Finding]:
    try:
        read()
    except ConfigurationError as error:
        for each in error.problems:
            do = each.hint or "Correct the line."
            yield problem("settings", f"{each.file.name}: {each.message}.", f"{each.file}:{each.line}", do)
    except KpiError as error:
        yield problem("settings", f"{error}.", "sources/", "Correct the line in the source's profile.")


def _of_store(settings: _Settings, *, is_sound: bool) -> list[Finding]:
    place, organisation, now = settings.place, settings.organisation, settings.now
    try:
        # A damaged data file is named already; what the others say is still worth reading.
        with Store.open_reader(place.lake, checked=False) as store:
            found = _loads(settings, store)
    except StoreError as error:
        found = _disk(place, None)
        if is_sound:
            found += [problem("not_examined", f"The warehouse cannot be read: {error}", place.lake, ASK_AGAIN)]
    if now:
        found += examine_care(place.lake, now)
    if is_sound and now and organisation:  # a dashboard shows no figure of damaged data either
        found += all_of({"the feeds": partial(_feeds, organisation, now)}, place.lake)
    return found


def _loads(settings: _Settings, store: Store) -> list[Finding]:
    found = _disk(settings.place, store)
    if settings.now:
        found += examine_loads(settings.place, store, settings.now)
    if settings.organisation:
        found += examine_loads_of(settings.organisation, store)
    return found


def _disk(place: Workspace, store: Store | None) -> list[Finding]:
    folders = (place.data, place.lake, place.archive, place.inbox)

    def look() -> list[Finding]:
        return examine_disk(folders, backlog_bytes(place, store))

    return all_of({"the disk": look}, place.data)


def _feeds(organisation: Organisation, now: datetime) -> Iterator[Finding]:
    with DuckDbEngine(organisation.workspace.lake) as engine:
        found = [feed for feed in feeds(engine, organisation, Scope.everything(), now) if feed.is_late]
    for feed in found:
        yield _late(feed)


def _late(feed: Feed) -> Finding:
    came = f"the newest is {feed.file}" if feed.file else "none has ever come"
    due = f" was due at {feed.due_at:%Y-%m-%d %H:%M %Z}" if feed.due_at else " has not come"
    what = f"The export of {feed.table} from {feed.source} for {feed.region}{due}; {came}."
    do = f"Ask who sends it; put it into inbox/{feed.source}/."
    return notice("feed_late", what, f"{feed.source} {feed.table}", do)
