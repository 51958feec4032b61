"""A sheet of an Excel workbook as rows of text, read as it is stored: no number passes through a float unseen."""

import posixpath
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from etl.archives import Archive
from etl.errors import Refused
from etl.grids import DATE, FORMULA, PERCENT, ROUNDED, TEXT, Grid, GridRow
from etl.serials import is_date_format, is_percent_format, moment_text, number_text, percent_text

Attributes = dict[str, str]
_CONTROL = re.compile(r"_x([0-9A-Fa-f]{4})_")
_WORKBOOK = "xl/workbook.xml"
_LAST_COLUMN = 16_384


@dataclass(frozen=True)
class _Sheet:
    name: str
    relation: str
    hidden: bool


@dataclass
class _Book:
    """What the parts of a workbook beside its sheets say."""

    sheets: list[_Sheet] = field(default_factory=list)
    since_1904: bool = False
    results_are_stale: bool = False
    parts: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    date_styles: frozenset[int] = frozenset()
    percent_styles: frozenset[int] = frozenset()


def read_workbook(archive: Archive, sheet: str | None) -> Grid:
    """Give the rows of a workbook's sheet: the one named, or the only one that is visible.

    Raises Refused: AMBIGUOUS_SHEET, MISSING_PART, EMPTY_FILE, ARCHIVE_UNSAFE, ARCHIVE_BOMB, TRUNCATED, MALFORMED.
    """
    for name in archive.names:
        if name.casefold().endswith((".xml", ".rels")):
            _refuse_doctype(archive, name)
    files = {name.casefold(): name for name in archive.names}
    book = _book(archive, files)
    wanted = _wanted(book, sheet)
    part = files.get(book.parts.get(wanted.relation, "").casefold())
    if part is None:
        raise Refused("MALFORMED", f'the workbook names a sheet "{wanted.name}" and does not hold it')
    cells = _SheetReader(book)
    _parse(archive, part, start=cells.start, end=cells.end, text=cells.text)
    return Grid(cells.rows, cells.merged, hidden_rows=cells.hidden_rows, since_1904=book.since_1904)


def visible_sheets(archive: Archive) -> list[str]:
    """Give the names of the sheets that a workbook shows; raises Refused as read_workbook does."""
    files = {name.casefold(): name for name in archive.names}
    return [sheet.name for sheet in _book(archive, files).sheets if not sheet.hidden]


def _book(archive: Archive, files: Mapping[str, str]) -> _Book:
    book = _Book()
    place = _main_part(archive, files)

    def workbook(name: str, given: Attributes) -> None:
        if name == "sheet":
            relation = next((value for key, value in given.items() if key.endswith(":id")), "")
            hidden = given.get("state", "visible") != "visible"
            book.sheets.append(_Sheet(given.get("name", ""), relation, hidden))
        elif name == "workbookPr":
            book.since_1904 = given.get("date1904") in ("1", "true")
        elif name == "calcPr":
            book.results_are_stale = given.get("fullCalcOnLoad") in ("1", "true")

    _parse(archive, place, start=workbook)
    folder = posixpath.dirname(place)
    others: dict[str, str] = {}

    def relations(name: str, given: Attributes) -> None:
        target = given.get("Target", "").replace("\\", "/")
        if name != "Relationship" or given.get("TargetMode") == "External":
            return
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        kind = given.get("Type", "").rsplit("/", 1)[-1]
        if kind == "worksheet":
            book.parts[given.get("Id", "")] = path
        elif kind in ("sharedStrings", "styles"):
            others[kind] = path

    beside = files.get(f"{folder}/_rels/{posixpath.basename(place)}.rels".lstrip("/").casefold())
    if beside is None:
        raise Refused("MALFORMED", "the workbook does not say where its sheets are")
    _parse(archive, beside, start=relations)
    book.sheets = [sheet for sheet in book.sheets if sheet.relation in book.parts]
    styles, words = (files.get(others.get(kind, "").casefold()) for kind in ("styles", "sharedStrings"))
    if styles:
        formats = _formats(archive, styles)
        book.date_styles = frozenset(place for place, each in enumerate(formats) if is_date_format(*each))
        book.percent_styles = frozenset(place for place, each in enumerate(formats) if is_percent_format(*each))
    if words:
        book.words = _shared_words(archive, words)
    return book


