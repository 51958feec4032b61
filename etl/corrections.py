"""Rejected rows that were corrected and sent again: what they say beside the export's columns, and whose they are.

The file that people correct is text, whatever the export was. A cell that is a number or a date in the export itself
stays one: it is written plainly (1234.5, 2026-12-01) and never read under the signs of the profile.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import polars as pl

from etl.errors import Refused
from etl.grids import DATE, EXACT, PERCENT, ROUNDED
from etl.reader import Dialect, RawTable
from organisation.corrections import HIDDEN, LINE, LOAD, MARKS, restored, unguarded

AFTER = timedelta(microseconds=1)  # a correction is what its export should have said, and the export came first
_HEAD = 256 << 10
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PLAIN_PERCENTAGE = re.compile(r"-?\d+(\.\d+)?%")
_TWO_NUMBERS = re.compile(r"-?\d{1,3}\.\d{3}")  # 1.500: one and a half, or fifteen hundred
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?")
_CONTAINERS = (b"PK", b"\x1f\x8b")
Original = Callable[[str], RawTable]


@dataclass(frozen=True)
class Corrects:
    """The load whose rejected rows a file corrects; lines: each line of the file with the line that it corrects."""

    load_id: str
    lines: pl.DataFrame


def as_written(dialect: Dialect) -> Dialect:
    """Give how the file of an export's rejected rows is written: one header, no sheet, no backslashes."""
    return replace(dialect, header=(), header_rows=1, sheet=None, escapes=False)


def taken_back(
    raw: RawTable, original: Original, *, is_text: Callable[[str], bool]
) -> tuple[RawTable, Corrects | None]:
    """Give a file of corrected rows as its export would have written them; any other file as it is, with None.

    original gives the export that a load read; is_text says of a load whether all cells of its export are text.
    Raises Refused: MIXED_CORRECTIONS, MISSING_COLUMN.
    """
    if LOAD not in raw.header:
        return raw, None
    if LINE not in raw.header:
        raise Refused("MISSING_COLUMN", f'the column "{LINE}" says which row is corrected, and is not in the file')
    own = [place for place, name in enumerate(raw.header) if name not in MARKS]
    load_id, lines = _marks(raw)
    header = tuple(unguarded(raw.header[place]) for place in own)
    cells = raw.cells.select(
        pl.col(str(place)).str.replace(r"^'([=+\-@\t\r])", "$1").alias(str(new)) for new, place in enumerate(own)
    )
    empty = cells.select(pl.all_horizontal(pl.all().str.strip_chars() == "")).to_series()
    blank = [(int(line), "BLANK_ROW") for line in raw.lines.filter(empty)]
    corrected = replace(
        raw,
        header=header,
        cells=cells.filter(~empty),
        lines=raw.lines.filter(~empty),
        texts=raw.texts.filter(~empty),
        ignored=tuple(sorted([*raw.ignored, *blank])),
        kinds=pl.DataFrame(),
    )
    hides = cells.select(pl.any_horizontal(pl.all().str.contains(HIDDEN, literal=True))).to_series().any()
    if not hides and is_text(load_id):
        return corrected, Corrects(load_id, lines)
    exported = original(load_id)
    whole = _unmasked(corrected, lines, exported) if hides else corrected
    return _as_kept(whole, lines, exported), Corrects(load_id, lines)


def may_be_corrected(file: Path) -> bool:
    """Say whether a file's beginning names our own columns: such a file is short and read as a whole."""
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    return any(LOAD.encode(encoding) in head for encoding in ("ascii", "utf-16-le", "utf-16-be"))


def cells_as_json(raw: RawTable, lines: pl.Series) -> pl.DataFrame:
    """Give (line, cells) of some lines: the cells as a JSON list, as written."""
    found = raw.cells.with_columns(raw.lines.alias("line")).filter(pl.col("line").is_in(lines.implode()))
    texts = [json.dumps(cells, ensure_ascii=False) for cells in found.drop("line").iter_rows()]
    return pl.DataFrame({"line": found["line"], "cells": texts}, schema={"line": pl.Int64, "cells": pl.String}).unique(
        "line", keep="first"
    )


def is_plain_text(archive: Path, source: str, load_id: str) -> bool:
    """Say whether a load's file is neither a workbook, an archive nor JSON, so that its cells are text."""
    files = _files(archive, source, load_id)
    if not files:
        return True
    with files[0].open("rb") as stream:
        head = stream.read(1 << 10)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return not head.startswith(_CONTAINERS) and not start.startswith((b"{", b"["))


def original_file(archive: Path, source: str, load_id: str) -> Path:
    """Give the archived file of a load; raises Refused where there is none."""
    files = _files(archive, source, load_id)
    if not files:
        raise Refused("MIXED_CORRECTIONS", f'there is no load "{load_id}" of {source} whose rows could be corrected')
    return files[0]


