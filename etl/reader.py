"""An export's bytes as strings: header, cells and lines; what stands around the data is recognised and counted."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from etl.archives import Archive
from etl.containers import Part, opened
from etl.encoding import decode, looks_garbled
from etl.errors import Refused
from etl.grids import Grid, cut_grid
from etl.header import DEEPEST_HEADER, Heading, Names, find_heading, heading_at, without_header
from etl.json_records import is_json, read_json
from etl.records import Records, cells, cut, record_cells, unescaped, well_quoted
from etl.workbook import read_workbook

LONGEST_CELL = 100_000
_SHOWN = 300
_DELIMITERS = (",", ";", "\t", "|")
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}]"
_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])
_SEP_LINE = re.compile(r'"?sep=(.)"?[;,\t]*\n', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How a profile says that a file is written; None means: not declared.

    is_header: says whether a record can be the header; footers, totals: how lines below the data begin;
    part: the file of an archive that holds the table; header: the names of columns of a file that has no header;
    header_rows: how many records make the header; escapes: a backslash takes the next character for itself;
    sheet: the sheet of a workbook.
    """

    is_header: Callable[[Sequence[str]], bool]
    encoding: str | None = None
    delimiter: str | None = None
    footers: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    part: Part = field(default_factory=Part)
    header: Names = ()
    header_rows: int = 1
    escapes: bool = False
    sheet: str | None = None


@dataclass(frozen=True)
class RawTable:
    """A file as strings.

    cells: columns "0", "1", … in the order of the header, as written; lines and texts stand beside them, row by row.
    broken: line, reason and text of records that have no cells; ignored: line and reason.
    kinds: columns named as the cells' with the kind (etl/grids.py) of each cell that is not text; a column of text only
    is left out. hidden_rows: rows that the sheet does not show; outside: rows with cells that stand under no header.
    """

    header: Names
    cells: pl.DataFrame
    lines: pl.Series
    texts: pl.Series
    broken: tuple[tuple[int, str, str], ...]
    ignored: tuple[tuple[int, str], ...]
    looks_garbled: bool
    has_guards: bool  # a cell starts with an apostrophe, or is a formula that says a text
    kinds: pl.DataFrame = field(default_factory=pl.DataFrame)
    hidden_rows: int = 0
    outside: int = 0
    since_1904: bool = False


def read_table(data: bytes, dialect: Dialect) -> RawTable:
    """Give a file's header and data as strings.

    Raises Refused: what opened raises, ENCODING, AMBIGUOUS_ENCODING, AMBIGUOUS_DELIMITER, QUOTE, DUP_HEADER, TOO_WIDE.
    Where no record can be the header, the first one is given as header.
    """
    document = opened(data, dialect.part)
    if isinstance(document, Archive):
        return _table_of(read_workbook(document, dialect.sheet), dialect)
    text = decode(document, dialect.encoding)
    if is_json(text):
        return _table_of(read_json(text), dialect)
    hint = _SEP_LINE.match(text)
    delimiter = _declared(dialect.delimiter) or (hint[1] if hint else None)
    if delimiter is None:
        delimiter = _only_delimiter(text, dialect)
    records = cut(unescaped(text, delimiter) if dialect.escapes else text, delimiter)
    if records.texts.is_empty():
        raise Refused("EMPTY_FILE", "the file holds no header")
    heading = _heading(records, delimiter, dialect) or _first_record(records, delimiter)
    first = records.lines[heading.place] if heading.rows else 0
    above = [*records.lines[: heading.place], *(line for line, _ in records.broken if line < first)]
    preamble = tuple((int(line), "PREAMBLE") for line in sorted(above))
    return _Body(records, heading, delimiter).table(dialect, preamble, text)