def _main_part(archive: Archive, files: Mapping[str, str]) -> str:
    found: list[str] = []

    def relations(name: str, given: Attributes) -> None:
        if name == "Relationship" and given.get("Type", "").endswith("/officeDocument"):
            found.append(given.get("Target", "").lstrip("/").casefold())

    if "_rels/.rels" in files:
        _parse(archive, files["_rels/.rels"], start=relations)
    for name in (*found, _WORKBOOK):
        if name in files:
            return files[name]
    raise Refused("WRONG_TYPE", "the file is an office document without a workbook in it")


def _wanted(book: _Book, name: str | None) -> _Sheet:
    shown = ", ".join(f'"{sheet.name}"' for sheet in book.sheets if not sheet.hidden)
    if name is not None:
        for sheet in book.sheets:
            if sheet.name.strip().casefold() == name.strip().casefold():
                return sheet
        raise Refused("MISSING_PART", f'the workbook has no sheet "{name}"; it has {shown or "no visible one"}')
    visible = [sheet for sheet in book.sheets if not sheet.hidden]
    if len(visible) > 1:
        raise Refused("AMBIGUOUS_SHEET", f'the profile names no "sheet:"; the workbook has {shown}')
    if not visible:
        raise Refused("EMPTY_FILE", "the workbook has no visible sheet")
    return visible[0]


def _formats(archive: Archive, part: str) -> list[tuple[int, str | None]]:
    """Give the number format of each cell style: its number, and its code where the workbook states one."""
    formats: dict[int, str] = {}
    used: list[int] = []
    inside = False

    def styles(name: str, given: Attributes) -> None:
        nonlocal inside
        if name == "numFmt":
            formats[_whole(given.get("numFmtId"))] = given.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "dxfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            used.append(_whole(given.get("numFmtId")))

    _parse(archive, part, start=styles)
    return [(number, formats.get(number)) for number in used]


def _shared_words(archive: Archive, part: str) -> list[str]:
    words: list[str] = []
    pieces: list[str] = []
    depth = {"t": 0, "rPh": 0}

    def start(name: str, _given: Attributes) -> None:
        if name in depth:
            depth[name] += 1
        elif name == "si":
            pieces.clear()

    def end(name: str) -> None:
        if name in depth:
            depth[name] -= 1
        elif name == "si":
            words.append(_plain("".join(pieces)))

    def text(piece: str) -> None:
        if depth["t"] and not depth["rPh"]:  # rPh: how a word is spoken, in Japanese workbooks
            pieces.append(piece)

    _parse(archive, part, start=start, end=end, text=text)
    return words


class _SheetReader:
    """Collects the rows of a sheet that hold anything; empty cells, however many, take no room."""

    def __init__(self, book: _Book) -> None:
        self.rows: list[GridRow] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.hidden_rows = 0
        self._book = book
        self._line = self._column = 0
        self._places: list[int] = []
        self._texts: list[str] = []
        self._kinds: list[str] = []
        self._given: Attributes = {}
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None
        self._spoken = self._rows_are_hidden = self._hidden = False

    def start(self, name: str, given: Attributes) -> None:
        """Take the start of an element."""
        if name == "c":
            self._given, self._value, self._formula = given, [], None
        elif name in ("v", "t"):
            self._into = None if self._spoken else self._value
        elif name == "f":
            self._formula = self._into = []
        elif name == "row":
            self._start_row(given)
        elif name == "rPh":
            self._spoken = True
        elif name == "mergeCell":
            self.merged.append(_area(given.get("ref", "")))
        elif name == "sheetFormatPr":
            self._rows_are_hidden = given.get("zeroHeight") in ("1", "true")

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "c":
            self._end_cell()
        elif name in ("v", "t", "f"):
            self._into = None
        elif name == "rPh":
            self._spoken = False
        elif name == "row" and self._places:
            self.hidden_rows += self._hidden
            places, kinds = tuple(self._places), sys.intern("".join(self._kinds))
            self.rows.append(GridRow(self._line, places, tuple(self._texts), kinds))

    def text(self, piece: str) -> None:
        """Take text inside an element."""
        if self._into is not None:
            self._into.append(piece)

    def _start_row(self, given: Attributes) -> None:
        line = _whole(given["r"]) if "r" in given else self._line + 1
        if line <= self._line:
            raise Refused("MALFORMED", f"the workbook holds row {line} behind row {self._line}")
        self._line, self._column = line, 0
        self._places, self._texts, self._kinds = [], [], []
        self._hidden = given.get("hidden", str(int(self._rows_are_hidden))) in ("1", "true") or given.get("ht") == "0"

    def _end_cell(self) -> None:
        reference = self._given.get("r")
        column = _column(reference.rstrip("0123456789")) if reference else self._column + 1
        if column <= self._column:
            raise Refused("MALFORMED", f"row {self._line} of the workbook holds the cell {reference} twice or too late")
        self._column = column
        value = self._value[0] if len(self._value) == 1 else "".join(self._value)
        text, kind = self._meaning(value)
        if text:
            self._places.append(column - 1)
            self._texts.append(text)
            self._kinds.append(kind)

    def _meaning(self, value: str) -> tuple[str, str]:
        """Give a cell's text and kind; what a formula gave counts, a formula without result is none."""
        kind = self._given.get("t", "n")
        if kind == "n" and self._formula is None:
            return self._number(value.strip()) if value else ("", TEXT)
        if self._formula is not None and kind != "e":
            unknown = self._book.results_are_stale or (not value and kind != "str")
            if unknown:
                return "=" + "".join(self._formula), FORMULA
        if not value:
            return "", TEXT
        if kind == "s":
            return self._word(value), TEXT
        if kind in ("str", "inlineStr"):
            return _plain(value), TEXT
        if kind == "b":
            return ("true" if value.strip() in ("1", "true") else "false"), TEXT
        if kind == "e":
            return value, FORMULA
        if kind == "d":
            return value.removesuffix("Z"), DATE
        return self._number(value.strip())

    def _word(self, value: str) -> str:
        try:
            return self._book.words[int(value)]
        except (ValueError, IndexError) as error:
            message = f"row {self._line} of the workbook names a text that it does not hold"
            raise Refused("MALFORMED", message) from error

    def _number(self, value: str) -> tuple[str, str]:
        style = self._given.get("s")
        if style and int(style) in self._book.percent_styles:
            return percent_text(value), PERCENT
        if style and int(style) in self._book.date_styles:
            moment = moment_text(value, since_1904=self._book.since_1904)
            if moment is not None:
                return moment, DATE
        return number_text(value), ROUNDED


