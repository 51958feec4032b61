"""An export on its way from strings to rows: cells by canonical column, and what was found wrong with each record."""

from collections.abc import Sequence

import polars as pl

from etl.cells import WHITESPACE
from etl.columns import Columns
from etl.conformed import KEY_SEPARATOR, REJECTS
from etl.contract import keys_of
from etl.reader import RawTable


class Draft:
    """Cleaned cells of an export: columns named as in the tables, empty cells null; faults are noted by row."""

    def __init__(self, raw: RawTable, columns: Columns, null_words: Sequence[str]) -> None:
        self.columns = columns
        self.raw = raw
        self.ignored: list[pl.DataFrame] = []
        self._faults: list[pl.DataFrame] = []
        picked = {column: pl.col(str(place)) for column, place in columns.places.items()}
        if columns.region is not None:
            picked["region_word"] = pl.col(str(columns.region))
        texts = raw.cells.select(
            pl.when(cell != "").then(cell).alias(column)
            for column, place in picked.items()
            for cell in [place.str.strip_chars(WHITESPACE)]
        )
        if null_words:
            texts = texts.select(pl.when(~pl.all().is_in(list(null_words))).then(pl.all()))
        if any("'" in text for text in raw.texts.head(50)) or raw.texts.str.contains("'", literal=True).any():
            texts = texts.select(pl.all().str.replace(r"^'([=+\-@\d])", "$1"))
        self.texts = texts.with_columns(raw.lines, raw.texts)

    @property
    def height(self) -> int:
        """Records that are still on their way."""
        return self.texts.height

    def fault(self, concerned: pl.Series | pl.Expr, column: str | None, reason: str) -> None:
        """Note that the rows concerned are rejected, each for the same reason."""
        found = self.texts.filter(concerned)
        if not found.is_empty():
            self._note(found, pl.lit(column, dtype=pl.String), pl.lit(reason))

    def faults(self, reasons: pl.Series | None, column: str) -> None:
        """Note the rows that have a reason, each for its own."""
        if reasons is not None and reasons.null_count() < reasons.len():
            found = self.texts.with_columns(reasons.alias("reason")).filter(pl.col("reason").is_not_null())
            self._note(found, pl.lit(column), pl.col("reason"))

    def drop(self, concerned: pl.Series, reason: str) -> None:
        """Leave the rows concerned out as ignored."""
        out = self.texts.filter(concerned)
        self.ignored.append(out.select("line", pl.lit(reason).alias("reason")))
        self.texts = self.texts.filter(~concerned)

    def bad(self) -> pl.Series:
        """Say of each row whether something was found wrong with it."""
        return self.texts["line"].is_in(self.rejects()["line"].implode())

    def rejects(self) -> pl.DataFrame:
        """Give every fault that was noted, in the order of the file."""
        broken = pl.DataFrame(
            [(line, None, reason, text, None) for line, reason, text in self.raw.broken], schema=REJECTS, orient="row"
        )
        return pl.concat([broken, *self._faults]).sort("line", maintain_order=True)

    def keys(self, table: str) -> pl.Series:
        """Give each record's key as text; null where a part of it is empty."""
        return self.texts.select(pl.concat_str(keys_of(table), separator=KEY_SEPARATOR)).to_series().alias("record_key")

    def _note(self, rows: pl.DataFrame, column: pl.Expr, reason: pl.Expr) -> None:
        key = pl.col("record_key") if "record_key" in rows.columns else pl.lit(None, dtype=pl.String)
        named = [column.alias("column_name"), reason.alias("reason"), pl.col("raw"), key.alias("record_key")]
        self._faults.append(rows.select(pl.col("line"), *named))