def read_piece(records: Records, heading: Heading, dialect: Dialect, text: str) -> RawTable:
    """Give the data of a piece of a file below its header: records, cut from the text, under the whole file's heading.

    The profile must declare the delimiter. Raises Refused TRUNCATED where the text ends within a record.
    """
    delimiter = _declared(dialect.delimiter) or ","
    headless = Heading(heading.names, heading.rows, -len(heading.rows))
    return _Body(records, headless, delimiter).table(dialect, (), text)


def heading_of(records: Records, dialect: Dialect) -> Heading | None:
    """Give the heading that stands in the uppermost records of a file with a declared delimiter, if any does."""
    return _heading(records, _declared(dialect.delimiter) or ",", dialect)


def _table_of(grid: Grid, dialect: Dialect) -> RawTable:
    table = cut_grid(grid, dialect.is_header, rows=dialect.header_rows, names=dialect.header)
    body = _Body(table.records, table.heading, ",")
    body.broken += grid.broken
    text = "\n".join(table.records.texts)
    found = body.table(dialect, tuple((line, "PREAMBLE") for line in table.preamble), f"\n{text}\n")
    kept = found.lines.to_frame().join(table.kinds, on="line", how="left", maintain_order="left")
    texts = found.texts if not grid.raws else found.lines.replace_strict(grid.raws, return_dtype=pl.String).alias("raw")
    return replace(
        found,
        texts=texts,
        kinds=kept.drop("line"),
        hidden_rows=grid.hidden_rows,
        outside=table.outside,
        since_1904=grid.since_1904,
    )


def _declared(delimiter: str | None) -> str | None:
    return {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter) if delimiter else None


def _only_delimiter(text: str, dialect: Dialect) -> str:
    headings, refusals = {}, []
    for delimiter in _DELIMITERS:
        try:
            records = cut(unescaped(text, delimiter) if dialect.escapes else text, delimiter)
        except Refused as refusal:
            refusals.append(refusal)
            continue
        heading = None if records.texts.is_empty() else _heading(records, delimiter, dialect)
        if heading:
            headings[delimiter] = heading
    # a table of one column looks the same under every delimiter
    fitting = [delimiter for delimiter, heading in headings.items() if len(heading.names) > 1] or [*headings][:1]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and refusals:
        raise refusals[0]
    if not fitting:
        begins = text.strip().partition("\n")[0][:_SHOWN]
        raise Refused(
            "MISSING_COLUMN",
            f'under no delimiter (comma, semicolon, tab, bar) stand the key columns; the file begins with "{begins}"'
            '. Name their headers under "columns:" of the profile',
        )
    raise Refused("AMBIGUOUS_DELIMITER", f"the profile names no delimiter; possible: {' '.join(map(repr, fitting))}")


def _heading(records: Records, delimiter: str, dialect: Dialect) -> Heading | None:
    uppermost = (record_cells(record, delimiter) for record in records.texts[:DEEPEST_HEADER])
    if dialect.header:
        fits = any(len(record) == len(dialect.header) for record in uppermost)
        return without_header(dialect.header) if fits else None
    return find_heading(uppermost, dialect.is_header, rows=dialect.header_rows)


def _first_record(records: Records, delimiter: str) -> Heading:
    """Give the heading that is told to people where no record can be it."""
    place = 1 if _SEP_LINE.match(records.texts[0] + "\n") and records.texts.len() > 1 else 0
    return heading_at(0, [record_cells(records.texts[place], delimiter)])


