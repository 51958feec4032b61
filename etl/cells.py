"""A column of strings turned into values; what cannot be turned is named with its reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

Value = TypeVar("Value")
WHITESPACE = " \t\n\u00a0\u202f\u2009\u3000"


@dataclass(frozen=True)
class Unreadable:
    """Why one text is no value of the wanted type."""

    reason: str


@dataclass(frozen=True)
class Typed:
    """A typed column and the reasons of its unreadable cells, both row by row; no reason: null."""

    values: pl.Series
    reasons: pl.Series | None = None


class Reading(Generic[Value]):
    """Texts read one by one with each distinct text read once."""

    def __init__(self, read: Callable[[str], Value | Unreadable]) -> None:
        self.read = read

    def column(self, texts: pl.Series, dtype: pl.DataType) -> Typed:
        """Give the column of the texts' values; null stays null."""
        found = {text: self.read(text) for text in texts.unique().to_list() if text is not None}
        values = {text: value for text, value in found.items() if not isinstance(value, Unreadable)}
        reasons = {text: value.reason for text, value in found.items() if isinstance(value, Unreadable)}
        return Typed(mapped(texts, values, dtype), mapped(texts, reasons, pl.String()) if reasons else None)


def mapped(texts: pl.Series, words: Mapping[str, object], dtype: pl.DataType) -> pl.Series:
    """Give for each text what the words say of it, null where they say nothing."""
    if not words:
        return pl.Series(texts.name, [None] * texts.len(), dtype=dtype)
    old = pl.Series(list(words), dtype=pl.String)
    new = pl.Series(list(words.values()), dtype=dtype)
    return texts.replace_strict(old, new, default=None, return_dtype=dtype)


def merged(fast: pl.Series, texts: pl.Series, slow: Callable[[pl.Series], Typed]) -> Typed:
    """Give the fast reading where it found a value, and the slow one's value or reason for what it left."""
    left = fast.is_null() & texts.is_not_null()
    if not left.any():
        return Typed(fast)
    rest = slow(texts.set(~left, None))
    return Typed(fast.fill_null(rest.values), rest.reasons)
