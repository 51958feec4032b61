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

from etl.archives import holds_parts
from etl.crm import crm_module
from organisation import Export, Organisation, Source, nearest
from organisation.corrections import is_file_name
from organisation.durable import sync_file, sync_folder

PARTIAL = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp")
NOT_EXPORTS = ("README.md",)
QUIET_SECONDS = 1.0  # where the system cannot say who writes, a file must have been left alone for so long


@dataclass(frozen=True)
class Waiting:
    """One file of the inbox as one export; source and export are None where no profile claims it.

    settled: nobody is writing it any more; shared: it is an archive or workbook that several exports claim.
    """

    file: Path
    folder: str
    source: Source | None
    export: Export | None
    settled: bool = True
    shared: bool = False

    @property
    def table(self) -> str:
        """The canonical table the file brings; "unknown" where no profile claims it."""
        return self.export.table if self.export else "unknown"

    @property
    def part(self) -> str | None:
        """Which further export of its table it is, None of the usual one."""
        return self.export.part if self.export else None


def waiting(organisation: Organisation) -> list[Waiting]:
    """Give every file of the inbox, by source and table, a source's stages first, each table's files by name.

    An archive or workbook that several exports claim is given once for each of them.
    """
    inbox = organisation.workspace.inbox
    found = [
        each
        for file in sorted(inbox.rglob("*"))
        if file.is_file() and not _is_partial(file)
        for each in _claims(organisation, file, file.relative_to(inbox).parts[0] if file.parent != inbox else "")
    ]
    return sorted(
        found,
        key=lambda each: (each.folder, each.table != "pipeline_stage", each.table, each.part or "", each.file.name),
    )


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
        if target.exists() and target.samefile(file):  # a second name of it: replacing would keep both
            file.unlink()
        else:
            file.replace(target)
        folders.update((file.parent, target.parent.parent))
    for folder in folders:
        sync_folder(folder)


def take_away(file: Path) -> None:
    """Remove a file whose copies are all where they belong."""
    file.unlink(missing_ok=True)
    sync_folder(file.parent)


def keep_copy(file: Path, target: Path) -> None:
    """Have a file at a second place too, durably, before anything relies on it there."""
    if target.exists() and target.samefile(file):
        return
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


def _claims(organisation: Organisation, file: Path, folder: str) -> list[Waiting]:
    """Give a file for the first export whose pattern fits, an archive also for each further one that names its part."""
    source = organisation.sources.get(folder)
    settled = is_settled(file)  # asked before the file is looked into: what is complete stays what it is
    exports = source.exports.values() if source else ()
    corrected = [each for each in exports if is_file_name(file.name, each.key)]
    fitting = corrected or [each for each in exports if fnmatchcase(file.name.casefold(), each.files.casefold())]
    if source is None and folder and (organisation.workspace.sources_dir / f"{folder}.yaml").exists():
        settled = False  # its profile has just been written: the file waits until the loader has read the settings
    if source is None or not fitting:
        return [Waiting(file, folder, source, None, settled)]
    claiming = fitting[:1]
    if len(fitting) > 1 and holds_parts(file):
        crm = crm_module(source.crm)
        claiming += [each for each in fitting[1:] if each.member or each.sheet or crm.member(each.table, each.part)]
    return [Waiting(file, folder, source, each, settled, shared=len(claiming) > 1) for each in claiming]


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
