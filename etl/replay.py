"""Building a source's history again from its archived exports, with or without one of them."""

from collections.abc import Iterable
from dataclasses import replace

from etl import ledger
from etl.calendar_table import refresh_calendar
from etl.child import Readers
from etl.errors import EtlError
from etl.ledger import Entry, Member
from etl.loading import MERGES, Loading, Touched, archived_members, store_members
from etl.results import LoadResult, result_of
from etl.stage_history import TABLE as CHANGES
from etl.stage_table import TABLE as STAGE_TABLE
from etl.stage_table import StageTable
from organisation import Organisation, Source
from warehouse.store import Store

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
        tables = in_storing_order({entry.table_name for entry in every})
        members = read_archive(loading, source, {table: [e for e in kept if e.table_name == table] for table in tables})
        with store.transaction(f"replay {source_id}"):
            touched = [_anew(loading, source, table, members[table]) for table in tables]
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
        tables = in_storing_order({entry.table_name for entry in kept})
        members = read_archive(loading, source, {table: [e for e in kept if e.table_name == table] for table in tables})
        with store.transaction(f"replay {source_id}"):
            touched = [_anew(loading, source, table, members[table]) for table in tables]
        return result_of(loading, source_id, touched)


def _because(why: str) -> str:
    return f" ({why})" if why else ""


def in_storing_order(names: Iterable[str]) -> list[str]:
    """Give tables in the order in which they are stored again.

    What changes tell is put before the deals' first exports, and merged deals end, so the deals come after both.
    """
    return sorted(names, key=lambda name: (name not in (CHANGES, MERGES), name))


def read_archive(loading: Loading, source: Source, kept: dict[str, list[Entry]]) -> dict[str, list[Member]]:
    """Read every table's exports again, the stages first: they say what the other tables' stage ids stand for."""
    found: dict[str, list[Member]] = {}
    stages = None
    for table in sorted(kept, key=lambda name: name != STAGE_TABLE):
        found[table] = archived_members(loading, source, kept[table], stages)
        if table == STAGE_TABLE and found[table]:
            stages = StageTable.of_exports([member.content.rows for member in found[table]])
    return found


def source_of(organisation: Organisation, source_id: str) -> Source:
    """Give a source by its id; raises EtlError with the ones there are."""
    if source_id not in organisation.sources:
        raise EtlError(f'There is no source "{source_id}"; there are {", ".join(organisation.sources)}.')
    return organisation.sources[source_id]


def _anew(loading: Loading, source: Source, table: str, members: list[Member]) -> Touched:
    if not members:
        loading.store.execute(f"DELETE FROM {table}_version WHERE source = ?", [source.id])
    return store_members(loading, source, members, anew=True)


def _withdrawn(entry: Entry, who: str, why: str) -> Entry:
    message = f"Withdrawn by {who}{_because(why)}: its rows are in no table any more."
    return replace(
        entry, status="withdrawn", loaded=0, changed=0, rejected=0, ignored=entry.rows_in, message=message, who=who
    )
