"""An export as the warehouse wants it: typed rows, and everything else with its line and reason."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path

import polars as pl

from etl.corrections import Corrects
from etl.errors import EtlError
from etl.reasons import IGNORED, REJECTED, WARNINGS

REJECTS_SCHEMA = {
    "line": pl.Int64(),
    "column_name": pl.String(),
    "reason": pl.String(),
    "raw": pl.String(),
    "record_key": pl.String(),
    "cells": pl.String(),
}
IGNORED_SCHEMA = {"line": pl.Int64(), "reason": pl.String()}
WARNINGS_SCHEMA = {"code": pl.String(), "column_name": pl.String(), "word": pl.String(), "rows": pl.Int64()}
BY_FILE_FROM = 4 << 20  # larger frames go from process to process as a file
Warned = tuple[str, str | None, str | None, int]  # code, column, word, rows
KEY_SEPARATOR = "\u241f"
PART_SEPARATOR = ":"


@dataclass(frozen=True)
class Conformed:
    """One export, read. The balance holds: rows_in = loaded rows + distinct rejected records + ignored records.

    rows: the canonical columns, typed, and line; rejects: one row for each fault, so a record may stand there twice;
    record_key: the key columns' text without source, joined by KEY_SEPARATOR; cells: the record's cells as a JSON list,
    in the order of the header; corrects: whose rejected rows these are, corrected and sent again;
    unchanged: the rows that stand as in the export before and were not read again, which are not among rows: the key
    columns, row_hash and what the gate and the ledger look at.
    """

    table: str
    rows: pl.DataFrame
    rejects: pl.DataFrame
    ignored: pl.DataFrame
    warnings: pl.DataFrame
    rows_in: int
    exported_at: datetime
    exported_at_from: str
    header: tuple[str, ...] = ()
    corrects: Corrects | None = None
    unchanged: pl.DataFrame = field(default_factory=pl.DataFrame)

    def __post_init__(self) -> None:
        for reasons, known in (
            (self.rejects["reason"], REJECTED),
            (self.ignored["reason"], IGNORED),
            (self.warnings["code"], WARNINGS),
        ):
            unknown = set(reasons) - set(known)
            if unknown:
                raise EtlError(f"{self.table}: {', '.join(sorted(unknown))} is no reason class")
        found = self.loaded + self.rejected + self.ignored.height
        if found != self.rows_in:
            raise EtlError(
                f"{self.table}: {self.rows_in} records were read, but {self.loaded} loaded, {self.rejected} "
                f"rejected and {self.ignored.height} ignored make {found}"
            )

    @property
    def loaded(self) -> int:
        """Rows that load, unchanged ones included."""
        return self.rows.height + self.unchanged.height

    def shown(self, *columns: str) -> pl.DataFrame:
        """Give columns of all rows that load, those that the table has."""
        parts = [self.rows, *([self.unchanged] if self.unchanged.height else [])]
        return pl.concat([part.select(name for name in columns if name in self.rows.columns) for part in parts])

    @property
    def rejected(self) -> int:
        """Records that were rejected, each counted once."""
        return self.rejects["line"].n_unique()

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """Send large rows as a file that the receiver reads and removes: pickling would hold them three times over."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("rows", "unchanged"):
            if values[name].estimated_size() >= BY_FILE_FROM:
                values[name] = spilled(values[name])
        return _received, tuple(values.values())


def in_export(part: str, ids: pl.Series) -> pl.Series:
    """Give ids as they are stored of a further export of a table: with its name, since other exports count again."""
    return (part + PART_SEPARATOR + ids).alias(ids.name)


def spilled(rows: pl.DataFrame) -> Path:
    """Write rows to a temporary file of their own; packed, since few columns are full: a fifth of the bytes."""
    handle, name = tempfile.mkstemp(prefix="denominator", suffix=".arrow")
    os.close(handle)
    rows.write_ipc(name, compression="lz4", compat_level=pl.CompatLevel.newest())
    return Path(name)


def collected(files: Sequence[Path]) -> pl.DataFrame:
    """Give the rows of spilled files, one below the other, and remove the files."""
    rows = pl.concat([pl.read_ipc(file) for file in files])
    for file in files:
        file.unlink(missing_ok=True)
    return rows


def _received(*values: object) -> Conformed:
    return Conformed(*(collected([value]) if isinstance(value, Path) else value for value in values))  # type: ignore[arg-type]
