"""An export's bytes as strings: header, cells and lines; what stands around the data is recognised and counted."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from etl.archives import Archive
from etl.containers import Part, opened
from etl.encoding import decode
from etl.errors import Refused
from etl.records import Records, cells, cut, record_cells

Header = tuple[str, ...]
LONGEST_CELL, WIDEST_HEADER, DEEPEST_HEADER = 100_000, 2_000, 50
_DELIMITERS = (",", ";", "\t", "|")
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])


@dataclass(frozen=True)
class Dialect:
    """How a profile says that a file is written; None means: not declared.

    is_header: says whether a record can be the header; footers, totals: how lines below the data begin;
    part: the file of an archive that holds the table.
    """

    is_header: Callable[[Sequence[str]], bool]
    encoding: str | None = None
    delimiter: str | None = None
    footers: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    part: Part = field(default_factory=Part)


@dataclass(frozen=True)
class RawTable:
    """A file as strings.

    cells: columns "0", "1", … in the order of the header, as written; lines and texts stand beside them, row by row.
    broken: line, reason and text of records that have no cells; ignored: line and reason.
    """

    header: Header
    cells: pl.DataFrame
    lines: pl.Series
    texts: pl.Series
    broken: tuple[tuple[int, str, str], ...]
    ignored: tuple[tuple[int, str], ...]
    looks_garbled: bool
    has_guards: bool  # a cell starts with an apostrophe


def read_table(data: bytes, dialect: Dialect) -> RawTable:
    """Give a file's header and data as strings.

    Raises Refused: what opened raises, ENCODING, AMBIGUOUS_ENCODING, AMBIGUOUS_DELIMITER, QUOTE, DUP_HEADER, TOO_WIDE.
    Where no record can be the header, the first one is given as header.
    """
    document = opened(data, dialect.part)
    if isinstance(document, Archive):
        raise Refused("WRONG_TYPE", "the file is an Excel workbook; export it as CSV")
    text = decode(document, dialect.encoding)
    hint = re.match(r"sep=(.)\n", text)
    delimiter = _declared(dialect.delimiter) or (hint[1] if hint else None)
    if delimiter is None:
        delimiter = _only_delimiter(text, dialect)
    records = cut(text, delimiter)
    if records.texts.is_empty():
        raise Refused("EMPTY_FILE", "the file holds no header")
    place = _header_place(records, delimiter, dialect)
    header = tuple(name.strip() for name in record_cells(records.texts[place], delimiter))
    _refuse_header(header)
    above = [*records.lines[:place], *(line for line, _ in records.broken if line < records.lines[place])]
    preamble = tuple((int(line), "PREAMBLE") for line in sorted(above))
    below = _Body(records, header, delimiter, start=place + 1)
    return below.table(dialect, preamble, text)


def _declared(delimiter: str | None) -> str | None:
    return {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter) if delimiter else None


def _only_delimiter(text: str, dialect: Dialect) -> str:
    fitting = []
    for delimiter in _DELIMITERS:
        try:
            records = cut(text, delimiter)
        except Refused:
            continue
        first = records.texts[:DEEPEST_HEADER]
        if any(dialect.is_header(record_cells(record, delimiter)) for record in first):
            fitting.append(delimiter)
    if len(fitting) > 1 and "\n" in text:
        wide = [delimiter for delimiter in fitting if len(record_cells(text.split("\n", 1)[0], delimiter)) > 1]
        fitting = wide or fitting[:1]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise Refused("MISSING_COLUMN", "under no delimiter (comma, semicolon, tab, bar) the key columns are found")
    raise Refused("AMBIGUOUS_DELIMITER", f"the profile names no delimiter; possible: {' '.join(map(repr, fitting))}")


def _header_place(records: Records, delimiter: str, dialect: Dialect) -> int:
    for place, record in enumerate(records.texts[:DEEPEST_HEADER]):
        if dialect.is_header(record_cells(record, delimiter)):
            return place
    return 1 if records.texts[0].startswith("sep=") and records.texts.len() > 1 else 0


def _refuse_header(header: Header) -> None:
    if len(header) > WIDEST_HEADER:
        raise Refused("TOO_WIDE", f"the header has {len(header)} columns, at most {WIDEST_HEADER} are read")
    seen = set()
    for name in header:
        if name and name in seen:
            raise Refused("DUP_HEADER", f'the header "{name}" stands twice')
        seen.add(name)


class _Body:
    """What stands below the header, sorted into data, broken records and what is ignored."""

    def __init__(self, records: Records, header: Header, delimiter: str, *, start: int) -> None:
        self.header = header
        self.delimiter = delimiter
        first_line = int(records.lines[start - 1])
        self.broken = [(line, "QUOTE", text) for line, text in records.broken if line > first_line]
        self.ignored: list[tuple[int, str]] = []
        self.frame = pl.DataFrame([records.lines[start:], records.texts[start:], records.widths[start:]])

    def table(self, dialect: Dialect, preamble: tuple[tuple[int, str], ...], text: str) -> RawTable:
        fits = self.frame["widths"] == len(self.header)
        if not fits.all():
            self._sort_ragged(self.frame.filter(~fits), dialect, text)
            self.frame = self.frame.filter(fits)
        self._put_apart_unreadable(text)
        found = cells(self.frame["texts"], len(self.header), self.delimiter)
        keep = self._keep(found, dialect)
        if keep is not None:
            found, self.frame = found.filter(keep), self.frame.filter(keep)
        return RawTable(
            header=self.header,
            cells=found,
            lines=self.frame["lines"].alias("line"),
            texts=self.frame["texts"].alias("raw"),
            broken=tuple(sorted(self.broken)),
            ignored=preamble + tuple(sorted(self.ignored)),
            looks_garbled=("Ã" in text and re.search("Ã[\u0080-\u00bf]", text) is not None) or "\ufffd" in text,
            has_guards=any(f"{sign}'" in text for sign in ("\n", '"', self.delimiter)),
        )

    def _sort_ragged(self, ragged: pl.DataFrame, dialect: Dialect, text: str) -> None:
        last_data = self.frame.filter(pl.col("widths") == len(self.header))["lines"].max()
        last_line = self.frame["lines"].max()
        in_footer = False
        for line, record, width in ragged.iter_rows():
            first = _first_cell(record, self.delimiter)
            reason = _kind_of_footer(first, dialect)
            below_data = not isinstance(last_data, int) or line > last_data
            in_footer = in_footer or (below_data and reason is not None)
            if reason or in_footer:
                self.ignored.append((line, reason or "FOOTER"))
            elif line == last_line and width < len(self.header) and not text.endswith("\n"):
                raise Refused("TRUNCATED", f"the file ends in the middle of the record of line {line}")
            else:
                self.broken.append((line, "RAGGED", record))

    def _put_apart_unreadable(self, text: str) -> None:
        encoded = text.encode()
        if len(encoded.translate(None, _CONTROL_BYTES)) != len(encoded):
            self._break(self.frame["texts"].str.contains(_CONTROL), "CONTROL_CHAR")
        longest_record = self.frame["texts"].str.len_bytes().max() if len(text) > LONGEST_CELL else 0
        if isinstance(longest_record, int) and longest_record > LONGEST_CELL:
            longest = [max(map(len, record_cells(record, self.delimiter))) for record in self.frame["texts"]]
            self._break(pl.Series(longest) > LONGEST_CELL, "TOO_LONG")

    def _break(self, concerned: pl.Series, reason: str) -> None:
        rows = self.frame.filter(concerned)
        self.broken += [(line, reason, record) for line, record in rows.select("lines", "texts").iter_rows()]
        self.frame = self.frame.filter(~concerned)

    def _keep(self, found: pl.DataFrame, dialect: Dialect) -> pl.Series | None:
        """Say which rows are data, or None where all are; what is not data is noted as ignored."""
        tokens = [re.escape(token) for token in dialect.totals + dialect.footers]
        suspects = pl.any_horizontal(pl.col("0").is_in(["", self.header[0]]))
        if tokens:
            suspects |= pl.col("0").str.contains(f"^(?:{'|'.join(tokens)})")
        doubtful = found.with_row_index("place").filter(suspects)
        if doubtful.is_empty():
            return None
        out = {}
        for place, *row in doubtful.iter_rows():
            reason = self._kind_of_row(tuple(cell.strip() for cell in row), dialect)
            if reason:
                out[place] = reason
        self.ignored += [(int(self.frame["lines"][place]), reason) for place, reason in out.items()]
        return ~pl.Series(range(found.height), dtype=pl.Int64).is_in(list(out)) if out else None

    def _kind_of_row(self, row: Header, dialect: Dialect) -> str | None:
        if row == self.header:
            return "REPEATED_HEADER"
        filled = [cell for cell in row if cell]
        if not filled:
            return "BLANK_ROW"
        sparse = len(filled) < len(row) and len(filled) <= max(2, len(row) // 3)
        return _kind_of_footer(filled[0], dialect) if sparse else None


def _first_cell(record: str, delimiter: str) -> str:
    return next((cell.strip() for cell in record_cells(record, delimiter) if cell.strip()), "")


def _kind_of_footer(cell: str, dialect: Dialect) -> str | None:
    for token in dialect.totals:
        if cell == token or (token.endswith("(") and cell.startswith(token)):
            return "TOTALS_ROW"
    return "FOOTER" if cell.startswith(dialect.footers or ("\n",)) else None
