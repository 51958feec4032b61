"""An export on its way from strings to rows: cells by canonical column, and what was found wrong with each record."""

from collections.abc import Sequence
from functools import cached_property

import polars as pl

from etl.cells import WHITESPACE
from etl.columns import Columns
from etl.conformed import KEY_SEPARATOR, REJECTS_SCHEMA
from etl.contract import keys_of
from etl.corrections import cells_as_json
from etl.grids import FORMULA, MERGED
from etl.natives import kind_of
from etl.reader import RawTable
from etl.words import distinct_words

WORD_COLUMNS = (
    "currency country is_deleted on_hold is_key is_active is_relevant is_closed is_won is_archived is_converted "
    "is_done is_company stage_raw furthest_stage_raw status_word status_reason "
    "business_type segment forecast_category lead_source loss_reason status_raw type_raw"
).split()


class Draft:
    """Cleaned cells of an export: columns named as in the tables, empty cells null; faults are noted by row."""

    def __init__(self, raw: RawTable, columns: Columns, null_words: Sequence[str]) -> None:
        self.columns = columns
        self.raw = raw
        self.ignored: list[pl.DataFrame] = []
        self._faults: list[pl.DataFrame] = []
        picked = {column: pl.col(str(place)) for column, place in columns.places.items()}
        picked |= {column: pl.col(str(place)) for column, place in columns.regions.items()}
        nulls = ["", *null_words]
        cleaned = {column: place.str.strip_chars(WHITESPACE) for column, place in picked.items()}
        if raw.has_guards:
            cleaned = {
                column: cell.str.replace(r"^'([=+\-@\d])", "$1").str.replace(r'^="([^"]*)"$', "$1")
                for column, cell in cleaned.items()
            }
        stripped = raw.cells.select(cell.alias(column) for column, cell in cleaned.items())
        places = columns.places | columns.regions
        kinds = [raw.kinds[str(places[name])].alias(kind_of(name)) for name in picked if str(places[name]) in raw.kinds]
        self.texts = stripped.select(
            pl.when(~pl.all().is_in(nulls) if null_words else pl.all() != "").then(pl.all()), raw.lines, raw.texts
        ).with_columns(kinds)
        self._refuse_unreadable_kinds(list(picked))

    def _refuse_unreadable_kinds(self, columns: Sequence[str]) -> None:
        """Reject rows with a formula without result, an error or a merged cell in a column that is used."""
        for column in columns:
            if kind_of(column) not in self.texts.columns:
                continue
            kind = pl.col(kind_of(column))
            self.fault((kind == FORMULA) & pl.col(column).is_not_null(), column, "FORMULA_CELL")
            self.fault(kind == MERGED, column, "MERGED_CELL")
            self.texts = self.texts.with_columns(
                pl.when(kind.is_null() | ~kind.is_in([FORMULA, MERGED])).then(column).alias(column)
            )

    @cached_property
    def distinct(self) -> dict[str, list[str]]:
        """The distinct texts of every column that holds words."""
        return distinct_words(self.texts, WORD_COLUMNS)

    def fault(self, concerned: pl.Series | pl.Expr, column: str | None, reason: str) -> None:
        """Note that the rows concerned are rejected, each for the same reason."""
        if isinstance(concerned, pl.Series) and not concerned.any():
            return
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

    def good(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give the rows of a typed frame with which nothing was found wrong."""
        if not self._faults:
            return frame
        bad = {line for faults in self._faults for line in faults["line"]}
        return frame.filter(~pl.col("line").is_in(list(bad)))

    def rejects(self) -> pl.DataFrame:
        """Give every fault that was noted, in the order of the file."""
        broken = pl.DataFrame(
            [(line, None, reason, text, None, None) for line, reason, text in self.raw.broken],
            schema=REJECTS_SCHEMA,
            orient="row",
        )
        found = pl.concat([broken.drop("cells"), *self._faults]).sort("line", maintain_order=True)
        cells = cells_as_json(self.raw, found["line"].unique())
        return found.join(cells, on="line", how="left", maintain_order="left")

    def keys(self, table: str) -> pl.Series:
        """Give each record's key as text; null where a part of it is empty."""
        return self.texts.select(pl.concat_str(keys_of(table), separator=KEY_SEPARATOR)).to_series().alias("record_key")

    def _note(self, rows: pl.DataFrame, column: pl.Expr, reason: pl.Expr) -> None:
        key = pl.col("record_key") if "record_key" in rows.columns else pl.lit(None, dtype=pl.String)
        named = [column.alias("column_name"), reason.alias("reason"), pl.col("raw"), key.alias("record_key")]
        self._faults.append(rows.select(pl.col("line"), *named))
