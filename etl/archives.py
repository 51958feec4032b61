"""Zip and gzip archives, opened under limits: whatever they declare, only what is read is believed."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from etl.errors import Refused

ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
EMPTY_ZIP = b"PK\x05\x06"
CONTENT_TYPES = "[Content_Types].xml"
MOST_BYTES, MOST_MEMBERS = 256 << 20, 100
MOST_RATIO, RATIO_COUNTS_FROM = 250, 32 << 20
_PIECE = 1 << 18
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".json", ".jsonl", ".ndjson")
_LITTER = re.compile(r"(?:^|/)(?:__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)")


class Archive:
    """A zip archive whose members are known to be harmless by name; their bytes are counted as they are read.

    Raises Refused: ENCRYPTED, ARCHIVE_BOMB, ARCHIVE_UNSAFE, TRUNCATED.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise Refused("TRUNCATED", f"the archive is cut short or damaged: {error}") from error
        self._packed = len(data)
        self._read = 0
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        if len(members) > MOST_MEMBERS:
            raise Refused(
                "ARCHIVE_BOMB", f"the archive holds {len(members)} files, at most {MOST_MEMBERS} are unpacked"
            )
        for member in self._zip.infolist():
            _refuse_unsafe(member)
        self.names = tuple(member.filename for member in members)
        repeated = {name for name in self.names if self.names.count(name) > 1}
        if repeated:
            raise Refused("ARCHIVE_UNSAFE", f'two members of the archive are named "{min(repeated)}"')
        if sum(member.file_size for member in members) > MOST_BYTES:
            raise Refused("ARCHIVE_BOMB", f"the archive unpacks to more than {MOST_BYTES >> 20} MB")

    @property
    def is_document(self) -> bool:
        """Whether the archive is one document of an office program, a workbook for instance."""
        return CONTENT_TYPES in self.names or "mimetype" in self.names

    def pieces(self, name: str) -> Iterator[bytes]:
        """Give a member's bytes piece by piece; raises Refused ARCHIVE_BOMB as soon as they are too many."""
        try:
            with self._zip.open(name) as stream:
                while piece := stream.read(_PIECE):
                    self._read += len(piece)
                    refuse_bomb(self._read, self._packed)
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise Refused("TRUNCATED", f'"{name}" in the archive is cut short or damaged: {error}') from error

    def bytes_of(self, name: str) -> bytes:
        """Give a member's bytes; raises Refused as pieces does."""
        return b"".join(self.pieces(name))


def refuse_bomb(unpacked: int, packed: int) -> None:
    """Refuse an archive whose contents grow beyond what is allowed; both in bytes."""
    if unpacked > MOST_BYTES:
        raise Refused("ARCHIVE_BOMB", f"the archive unpacks to more than {MOST_BYTES >> 20} MB; split the export")
    if unpacked > RATIO_COUNTS_FROM and unpacked > packed * MOST_RATIO:
        raise Refused("ARCHIVE_BOMB", f"the archive unpacks to more than {MOST_RATIO} times its size, no export does")


def gunzipped(data: bytes) -> bytes:
    """Give the bytes that a gzip file holds, those of several in a row joined; raises Refused as Archive does."""
    pieces: list[bytes] = []
    size, rest = 0, data
    while rest.startswith(GZIP):
        inflate = zlib.decompressobj(wbits=31)
        while not inflate.eof:
            try:
                piece = inflate.decompress(rest, _PIECE)
            except zlib.error as error:
                raise Refused("TRUNCATED", f"the gzip file is damaged: {error}") from error
            rest = inflate.unconsumed_tail
            if not piece and not inflate.eof:
                raise Refused("TRUNCATED", "the gzip file is cut short")
            size += len(piece)
            refuse_bomb(size, len(data))
            pieces.append(piece)
        rest = inflate.unused_data
    if rest.strip(b"\0"):
        raise Refused("ARCHIVE_UNSAFE", "the gzip file holds something else behind its contents")
    return b"".join(pieces)


def member_of(names: tuple[str, ...], declared: str | None, usual: str | None, others: tuple[str, ...]) -> str:
    """Give the name of the member that holds the wanted table.

    declared: the profile's pattern; usual: the system's own name for the table; others: its names for other tables.
    Raises Refused: EMPTY_FILE, MISSING_PART, AMBIGUOUS_MEMBER.
    """
    files = [name for name in names if not _LITTER.search(name)]
    tables = [name for name in files if PurePosixPath(name.casefold()).suffix in _TABLES] or files
    if not tables:
        raise Refused("EMPTY_FILE", "the archive holds no file")
    pattern = declared or usual
    if pattern:
        found = [name for name in files if _fits(name, pattern)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Refused("AMBIGUOUS_MEMBER", f'"member: {pattern}" fits several files: {", ".join(found)}')
    stranger = len(tables) == 1 and not declared and not any(_fits(tables[0], other) for other in others)
    if stranger or (len(tables) == 1 and not pattern):
        return tables[0]
    shown = ", ".join(tables[:10])
    if pattern:
        raise Refused("MISSING_PART", f'the archive holds no file "{pattern}"; it holds {shown}')
    raise Refused("AMBIGUOUS_MEMBER", f'the profile names no "member:"; the archive holds {shown}')


def holds_parts(file: Path) -> bool:
    """Say whether a file is a zip archive or a workbook, which may hold several tables."""
    try:
        with file.open("rb") as stream:
            return stream.read(4) in (ZIP, EMPTY_ZIP)
    except OSError:  # it went away meanwhile
        return False


def weight(file: Path) -> int:
    """Give the bytes a file holds once unpacked, as far as it says so and no more than is allowed; its own at least."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(4)
    if start.startswith(GZIP):
        return max(size, min(size * 10, MOST_BYTES))
    if start != ZIP:
        return size
    try:
        with zipfile.ZipFile(file) as archive:
            return max(size, min(sum(member.file_size for member in archive.infolist()), MOST_BYTES))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return size


def _fits(name: str, pattern: str) -> bool:
    whole = name if "/" in pattern else PurePosixPath(name).name
    return fnmatchcase(whole.casefold(), pattern.casefold())


def _refuse_unsafe(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if member.flag_bits & 0x1:
        raise Refused("ENCRYPTED", f'"{name}" in the archive is protected by a password; export it without one')
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Refused("ARCHIVE_UNSAFE", f'"{name}" in the archive is a link, no file')
    parts = re.split(r"[/\\]", name)
    if name.startswith(("/", "\\")) or ".." in parts or "\\" in name or "\0" in name or re.match("[A-Za-z]:", name):
        raise Refused("ARCHIVE_UNSAFE", f'the archive holds the path "{name!r}", which leads outside of it')