def _files(archive: Path, source: str, load_id: str) -> list[Path]:
    folder = archive / source / Path(load_id).name
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _marks(raw: RawTable) -> tuple[str, pl.DataFrame]:
    loads = {cell.strip() for cell in raw.cells[str(raw.header.index(LOAD))]} - {""}
    if len(loads) != 1:
        raise Refused(
            "MIXED_CORRECTIONS",
            f'the column "{LOAD}" names {len(loads)} loads, expected one: send the rows of each load as a file',
        )
    given = raw.cells[str(raw.header.index(LINE))].str.strip_chars().cast(pl.Int64, strict=False)
    lines = pl.DataFrame({"line": raw.lines.cast(pl.Int64), "original": given})
    if lines["original"].null_count():
        first = lines.filter(pl.col("original").is_null())["line"][0]
        raise Refused(
            "MIXED_CORRECTIONS", f'line {first}: the column "{LINE}" holds no line number; leave it as it was'
        )
    return loads.pop(), lines


def _unmasked(raw: RawTable, lines: pl.DataFrame, exported: RawTable) -> RawTable:
    """Put back what the stars hide; a row whose stars cannot be resolved is broken."""
    hides = raw.cells.select(pl.any_horizontal(pl.all().str.contains(HIDDEN, literal=True))).to_series()
    places, rows, line_of = _places(raw, exported), _rows(lines, exported), dict(lines.iter_rows())
    fixed, broken = [], []
    for hidden, line, text, cells in zip(hides, raw.lines, raw.texts, raw.cells.iter_rows(), strict=True):
        put_back = _put_back(cells, rows.get(line_of[line]), places) if hidden else cells
        fixed.append(put_back or cells)
        if put_back is None:
            broken.append((int(line), "MASKED_CELL", str(text)))
    whole = pl.DataFrame(fixed, schema=raw.cells.schema, orient="row")
    return _without(replace(raw, cells=whole), broken)


def _as_kept(raw: RawTable, lines: pl.DataFrame, exported: RawTable) -> RawTable:
    """Say of each cell what it is in the export itself: a number, a date, text, or what cannot be used.

    A cell that a person changed is a number or a date where it is written as one beyond doubt; a row in which it can
    be read as two numbers is broken.
    """
    if exported.kinds.is_empty():
        return raw
    places, rows, line_of = _places(raw, exported), _rows(lines, exported), dict(lines.iter_rows())
    kinds_of = dict(zip(exported.lines, exported.kinds.iter_rows(named=True), strict=True))
    natives = {name: frozenset(kinds.drop_nulls()) for name, kinds in exported.kinds.to_dict().items()}
    found: dict[str, list[str | None]] = {str(at): [] for at, place in enumerate(places) if str(place) in natives}
    broken = []
    for line, text, cells in zip(raw.lines, raw.texts, raw.cells.iter_rows(), strict=True):
        row, kinds = rows.get(line_of[line]), kinds_of.get(line_of[line], {})
        for at, kept in found.items():
            cell, place = cells[int(at)], places[int(at)]
            is_unchanged = row is not None and place is not None and cell == row[place]
            kept.append(kinds[str(place)] if is_unchanged else _kind_of_changed(cell, natives[str(place)]))
            if not is_unchanged and natives[str(place)] & {EXACT, ROUNDED} and _TWO_NUMBERS.fullmatch(cell.strip()):
                broken.append((int(line), "TYPE_NUMBER", str(text)))
    kinds = pl.DataFrame(found, schema=dict.fromkeys(found, pl.String))
    return _without(replace(raw, kinds=kinds, since_1904=exported.since_1904), list(dict.fromkeys(broken)))


def _kind_of_changed(cell: str, natives: frozenset[str]) -> str | None:
    if natives & {EXACT, ROUNDED} and _PLAIN_NUMBER.fullmatch(cell.strip()):
        return EXACT
    if PERCENT in natives and _PLAIN_PERCENTAGE.fullmatch(cell.strip()):
        return PERCENT
    return DATE if DATE in natives and _PLAIN_DATE.fullmatch(cell.strip()) else None


def _without(raw: RawTable, broken: list[tuple[int, str, str]]) -> RawTable:
    good = ~raw.lines.is_in([line for line, _, _ in broken])
    return replace(
        raw,
        cells=raw.cells.filter(good),
        kinds=raw.kinds.filter(good) if raw.kinds.width else raw.kinds,
        lines=raw.lines.filter(good),
        texts=raw.texts.filter(good),
        broken=tuple(sorted([*raw.broken, *broken])),
    )


def _places(raw: RawTable, exported: RawTable) -> list[int | None]:
    known = {name: place for place, name in enumerate(exported.header)}
    return [known.get(name) for name in raw.header]


def _rows(lines: pl.DataFrame, exported: RawTable) -> dict[int, tuple[str, ...]]:
    wanted = set(lines["original"])
    return {line: row for line, row in zip(exported.lines, exported.cells.iter_rows(), strict=True) if line in wanted}


def _put_back(cells: Sequence[str], row: Sequence[str] | None, places: Sequence[int | None]) -> tuple[str, ...] | None:
    found: list[str] = []
    for cell, place in zip(cells, places, strict=True):
        original = row[place] if row is not None and place is not None else ""
        whole = restored(cell, original)
        if whole is None:
            return None
        found.append(whole)
    return tuple(found)
