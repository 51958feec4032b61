"""Backup and restore: a whole workspace at one snapshot, each file with its checksum, while a loader may run."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import CalledProcessError

from organisation import Workspace
from organisation.durable import sha256_of, sync_file, sync_folder, write_synced
from warehouse import checksums
from warehouse.connection import catalog_file, files_dir
from warehouse.errors import StoreDamaged, StoreError, StoreMissing, translated
from warehouse.places import place_of
from warehouse.store import Store

MANIFEST = "backup.json"
NOTE = "last_backup.json"
SETTINGS = ("kpi_definitions.yaml", "notices.yaml", "people.yaml", "regions", "sources")
DOCKET = "docket.sqlite"
NEVER = ("lake", "archive", DOCKET)  # copied in their own way
LAKE_NOTES = ("version", "upkeep.json", "checksums")


@dataclass(frozen=True)
class Backup:
    """What a backup holds: when it was made, at which snapshot, and the SHA-256 of each file by its path."""

    made_at: str
    snapshot: int
    files: dict[str, str]


def back_up(workspace: Workspace, target: Path) -> Backup:
    """Copy settings, warehouse, archive and everything that waits into an empty folder.

    Loaders wait only while the catalog and the lists of files are copied; stored files never change afterwards.
    Raises StoreError where the folder is not empty, something stored is damaged, or the disk is full.
    """
    if target.exists() and any(target.iterdir()):
        raise StoreError(f"{target} is not empty: name a new folder for the backup. Nothing was written.")
    if workspace.root in (target, *target.parents):
        raise StoreError(f"{target} lies inside the workspace: name a folder elsewhere, best on another disk.")
    if place_of(workspace.lake).is_shared:
        raise StoreError(
            "This workspace's warehouse lies in a shared store: copy its catalog with pg_dump and its files with the "
            "object store's own means, as docs/how-to/grow.md says. Nothing was written."
        )
    if not catalog_file(workspace.lake).exists():
        raise StoreMissing(f"There is no warehouse in {workspace.lake} yet: there is nothing to back up.")
    with _disk_words():
        target.mkdir(parents=True, exist_ok=True)
        copied: dict[str, str] = {}
        with Store.open_writer(workspace.lake) as store, store.exclusive():
            damage = list(checksums.damaged(store.lake_dir, store.data_files()))
            if damage:
                raise StoreDamaged(f"Not backed up: {'; '.join(damage)}. Mend it first: denominator scrub --repair.")
            snapshot = store.snapshot
            stored = store.snapshot_files() - checksums.given_up(store.lake_dir)
            later = [file for file in files_dir(workspace.lake).glob("*/*/*") if file.name in stored]
            later += _files_below(workspace.archive)
            _copy_catalog(workspace, target, copied)
            _copy_docket(workspace, target, copied)
            _copy(workspace.root, target, _what_may_change(workspace), copied)
        _copy(workspace.root, target, later, copied)
        backup = Backup(workspace.now().isoformat(timespec="seconds"), snapshot, copied)
        _sync(target, copied)
        # The list of files is written last: a folder without it is no backup.
        write_synced(target / MANIFEST, json.dumps(vars(backup), indent=1))
        noted = {"made_at": backup.made_at, "folder": str(target)}
        write_synced(workspace.lake / NOTE, json.dumps(noted))
    return backup


def last_backup(lake_dir: Path) -> tuple[datetime, str] | None:
    """Give when the workspace was last backed up, and into which folder; None where that is not noted."""
    try:
        noted = json.loads((lake_dir / NOTE).read_text(encoding="utf-8"))
        return datetime.fromisoformat(noted["made_at"]), str(noted["folder"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def restore(source: Path, workspace: Workspace) -> Backup:
    """Put a backup into an empty folder, every file compared with its checksum before and after.

    Raises StoreError where the folder is not empty or the backup is incomplete or damaged; nothing was changed then.
    """
    if workspace.root.exists() and any(workspace.root.iterdir()):
        raise StoreError(f"{workspace.root} is not empty, and a restore overwrites nothing: name a new folder.")
    backup = read_backup(source)
    wrong = [path for path, digest in backup.files.items() if not _is_whole(source / path, digest)]
    if wrong:
        raise StoreDamaged(f"The backup is damaged: {_few(wrong)}. Nothing was restored; take another backup.")
    with _disk_words():
        copied: dict[str, str] = {}
        _copy(source, workspace.root, [source / path for path in backup.files], copied)
        workspace.inbox.mkdir(parents=True, exist_ok=True)
        _sync(workspace.root, copied)
    wrong = [path for path, digest in backup.files.items() if copied.get(path) != digest]
    if wrong:
        raise StoreDamaged(f"The disk did not take what was written: {_few(wrong)}. Restore into another folder.")
    return backup


def read_backup(source: Path) -> Backup:
    """Give what a backup says of itself; raises StoreError where it is none, or was not finished."""
    try:
        return Backup(**json.loads((source / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise StoreError(f"{source} is no backup, or one that was not finished: {MANIFEST} is missing.") from None
    except (ValueError, TypeError) as error:
        raise StoreDamaged(f"{source / MANIFEST} cannot be read ({error}); take another backup.") from error


def _copy_catalog(workspace: Workspace, target: Path, copied: dict[str, str]) -> None:
    place = catalog_file(workspace.lake).relative_to(workspace.root)
    (target / place).parent.mkdir(parents=True, exist_ok=True)
    checksums.copy_catalog(workspace.lake, target / place)
    digest = sha256_of(target / place)
    copied[place.as_posix()] = digest
    sealed = (workspace.lake / checksums.SEAL).relative_to(workspace.root)
    (target / sealed).write_text(digest, encoding="ascii")
    copied[sealed.as_posix()] = sha256_of(target / sealed)


def _copy_docket(workspace: Workspace, target: Path, copied: dict[str, str]) -> None:
    """Copy the docket as it is at one moment, through SQLite's own backup: dashboards may write to it meanwhile."""
    file = workspace.data / DOCKET
    if not file.exists():
        return
    place = file.relative_to(workspace.root)
    (target / place).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as reading, closing(sqlite3.connect(target / place)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE")
    copied[place.as_posix()] = sha256_of(target / place)


def _what_may_change(workspace: Workspace) -> Iterator[Path]:
    """Give the files that are copied while no loader works: settings, what waits, and the warehouse's own notes."""
    places = [workspace.root / name for name in SETTINGS] + [workspace.lake / name for name in LAKE_NOTES]
    places += [place for place in sorted(workspace.data.iterdir()) if not place.name.startswith(NEVER)]
    for place in places:
        yield from [place] if place.is_file() else _files_below(place)


def _files_below(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith(".")]


def _copy(root: Path, target: Path, files: Iterable[Path], copied: dict[str, str]) -> None:
    """Copy files to the same places below target, and note what was read of each."""
    for file in files:
        place = file.relative_to(root)
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        try:
            with file.open("rb") as reading, (target / place).open("wb") as writing:
                while chunk := reading.read(1 << 20):
                    digest.update(chunk)
                    writing.write(chunk)
        except FileNotFoundError:
            (target / place).unlink(missing_ok=True)  # its sender took it out of the inbox just now
            continue
        shutil.copystat(file, target / place)
        copied[place.as_posix()] = digest.hexdigest()


def _sync(target: Path, copied: Iterable[str]) -> None:
    folders = {target}
    for path in copied:
        sync_file(target / path)
        folders.update(parent for parent in (target / path).parents if target in parent.parents)
    for folder in folders:
        sync_folder(folder)


def _is_whole(file: Path, digest: str) -> bool:
    return file.is_file() and sha256_of(file) == digest


def _few(paths: list[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return f"{', '.join(paths[:3])}{more}"


@contextmanager
def _disk_words() -> Iterator[None]:
    try:
        yield
    except (OSError, CalledProcessError, sqlite3.Error) as error:
        raise translated(error) from error
