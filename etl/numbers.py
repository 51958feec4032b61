"""Numbers and money as people and systems write them, read exactly: text to decimal, never through a float."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from etl.cells import OneByOne, Typed, Unreadable, first_text, mapped
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


class Numbers:
    """Reads a column of DECIMAL(38, decimals); a number with more decimals is out of RANGE, never rounded.

    codes: after exact reading, the currency codes that stand beside each number, several joined by commas; None: none.
    """

    def __init__(self, signs: Signs, decimals: int) -> None:
        self.signs = signs
        self.decimals = decimals
        self.codes: pl.Series | None = None

    def fast(self, texts: pl.Series) -> pl.Expr:
        """Read digits with or without decimals, grouped by threes with a sign that may group."""
        text, point = pl.col(texts.name), re.escape(self.signs.decimal)
        fraction = f"(?:{point}[0-9]{{1,{self.decimals}}}0*)?" if self.decimals else ""
        digits = f"^-?[0-9]{{1,{36 - self.decimals}}}{fraction}$"
        ready = [pl.when(text.str.contains(digits)).then(text)]
        written = first_text(texts.filter(texts.str.contains("[^-0-9]"))) or ""
        for grouper in sorted(set(written) & set(self.signs.groupers)):
            grouped = f"^-?[0-9]{{1,3}}(?:{re.escape(grouper)}[0-9]{{3}}){{1,10}}{fraction}$"
            ready.append(pl.when(text.str.contains(grouped)).then(text.str.replace_all(grouper, "", literal=True)))
        plain = pl.coalesce(ready)
        if self.signs.decimal != ".":
            plain = plain.str.replace(self.signs.decimal, ".", literal=True)
        return plain.cast(pl.Decimal(38, self.decimals), strict=False)

    def exact(self, texts: pl.Series) -> Typed:
        """Read every way of writing numbers, with the currencies beside them."""
        read = {text: read_money(text, self.signs) for text in texts.unique().to_list() if text is not None}

        def number(text: str) -> Decimal | Unreadable:
            found = read[text]
            return found if isinstance(found, Unreadable) else _within(found.number, self.decimals)

        codes = {
            text: ",".join(sorted(found.currencies))
            for text, found in read.items()
            if isinstance(found, Money) and found.currencies
        }
        self.codes = mapped(texts, codes, pl.String()) if codes else None
        return OneByOne(number, pl.Decimal(38, self.decimals)).exact(texts)


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
