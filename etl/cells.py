"""A column of strings turned into values: fast where the writing is plain, exactly for the rest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import polars as pl

Value = TypeVar("Value")
WHITESPACE = " \t\n\u00a0\u202f\u2009\u3000"
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_NARROW = _WIDE | {0x3000: " ", 0xFFE5: "¥", 0xFFE1: "£", 0x2212: "-"}


@dataclass(frozen=True)
class Unreadable:
    """Why one text is no value of the wanted type."""

    reason: str


@dataclass(frozen=True)
class Typed:
    """A typed column and the reasons of its unreadable cells, both row by row; no reason: null."""

    values: pl.Series
    reasons: pl.Series | None = None


class Reading(Protocol):
    """How the texts of a column become values.

    fast: an expression over the column of texts, null where it cannot say; exact: the values and reasons of texts.
    What fast gives is what exact would give.
    """

    def fast(self, texts: pl.Series) -> pl.Expr:
        """Give the expression that reads what is written plainly; the texts show how that is."""

    def exact(self, texts: pl.Series) -> Typed:
        """Give every value, or the reason why there is none."""


class OneByOne(Generic[Value]):
    """Texts read one by one, each distinct text once."""

    def __init__(self, read: Callable[[str], Value | Unreadable], dtype: pl.DataType) -> None:
        self.read = read
        self.dtype = dtype

    def exact(self, texts: pl.Series) -> Typed:
        """Give the column of the texts' values; null stays null."""
        found = {text: self.read(text) for text in texts.unique().to_list() if text is not None}
        values = {text: value for text, value in found.items() if not isinstance(value, Unreadable)}
        reasons = {text: value.reason for text, value in found.items() if isinstance(value, Unreadable)}
        return Typed(mapped(texts, values, self.dtype), mapped(texts, reasons, pl.String()) if reasons else None)

    def of_words(self, column: str, words: Iterable[str]) -> pl.Expr:
        """Give the expression that reads those words of a column."""
        found = {word: self.read(word) for word in words}
        return meaning(
            column, {word: value for word, value in found.items() if not isinstance(value, Unreadable)}, self.dtype
        )


def read_columns(texts: pl.DataFrame, readings: Mapping[str, Reading]) -> dict[str, Typed]:
    """Give every column of a frame read as told; all fast readings are done at once."""
    if not readings:
        return {}
    fast = texts.select(reading.fast(texts[name]).alias(name) for name, reading in readings.items())
    gaps = fast.select(pl.all().null_count()).row(0)
    empty = texts.select(pl.col(*readings).null_count()).row(0)
    return {
        name: Typed(fast[name]) if gap == none else merged(fast[name], texts[name], readings[name].exact)
        for name, gap, none in zip(readings, gaps, empty, strict=True)
    }


def merged(fast: pl.Series, texts: pl.Series, exact: Callable[[pl.Series], Typed]) -> Typed:
    """Give the fast reading where it found a value, and the exact one's value or reason for what it left."""
    left = fast.is_null() & texts.is_not_null()
    if not left.any():
        return Typed(fast)
    rest = exact(texts.set(~left, None))
    return Typed(fast.fill_null(rest.values), rest.reasons)


def meaning(column: str, words: Mapping[str, object], dtype: pl.DataType) -> pl.Expr:
    """Give the expression for what the words say of each text of a column, null where they say nothing."""
    if not words:
        return pl.when(pl.col(column).is_null()).then(pl.lit(None, dtype=dtype)).alias(column)
    old, new = pl.Series(list(words), dtype=pl.String), pl.Series(list(words.values()), dtype=dtype)
    return pl.col(column).replace_strict(old, new, default=None, return_dtype=dtype)


def mapped(texts: pl.Series, words: Mapping[str, object], dtype: pl.DataType) -> pl.Series:
    """Give for each text what the words say of it, null where they say nothing."""
    return pl.DataFrame([texts.alias("text")]).select(meaning("text", words, dtype).alias(texts.name)).to_series()


def narrowed(text: str) -> str:
    """Give a text with the full-width forms of East Asian keyboards as plain ones.

    Nothing else is folded: superscripts, fractions and digits of other scripts are no digits of a number here.
    """
    return text if text.isascii() else text.translate(_NARROW)


def first_text(texts: pl.Series) -> str | None:
    """Give the first text that is not null."""
    first = texts.first(ignore_nulls=True)
    return first if isinstance(first, str) else None
