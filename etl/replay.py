"""Building a source's history again from its archived exports, with or without one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from etl import ledger
from etl.calendar_table import refresh_calendar
from etl.child import Readers
from etl.errors import EtlError
from etl.ledger import Entry, Member
from etl.loading import MERGES, Loading, Touched, archived_members, states_of, store_members
from etl.results import LoadResult, result_of
from etl.stage_history import TABLE as CHANGES
from etl.stage_table import TABLE as STAGE_TABLE
from etl.stage_table import StageTable
from organisation import Organisation, Source
from warehouse.schema import keyed_table
from warehouse.states import forget_states
from warehouse.store import Store

OfExport = tuple[str, str | None]  # table, and which of its exports where it is not the usual one
TAKEN_BACK = "Withdrawn once, taken back by"


def replay(
    organisation: Organisation,
    store: Store,
    source_id: str,
    *,
    without: str | None,
    who: str = "loader",
    why: str = "",
) -> LoadResult:
    """Build a source's tables again from archive/ with today's profile, in one transaction.

    A load to be left out is marked as withdrawn by who, and why. Raises EtlError where an archived export is missing
    or can no longer be read, StoreError; nothing has changed then.
    """
    refresh_calendar(organisation, store)
    with Readers(organisation) as readers:
        return replay_source(Loading(organisation, store, readers), source_id, without=without, who=who, why=why)


def replay_source(loading: Loading, source_id: str, *, without: str | None, who: str, why: str = "") -> LoadResult:
    """Do what replay says, with readers that are there already."""
    source, store = source_of(loading.organisation, source_id), loading.store
    with store.exclusive():
        every = ledger.entries(store, source_id)
        withdrawn = [entry for entry in every if without and entry.is_of(without)]
        if without and not withdrawn:
            raise EtlError(f'"{without}" is no load of {source_id} that is in force.')
        kept = [entry for entry in every if entry not in withdrawn]
        exports = in_storing_order({entry.of_export for entry in every})
        members = read_archive(loading, source, by_export(kept, exports))
        with store.transaction(f"replay {source_id}"):
            touched = [_anew(loading, source, export, members[export]) for export in exports]
            ledger.write(store, [_withdrawn(entry, who, why) for entry in withdrawn])
        return result_of(loading, source_id, touched)


def take_back(
    organisation: Organisation, store: Store, source_id: str, load_id: str, *, who: str, why: str = ""
) -> LoadResult:
    """Put a withdrawn load into force again and build its source's tables anew, in one transaction.

    Raises EtlError where no such load is withdrawn or its file can no longer be read, StoreError; nothing has changed
    then.
    """
    refresh_calendar(organisation, store)
    with Readers(organisation) as readers:
        return take_back_load(Loading(organisation, store, readers), source_id, load_id, who=who, why=why)


def take_back_load(loading: Loading, source_id: str, load_id: str, *, who: str, why: str = "") -> LoadResult:
    """Do what take_back says, with readers that are there already."""
    source, store = source_of(loading.organisation, source_id), loading.store
    with store.exclusive():
        found = [entry for entry in ledger.entries(store, source_id, status="withdrawn") if entry.is_of(load_id)]
        if not found:
            raise EtlError(f'"{load_id}" is no load of {source_id} that is withdrawn.')
        message = f"{TAKEN_BACK} {who}{_because(why)}."
        back = [replace(entry, status="loaded", message=message, who=who) for entry in found]
        kept = [*ledger.entries(store, source_id), *back]
        exports = in_storing_order({entry.of_export for entry in kept})
        members = read_archive(loading, source, by_export(kept, exports))
        with store.transaction(f"replay {source_id}"):
            touched = [_anew(loading, source, export, members[export]) for export in exports]
        return result_of(loading, source_id, touched)


def _because(why: str) -> str:
    return f" ({why})" if why else ""


def by_export(entries: Sequence[Entry], exports: Iterable[OfExport]) -> dict[OfExport, list[Entry]]:
    """Give the loads of each export, in their order."""
    return {export: [entry for entry in entries if entry.of_export == export] for export in exports}


def in_storing_order(exports: Iterable[OfExport]) -> list[OfExport]:
    """Give tables' exports in the order in which they are stored again.

    What changes tell is put before the deals' first exports, and merged deals end, so the deals come after both.
    """
    return sorted(exports, key=lambda each: (each[0] not in (CHANGES, MERGES), each[0], each[1] or ""))


def read_archive(loading: Loading, source: Source, kept: dict[OfExport, list[Entry]]) -> dict[OfExport, list[Member]]:
    """Read every table's exports again, the stages first: they say what the other tables' stage ids stand for."""
    found: dict[OfExport, list[Member]] = {}
    stages = None
    for export in sorted(kept, key=lambda each: each[0] != STAGE_TABLE):
        found[export] = archived_members(loading, source, kept[export], stages)
        if export[0] == STAGE_TABLE and found[export]:
            stages = StageTable.of_exports([member.content.rows for member in found[export]])
    return found


def source_of(organisation: Organisation, source_id: str) -> Source:
    """Give a source by its id; raises EtlError with the ones there are."""
    if source_id not in organisation.sources:
        raise EtlError(f'There is no source "{source_id}"; there are {", ".join(organisation.sources)}.')
    return organisation.sources[source_id]


def _anew(loading: Loading, source: Source, export: OfExport, members: list[Member]) -> Touched:
    if not members:
        forget_states(loading.store, keyed_table(export[0]), states_of(source, *export))
    return store_members(loading, source, members, anew=True)


def _withdrawn(entry: Entry, who: str, why: str) -> Entry:
    message = f"Withdrawn by {who}{_because(why)}: its rows are in no table any more."
    return replace(
        entry, status="withdrawn", loaded=0, changed=0, rejected=0, ignored=entry.rows_in, message=message, who=who
    )
