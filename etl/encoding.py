"""Bytes to text, in the encoding of the profile or the only one that fits."""

import codecs

from etl.errors import Refused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES = {"shift-jis": "cp932", "shift_jis": "cp932", "sjis": "cp932", "latin-1": "latin-1", "utf-8-sig": "utf-8"}
_ONE_BYTE = {"cp1250", "cp1251", "cp1252", "latin-1", "iso8859-1"}
_GUESSES = ("cp1252", "cp1250", "cp932", "gb18030")


def decode(data: bytes, declared: str | None) -> str:
    """Give the file's text without byte order mark, every line end as a line feed.

    Raises Refused: EMPTY_FILE, ENCODING where bytes and profile contradict each other,
    AMBIGUOUS_ENCODING where nothing is declared and several encodings fit.
    """
    mark, marked = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", None))
    encoding = _canonical(declared) if declared else marked or _only_encoding(data)
    if marked and encoding not in (marked, marked[:6]):
        raise Refused("ENCODING", f"the profile says {declared}, but the byte order mark says {marked}")
    body = data[len(mark) :]
    if encoding in _ONE_BYTE and _is_utf8_text(body):
        raise Refused("ENCODING", f"the profile says {declared}, but the bytes are UTF-8")
    try:
        text = body.decode(marked or encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Refused("ENCODING", f"line {line} holds bytes that are not {declared or encoding}") from error
    if not text.strip():
        raise Refused("EMPTY_FILE", "the file holds nothing")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _canonical(name: str) -> str:
    short = _NAMES.get(name.lower(), name.lower())
    try:
        return "latin-1" if short == "latin-1" else codecs.lookup(short).name
    except LookupError as error:
        raise Refused("ENCODING", f'there is no encoding "{name}"') from error


def _is_utf8_text(body: bytes) -> bool:
    if body.isascii():
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _only_encoding(data: bytes) -> str:
    if data.isascii() or _is_utf8_text(data):
        return "utf-8"
    readings = {}
    for name in _GUESSES:
        try:
            readings[data.decode(name)] = name
        except UnicodeDecodeError:
            continue
    if len(readings) == 1:
        return next(iter(readings.values()))
    names = ", ".join(sorted(readings.values())) or "none that is known"
    raise Refused("AMBIGUOUS_ENCODING", f"the profile names no encoding; possible: {names}")
