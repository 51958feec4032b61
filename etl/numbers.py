"""Numbers and money as people and systems write them, read exactly: text to decimal, never through a float."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from etl.cells import Reading, Typed, Unreadable, mapped, merged
from etl.errors import Refused

_SPACES = "\u00a0\u202f\u2009 "
_APOSTROPHES = "'’"
_GROUPERS = ".," + _SPACES + _APOSTROPHES
_NONFINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?|\d+(?:[.,]\d+)?e\+?\d{3,})", re.IGNORECASE)
SYMBOLS = {
    "€": {"EUR"},
    "£": {"GBP"},
    "R$": {"BRL"},
    "US$": {"USD"},
    "$": {"USD", "CAD", "AUD", "MXN", "CLP", "COP", "ARS", "SGD", "HKD", "NZD"},
    "¥": {"JPY", "CNY"},
    "円": {"JPY"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
    "zł": {"PLN"},
    "Fr.": {"CHF"},
}
_SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(SYMBOLS, key=len, reverse=True))
_MONEY = re.compile(rf"(?P<before>{_SYMBOL}|[A-Z]{{3}})?\s*(?P<number>[-+(\d.,].*?)\s*(?P<after>{_SYMBOL}|[A-Z]{{3}})?")


@dataclass(frozen=True)
class Signs:
    """How numbers are written: the decimal sign and the signs that may group digits."""

    decimal: str
    groupers: str

    @classmethod
    def declared(cls, decimal: str | None, thousands: str | None) -> "Signs | None":
        """Give the signs a profile declares; None where it declares too little for one reading."""
        if decimal is None and thousands not in (".", ","):
            return None
        point = decimal or {".": ",", ",": "."}[thousands or "."]
        grouping = _GROUPERS if thousands is None else thousands
        for family in (_SPACES, _APOSTROPHES):
            if thousands and thousands in family:
                grouping = family
        return cls(point, grouping.replace(point, ""))


@dataclass(frozen=True)
class Money:
    """A number and the currencies that the sign beside it allows; none: it named none."""

    number: Decimal
    currencies: frozenset[str] = frozenset()


DOT, COMMA = Signs(".", _GROUPERS.replace(".", "")), Signs(",", _GROUPERS.replace(",", ""))


def read_money(text: str, signs: Signs) -> Money | Unreadable:
    """Give the number a text writes, with the currency written beside it."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-").removeprefix("'")
    if plain.startswith("="):
        return Unreadable("FORMULA_CELL")
    if _NONFINITE.fullmatch(plain):
        return Unreadable("NONFINITE")
    negative = plain.startswith("(") and plain.endswith(")")
    plain = plain[1:-1].strip() if negative else plain
    minus = re.fullmatch(r"-\s*([^-+]+)|([^-+]+?)\s*-", plain)
    plain = (minus[1] or minus[2]) if minus else plain
    found = _MONEY.fullmatch(plain)
    if not found:
        return Unreadable("TYPE_NUMBER")
    number = _read_digits(found["number"], signs)
    if number is None or (negative and minus):
        return Unreadable("TYPE_NUMBER")
    beside = [_currencies(word) for word in (found["before"], found["after"]) if word]
    if len(beside) == 2 and beside[0] != beside[1]:
        return Unreadable("CURRENCY")
    return Money(-number if negative or minus else number, beside[0] if beside else frozenset())


def read_numbers(texts: pl.Series, signs: Signs, *, decimals: int) -> tuple[Typed, pl.Series | None]:
    """Give a column of DECIMAL(38, decimals) and, where cells name currencies, those codes joined by commas.

    A number with more decimals than asked for is out of RANGE, never rounded.
    """
    fast = _read_plain(texts, signs, decimals)
    left = texts.filter(fast.is_null() & texts.is_not_null()).unique().to_list()
    read = {text: read_money(text, signs) for text in left}

    def number(text: str) -> Decimal | Unreadable:
        found = read[text]
        return found if isinstance(found, Unreadable) else _within(found.number, decimals)

    codes = {
        text: ",".join(sorted(found.currencies))
        for text, found in read.items()
        if isinstance(found, Money) and found.currencies
    }
    dtype = pl.Decimal(38, decimals)
    typed = merged(fast, texts, lambda rest: Reading(number).column(rest, dtype))
    return typed, mapped(texts, codes, pl.String()) if codes else None


