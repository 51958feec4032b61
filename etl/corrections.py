"""Rejected rows that were corrected and sent again: what they say beside the export's columns, and whose they are."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import polars as pl

from etl.errors import Refused
from etl.reader import RawTable
from organisation.corrections import HIDDEN, LINE, LOAD, MARKS, restored, unguarded

AFTER = timedelta(microseconds=1)  # a correction is what its export should have said, and the export came first
_HEAD = 256 << 10
Original = Callable[[str], RawTable]


@dataclass(frozen=True)
class Corrects:
    """The load whose rejected rows a file corrects; lines: each line of the file with the line that it corrects."""

    load_id: str
    lines: pl.DataFrame


def taken_back(raw: RawTable, original: Original) -> tuple[RawTable, Corrects | None]:
    """Give a file of corrected rows as its export would have written them; any other file as it is, with None.

    original gives the export that a load read. Raises Refused: MIXED_CORRECTIONS, MISSING_COLUMN.
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
    )
    return _unmasked(corrected, lines, load_id, original), Corrects(load_id, lines)


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


def original_file(archive: Path, source: str, load_id: str) -> Path:
    """Give the archived file of a load; raises Refused where there is none."""
    folder = archive / source / Path(load_id).name
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    if not files:
        raise Refused("MIXED_CORRECTIONS", f'there is no load "{load_id}" of {source} whose rows could be corrected')
    return files[0]


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


def _unmasked(raw: RawTable, lines: pl.DataFrame, load_id: str, original: Original) -> RawTable:
    """Put back what the stars hide; a row whose stars cannot be resolved is broken."""
    hides = raw.cells.select(pl.any_horizontal(pl.all().str.contains(HIDDEN, literal=True))).to_series()
    if not hides.any():
        return raw
    exported = original(load_id)
    known = {name: place for place, name in enumerate(exported.header)}
    places = [known.get(name) for name in raw.header]
    wanted = set(lines["original"])
    rows = {line: row for line, row in zip(exported.lines, exported.cells.iter_rows(), strict=True) if line in wanted}
    line_of = dict(lines.iter_rows())
    fixed, broken = [], []
    for hidden, line, text, cells in zip(hides, raw.lines, raw.texts, raw.cells.iter_rows(), strict=True):
        put_back = _put_back(cells, rows.get(line_of[line]), places) if hidden else cells
        fixed.append(put_back or cells)
        if put_back is None:
            broken.append((int(line), "MASKED_CELL", str(text)))
    good = ~raw.lines.is_in([line for line, _, _ in broken])
    whole = pl.DataFrame(fixed, schema=raw.cells.schema, orient="row")
    return replace(
        raw,
        cells=whole.filter(good),
        lines=raw.lines.filter(good),
        texts=raw.texts.filter(good),
        broken=tuple(sorted([*raw.broken, *broken])),
    )


def _put_back(cells: Sequence[str], row: Sequence[str] | None, places: Sequence[int | None]) -> tuple[str, ...] | None:
    found: list[str] = []
    for cell, place in zip(cells, places, strict=True):
        original = row[place] if row is not None and place is not None else ""
        whole = restored(cell, original)
        if whole is None:
            return None
        found.append(whole)
    return tuple(found)
