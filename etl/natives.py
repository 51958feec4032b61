"""Cells that are numbers or dates in the file itself: read as they are, never under the signs of the profile."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from etl.cells import Reading, Typed
from etl.dates import Clock, Days, Instants
from etl.grids import DATE, EXACT, PERCENT, ROUNDED
from etl.numbers import Numbers, Signs
from etl.serials import DIGITS, moment_text

NUMBERS = (EXACT, ROUNDED)
UNLIKE_TEXT = (*NUMBERS, PERCENT, DATE)
_PLAIN = Signs(".", "")


def kind_of(column: str) -> str:
    """Give the name of the column that holds the kinds of a column's cells; it is there where not all are text."""
    return f"{column} kind"


def as_written(texts: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Give the texts with nothing, in the columns, where the file holds a number or a date that is not text."""
    native = [name for name in columns if kind_of(name) in texts.columns]
    return texts.with_columns(
        pl.when(~pl.col(kind_of(name)).is_in(UNLIKE_TEXT).fill_null(value=False)).then(name).alias(name)
        for name in native
    )


def tells_natives(reading: Reading) -> bool:
    """Say whether a reading is of numbers or dates; any other takes the text of a native cell."""
    return isinstance(reading, Numbers | Days | Instants)


@dataclass(frozen=True)
class Natives:
    """The native cells among texts; since_1904: numbers that are dates by declaration count from 1904."""

    texts: pl.DataFrame
    since_1904: bool

    def added_to(self, typed: Typed, name: str, reading: Reading) -> Typed:
        """Give a column as read from text, with the values or reasons of its native cells."""
        if kind_of(name) not in self.texts.columns or not tells_natives(reading):
            return typed
        kinds = self.texts[kind_of(name)]
        numbers = self._cells(name, kinds.is_in(NUMBERS))
        dates = self._cells(name, kinds == DATE)
        percents = self._cells(name, kinds == PERCENT)
        if isinstance(reading, Numbers):
            found = [Numbers(_PLAIN, reading.decimals).exact(numbers), _refused(typed, dates, "TYPE_NUMBER")]
            return _joined(typed, [*found, reading.under(_PLAIN).exact(percents)])
        assert isinstance(reading, Days | Instants)  # noqa: S101 - what tells_natives lets through
        plain = type(reading)(Clock("ymd", reading.clock.zone)).exact(dates)
        found = [plain, self._serials(typed, numbers, reading), _refused(typed, percents, "TYPE_DATE")]
        return _joined(typed, found)

    def damaged_ids(self, name: str) -> pl.Series:
        """Say which cells of a column lost their id: more digits than a spreadsheet keeps, or made a date or a %."""
        if kind_of(name) not in self.texts.columns:
            return pl.Series(name, [], dtype=pl.Boolean)
        kinds, texts = self.texts[kind_of(name)], self.texts[name]
        too_long = (kinds == ROUNDED) & (texts.str.strip_chars_start("-").str.len_chars() > DIGITS)
        return (too_long | kinds.is_in([DATE, PERCENT])).fill_null(value=False)

    def _cells(self, name: str, concerned: pl.Series) -> pl.Series:
        return self.texts[name].set(~concerned.fill_null(value=False), None)

    def _serials(self, typed: Typed, numbers: pl.Series, reading: "Days | Instants") -> Typed:
        """Read numbers as days since 1900 (or 1904) where the profile declares that; else none is a date."""
        if reading.clock.order != "excel_serial":
            return _refused(typed, numbers, "TYPE_DATE")
        moments = [None if text is None else moment_text(text, since_1904=self.since_1904) for text in numbers]
        texts = pl.Series(numbers.name, moments, dtype=pl.String).fill_null(numbers)
        return type(reading)(Clock("ymd", reading.clock.zone)).exact(texts)


def _refused(typed: Typed, cells: pl.Series, reason: str) -> Typed:
    nothing = pl.Series(typed.values.name, [None], dtype=typed.values.dtype).extend_constant(None, cells.len() - 1)
    if cells.null_count() == cells.len():
        return Typed(nothing)
    reasons = pl.select(pl.when(cells.is_not_null()).then(pl.lit(reason))).to_series()
    return Typed(nothing, reasons)


def _joined(typed: Typed, others: list[Typed]) -> Typed:
    values, reasons = typed.values, typed.reasons
    for other in others:
        values = values.fill_null(other.values)
        if other.reasons is not None:
            reasons = other.reasons if reasons is None else reasons.fill_null(other.reasons)
    return Typed(values, reasons)
