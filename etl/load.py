"""Load what waits: each batch of a source's table in one transaction, each file acknowledged after it."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from etl import ledger
from etl.calendar_table import refresh_calendar
from etl.child import Readers, Task
from etl.conformed import Conformed
from etl.corrections import AFTER
from etl.errors import EtlError, Refused
from etl.gate import Shape, earlier_shapes
from etl.holds import refuse, release
from etl.inbox import Waiting, keep_copy, put_away, take_away, unclaimed_message, waiting
from etl.ledger import CORRECTS, Entry, Member
from etl.loading import (
    FileFacts,
    Loading,
    Touched,
    archived_members,
    counted,
    in_order,
    new_entry,
    stands_as_read,
    states_of,
    store_members,
)
from etl.moment import named_moment
from etl.order import Newest, arrivals, is_left_by_a_kill, is_sent_again, is_surely_newest, judged, repeated
from etl.replaced import Standing
from etl.replay import replay
from etl.results import FileResult, LoadResult
from etl.stage_table import TABLE as STAGE_TABLE
from etl.stage_table import StageTable
from organisation import Export, Organisation, Source
from organisation.durable import sha256_of
from warehouse.errors import DiskTrouble
from warehouse.store import Store

__all__ = ["FileResult", "LoadResult", "load_new", "load_one", "load_waiting", "refuse", "release", "replay"]

BATCH_BYTES = 256 << 20
READ_AHEAD = 2  # batches that are read while one is stored: one for each reader
OnFile = Callable[[FileResult], None]
OnProgress = Callable[[int, int], None]


def load_waiting(
    organisation: Organisation, store: Store, *, on_file: OnFile | None = None, on_progress: OnProgress | None = None
) -> list[LoadResult]:
    """Load every export that waits in the inbox, a source and table at a time, in the order of their moments.

    on_file is called once a file is acknowledged, on_progress with files done and files in all.
    Raises StoreError; what was acknowledged until then stays stored, the rest stays in the inbox.
    """
    refresh_calendar(organisation, store)
    with Readers(organisation) as readers:
        return load_new(Loading(organisation, store, readers), on_file=on_file, on_progress=on_progress)


def make_ready(loading: Loading) -> None:
    """Have everything loaded that a load needs, so that the first export does not wait for it."""
    starting = loading.readers.warm_up()
    ledger.entries(loading.store, "", "")
    for child in starting:
        child.result()


def load_new(
    loading: Loading, *, on_file: OnFile | None = None, on_progress: OnProgress | None = None
) -> list[LoadResult]:
    """Load what waits, with readers and a calendar that are there already."""
    if not waiting(loading.organisation):
        return []
    done = 0
    results = []
    with loading.store.exclusive(), _disk_words():
        found = waiting(loading.organisation)  # what another loader has put away meanwhile waits no more
        complete = [each for each in found if each.settled]
        claims = _Claims(found)
        for batch in _read_ahead(loading, _groups(complete)):
            result = _load(loading, batch)
            claims.acknowledge(result.files)
            results.append(result)
            for each in result.files:
                done += 1
                if on_file:
                    on_file(each)
                if on_progress:
                    on_progress(done, len(complete))
    if on_file:
        for growing in found:
            if growing not in complete and growing.file.exists():
                on_file(_still_growing(growing))
    return results


@contextmanager
def _disk_words() -> Iterator[None]:
    """Say plainly that the disk failed around a transaction; a stored file that stays in the inbox is known again."""
    try:
        yield
    except OSError as error:
        message = (
            f"The disk failed around a load ({error}). What was acknowledged is stored, the rest waits in the inbox. "
            "Free some space, or check that the disk can be written, and load again."
        )
        raise DiskTrouble(message) from error


def load_one(loading: Loading, file: Path, source: Source, export: Export, *, who: str) -> LoadResult:
    """Load a file that a person hands over, wherever it lies; the ledger names the person."""
    with loading.store.exclusive():
        batch = _take_up(loading, [Waiting(file, source.id, source, export)])
        batch.reading = [(each, replace(entry, who=who), state, found) for each, entry, state, found in batch.reading]
        return _load(loading, batch)


class _Claims:
    """The exports that wait for a part of the same file; the file goes once each has its own copy."""

    def __init__(self, found: Sequence[Waiting]) -> None:
        self._open: dict[Path, set[tuple[str, str | None]]] = {}
        self._states = {each.file: each.file.stat() for each in found if each.shared and each.settled}
        for each in found:
            if each.file in self._states:
                self._open.setdefault(each.file, set()).add((each.table, each.part))

    def acknowledge(self, files: Sequence[FileResult]) -> None:
        """Note what became of files, and take away those that no export waits for any more."""
        for each in files:
            if each.file in self._open and each.reason != "FILE_CHANGING":
                self._open[each.file].discard((each.table, each.export))
                if not self._open[each.file] and not _has_changed(each.file, self._states[each.file]):
                    take_away(each.file)


@dataclass
class _Batch:
    """Files of one source and table on their way: what each is known or found to be; of: folder, table and part."""

    source: Source | None
    of: tuple[str, str, str | None]
    started: float = field(default_factory=time.monotonic)
    reading: list[tuple[Waiting, Entry, os.stat_result, "Future[Conformed | Refused]"]] = field(default_factory=list)
    known: list[tuple[Waiting, Entry]] = field(default_factory=list)
    put_back: list[tuple[Waiting, Entry]] = field(default_factory=list)  # held or refused
    members: list[Member] = field(default_factory=list)
    growing: list[Waiting] = field(default_factory=list)
    shared: frozenset[Path] = frozenset()  # files that other exports read too

    @property
    def names_stages(self) -> bool:
        """Whether these are files of a source's stage table."""
        return any(each.table == STAGE_TABLE for each, *_ in self.reading)


