"""Bytes to text, in the encoding of the profile or the only one that fits."""

import codecs
import io
import re
from collections.abc import Iterable

from etl.errors import Refused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES = {"shift-jis": "cp932", "shift_jis": "cp932", "sjis": "cp932", "utf-8-sig": "utf-8", "utf8": "utf-8"} | {
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
_ONE_BYTE = re.compile(r"cp12\d\d|iso8859-\d+|cp8\d\d|koi8-[ru]|mac-\w+")
_NO_TEXT = ("utf-7", "unicode_escape", "raw_unicode_escape", "unicode-escape", "raw-unicode-escape", "idna", "punycode")
_GUESSES = ("cp1252", "iso8859-1", "cp1250", "cp1251", "cp932", "gb18030")
_IMPLAUSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd]")
_MARK_ALONE = re.compile('(?:^|[\\s,;|"])[\u0300-\u036f]', re.MULTILINE)
_GARBLED = re.compile(
    "[ÂÃ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€|ï¿½|\ufffd|(?:Р[\u00a0°±Ііґµ¶·ё№є»јѕїЅ]|С[ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏ]){2}"
)


def decode(data: bytes, declared: str | None) -> str:
    """Give the file's text without byte order mark, every line end as a line feed.

    Raises Refused: EMPTY_FILE, ENCODING where bytes and profile contradict each other,
    AMBIGUOUS_ENCODING where nothing is declared and several encodings fit.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Refused("ENCODING", "the file is written in UTF-32, which no system exports; save it as UTF-8")
    mark, marked = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", None))
    encoding = _canonical(declared) if declared else marked or _only_encoding(data)
    if marked and encoding not in (marked, marked[:6]):
        raise Refused("ENCODING", f"the profile says {declared}, but the byte order mark says {marked}")
    body = data[len(mark) :]
    if encoding == "utf-16" and not marked:
        encoding = _only_utf16(body)
    _refuse_hidden_utf8(body, encoding, declared)
    text = _text(body, marked or encoding, declared).removeprefix("\ufeff")
    if not text.strip():
        raise Refused("EMPTY_FILE", "the file holds nothing")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class Decoding:
    """A long file decoded block by block where nothing about its encoding is in doubt.

    What decode() would refuse or would have to weigh makes text() or last_text() give None.
    """

    def __init__(self, encoding: str, starts_at: int) -> None:
        self.starts_at = starts_at
        self._encoding = encoding
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
        self._utf8 = None if encoding.startswith("utf") else codecs.getincrementaldecoder("utf-8")()
        self._is_ascii = True

    @classmethod
    def of(cls, start: bytes, declared: str | None) -> "Decoding | None":
        """Give the decoding of a file that starts so; raises Refused ENCODING for an encoding that there is not."""
        mark, marked = next(((mark, name) for mark, name in _MARKS if start.startswith(mark)), (b"", None))
        encoding = _canonical(declared) if declared else marked or "utf-8"
        wide = start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE))
        contradicts = marked and encoding not in (marked, marked[:6])
        if wide or contradicts or (encoding == "utf-16" and not marked):
            return None
        return cls(marked or encoding, len(mark))

    def text(self, block: bytes) -> str | None:
        """Give the text of the next block, line ends as line feeds."""
        self._note(block)
        try:
            text = self._decoder.decode(block)
        except UnicodeDecodeError:
            return None
        in_doubt = (
            "\0" in text
            or text.startswith("\ufeff")
            or (self._encoding == "iso8859-1" and re.search("[\x80-\x9f]", text))
        )
        return None if in_doubt else text

    def last_text(self) -> str | None:
        """Give what is left at the end of the file."""
        if self._utf8 is not None and not self._is_ascii:
            try:
                self._utf8.decode(b"", final=True)
            except UnicodeDecodeError:
                self._utf8 = None
            if self._utf8 is not None:
                return None  # bytes that are UTF-8 throughout, under another name
        try:
            return self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None

    def _note(self, block: bytes) -> None:
        self._is_ascii = self._is_ascii and block.isascii()
        if self._utf8 is not None:
            try:
                self._utf8.decode(block)
            except UnicodeDecodeError:
                self._utf8 = None


def looks_garbled(text: str) -> bool:
    """Say whether a text shows what is left of UTF-8 that was read in another encoding."""
    signs = ("Ã", "Â", "â€", "Р", "С", "\ufffd", "ï¿½")
    return not text.isascii() and any(sign in text for sign in signs) and _GARBLED.search(text) is not None


def _text(body: bytes, encoding: str, declared: str | None) -> str:
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        where = _place(body, encoding, range(error.start, error.end))
        raise Refused("ENCODING", f"{where} that are not {declared or encoding}") from error
    if encoding == "iso8859-1" and (found := re.search("[\x80-\x9f]", text)):
        where = _place(body, encoding, range(found.start(), found.end()))
        raise Refused("ENCODING", f"{where} that are control characters in {declared}; cp1252 may be meant")
    if text.count("\0") > len(text) // 4:
        raise Refused("ENCODING", f"every second byte is zero, as in UTF-16, not {declared or encoding}")
    return text


def _place(body: bytes, encoding: str, places: range) -> str:
    above = body[: places.start].decode(encoding, "replace")
    line = above.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    return f"line {line} holds bytes ({body[places.start : places.stop].hex(' ')})"


def _canonical(name: str) -> str:
    short = _NAMES.get(name.lower(), name.lower())
    try:
        found = codecs.lookup(short).name
        b"".decode(found)
    except (LookupError, UnicodeError) as error:
        raise Refused("ENCODING", f'there is no encoding "{name}"') from error
    if found in _NO_TEXT:
        raise Refused("ENCODING", f'"{name}" is no encoding of exports')
    return found


def _refuse_hidden_utf8(body: bytes, encoding: str, declared: str | None) -> None:
    """Refuse UTF-8 under another name: of one byte always, else where three characters leave no room for chance."""
    if encoding.startswith("utf") or body.isascii() or not _is(body, "utf-8"):
        return
    if _ONE_BYTE.fullmatch(encoding) or sum(byte >= 0xC0 for byte in body[:100_000]) >= 3:
        raise Refused("ENCODING", f"the profile says {declared}, but the bytes are UTF-8")


def _is(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _only_encoding(data: bytes) -> str:
    if data.count(b"\0") > len(data) // 4:
        return _only_utf16(data)
    if data.isascii():
        return "utf-8"
    # what is valid UTF-8 is UTF-8, but for marks that belong to no letter: a few Chinese letters look like that
    if _is(data, "utf-8") and not _MARK_ALONE.search(data.decode("utf-8")):
        return "utf-8"
    return _only_reading(data, ("utf-8", *_GUESSES))


def _only_utf16(body: bytes) -> str:
    return _only_reading(body, ("utf-16-le", "utf-16-be"), needs=re.compile("[\n\r,;\t|]"))


def _only_reading(body: bytes, encodings: Iterable[str], needs: re.Pattern[str] | None = None) -> str:
    readings: dict[str, list[str]] = {}
    for name in encodings:
        text = body.decode(name) if _is(body, name) else "\0"
        if not _IMPLAUSIBLE.search(text) and (needs is None or needs.search(text)):
            readings.setdefault(text, []).append(name)
    if len(readings) == 1:
        return next(iter(readings.values()))[0]
    names = ", ".join(sorted(name for each in readings.values() for name in each)) or "none that is known"
    raise Refused("AMBIGUOUS_ENCODING", f"the profile names no encoding; possible: {names}")
