"""What waits in the inbox, whose it is, whether it is complete, and where it goes afterwards."""

import errno
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from organisation import Export, Organisation, Source, nearest
from warehouse.durable import sync_file, sync_folder

PARTIAL = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp")
NOT_EXPORTS = ("README.md",)
QUIET_SECONDS = 1.0  # where the system cannot say who writes, a file must have been left alone for so long


@dataclass(frozen=True)
class Waiting:
    """One file of the inbox; source and export are None where no profile claims it."""

    file: Path
    folder: str
    source: Source | None
    export: Export | None

    @property
    def table(self) -> str:
        """The canonical table the file brings; "unknown" where no profile claims it."""
        return self.export.table if self.export else "unknown"


def waiting(organisation: Organisation) -> list[Waiting]:
    """Give every file of the inbox, by source and table, a source's stages first, each table's files by name."""
    inbox = organisation.workspace.inbox
    found = [
        _claimed(organisation, file, file.relative_to(inbox).parts[0] if file.parent != inbox else "")
        for file in sorted(inbox.rglob("*"))
        if file.is_file() and not _is_partial(file)
    ]
    return sorted(found, key=lambda each: (each.folder, each.table != "pipeline_stage", each.table, each.file.name))


def unclaimed_message(organisation: Organisation, each: Waiting) -> str:
    """Say why no profile claims a file, and what to do."""
    if each.source is None:
        near = nearest(each.folder, organisation.sources)
        hint = f' Did you mean "{near}"?' if near else ""
        named = f'There is no sources/{each.folder}.yaml for the inbox folder "{each.folder}".' if each.folder else ""
        named = named or "The file lies beside the sources' folders: put it into inbox/<source>/."
        return f"{named}{hint}"
    patterns = ", ".join(f"{export.files} ({key})" for key, export in each.source.exports.items())
    return (
        f'"{each.file.name}" fits no export that {each.source.file.name} names: {patterns}. '
        "Rename the file, or add its pattern to the profile."
    )


def is_settled(file: Path) -> bool:
    """Say whether nobody is writing the file any more."""
    try:
        state = file.stat()
    except FileNotFoundError:
        return False
    if state.st_size:
        written = _is_being_written(file)
        if written is not None:
            return not written
    return abs(time.time() - state.st_mtime) > QUIET_SECONDS


def put_away(moves: Sequence[tuple[Path, Path]]) -> None:
    """Move files, durably; a file of that name already there is replaced."""
    folders: set[Path] = set()
    for file, target in moves:
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
        folders.update((file.parent, target.parent.parent))
    for folder in folders:
        sync_folder(folder)


def keep_copy(file: Path, target: Path) -> None:
    """Have a file at a second place too, durably, before anything relies on it there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    partial.unlink(missing_ok=True)
    try:
        os.link(file, partial)
    except OSError:  # a file system without a second name for a file
        shutil.copy2(file, partial)
    sync_file(partial)
    partial.replace(target)
    for folder in (target.parent, target.parent.parent):
        sync_folder(folder)


def _claimed(organisation: Organisation, file: Path, folder: str) -> Waiting:
    source = organisation.sources.get(folder)
    exports = source.exports.values() if source else ()
    export = next((each for each in exports if fnmatchcase(file.name.casefold(), each.files.casefold())), None)
    return Waiting(file, folder, source, export)


def _is_partial(file: Path) -> bool:
    return file.name.startswith((".", "~$")) or file.suffix.casefold() in PARTIAL or file.name in NOT_EXPORTS


if sys.platform == "linux":
    import fcntl

    def _is_being_written(file: Path) -> bool | None:
        """Ask the kernel: a read lease is granted only while nobody has the file open for writing."""
        handle = os.open(file, os.O_RDONLY)
        try:
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            return True if error.errno == errno.EAGAIN else None  # None: not a file system that knows
        finally:
            os.close(handle)
        return False

else:

    def _is_being_written(file: Path) -> bool | None:
        return None
