"""An export as the warehouse wants it: typed rows, and everything else with its line and reason."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from etl.errors import EtlError
from etl.reasons import IGNORED, REJECTED, WARNINGS

REJECTS_SCHEMA = {
    "line": pl.Int64(),
    "column_name": pl.String(),
    "reason": pl.String(),
    "raw": pl.String(),
    "record_key": pl.String(),
}
IGNORED_SCHEMA = {"line": pl.Int64(), "reason": pl.String()}
WARNINGS_SCHEMA = {"code": pl.String(), "column_name": pl.String(), "word": pl.String(), "rows": pl.Int64()}
KEY_SEPARATOR = "\u241f"


@dataclass(frozen=True)
class Conformed:
    """One export, read. The balance holds: rows_in = rows + distinct rejected records + ignored records.

    rows: the canonical columns, typed, and line; rejects: one row for each fault, so a record may stand there twice;
    record_key: the key columns' text without source, joined by KEY_SEPARATOR.
    """

    table: str
    rows: pl.DataFrame
    rejects: pl.DataFrame
    ignored: pl.DataFrame
    warnings: pl.DataFrame
    rows_in: int
    exported_at: datetime
    exported_at_from: str

    def __post_init__(self) -> None:
        for reasons, known in (
            (self.rejects["reason"], REJECTED),
            (self.ignored["reason"], IGNORED),
            (self.warnings["code"], WARNINGS),
        ):
            unknown = set(reasons) - set(known)
            if unknown:
                raise EtlError(f"{self.table}: {', '.join(sorted(unknown))} is no reason class")
        found = self.rows.height + self.rejected + self.ignored.height
        if found != self.rows_in:
            raise EtlError(
                f"{self.table}: {self.rows_in} records were read, but {self.rows.height} loaded, {self.rejected} "
                f"rejected and {self.ignored.height} ignored make {found}"
            )

    @property
    def rejected(self) -> int:
        """Records that were rejected, each counted once."""
        return self.rejects["line"].n_unique()
