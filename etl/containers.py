"""What a file is by its bytes, whatever its name says, and the one document in it."""

import re
from dataclasses import dataclass
from pathlib import Path

from etl.archives import CONTENT_TYPES, EMPTY_ZIP, GZIP, ZIP, Archive, gunzipped, member_of
from etl.errors import Refused

_AS_TEXT = "Export it as CSV or as an Excel workbook (.xlsx)."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
_OTHER_TYPES = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"GIF87a", "a picture (GIF)"),
    (b"GIF89a", "a picture (GIF)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"BZh91AY", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3", "a database (SQLite)"),
    (b"PAR1\x15", "a Parquet file"),
    (b"MZ\x90\0", "a program"),
    (b"\x7fELF", "a program"),
    (b"\x09\x08\x10\x00\x00\x06", "an old Excel worksheet"),
)
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta)\b", re.I | re.S
)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml\b|[a-z][\w:]*\s[^>]*\bxmlns)", re.I)
_LOGIN = re.compile(rb"type\s*=\s*[\"']?password|<title>[^<]*(?:log\s?in|sign\s?in|anmeld|login)", re.I)


@dataclass(frozen=True)
class Part:
    """Which part of an archive holds the table.

    declared: the profile's pattern; usual: the system's own name for it; others: its names for other tables.
    """

    declared: str | None = None
    usual: str | None = None
    others: tuple[str, ...] = ()


def opened(data: bytes, part: Part) -> bytes | Archive:
    """Give the text of a file as bytes, or its workbook, taken out of the archive that it may lie in.

    Raises Refused: EMPTY_FILE, WRONG_TYPE, ENCRYPTED, ARCHIVE_BOMB, ARCHIVE_UNSAFE, TRUNCATED, MISSING_PART,
    AMBIGUOUS_MEMBER.
    """
    if data.startswith(GZIP):
        inside = gunzipped(data)
        return _inside(inside, "the gzip file")
    if not data.startswith((ZIP, EMPTY_ZIP)):
        return _text(data)
    archive = Archive(data)
    if archive.is_document:
        return _workbook(archive)
    name = member_of(archive.names, part.declared, part.usual, part.others)
    return _inside(archive.bytes_of(name), f'"{name}" in the archive')


def is_plain_text(file: Path) -> bool:
    """Say whether a file starts as a text table, not as an archive or as anything that opened() refuses or unpacks."""
    with file.open("rb") as stream:
        start = stream.read(65536)
    try:
        return not start.startswith((ZIP, EMPTY_ZIP, GZIP)) and _text(start) == start
    except Refused:
        return False


def _inside(data: bytes, what: str) -> bytes | Archive:
    """Give the document that came out of an archive; an archive once more is refused."""
    nested = data.startswith((GZIP, EMPTY_ZIP))
    if data.startswith(ZIP):
        archive = Archive(data)
        if archive.is_document:
            return _workbook(archive)
        nested = True
    if nested:
        raise Refused("ARCHIVE_UNSAFE", f"{what} holds an archive once more; pack the export once")
    return _text(data)


def _workbook(archive: Archive) -> Archive:
    if CONTENT_TYPES not in archive.names:
        raise Refused("WRONG_TYPE", f"the file is an OpenDocument file, not an Excel workbook. {_AS_TEXT}")
    names = [name.casefold() for name in archive.names]
    for folder, what in (("word/", "a Word document"), ("ppt/", "a PowerPoint presentation")):
        if any(name.startswith(folder) for name in names):
            raise Refused("WRONG_TYPE", f"the file is {what}, not a table. {_AS_TEXT}")
    if "xl/workbook.bin" in names:
        raise Refused(
            "WRONG_TYPE", "the file is a binary Excel workbook (.xlsb). Save it as an Excel workbook (.xlsx)."
        )
    return archive


def _text(data: bytes) -> bytes:
    if not data:
        raise Refused("EMPTY_FILE", "the file has no bytes")
    if data.startswith(_OLE):
        if _ENCRYPTED_PART in data:
            raise Refused("ENCRYPTED", "the workbook is protected by a password; save it without one")
        raise Refused("WRONG_TYPE", "the file is an old binary Excel workbook (.xls). Save it as .xlsx or CSV.")
    for magic, what in _OTHER_TYPES:
        if data.startswith(magic):
            raise Refused("WRONG_TYPE", f"the file is {what}, not a table. {_AS_TEXT}")
    start = _narrow(data[:8192])
    if _PAGE.match(start):
        if _LOGIN.search(_narrow(data[:65536])):
            message = "the file is a login page: the export was fetched without being signed in. Fetch it again."
            raise Refused("WRONG_TYPE", message)
        raise Refused("WRONG_TYPE", f"the file is a web page (HTML), whatever its name says. {_AS_TEXT}")
    if _XML.match(start):
        raise Refused("WRONG_TYPE", f"the file is XML, not a table. {_AS_TEXT}")
    return data


def _narrow(start: bytes) -> bytes:
    """Give the ASCII of a text that may be written in UTF-16."""
    return start[2:].replace(b"\0", b"") if start.startswith((b"\xff\xfe", b"\xfe\xff")) else start
