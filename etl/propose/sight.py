"""What the values of one unknown column look like: dates, numbers, currencies, persons, words of few kinds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from etl.cells import WHITESPACE, Unreadable
from etl.dates import Order, read_moment
from etl.numbers import COMMA, DOT, read_money
from etl.words import booleans, countries, currencies

ORDERS: tuple[Order, ...] = ("ymd", "dmy", "mdy")
LOOKED_AT = 20_000  # distinct values of a column that are judged
JUDGED = 2_000  # of those, how many say what kind of values a column holds
MOSTLY = 0.9
PIVOT = "70"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
_PHONE = re.compile(r"\+?[\d\s()/.-]{8,20}")
_PERSON = re.compile(r"[^\W\d_][\w'’.-]+(?: [^\W\d_][\w'’.-]*){1,2}")
_SERIAL = re.compile(r"[34]\d{4}(?:\.\d+)?|[56]\d{4}(?:\.\d+)?")
NULLS = ("", "-", "#N/A", "\\N", "NULL", "null", "None", "n/a", "N/A")


@dataclass(frozen=True)
class Sight:
    """One column as it was found: rows that have a value, distinct values in the order of the file."""

    name: str
    place: int
    rows: int
    filled: int
    values: tuple[str, ...]
    distinct: int

    @property
    def examples(self) -> tuple[str, ...]:
        """Three values."""
        return self.values[:3]

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value and none stands twice."""
        return 0 < self.rows == self.filled == self.distinct

    @property
    def is_words(self) -> bool:
        """Whether few values stand again and again."""
        return 0 < self.distinct <= 60 and (self.distinct <= 12 or self.distinct * 4 <= self.filled)

    @cached_property
    def number_share(self) -> float:
        """How many of the values can be numbers."""
        return _share(self.values[:JUDGED], is_number)

    @cached_property
    def date_share(self) -> float:
        """How many of the values can be dates."""
        return _share(self.values[:JUDGED], lambda text: is_date(text, None) or is_date(text, PIVOT))

    @cached_property
    def looks_like(self) -> frozenset[str]:
        """The kinds that nearly all values can be: date, serial, number, boolean, currency, country, email, …"""
        judged = self.values[:JUDGED]
        if not judged:
            return frozenset()
        tests = {
            "serial": lambda text: _SERIAL.fullmatch(text) is not None,
            "email": lambda text: _EMAIL.fullmatch(text) is not None,
            "phone": lambda text: _PHONE.fullmatch(text) is not None and sum(map(str.isdigit, text)) >= 8,
            "person": lambda text: _PERSON.fullmatch(text) is not None and text.istitle(),
        }
        found = {kind for kind, test in tests.items() if _share(judged, test) >= MOSTLY}
        found |= {"number"} if self.number_share >= MOSTLY else set()
        found |= {"date"} if self.date_share >= MOSTLY else set()
        if self.is_words:
            found |= {kind for kind, known in self._words_known().items() if known >= MOSTLY * len(judged)}
        if "date" in found:
            found -= {"number", "phone"}
        return frozenset(found)

    def _words_known(self) -> dict[str, int]:
        judged = list(self.values[:JUDGED])
        texts = pl.Series("word", judged, dtype=pl.String)
        readings = {"boolean": booleans(judged), "currency": currencies(judged, {}), "country": countries(judged, {})}
        return {kind: int(reading.exact(texts).values.count()) for kind, reading in readings.items()}


def sight_of(name: str, place: int, column: pl.Series) -> Sight:
    """Give the sight of a column of texts."""
    texts = column.str.strip_chars(WHITESPACE)
    filled = texts.filter(~texts.is_in(list(NULLS)))
    values = filled.unique(maintain_order=True)
    return Sight(name, place, column.len(), filled.len(), tuple(values.head(LOOKED_AT)), values.len())


def is_number(text: str) -> bool:
    """Say whether a text can be a number, with a decimal point or a decimal comma."""
    return any(not isinstance(read_money(text, signs), Unreadable) for signs in (DOT, COMMA))


def is_date(text: str, pivot: str | None) -> bool:
    """Say whether a text can be a date in any order."""
    years = int(pivot) if pivot else None
    return any(not isinstance(read_moment(text, order, years), Unreadable) for order in ORDERS)


def _share(values: tuple[str, ...], test: Callable[[str], bool]) -> float:
    return sum(test(text) for text in values) / len(values) if values else 0.0