class _Body:
    """What stands below the header, sorted into data, broken records and what is ignored."""

    def __init__(self, records: Records, heading: Heading, delimiter: str) -> None:
        self.header = heading.names
        self.heading = heading
        self.delimiter = delimiter
        start = heading.below
        first_line = int(records.lines[heading.place]) if heading.rows and start else 0
        self.broken = [(line, "QUOTE", text) for line, text in records.broken if line > first_line]
        self.ignored: list[tuple[int, str]] = []
        self.frame = pl.DataFrame([records.lines[start:], records.texts[start:], records.widths[start:]])

    def table(self, dialect: Dialect, preamble: tuple[tuple[int, str], ...], text: str) -> RawTable:
        fits = self.frame["widths"] == len(self.header)
        if not fits.all():
            self._refuse_quoted_as_a_whole(self.frame["lines"], self.frame["texts"])
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
            looks_garbled=looks_garbled(text),
            has_guards=_has_guards(text, self.delimiter),
        )

    def _refuse_quoted_as_a_whole(self, lines: pl.Series, texts: pl.Series) -> None:
        """Refuse a file whose every record is one quoted cell that holds the record."""
        cells_of = (record_cells(text, self.delimiter) for text in texts)  # the first usual record ends the search
        if all(len(cells) == 1 and self._holds_a_record(cells[0]) for cells in cells_of):
            raise Refused(
                "RAGGED",
                f"every record from line {lines[0]} on is quoted as a whole: one cell that holds the text of "
                f"{len(self.header)}; export the table again without quoting its lines",
            )

    def _holds_a_record(self, cell: str) -> bool:
        return well_quoted(cell, self.delimiter) and len(record_cells(cell, self.delimiter)) == len(self.header) > 1

    def _sort_ragged(self, ragged: pl.DataFrame, dialect: Dialect, text: str) -> None:
        last_data = self.frame.filter(pl.col("widths") == len(self.header))["lines"].max()
        last_line = self.frame["lines"].max()
        in_footer = False
        for line, record, width in ragged.iter_rows():
            first = _first_cell(record, self.delimiter)
            reason = _kind_of_footer(first, dialect)
            below_data = not isinstance(last_data, int) or line > last_data
            in_footer = in_footer or (below_data and reason is not None)
            if not first:
                self.ignored.append((line, "BLANK_ROW"))
            elif reason or in_footer:
                self.ignored.append((line, reason or "FOOTER"))
            elif line == last_line and width < len(self.header) and not text.endswith("\n"):
                raise Refused("TRUNCATED", f"the file ends in the middle of the record of line {line}")
            else:
                self.broken.append((line, "RAGGED", record))

    def _put_apart_unreadable(self, text: str) -> None:
        encoded = text.encode()
        if len(encoded.translate(None, _CONTROL_BYTES)) != len(encoded) or re.search(b"\xc2[\x80-\x9f]", encoded):
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
        suspects = pl.col("0").str.strip_chars().is_in(["", *(row[0] for row in self.heading.rows)])
        if tokens:
            suspects |= pl.col("0").str.contains(rf"^\s*(?:{'|'.join(tokens)})")
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

    def _kind_of_row(self, row: Names, dialect: Dialect) -> str | None:
        if any(row == own for own in self.heading.rows):
            return "REPEATED_HEADER"
        filled = [cell for cell in row if cell]
        if not filled:
            return "BLANK_ROW"
        sparse = len(filled) < len(row) and len(filled) <= max(2, len(row) // 3)
        return _kind_of_footer(filled[0], dialect) if sparse else None


def _has_guards(text: str, delimiter: str) -> bool:
    """Say whether a cell begins as one does that a spreadsheet must not take for a formula; one sign is found fast."""
    by_formula = '"' in text and '"=""' in text
    return by_formula or ("'" in text and any(f"{sign}'" in text for sign in ("\n", '"', delimiter)))


def _first_cell(record: str, delimiter: str) -> str:
    plain = record.partition(delimiter)[0].strip()
    if plain and '"' not in plain:
        return plain
    return next((cell.strip() for cell in record_cells(record, delimiter) if cell.strip()), "")


def _kind_of_footer(cell: str, dialect: Dialect) -> str | None:
    for token in dialect.totals:
        if cell == token or (token.endswith("(") and cell.startswith(token)):
            return "TOTALS_ROW"
    return "FOOTER" if cell.startswith(dialect.footers or ("\n",)) else None