def only_signs(texts: Sequence[str]) -> Signs:
    """Give the signs under which all texts can be read; raises Refused AMBIGUOUS_NUMBER where two readings differ."""
    readings = {signs: [read_money(text, signs) for text in texts] for signs in (DOT, COMMA)}
    numbers = list(zip(*readings.values(), strict=True))
    judged = [pair for pair in numbers if any(isinstance(reading, Money) for reading in pair)]
    possible = [signs for place, signs in enumerate(readings) if all(isinstance(pair[place], Money) for pair in judged)]
    if len(possible) == 1 or (possible and all(pair[0] == pair[1] for pair in judged)):
        return possible[0]
    shown = next((text for text, pair in zip(texts, numbers, strict=True) if pair[0] != pair[1]), "")
    raise Refused(
        "AMBIGUOUS_NUMBER",
        f'the profile names no decimal sign and "{shown}" can be read with a decimal point or a decimal comma'
        if possible
        else "the profile names no decimal sign, and neither point nor comma fits all numbers",
    )


def _read_plain(texts: pl.Series, signs: Signs, decimals: int) -> pl.Series:
    """Give what is written plainly: digits, maybe grouped by threes with one sign, maybe decimals; else null."""
    dtype = pl.Decimal(38, decimals)
    fraction = rf"(?:{re.escape(signs.decimal)}\d{{1,{decimals}}}0*)?" if decimals else ""
    plain = texts.str.contains(rf"^-?\d{{1,{36 - decimals}}}{fraction}$")
    ready = texts.set(~plain, None)
    if plain.all():
        return _cast(ready, signs.decimal, dtype)
    rest = texts.set(plain, None)
    for grouper in signs.groupers:
        sign = re.escape(grouper)
        fits = rest.str.contains(rf"^-?\d{{1,3}}(?:{sign}\d{{3}}){{1,10}}{fraction}$")
        if fits.any():
            ready = ready.fill_null(rest.set(~fits, None).str.replace_all(grouper, "", literal=True))
    return _cast(ready, signs.decimal, dtype)


def _cast(ready: pl.Series, decimal: str, dtype: pl.DataType) -> pl.Series:
    pointed = ready if decimal == "." else ready.str.replace(decimal, ".", literal=True)
    return pointed.cast(dtype, strict=False)


def _read_digits(text: str, signs: Signs) -> Decimal | None:
    body = text.removeprefix("+").removeprefix("-").strip()
    whole, point, fraction = body.partition(signs.decimal)
    if (point and not fraction.isdecimal()) or not re.match(r"\d", whole or "x"):
        return None
    used = {letter for letter in whole if not letter.isdecimal()}
    if len(used) > 1 or not used <= set(signs.groupers):
        return None
    grouped = re.escape(used.pop()) if used else None
    if grouped and not re.fullmatch(
        rf"\d{{1,3}}(?:{grouped}\d{{3}})+|\d{{1,2}}(?:{grouped}\d{{2}})*{grouped}\d{{3}}", whole
    ):
        return None
    digits = re.sub(r"\D", "", whole)
    number = Decimal(f"{digits}.{fraction or 0}")
    return -number if text.startswith("-") else number


def _within(number: Decimal, decimals: int) -> Decimal | Unreadable:
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > decimals or abs(number) >= Decimal(10) ** (38 - decimals):
        return Unreadable("RANGE")
    return number


def _currencies(word: str) -> frozenset[str]:
    return frozenset(SYMBOLS.get(word, {word}))
