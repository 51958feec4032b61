"""What is wrong with a warehouse, in plain words, and what to do about it."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError

from organisation import Workspace
from warehouse import checksums, lock
from warehouse.backup import last_backup
from warehouse.connection import META, catalog_file, files_dir
from warehouse.errors import StoreError
from warehouse.finding import Finding, all_of, notice, problem
from warehouse.places import place_of
from warehouse.store import Store, current_version
from warehouse.upkeep import NOTE as UPKEEP_NOTE
from warehouse.upkeep import last_upkeep

LEAST_FREE_BYTES = 1 << 30
TIMES_BACKLOG = 3  # an export is in the archive and in the store, and compaction writes it once more
UPKEEP_PATIENCE = timedelta(days=2)
BACKUP_PATIENCE = timedelta(days=31)
LOST = "denominator scrub --repair builds the warehouse again from archive/; denominator restore puts back a backup."


def examine(lake_dir: Path) -> list[Finding]:
    """Give everything that is wrong with the warehouse; empty where all is well.

    Data files are compared with their checksums where the nightly upkeep has not done it yet; scrub compares all.
    """
    if place_of(lake_dir).is_shared:
        return all_of({"the shared warehouse": partial(_shared, lake_dir)}, lake_dir)
    checks = {
        "the writer's lock": partial(_lock, lake_dir),
        "the catalog": partial(_catalog, lake_dir),
        "the data files": partial(_files, lake_dir),
    }
    return all_of(checks, lake_dir)


def _shared(lake_dir: Path) -> Iterator[Finding]:
    place, lies = place_of(lake_dir), Workspace(lake_dir.parent.parent).store_file
    try:
        if not place.exists():
            what = "There is no warehouse in the shared store yet."
            yield notice("no_warehouse", what, lies, "Put exports into the inbox and load them: denominator load")
            return
        held = place.holder()
    except StoreError as error:
        yield problem("catalog_unreachable", str(error), lies, "Ask again once the catalog answers.")
        return
    if held:
        yield notice("lock_held", f"{held}, is loading just now.", lies, "Wait for it and ask again.")
    yield from _files(lake_dir)


def examine_disk(folders: Sequence[Path], backlog_bytes: int = 0) -> list[Finding]:
    """Give what keeps the next load from being written: too little space for a backlog of that size, no right to."""
    present = [folder for folder in folders if folder.exists()]
    disks = {folder.stat().st_dev: folder for folder in reversed(present)}
    checks = {f"the space of {folder}": partial(_space, folder, backlog_bytes) for folder in disks.values()}
    checks |= {f"whether {folder} can be written": partial(_writable, folder) for folder in present}
    return all_of(checks, present[0] if present else "")


def examine_care(lake_dir: Path, now: datetime) -> list[Finding]:
    """Give the care that a warehouse has lacked for long: its nightly upkeep, and backups."""
    checks = {"the upkeep": partial(_upkeep, lake_dir, now), "backups": partial(_backups, lake_dir, now)}
    return all_of(checks, lake_dir)


def _upkeep(lake_dir: Path, now: datetime) -> Iterator[Finding]:
    last = last_upkeep(lake_dir)
    if last and now - last.done_at > UPKEEP_PATIENCE:
        what = f"The nightly upkeep has not been done since {last.done_at:%Y-%m-%d}."
        do = "denominator upkeep does it now; denominator run, watch and load do it by themselves."
        yield notice("upkeep_overdue", what, lake_dir / UPKEEP_NOTE, do)


def _backups(lake_dir: Path, now: datetime) -> Iterator[Finding]:
    last, do = last_backup(lake_dir), "Make one, best on another disk: denominator backup DIR"
    if last is None:
        yield notice("backup_missing", "No backup of this workspace was ever made.", lake_dir, do)
    elif now - last[0] > BACKUP_PATIENCE:
        what = f"The last backup is of {last[0]:%Y-%m-%d}, in {last[1]}."
        yield notice("backup_old", what, last[1], do)


def _lock(lake_dir: Path) -> Iterator[Finding]:
    held = lock.holding(lake_dir / "lock")
    if held is not None:
        since = f"{held.since:%Y-%m-%d %H:%M} UTC"
        what = f"Process {held.process} is loading just now, since {since}."
        yield notice(
            "lock_held",
            what,
            lake_dir / "lock",
            f"Wait for it and ask again. If it has hung, stop it (kill {held.process}): the lock goes with it.",
        )


def _catalog(lake_dir: Path) -> Iterator[Finding]:
    catalog = catalog_file(lake_dir)
    if not catalog.exists():
        if current_version(lake_dir) is not None or any(files_dir(lake_dir).glob("*/*/*.parquet")):
            what = f"The catalog {catalog} is missing, but the warehouse's files are there."
            yield problem("catalog_missing", what, catalog, LOST)
        else:
            what = f"There is no warehouse in {lake_dir} yet."
            yield notice("no_warehouse", what, lake_dir, "Put exports into the inbox and load them: denominator load")
    elif lock.holding(lake_dir / "lock") is None:
        yield from _catalog_bytes(lake_dir, catalog)


def _catalog_bytes(lake_dir: Path, catalog: Path) -> Iterator[Finding]:
    if checksums.seal_mismatch(lake_dir):
        yield problem("catalog_damaged", f"The catalog {catalog} is not what was written.", catalog, LOST)
    elif not (lake_dir / checksums.SEAL).exists():
        try:
            found = checksums.catalog_problems(lake_dir)
        except CalledProcessError as error:
            found = str(error)
        if found:
            yield problem("catalog_damaged", f"The catalog {catalog} is damaged: {found}.", catalog, LOST)


def _files(lake_dir: Path) -> Iterator[Finding]:
    place = place_of(lake_dir)
    if not place.exists():
        return
    try:
        with Store(place.connect_reader(None), lake_dir, 0) as store:
            store.snapshot = newest = store.newest_snapshot()
            used, unchecked, catalogued = store.data_files(), _unchecked(store), store.catalogued_files()
    except Exception as error:  # whatever DuckDB says of a damaged catalog
        catalog = catalog_file(lake_dir)
        yield problem("catalog_unreadable", f"The catalog {catalog} cannot be read: {error}", catalog, LOST)
        return
    if not place.is_shared:  # the version file follows the loads of its own host only
        yield from _hint(lake_dir, newest)
    present = {Path(file).name for file in place.files()}
    # What is missing is seen without reading anything.
    for sentence in place.damaged(used & (unchecked | (used - present))):
        repair = "Build it again from archive/: denominator scrub --repair"
        yield problem("file_damaged", f"{sentence}.", files_dir(lake_dir), repair)
    orphans = present - catalogued
    if orphans and not place.holder():
        what = f"{len(orphans)} data files belong to no snapshot; a loader was stopped while it wrote them."
        yield notice("orphans", what, files_dir(lake_dir), "Nothing: the next load removes them.")


def _unchecked(store: Store) -> set[str]:
    """Give the data files that no upkeep has compared with their checksums; all of them where it found damage."""
    checked = last_upkeep(store.lake_dir)
    if checked is None or checked.damaged:
        return store.data_files()
    names = " UNION ALL ".join(
        f"SELECT path FROM {META}.ducklake_{kind}_file WHERE begin_snapshot > $checked" for kind in ("data", "delete")
    )
    return {Path(path).name for path in store.query(names, {"checked": checked.snapshot})["path"]}


def _hint(lake_dir: Path, newest: int) -> Iterator[Finding]:
    hint, file = current_version(lake_dir), lake_dir / "version"
    if hint is None or hint < newest:
        what = f"The version file says {hint}, the newest snapshot is {newest}."
        yield notice("version_stale", what, file, "Nothing: the next load puts it right.")
    elif hint > newest:
        what = f"Snapshot {hint} was acknowledged, but the catalog ends at {newest}: it lost commits."
        yield problem("commits_lost", what, catalog_file(lake_dir), LOST)


def _space(folder: Path, backlog_bytes: int) -> Iterator[Finding]:
    free, needed = shutil.disk_usage(folder).free, max(LEAST_FREE_BYTES, TIMES_BACKLOG * backlog_bytes)
    if free < needed:
        what = f"The disk of {folder} has only {free >> 20} MB left; a load may need {needed >> 20} MB."
        yield problem("disk_low", what, folder, "Free some space before the next load.")


def _writable(folder: Path) -> Iterator[Finding]:
    try:
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        what = f"{folder} cannot be written: {error}."
        yield problem(
            "not_writable", what, folder, "Make the disk writable, or give this user the right to write there."
        )
