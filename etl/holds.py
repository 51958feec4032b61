"""Exports that wait for a person's word: letting one take effect, or refusing it."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from etl import ledger
from etl.calendar_table import refresh_calendar
from etl.child import Readers, Task
from etl.errors import EtlError, Refused
from etl.inbox import keep_copy, put_away
from etl.ledger import Entry, Member
from etl.loading import Loading, archived_members, counted, export_of, in_order, of_today, store_members
from etl.order import released
from etl.replay import source_of
from etl.results import Done, result_of
from etl.stage_table import StageTable
from organisation import Organisation, Workspace
from warehouse.store import Store

BY_A_PERSON = "refused by "


def release(organisation: Organisation, store: Store, load_id: str, *, who: str) -> Done:
    """Let a held export take effect, because a person says that it is true; raises as release_held does."""
    refresh_calendar(organisation, store)
    with Readers(organisation) as readers:
        return release_held(Loading(organisation, store, readers), load_id, who=who)


def refuse(organisation: Organisation, store: Store, load_id: str, *, who: str) -> Done:
    """Refuse a held export, because a person says that it is wrong; raises as refuse_held does."""
    with Readers(organisation) as readers:
        return refuse_held(Loading(organisation, store, readers), load_id, who=who)


def release_held(loading: Loading, load_id: str, *, who: str) -> Done:
    """Let an export take effect that is held, or that a person refused; done once however often it is asked.

    Raises EtlError where there is no such export or it can no longer be read, StoreError; nothing has changed then.
    """
    with loading.store.exclusive():
        entry = _entry(loading.store, load_id)
        if entry.status == "loaded":
            return Done(f"{entry.file} is loaded already ({entry.message or f'by the {entry.who}'}).")
        source, file = source_of(loading.organisation, entry.source), _kept_file(loading, entry)
        place = f"{entry.source}/{load_id}/{entry.file}"
        new = _read(loading, replace(entry, archived_as=place), file)
        stored = ledger.entries_of(loading.store, new.entry)
        placed = released(loading.store, new.entry, stored)
        new = replace(new, entry=replace(placed, message=f"released by {who}", who=who))
        late = bool(stored) and _turn(new.entry) < _turn(stored[-1])
        members = in_order([*archived_members(loading, source, stored), new]) if late else [new]
        # The copy comes first: a kill after COMMIT leaves the export in both places, never in none.
        keep_copy(file, loading.organisation.workspace.archive / place)
        with loading.store.transaction(f"release {load_id}"):
            touched = store_members(loading, source, members, anew=late)
        _forget_kept(loading.organisation.workspace, entry)
        load = result_of(loading, source.id, [touched])
    rows = f"{new.entry.loaded:,} rows loaded, {new.entry.rejected:,} rejected"
    undo = f"denominator replay --source {source.id} --without {load_id} takes it back."
    return Done(f"{entry.file} took effect: {rows}. {undo}", (load,), {"load_id": load_id, "source": source.id})


def refuse_held(loading: Loading, load_id: str, *, who: str) -> Done:
    """Mark a held export as refused by a person; its file is kept, and it can be released after all.

    Raises EtlError where there is no such held export, StoreError; nothing has changed then.
    """
    with loading.store.exclusive():
        entry = _entry(loading.store, load_id)
        if is_refused_by_a_person(entry):
            return Done(f"{entry.file} is refused already ({entry.message}).")
        if entry.status != "held":
            raise EtlError(f'"{load_id}" is {entry.status}, not held: only a held export can be refused.')
        message = f"{BY_A_PERSON}{who}. It was held because: {entry.message}"
        with loading.store.transaction(f"refuse {load_id}"):
            ledger.write(loading.store, [replace(entry, status="refused", message=message, who=who)])
        held = _place(loading.organisation.workspace, "held", entry)
        if held.is_file():
            put_away([(held, _place(loading.organisation.workspace, "refused", entry))])
        _forget_folder(held.parent)
    undo = f"The file is kept; denominator release {load_id} lets it in after all."
    return Done(f"{entry.file} is refused; the figures stay as they are. {undo}", (), {"load_id": load_id})


def _turn(entry: Entry) -> tuple[datetime, datetime]:
    return entry.exported_at, entry.loaded_at


def _entry(store: Store, load_id: str) -> Entry:
    found = store.query("SELECT * FROM load WHERE load_id = ?", [load_id])
    if found.is_empty():
        held = store.query("SELECT load_id FROM load WHERE status = 'held' ORDER BY loaded_at DESC")["load_id"]
        known = f" Held are: {', '.join(held)}." if len(held) else " No load is held."
        raise EtlError(f'There is no load "{load_id}".{known}')
    return Entry(**found.row(0, named=True))


def _kept_file(loading: Loading, entry: Entry) -> Path:
    """Give the file of an export that a person may still let in; raises EtlError."""
    if entry.status != "held" and not is_refused_by_a_person(entry):
        raise EtlError(
            f'"{entry.load_id}" is {entry.status}, not held: put the corrected export into the inbox of {entry.source}.'
        )
    for status in ("held", "refused"):
        file = _place(loading.organisation.workspace, status, entry)
        if file.is_file():
            return file
    raise EtlError(f"{file} is missing: put the export into the inbox again.")


def _read(loading: Loading, entry: Entry, file: Path) -> Member:
    """Read a kept export with today's profile."""
    source = source_of(loading.organisation, entry.source)
    export = export_of(source, *entry.of_export)
    stages = StageTable.of_store(loading.store, source)
    content = loading.readers.submit(Task(file, source.id, export.key, entry.loaded_at, stages)).result()
    if isinstance(content, Refused):
        raise EtlError(f"{entry.file} is refused by today's profile of {source.id}: {content}")
    entry = of_today(replace(entry, status="loaded", reason=None), source)
    return Member(counted(entry, content), content, file)


def is_refused_by_a_person(entry: Entry) -> bool:
    """Say whether a person refused this export, so that it can still be let in."""
    return entry.status == "refused" and (entry.message or "").startswith(BY_A_PERSON)


def _place(workspace: Workspace, status: str, entry: Entry) -> Path:
    return workspace.data / status / entry.source / entry.load_id / entry.file


def _forget_kept(workspace: Workspace, entry: Entry) -> None:
    for status in ("held", "refused"):
        file = _place(workspace, status, entry)
        file.unlink(missing_ok=True)
        _forget_folder(file.parent)


def _forget_folder(folder: Path) -> None:
    (folder / "reason.txt").unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
