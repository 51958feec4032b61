"""Building a source's history again from its archived exports, and letting a held export take effect."""

from dataclasses import replace

from etl import ledger
from etl.calendar_table import refresh_calendar
from etl.child import Readers, Task
from etl.errors import EtlError, Refused
from etl.inbox import put_away
from etl.ledger import Entry, Member
from etl.loading import Loading, Touched, archived_members, counted, export_of, in_order, store_members
from etl.results import FileResult, LoadResult
from organisation import Organisation, Source
from warehouse.store import Store


def replay(organisation: Organisation, store: Store, source_id: str, *, without: str | None) -> LoadResult:
    """Build a source's tables again from archive/ with today's profile, in one transaction.

    A load to be left out is marked as withdrawn. Raises EtlError where an archived export is missing or can no
    longer be read, StoreError; nothing has changed then.
    """
    source = _source(organisation, source_id)
    refresh_calendar(organisation, store)
    with store.exclusive(), Readers(organisation) as readers:
        loading = Loading(organisation, store, readers)
        every = ledger.entries(store, source_id)
        withdrawn = [entry for entry in every if entry.load_id == without]
        if without and not withdrawn:
            raise EtlError(f'"{without}" is no load of {source_id} that is in force.')
        kept = [entry for entry in every if entry.load_id != without]
        tables = sorted({entry.table_name for entry in every})
        members = {
            table: archived_members(loading, source, [entry for entry in kept if entry.table_name == table])
            for table in tables
        }
        with store.transaction(f"replay {source_id}"):
            touched = [_anew(loading, source, table, members[table]) for table in tables]
            ledger.write(store, [_withdrawn(entry) for entry in withdrawn])
        return _result(organisation, store, source, touched)


def release(organisation: Organisation, store: Store, load_id: str, *, who: str) -> LoadResult:
    """Let an export that was held take effect, because a person says that it is true.

    Raises EtlError where there is no such held export or it can no longer be read, StoreError.
    """
    held = store.query("SELECT * FROM load WHERE load_id = ? AND status = 'held'", [load_id])
    if held.is_empty():
        raise EtlError(f'"{load_id}" is no load that is held.')
    entry = Entry(**held.row(0, named=True))
    source = _source(organisation, entry.source)
    file = organisation.workspace.data / "held" / entry.source / load_id / entry.file
    if not file.is_file():
        raise EtlError(f"{file} is missing: put the export into the inbox again.")
    with store.exclusive(), Readers(organisation) as readers:
        loading = Loading(organisation, store, readers)
        export = export_of(source, entry.table_name)
        content = readers.submit(Task(file, source.id, export.key, entry.loaded_at)).result()
        if isinstance(content, Refused):
            raise EtlError(f"{entry.file} is refused by today's profile of {source.id}: {content}")
        place = f"{entry.source}/{load_id}/{entry.file}"
        mine = replace(entry, status="loaded", reason=None, message=f"released by {who}", who=who, archived_as=place)
        new = Member(counted(mine, content), content, file)
        stored = ledger.entries(store, source.id, entry.table_name)
        late = bool(stored) and new.entry.exported_at < stored[-1].exported_at
        members = in_order([*archived_members(loading, source, stored), new]) if late else [new]
        with store.transaction(f"release {load_id}"):
            touched = store_members(loading, source, members, anew=late)
        put_away([(file, organisation.workspace.archive / place)])
        return _result(organisation, store, source, [touched])


def _source(organisation: Organisation, source_id: str) -> Source:
    if source_id not in organisation.sources:
        raise EtlError(f'There is no source "{source_id}"; there are {", ".join(organisation.sources)}.')
    return organisation.sources[source_id]


def _anew(loading: Loading, source: Source, table: str, members: list[Member]) -> Touched:
    if not members:
        loading.store.execute(f"DELETE FROM {table}_version WHERE source = ?", [source.id])
    return store_members(loading, source, members, anew=True)


def _withdrawn(entry: Entry) -> Entry:
    message = "Withdrawn: its rows are in no table any more."
    return replace(entry, status="withdrawn", loaded=0, changed=0, rejected=0, ignored=entry.rows_in, message=message)


def _result(organisation: Organisation, store: Store, source: Source, touched: list[Touched]) -> LoadResult:
    entries = [entry for part in touched for entry in part.entries]
    archive = organisation.workspace.archive
    return LoadResult(
        files=tuple(FileResult.of(archive / str(entry.archived_as), entry) for entry in entries),
        source=source.id,
        regions=frozenset[str]().union(*(part.regions for part in touched)),
        tables=frozenset(entry.table_name for entry in entries),
        days=frozenset().union(*(part.days for part in touched)),
        snapshot=store.snapshot,
    )
