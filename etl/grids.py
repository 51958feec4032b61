"""A table whose cells stand apart already, a workbook's sheet or JSON: where its header is, and its rows as records."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from etl.errors import Refused
from etl.header import DEEPEST_HEADER, Heading, Names, plain_name, sound
from etl.records import Records

TEXT = "t"
EXACT = "e"  # a number whose every digit is written, as JSON does
ROUNDED = "r"  # a number that a spreadsheet keeps, exact to 15 digits
PERCENT = "p"  # such a number, shown as a percentage: 12.5%
DATE = "d"  # a date or an instant's wall clock in ISO form
FORMULA = "f"  # a formula without result, or an error in its place
MERGED = "m"  # a cell merged with those of other rows or columns
KINDS = {TEXT: None, EXACT: EXACT, ROUNDED: ROUNDED, PERCENT: PERCENT, DATE: DATE, FORMULA: FORMULA, MERGED: MERGED}
Area = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class GridRow:
    """The filled cells of one row: their columns from 0, texts, and kinds, one letter a cell."""

    line: int
    places: tuple[int, ...]
    texts: tuple[str, ...]
    kinds: str

    def text_at(self, place: int) -> str:
        """Give the text in a column, empty where there is none."""
        at = bisect_left(self.places, place)
        return self.texts[at] if at < len(self.places) and self.places[at] == place else ""


@dataclass(frozen=True)
class Grid:
    """The rows that hold anything, in their order.

    merged: areas by first row, first column, last row, last column; raws: the text of a row where it is not made of
    its cells, by line; broken: line, reason and text of what is no row; names:
    of the columns, where no row is the header.
    """

    rows: list[GridRow]
    merged: list[Area] = field(default_factory=list)
    hidden_rows: int = 0
    since_1904: bool = False
    raws: dict[int, str] = field(default_factory=dict)
    broken: tuple[tuple[int, str, str], ...] = ()
    names: Names = ()


@dataclass(frozen=True)
class Table:
    """A grid cut into header and records, each record a line of comma-separated text; those of the header come first.

    kinds: line and columns "0", "1", … with the kind of each cell that is no text; outside: rows with cells that
    stand under no header.
    """

    heading: Heading
    preamble: tuple[int, ...]
    records: Records
    kinds: pl.DataFrame
    outside: int


def cut_grid(grid: Grid, is_header: Callable[[Sequence[str]], bool], *, rows: int = 1, names: Names = ()) -> Table:
    """Give the header, which may take several rows, and what stands below it; names: of a grid without header.

    Raises Refused: EMPTY_FILE, TOO_WIDE, DUP_HEADER.
    """
    if not grid.rows:
        raise Refused("EMPTY_FILE", "there is no row at all")
    names = grid.names or names
    rows = 0 if names else rows
    place, named = (0, dict(enumerate(names))) if names else _header(grid, is_header, rows)
    columns = sorted(named)
    from_header = grid.rows[place:]
    own = tuple(tuple(plain_name(row.text_at(column)) for column in columns) for row in from_header[:rows])
    heading = Heading(sound(tuple(plain_name(named[column]) for column in columns)), own, 0)
    below = from_header[rows:]
    in_body = [area for area in grid.merged if below and area[0] >= below[0].line]
    covered = _merged_cells(in_body, below, columns)
    texts, kinds = [], []
    for row in from_header:
        at = dict(zip(row.places, zip(row.texts, row.kinds, strict=True), strict=True))
        cells = [at.get(column, ("", TEXT)) for column in columns]
        texts.append(csv_line([text for text, _ in cells]))
        merged = covered.get(row.line, ())
        kinds.append(
            "".join(MERGED if column in merged else kind for column, (_, kind) in zip(columns, cells, strict=True))
        )
    lines = pl.Series("lines", [row.line for row in from_header], dtype=pl.Int64)
    widths = pl.Series("widths", [len(columns)] * len(from_header), dtype=pl.Int64)
    records = Records(lines, pl.Series("texts", texts, dtype=pl.String), widths, ())
    outside = sum(any(column not in named for column in row.places) for row in below)
    return Table(heading, tuple(row.line for row in grid.rows[:place]), records, _kinds(lines, kinds), outside)


def csv_line(cells: Sequence[str]) -> str:
    """Give cells as one record of comma-separated text."""
    line = ",".join(cells)
    if '"' not in line and "\n" not in line and line.count(",") == len(cells) - 1:
        return line
    doubled = (cell.replace('"', '""') for cell in cells)
    return ",".join(f'"{cell}"' if any(sign in cell for sign in ',"\n') else cell for cell in doubled)


def _header(grid: Grid, is_header: Callable[[Sequence[str]], bool], header_rows: int) -> tuple[int, dict[int, str]]:
    """Give the header's place among the rows, the first where none fits, and its names by column."""
    first: dict[int, str] | None = None
    for place in range(min(DEEPEST_HEADER, len(grid.rows))):
        names = _names(grid.rows[place : place + header_rows], grid.merged)
        if is_header(list(names.values())):
            return place, names
        first = first or names
    return 0, first or {}


def _names(rows: Sequence[GridRow], merged: Sequence[Area]) -> dict[int, str]:
    if len(rows) == 1:
        return {
            place: name for place, text in zip(rows[0].places, rows[0].texts, strict=True) if (name := plain_name(text))
        }
    places = sorted({place for row in rows for place in row.places})
    anchors = {row.line: {p: (row, p) for p in row.places} for row in rows}
    by_line = {row.line: row for row in rows}
    for top, left, bottom, right in merged:
        for line in range(max(top, rows[0].line), min(bottom, rows[-1].line) + 1):
            if line in anchors and top in by_line:
                covered = [place for place in places if left <= place <= right]
                anchors[line].update(dict.fromkeys(covered, (by_line[top], left)))
    parts = {
        place: [row.text_at(at) for each in rows for row, at in [anchors[each.line].get(place, (each, place))]]
        for place in places
    }
    return {
        place: name
        for place, texts in parts.items()
        for name in [" ".join(dict.fromkeys(filter(None, map(plain_name, texts))))]
        if name
    }


def _merged_cells(merged: Sequence[Area], rows: Sequence[GridRow], columns: Sequence[int]) -> dict[int, set[int]]:
    """Give the columns of each line that are merged with others, among the lines that hold anything."""
    lines = [row.line for row in rows]
    found: dict[int, set[int]] = {}
    for top, left, bottom, right in merged:
        if (top, left) == (bottom, right):
            continue
        covered = columns[bisect_left(columns, left) : bisect_left(columns, right + 1)]
        for line in lines[bisect_left(lines, top) : bisect_left(lines, bottom + 1)]:
            found.setdefault(line, set()).update(covered)
    return found


def _kinds(lines: pl.Series, kinds: Sequence[str]) -> pl.DataFrame:
    """Give the kinds as columns; a column whose cells are all text is left out."""
    columns = {
        str(place): pl.Series([KINDS[kind] for kind in of_column], dtype=pl.String)
        for place, of_column in enumerate(zip(*kinds, strict=True))
        if set(of_column) != {TEXT}
    }
    return pl.DataFrame({"line": lines, **columns})