def _plain(text: str) -> str:
    """Give a text with the characters that workbooks write as _x000D_, and line ends as line feeds."""
    if "_x" in text:
        text = _CONTROL.sub(_unescaped, text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code < 0xE000 else chr(code)  # half of a character is none


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    if not 1 <= number <= _LAST_COLUMN:
        raise Refused("MALFORMED", f'the workbook holds a cell in a column "{letters}"')
    return number


def _area(reference: str) -> tuple[int, int, int, int]:
    """Give first row, first column, last row and last column of an area such as A1:C2; columns from 0."""
    found = re.fullmatch(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?", reference.replace("$", ""))
    if found is None:
        raise Refused("MALFORMED", f'the workbook merges cells "{reference}"')
    first, last = (found[1], found[2]), (found[3] or found[1], found[4] or found[2])
    return int(first[1]), _column(first[0]) - 1, int(last[1]), _column(last[0]) - 1


def _whole(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError as error:
        raise Refused("MALFORMED", f'the workbook holds "{text}" where a number stands') from error


def _refuse_doctype(archive: Archive, part: str) -> None:
    """Look at a part up to its first element: what declares entities or points outside is not read at all."""
    reached = False

    def start(_name: str, _given: Attributes) -> None:
        nonlocal reached
        reached = True

    parser = _parser(part, start=start)
    for piece in archive.pieces(part):
        for at in range(0, len(piece), 1024):
            _feed(parser, piece[at : at + 1024], part)
            if reached:
                return


def _parse(
    archive: Archive,
    part: str,
    *,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    parser = _parser(part, start=start)
    parser.EndElementHandler = (lambda name: end(name.rpartition(":")[2] if ":" in name else name)) if end else None
    parser.CharacterDataHandler = text
    pieces: Iterator[bytes] = archive.pieces(part)
    for piece in pieces:
        _feed(parser, piece, part)
    _feed(parser, b"", part, last=True)


def _parser(part: str, *, start: Callable[[str, Attributes], None]) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: start(name.rpartition(":")[2] if ":" in name else name, given)

    def refuse(*_: object) -> None:
        raise Refused("ARCHIVE_UNSAFE", f"{part} in the workbook declares a document type, which no workbook does")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _feed(parser: expat.XMLParserType, piece: bytes, part: str, *, last: bool = False) -> None:
    try:
        parser.Parse(piece, last)
    except expat.ExpatError as error:
        raise Refused("MALFORMED", f"{part} in the workbook is damaged: {error}") from error