def _groups(found: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    for _, files in groupby(found, key=lambda each: (each.folder, each.table, each.part)):
        group: list[Waiting] = []
        size = 0
        for each in files:
            size += each.file.stat().st_size
            if group and size > BATCH_BYTES:
                yield group
                group, size = [], each.file.stat().st_size
            group.append(each)
        yield group


def _read_ahead(loading: Loading, groups: Iterator[list[Waiting]]) -> Iterator[_Batch]:
    """Give batch after batch, while the children already read the next ones."""
    before: deque[_Batch] = deque()
    for group in groups:
        while before and (len(before) > READ_AHEAD or _waits_for(before, group)):
            yield before.popleft()
        before.append(_take_up(loading, group, after=before))
    yield from before


def _waits_for(before: Iterable[_Batch], group: Sequence[Waiting]) -> bool:
    """Say whether a group is read only once the first of the batches before it is stored.

    What follows a stage table needs the stages stored; of one export no more than the next batch is read ahead.
    """
    of = (group[0].folder, group[0].table, group[0].part)
    *earlier, _ = before
    return any(batch.names_stages for batch in before) or any(batch.of == of for batch in earlier)


def _take_up(loading: Loading, group: Sequence[Waiting], *, after: Sequence[_Batch] = ()) -> _Batch:
    """See which files are known already, and have the others read; after: the batches before, not stored yet."""
    of = (group[0].folder, group[0].table, group[0].part)
    batch = _Batch(group[0].source, of, shared=frozenset(each.file for each in group if each.shared))
    with loading.store.reading():
        stored = ledger.entries(loading.store, group[0].folder, group[0].table)
        stages = StageTable.of_store(loading.store, group[0].source) if group[0].source else None
    stored = [entry for entry in stored if entry.export == group[0].part]
    loaded = {entry.same_export: entry for entry in stored}
    ahead = [entry for earlier in after for _, entry, *_ in earlier.reading]
    moments = arrivals(loading.organisation.workspace.now(), [*stored, *ahead])
    latest = _latest([*stored, *ahead], group[0])
    archive = loading.organisation.workspace.archive
    source, export = group[0].source, group[0].export
    hash_of_profile = source.profile_hash(export.key) if source and export else ""
    for each, now in zip(group, moments, strict=False):
        state = each.file.stat()
        facts = FileFacts(sha256_of(each.file), hash_of_profile, now, _named(loading.organisation, each, now))
        entry = new_entry(each.folder, each.export, each.file, facts)
        same = loaded.get(facts.same_export)
        if same and latest and (is_sent_again(same, latest) or is_left_by_a_kill(archive, same, stored)):
            batch.known.append((each, same))
        elif same and latest:
            held = repeated(entry, same, latest)
            loaded[facts.same_export] = held
            batch.put_back.append((each, held))
        elif each.source is None or each.export is None:
            refused = Refused("WRONG_TYPE", unclaimed_message(loading.organisation, each))
            batch.put_back.append((each, _refused(entry, refused)))
        else:
            before = [*stored, *(other for other in ahead if (other.source, *other.of_export) == of)]
            remembers = len(group) == 1 and each.export.mode == "full" and is_surely_newest(facts.named, before)
            task = Task(each.file, each.source.id, each.export.key, now, stages, remembers)
            batch.reading.append((each, entry, state, loading.readers.submit(task)))
            loaded[facts.same_export] = latest = entry
    return batch


def _latest(entries: Sequence[Entry], each: Waiting) -> Entry | None:
    """Give the last whole export of what a file is the next one of."""
    of = (each.folder, each.table, each.part)
    found = [entry for entry in entries if (entry.source, *entry.of_export) == of and not entry.is_correction]
    return found[-1] if found else None


def _named(organisation: Organisation, each: Waiting, now: datetime) -> datetime | None:
    if each.source is None or each.export is None:
        return None
    zone = ZoneInfo(organisation.timezone_of(each.source))
    return named_moment(each.file.name, each.export.exported_at, zone=zone, arrived_at=now)


def _load(loading: Loading, batch: _Batch) -> LoadResult:
    """Store a batch in one transaction, then put its files where they belong."""
    with loading.store.reading():
        before = _before(loading.store, batch)  # asked while the children read
    _collect(loading, batch)
    _hold_doubtful_exports(batch, before)
    batch.put_back.sort(key=lambda pair: (pair[1].exported_at, pair[1].file, pair[1].load_id))
    touched = Touched()
    if batch.members or batch.put_back:
        members, anew = _with_earlier(loading, batch)
        first = [member.entry.load_id for member in batch.members] or [entry.load_id for _, entry in batch.put_back]
        with loading.store.transaction(f"{first[0]} +{len(first) - 1}"):
            if batch.source and members:
                touched = store_members(loading, batch.source, members, anew=anew)
            ledger.write(loading.store, [entry for _, entry in batch.put_back])
    return _acknowledge(loading, batch, touched)


def _collect(loading: Loading, batch: _Batch) -> None:
    """Wait for the readers; a file that changed meanwhile stays where it is."""
    store = loading.store
    for each, taken_up, state, future in batch.reading:
        content = future.result()
        if (
            batch.source
            and isinstance(content, Conformed)
            and not stands_as_read(store, batch.source, content, each.part)
        ):
            task = Task(each.file, batch.source.id, each.export.key if each.export else "", taken_up.loaded_at)
            content = loading.readers.submit(task).result()
        entry = replace(taken_up, seconds=round((time.monotonic() - batch.started) / len(batch.reading), 4))
        if _has_changed(each.file, state):
            batch.growing.append(each)
        elif isinstance(content, Refused):
            batch.put_back.append((each, _refused(entry, content)))
        else:
            found = _of_its_original(store, entry, content)
            if isinstance(found, Refused):
                batch.put_back.append((each, _refused(entry, found)))
            else:
                batch.members.append(Member(counted(found, content), content, each.file))
    batch.members = in_order(batch.members)
    batch.reading.clear()


def _of_its_original(store: Store, entry: Entry, content: Conformed) -> Entry | Refused:
    """Give the ledger row of corrected rows right after the load they correct; any other as it is."""
    if content.corrects is None:
        return entry
    wanted = content.corrects.load_id
    family = [each for each in ledger.entries_of(store, entry) if each.is_of(wanted)]
    if wanted not in {each.load_id for each in family}:
        message = f'"{wanted}" is no load of {entry.source} that is in force, so that none of its rows can be corrected'
        return Refused("MIXED_CORRECTIONS", message)
    last = max(family, key=lambda each: each.exported_at)
    moment = last.exported_at + AFTER
    return replace(
        entry, exported_at=moment, exported_at_from=last.exported_at_from, mode="delta", covers=CORRECTS + wanted
    )


def _has_changed(file: Path, before: os.stat_result) -> bool:
    try:
        now = file.stat()
    except FileNotFoundError:
        return True
    return (now.st_size, now.st_mtime_ns, now.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino)


@dataclass(frozen=True)
class _Before:
    """What the exports looked like of which a batch holds the next ones, the newest of them, and their records."""

    shapes: list[Shape]
    newest: Newest | None
    standing: Standing


def _before(store: Store, batch: _Batch) -> _Before | None:
    if not batch.reading or batch.source is None:
        return None
    _, first, *_ = batch.reading[0]
    shapes = earlier_shapes(store, first.source, *first.of_export)
    standing = Standing(store, batch.source, states_of(batch.source, *first.of_export))
    return _Before(shapes, Newest.of(store, ledger.entries_of(store, first)), standing)


def _hold_doubtful_exports(batch: _Batch, before: _Before | None) -> None:
    """Take exports out of the batch that do not look like the ones before them, or may be older than these."""
    if before is None:
        return
    earlier, newest = before.shapes, before.newest
    taken = []
    for member in batch.members:
        entry, shape = judged(member, newest, earlier, before.standing)
        if entry.status == "held":
            batch.put_back.append((Waiting(member.file, entry.source, batch.source, None), entry))
        else:
            earlier.append(shape)
            newest = Newest.after(newest, member.entry, entry)
            taken.append(replace(member, entry=entry))
    batch.members = in_order(taken)


def _with_earlier(loading: Loading, batch: _Batch) -> tuple[list[Member], bool]:
    """Give the batch's exports; where one is older than what is stored, all of the table's, to be folded anew."""
    if not batch.members or batch.source is None:
        return batch.members, False
    first = batch.members[0].entry
    stored = ledger.entries_of(loading.store, first)
    if not stored or first.exported_at >= stored[-1].exported_at:
        return batch.members, False
    try:
        earlier = archived_members(loading, batch.source, stored)
    except EtlError as error:
        message = f"It is older than what is loaded, and the history cannot be built again: {error}"
        for member in batch.members:
            held = replace(member.entry, status="held", reason="REBUILD", message=message, archived_as=None)
            batch.put_back.append((Waiting(member.file, first.source, batch.source, None), held))
        batch.members = []
        return [], False
    return in_order([*earlier, *batch.members]), True


def _acknowledge(loading: Loading, batch: _Batch, touched: Touched) -> LoadResult:
    """Move the files to where they belong now and give what became of each."""
    workspace = loading.organisation.workspace
    final = {entry.load_id: entry for entry in touched.entries}
    put_back = {entry.load_id: entry for _, entry in batch.put_back}
    batch.put_back += [(each, put_back[entry.load_id]) for each, entry in batch.known if entry.load_id in put_back]
    results, moves = [], []
    for member in batch.members:
        entry = final[member.entry.load_id]
        moves.append((member.file, workspace.archive / str(entry.archived_as)))
        results.append(FileResult.of(member.file, entry))
    for each, entry in batch.known:
        if entry.load_id in put_back:
            continue
        moves.append((each.file, workspace.archive / str(entry.archived_as)))
        results.append(FileResult.of(each.file, replace(entry, status="known", changed=0, seconds=0.0)))
    for each, entry in batch.put_back:
        target = workspace.data / entry.status / entry.source / entry.load_id / entry.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.with_name("reason.txt").write_text(f"{entry.reason}: {entry.message}\n", encoding="utf-8")
        moves.append((each.file, target))
        results.append(FileResult.of(each.file, entry))
    results.extend(_still_growing(each) for each in batch.growing)
    for file, target in moves:
        if file in batch.shared:
            keep_copy(file, target)
    put_away([move for move in moves if move[0] not in batch.shared])
    tables = frozenset(entry.table_name for entry in touched.entries)
    source = batch.source.id if batch.source else ""
    return LoadResult(tuple(results), source, touched.regions, tables, touched.days, loading.store.snapshot)


def _refused(entry: Entry, refused: Refused) -> Entry:
    return replace(entry, status="refused", reason=refused.reason, message=refused.message, archived_as=None)


def _still_growing(each: Waiting) -> FileResult:
    message = "The file is still being written; it is loaded as soon as it is complete."
    return FileResult(each.file, each.folder, each.table, "held", reason="FILE_CHANGING", message=message)
