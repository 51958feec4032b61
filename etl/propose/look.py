"""An unknown file looked at: what it is, how it is written, where its header stands, what its columns hold."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from etl.archives import ZIP, Archive
from etl.containers import Part as Inside
from etl.containers import opened
from etl.encoding import decode
from etl.errors import Refused
from etl.header import DEEPEST_HEADER, WIDEST_HEADER
from etl.propose.proposal import Answers, Finding, Option, Part, Question
from etl.propose.sight import Sight, is_date, is_number, sight_of
from etl.reader import Dialect, RawTable, read_table
from etl.records import cut, record_cells
from etl.workbook import visible_sheets

ENCODINGS = ("cp1252", "cp1250", "cp1254", "cp1251", "cp1253", "cp932", "gb18030", "euc_kr", "latin-1", "iso8859-2")
SCRIPTS = {
    "cp1252": "Western Europe", "cp1250": "Central Europe", "cp1254": "Turkish", "cp1251": "Cyrillic",
    "cp1253": "Greek", "cp932": "Japanese (Shift-JIS)", "gb18030": "Chinese", "euc_kr": "Korean",
    "latin-1": "Western Europe (Latin-1)", "iso8859-2": "Central Europe (Latin-2)",
}  # fmt: skip
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LOOKED_AT = 1 << 20  # characters that say which delimiter a file has
CONSISTENT = 0.8  # share of records that must be as wide as the header
_NO_LETTERS = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd]")  # what no text of people holds


@dataclass(frozen=True)
class Look:
    """One file as it was found; raw is None where it cannot be read yet, and questions or refused say why."""

    file: str
    findings: dict[str, Finding]
    raw: RawTable | None
    sights: tuple[Sight, ...] = ()
    questions: tuple[Question, ...] = ()
    refused: tuple[str, str] | None = None
    part: Part | None = None


def look_at(file: Path, answers: Answers) -> list[Look]:
    """Give the look of a file, or of each part of an archive or workbook; nothing is raised for what is wrong."""
    try:
        data = file.read_bytes()
        parts = _parts(file.name, data)
    except Refused as refused:
        return [Look(file.name, {}, None, refused=(refused.reason, refused.message))]
    return [_look(file.name if part is None else f"{file.name}/{part.name}", data, part, answers) for part in parts]


def _parts(name: str, data: bytes) -> list[Part | None]:
    """Give the tables that a file holds; None for the only one."""
    if not data.startswith(ZIP):
        return [None]
    archive = Archive(data)
    if archive.is_document:
        sheets = visible_sheets(archive)
        return [Part("sheet", sheet, name) for sheet in sheets] if len(sheets) > 1 else [None]
    members = [member for member in archive.names if not member.endswith("/")]
    return [Part("member", member, name) for member in members] if len(members) > 1 else [None]


def _look(name: str, data: bytes, part: Part | None, answers: Answers) -> Look:
    found: dict[str, Finding] = {}
    try:
        return _looked(name, data, part, answers=answers, found=found)
    except _Asked as asked:
        return Look(name, found, None, questions=(asked.question,), part=part)
    except Refused as refused:
        return Look(name, found, None, refused=(refused.reason, refused.message), part=part)


class _Asked(Exception):
    def __init__(self, question: Question) -> None:
        super().__init__(question.id)
        self.question = question


def _looked(name: str, data: bytes, part: Part | None, *, answers: Answers, found: dict[str, Finding]) -> Look:
    said = _Said(name, answers)
    inside = Inside(part.name if part and part.key == "member" else None)
    document = opened(data, inside)
    found["container"] = _container(data, document)
    encoding = delimiter = head = None
    if not isinstance(document, Archive):
        encoding = _encoding(document, said, found)
        text = decode(document, encoding)
        if not text.lstrip().startswith(("{", "[")):
            delimiter = _delimiter(text, said, found)
            head = _first_records(text, delimiter)
    sheet = part.name if part and part.key == "sheet" else None
    dialect = Dialect(lambda _cells: False, encoding, delimiter, part=inside, sheet=sheet)
    header, line = _header(head or _asked_of_reader(data, dialect))
    raw = read_table(data, _with_header(dialect, header))
    found["header"] = Finding(f"line {_first_line(raw, line)}", 1.0, f"{len(raw.header)} columns named")
    sights = tuple(sight_of(title, place, raw.cells[str(place)]) for place, title in enumerate(raw.header) if title)
    return Look(name, found, raw, sights, part=part)


@dataclass(frozen=True)
class _Said:
    """What was answered about one file."""

    file: str
    answers: Answers

    def get(self, what: str) -> str:
        return self.answers.get(f"{self.file}/{what}", "")

    def ask(self, what: str, text: str, why: str, options: tuple[Option, ...]) -> Question:
        return Question(f"{self.file}/{what}", text, why, options, answer=self.get(what), blocks=True)


def _container(data: bytes, document: bytes | Archive) -> Finding:
    if isinstance(document, Archive):
        return Finding("Excel workbook", 1.0, "its bytes say so")
    if data.startswith(b"PK"):
        return Finding("text in a zip archive", 1.0, "its bytes say so")
    if data.startswith(b"\x1f\x8b"):
        return Finding("text in a gzip file", 1.0, "its bytes say so")
    return Finding("text", 1.0, "its bytes are text")


def _encoding(document: bytes, said: _Said, found: dict[str, Finding]) -> str | None:
    answered = said.get("encoding")
    if answered:
        found["encoding"] = Finding(answered, 1.0, "as answered")
        return answered
    try:
        decode(document, None)
    except Refused as refused:
        if refused.reason not in ("AMBIGUOUS_ENCODING", "ENCODING"):
            raise
        raise _Asked(_which_encoding(document, said)) from refused
    marked = document.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    reason = "its byte order mark says so" if marked else "all bytes fit it"
    utf16 = document.startswith((b"\xff\xfe", b"\xfe\xff"))
    found["encoding"] = Finding("utf-16" if utf16 else "utf-8", 1.0, reason)
    # an ASCII file of today may hold letters tomorrow: UTF-8 is declared, and other bytes are refused then
    return None if utf16 else "utf-8"


def _which_encoding(document: bytes, said: _Said) -> Question:
    readings: dict[str, str] = {}
    for name in ENCODINGS:
        try:
            text = decode(document, name)
        except Refused:
            continue
        if not _NO_LETTERS.search(text):
            readings.setdefault(text, name)
    options = [Option(name, f"{SCRIPTS[name]}: {name}", _where_they_differ(text)) for text, name in readings.items()]
    return said.ask(
        "encoding",
        "In which of these readings are all letters right?",
        "The file is not UTF-8 and its bytes are letters in several encodings.",
        tuple(sorted(options, key=lambda option: -_plausible(option.example))),
    )


def _where_they_differ(text: str) -> str:
    words = [word for word in re.findall(r"\S+", re.sub(r"[;,\t|\"]", " ", text)) if not word.isascii()]
    return " · ".join(list(dict.fromkeys(words))[:6])


def _plausible(example: str) -> float:
    """Give how far an example is made of letters that stand together in one script: the order of the options only."""
    rare = sum(not letter.isalpha() and not letter.isascii() and letter != "·" for letter in example)
    inner = sum(before.islower() and after.isupper() for before, after in itertools.pairwise(example))
    return -(rare * 2 + inner) / max(len(example), 1)


def _delimiter(text: str, said: _Said, found: dict[str, Finding]) -> str | None:
    answered = said.get("delimiter")
    if answered:
        found["delimiter"] = Finding(answered, 1.0, "as answered")
        return "\t" if answered == "tab" else answered
    hint = re.match(r"sep=(.)\n", text)
    if hint:
        found["delimiter"] = Finding(hint[1], 1.0, "the file's first line says so")
        return hint[1]
    sample = _sample(text)
    tables = {sign: table for sign in DELIMITERS if (table := _table(sample, sign))}
    # what stands above the first table's header is no table: a later one cuts through rows of the first
    first = min((line for _, line in tables.values()), default=0)
    fitting = {sign: width for sign, (width, line) in tables.items() if line == first}
    if len(fitting) > 1:
        options = tuple(
            Option("tab" if sign == "\t" else sign, f"{DELIMITERS[sign]}: {width} columns", _first_cells(sample, sign))
            for sign, width in sorted(fitting.items(), key=lambda item: -item[1])
        )
        why = "With more than one of them the file is a table."
        raise _Asked(said.ask("delimiter", "Which sign stands between the columns?", why, options))
    if not fitting:
        raise Refused("WRONG_TYPE", "no comma, semicolon, tab or bar cuts its lines into a table with a header")
    sign, width = next(iter(fitting.items()))
    name = DELIMITERS[sign]
    found["delimiter"] = Finding(sign, 1.0, f"only the {name} gives a table; {width} columns")
    return sign


def _table(text: str, delimiter: str) -> tuple[int, int] | None:
    """Give width and line of the header of the table that a delimiter makes; None where it makes none."""
    try:
        records = cut(text, delimiter)
    except Refused:
        return None
    if records.widths.is_empty():
        return None
    counts = Counter(records.widths.to_list())
    width, often = max(counts.items(), key=lambda item: (item[1], item[0]))
    if width < 2 or (records.widths.len() > 5 and often < CONSISTENT * records.widths.len()):
        return None
    for line, head, wide in zip(records.lines[:50], records.texts[:50], records.widths[:50], strict=True):
        if wide == width and _can_be_header(record_cells(head, delimiter)):
            return width, int(line)
    return None


def _first_cells(text: str, delimiter: str) -> str:
    records = cut(text, delimiter)
    return " · ".join(record_cells(records.texts[0], delimiter)[:5])


def _sample(text: str) -> str:
    return text if len(text) <= LOOKED_AT else text[: text.rfind("\n", 0, LOOKED_AT)]


def _first_records(text: str, delimiter: str | None) -> list[tuple[str, ...]]:
    if delimiter is None:
        return []
    records = cut(_sample(text), delimiter)
    cells = (record_cells(record, delimiter) for record in records.texts[:DEEPEST_HEADER])
    return [tuple(cell.strip() for cell in record) for record in cells]


def _asked_of_reader(data: bytes, dialect: Dialect) -> list[tuple[str, ...]]:
    """Give the first records of a container that is no text, by asking the reader which of them is the header."""
    seen: list[tuple[str, ...]] = []

    def remember(cells: Sequence[str]) -> bool:
        seen.append(tuple(cell.strip() for cell in cells))
        return False

    try:
        read_table(data, _asking(dialect, remember))
    except Refused:
        if not seen:
            raise
    return seen


def _header(seen: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], int]:
    """Give the header and its place among the first records."""
    widest = max((sum(bool(cell) for cell in record) for record in seen), default=0)
    for place, record in enumerate(seen):
        if sum(bool(cell) for cell in record) >= max(2, widest * 0.6) and _can_be_header(record):
            return record, place
    raise Refused("MISSING_COLUMN", "none of its first lines names the columns; export it with a header")


def _can_be_header(cells: Sequence[str]) -> bool:
    names = [cell.strip() for cell in cells if cell.strip()]
    if len(names) < 2 or len(set(names)) < len(names) or len(names) < 0.6 * len(cells):
        return False
    if len(names) > WIDEST_HEADER:
        return True  # whatever its names are, reading refuses a header that wide
    return not any(is_number(name) or is_date(name, "70") for name in names)


def _with_header(dialect: Dialect, header: tuple[str, ...]) -> Dialect:
    return _asking(dialect, lambda cells: tuple(cell.strip() for cell in cells) == header)


def _asking(dialect: Dialect, is_header: Callable[[Sequence[str]], bool]) -> Dialect:
    return replace(dialect, is_header=is_header)


def _first_line(raw: RawTable, place: int) -> int:
    if not raw.lines.is_empty() and int(raw.lines[0]) > place + 1:
        return int(raw.lines[0]) - 1
    return place + 1
