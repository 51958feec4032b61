"""What is wrong with a warehouse, in plain words, and what to do about it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse import checksums, lock
from warehouse.connection import catalog_file, connect_reader, files_dir
from warehouse.store import Store, current_version

LEAST_FREE_BYTES = 500 << 20


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; level is "problem", or "note" where nothing has to be done."""

    level: str
    what: str
    what_to_do: str


def examine(lake_dir: Path, folders: Sequence[Path] = ()) -> list[Finding]:
    """Give everything that is wrong with the warehouse and the workspace's folders; empty where all is well.

    Every data file of the newest snapshot is read and compared with its checksum.
    """
    if not catalog_file(lake_dir).exists():
        return [Finding("note", f"There is no warehouse in {lake_dir} yet.", "Load exports: denominator load.")]
    checks: tuple[Callable[[Path], Iterator[Finding]], ...] = (_lock, _catalog, _files)
    found = [finding for check in checks for finding in check(lake_dir)]
    return found + [finding for folder in (lake_dir, *folders) for finding in _disk(folder)]


def _lock(lake_dir: Path) -> Iterator[Finding]:
    owner = lock.holder(lake_dir / "lock")
    if owner is not None:
        yield Finding("note", f"Process {owner} is loading just now.", "Wait for it; ask again when it is done.")


def _catalog(lake_dir: Path) -> Iterator[Finding]:
    if lock.holder(lake_dir / "lock") is None:
        mismatch = checksums.seal_mismatch(lake_dir)
        if mismatch:
            yield Finding("problem", mismatch, "Stop everything that reads the warehouse first.")


def _files(lake_dir: Path) -> Iterator[Finding]:
    try:
        with Store(connect_reader(lake_dir, None), lake_dir, 0) as store:
            newest = store.newest_snapshot()
            store.snapshot = newest
            used, catalogued = store.data_files(), store.catalogued_files()
    except Exception as error:  # whatever DuckDB says of a damaged catalog
        yield Finding(
            "problem",
            f"The catalog {catalog_file(lake_dir)} cannot be read: {error}",
            "Put back a copy of it, or move the folder away, put the exports of archive/ back into the inbox and load.",
        )
        return
    yield from _hint(lake_dir, newest)
    for damage in checksums.damaged(lake_dir, used):
        yield Finding("problem", f"{damage}.", "Build it again: denominator scrub --repair.")
    orphans = {file.name for file in files_dir(lake_dir).glob("*/*/*.parquet")} - catalogued
    if orphans and lock.holder(lake_dir / "lock") is None:
        what = f"{len(orphans)} data files belong to no snapshot; a loader was stopped while it wrote them."
        yield Finding("note", what, "Nothing: the next load removes them.")


def _hint(lake_dir: Path, newest: int) -> Iterator[Finding]:
    hint = current_version(lake_dir)
    if hint is None or hint < newest:
        what = f"The version file says {hint}, the newest snapshot is {newest}."
        yield Finding("note", what, "Nothing: the next load puts it right.")
    elif hint > newest:
        yield Finding(
            "problem",
            f"Snapshot {hint} was acknowledged, but the catalog ends at {newest}: it lost commits.",
            "Put back a copy of the catalog, or move the folder away, put archive/ back into the inbox and load.",
        )


def _disk(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        return
    usage = shutil.disk_usage(folder)
    if usage.free < LEAST_FREE_BYTES:
        free = usage.free >> 20
        yield Finding(
            "problem", f"The disk of {folder} has only {free} MB left.", "Free some space before the next load."
        )
    try:
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        yield Finding("problem", f"{folder} cannot be written: {error}.", "Give this user the right to write there.")
