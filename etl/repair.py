"""Repair: damaged tables, or the whole warehouse, built again from the archived exports and the ledger's copy."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from etl import ledger
from etl.calendar_table import working_time
from etl.child import Readers
from etl.errors import EtlError
from etl.ledger import Entry, Member
from etl.ledger_copy import NAME, copied, damaged_lines
from etl.loading import Loading, store_members
from etl.replay import by_export, in_storing_order, read_archive, source_of
from organisation import Organisation
from organisation.durable import remembered_sha256, sync_folder
from warehouse.connection import files_dir
from warehouse.schema import create_statement, tables
from warehouse.scrub import Damage, scrub
from warehouse.store import Store

VERSIONS = "_version"
RESTORE = "Put it back as it was, from its sender or a backup."


def damages(organisation: Organisation) -> list[Damage]:
    """Give everything stored that is not what was written: catalog, data files, archived exports, the ledger's copy."""
    workspace = organisation.workspace
    stored = scrub(workspace.lake)
    return [*stored, *archive_damages(workspace.archive, _entries(organisation, stored))]


def repair(organisation: Organisation, found: Sequence[Damage]) -> list[str]:
    """Build what is damaged again, in one transaction, and say what was done; what only a backup mends stays.

    Raises EtlError where an export that is needed is missing or damaged itself, StoreError; nothing has changed then.
    """
    if any(damage.kind == "catalog" for damage in found):
        return [_build_again(organisation)]
    names = sorted({damage.table for damage in found if damage.kind == "data"})
    if not names:
        return []
    unknown = set(names) - tables().keys()
    if unknown:
        raise EtlError(f"What {', '.join(unknown)} held is in no export; only a backup has it.")
    with Store.open_writer(organisation.workspace.lake) as store, Readers(organisation) as readers, store.exclusive():
        _store_anew(Loading(organisation, store, readers), names, _of_ledger(store, organisation, names))
        _set_aside(store.lake_dir, [Path(damage.file) for damage in found if damage.kind == "data"])
        store.seal()
    return [f"{', '.join(names)} built again from archive/; the rows of the past that the damaged files held are lost."]


def _build_again(organisation: Organisation) -> str:
    lake = organisation.workspace.lake
    entries = copied(organisation.workspace.archive)
    if not entries:
        raise EtlError(
            f"The ledger's copy {organisation.workspace.archive / NAME} is missing: restore a backup, or move {lake} "
            "away, put the exports of archive/ back into the inbox and load them."
        )
    _check_archive(organisation, entries)
    aside = lake.with_name(f"{lake.name}.damaged-{organisation.workspace.now():%Y%m%d-%H%M%S}")
    lake.rename(aside)
    sync_folder(lake.parent)
    with Store.open_writer(lake) as store, Readers(organisation) as readers, store.exclusive():
        _store_anew(Loading(organisation, store, readers), sorted(tables()), entries)
        store.seal()
    return f"The warehouse was built again from {len(entries)} loads of archive/; the damaged one lies in {aside}."


def _store_anew(loading: Loading, names: Sequence[str], entries: Mapping[str, Entry]) -> None:
    """Empty the named tables and fill them again: the whole of it in one transaction, so that no reader sees less."""
    members = list(_members(loading, [entry for entry in entries.values() if entry.status == "loaded"]))
    is_detail = not all(name.endswith(VERSIONS) or name == "calendar" for name in names)
    store = loading.store
    with store.transaction("repair"):
        for name in names:
            store.execute(f"DROP TABLE {name}")
            store.execute(create_statement(name))
        if "calendar" in names:
            store.insert("calendar", working_time(loading.organisation))
        if "load" in names:
            ledger.write(store, list(entries.values()))
        for source_id, table, exports in members:
            if is_detail or f"{table}{VERSIONS}" in names:
                store_members(loading, source_of(loading.organisation, source_id), exports, anew=True)


def _members(loading: Loading, entries: Sequence[Entry]) -> Iterator[tuple[str, str, list[Member]]]:
    """Give (source, table, exports) of what is loaded, read again before anything is touched."""
    for source_id in sorted({entry.source for entry in entries}):
        mine = [entry for entry in entries if entry.source == source_id]
        loads = by_export(mine, {entry.of_export for entry in mine})
        found = read_archive(loading, source_of(loading.organisation, source_id), loads)
        for export in in_storing_order(found):
            yield source_id, export[0], found[export]


def _of_ledger(store: Store, organisation: Organisation, damaged: Sequence[str]) -> dict[str, Entry]:
    if "load" in damaged:
        return copied(organisation.workspace.archive)
    rows = store.query("SELECT * FROM load")
    return {row["load_id"]: Entry(**row) for row in rows.iter_rows(named=True)}


def _entries(organisation: Organisation, stored: Sequence[Damage]) -> dict[str, Entry]:
    lake = organisation.workspace.lake
    if any(damage.kind == "catalog" or damage.table == "load" for damage in stored):
        return copied(organisation.workspace.archive)
    with Store.open_reader(lake, checked=False) as store:
        return _of_ledger(store, organisation, ())


def archive_damages(archive: Path, entries: Mapping[str, Entry]) -> Iterator[Damage]:
    """Give the archived exports of loads in force, and lines of the ledger's copy, that are not what was written."""
    for entry in entries.values():
        if entry.status != "loaded" or not entry.archived_as:
            continue
        file = archive / entry.archived_as
        wrong = "is missing" if not file.is_file() else "is not what was loaded"
        if not file.is_file() or remembered_sha256(file) != entry.sha256:
            what = f"The archived export {file} {wrong}; its rows are in the warehouse, but could not be built again"
            yield Damage("archive", str(file), what, RESTORE, entry.table_name, (entry.load_id,))
    torn = damaged_lines(archive)
    if torn:
        what = f"{torn} lines of the ledger's copy {archive / NAME} are damaged"
        yield Damage("archive", str(archive / NAME), what, "denominator scrub --repair writes them again.")


def _check_archive(organisation: Organisation, entries: Mapping[str, Entry]) -> None:
    """Raise EtlError where an export that the warehouse is to be built from is missing or damaged."""
    archive = organisation.workspace.archive
    wrong = [damage.what for damage in archive_damages(archive, entries) if damage.file != str(archive / NAME)]
    if wrong:
        raise EtlError(f"The warehouse cannot be built again: {'; '.join(wrong)}. {RESTORE}")


def _set_aside(lake_dir: Path, files: Sequence[Path]) -> None:
    """Keep damaged files out of the way, but keep them: the newest snapshot does not need them any more."""
    aside = lake_dir / "damaged"
    aside.mkdir(exist_ok=True)
    for file in files:
        if file.is_file():
            file.replace(aside / file.name)
        else:
            (aside / file.name).touch()
    sync_folder(aside)
    sync_folder(files_dir(lake_dir))
