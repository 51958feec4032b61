"""Numbers and money as people and systems write them, read exactly: text to decimal, never through a float."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from etl.cells import OneByOne, Typed, Unreadable, first_text, mapped, narrowed
from etl.errors import Refused
from etl.iso import currency_codes

_SPACES = "\u00a0\u202f\u2009 "
_APOSTROPHES = "'’"
_GROUPERS = ".," + _SPACES + _APOSTROPHES
_NONFINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?|∞|1[.,]#\w+|[0-9]+(?:[.,][0-9]+)?e\+?[0-9]{3,})", re.IGNORECASE)
SYMBOLS = {
    "€": {"EUR"},
    "£": {"GBP"},
    "R$": {"BRL"},
    "US$": {"USD"},
    "CA$": {"CAD"},
    "C$": {"CAD"},
    "A$": {"AUD"},
    "AU$": {"AUD"},
    "NZ$": {"NZD"},
    "HK$": {"HKD"},
    "S$": {"SGD"},
    "MX$": {"MXN"},
    "$": {"USD", "CAD", "AUD", "MXN", "CLP", "COP", "ARS", "SGD", "HKD", "NZD"},
    "¥": {"JPY", "CNY"},
    "円": {"JPY"},
    "元": {"CNY"},
    "₩": {"KRW"},
    "₹": {"INR"},
    "₺": {"TRY"},
    "₽": {"RUB"},
    "₴": {"UAH"},
    "₪": {"ILS"},
    "₫": {"VND"},
    "฿": {"THB"},
    "₱": {"PHP"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
    "kr.": {"SEK", "NOK", "DKK", "ISK"},
    "zł": {"PLN"},
    "Kč": {"CZK"},
    "Ft": {"HUF"},
    "Fr.": {"CHF"},
    "SFr.": {"CHF"},
}
_SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(SYMBOLS, key=len, reverse=True))
_MONEY = re.compile(
    rf"(?P<before>{_SYMBOL}|[A-Z]{{3}})?\s*(?P<number>[-(]?\s*[0-9].*?)\s*(?P<after>{_SYMBOL}|[A-Z]{{3}})?"
)
Beside = Literal["currency", "percent", "nothing"]
"""What may stand beside a number."""


@dataclass(frozen=True)
class Signs:
    """How numbers are written: the decimal sign and the signs that may group digits."""

    decimal: str
    groupers: str

    @classmethod
    def declared(cls, decimal: str | None, thousands: str | None) -> "Signs | None":
        """Give the signs a profile declares; None where it declares too little for one reading.

        Raises Refused AMBIGUOUS_NUMBER where both are the same sign.
        """
        if decimal is None and thousands not in (".", ","):
            return None
        if decimal == thousands:
            raise Refused("AMBIGUOUS_NUMBER", f'the profile says that "{decimal}" both groups digits and ends them')
        point = decimal or {".": ",", ",": "."}[thousands or "."]
        grouping = _GROUPERS if thousands is None else thousands.replace("none", "")
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
    plain = narrowed(text).strip().removeprefix("'")
    if plain.startswith("="):
        return Unreadable("FORMULA_CELL")
    if _NONFINITE.fullmatch(plain):
        return Unreadable("NONFINITE")
    outside, minuses = _without_sign(plain)
    found = _MONEY.fullmatch(outside if minuses else re.sub(r"^\+(?=[^-(])", "", outside))
    if found is None:
        return Unreadable("TYPE_NUMBER")
    digits, more = _without_sign(found["number"])
    number = _read_digits(digits, signs)
    if number is None or minuses + more > 1:
        return Unreadable("TYPE_NUMBER")
    beside = [_currencies(word) for word in (found["before"], found["after"]) if word]
    if not all(beside) or (len(beside) == 2 and beside[0] != beside[1]):
        return Unreadable("CURRENCY")
    return Money(number.copy_negate() if minuses + more else number, beside[0] if beside else frozenset())


class Numbers:
    """Reads a column of DECIMAL(38, decimals); a number with more decimals is out of RANGE, never rounded.

    beside: what may stand beside a number, everything else makes it none; a percent sign says that 100 is certainty,
    whatever certainty is written as else: percent is the number that one percent is, 1 or 0.01.
    codes: after exact reading, the currency codes that stand beside each number, several joined by commas; None: none.
    """

    def __init__(
        self, signs: Signs, decimals: int, beside: Beside = "currency", *, percent: Decimal = Decimal(1)
    ) -> None:
        self.signs = signs
        self.percent = percent
        self.decimals = decimals
        self.beside = beside
        self.codes: pl.Series | None = None

    def under(self, signs: Signs) -> "Numbers":
        """Give the same reading of numbers that are written with other signs."""
        return Numbers(signs, self.decimals, self.beside, percent=self.percent)

    def fast(self, texts: pl.Series) -> pl.Expr:
        """Read digits with or without decimals, grouped by threes with a sign that may group."""
        text, point = pl.col(texts.name), re.escape(self.signs.decimal)
        fraction = f"(?:{point}[0-9]{{1,{self.decimals}}}0*)?" if self.decimals else ""
        digits = f"^-?[0-9]{{1,{36 - self.decimals}}}{fraction}$"
        ready = [pl.when(text.str.contains(digits)).then(text)]
        written = first_text(texts.filter(texts.str.contains("[^-0-9]"))) or ""
        for grouper in sorted(set(written) & set(self.signs.groupers)):
            grouped = f"^-?[1-9][0-9]{{0,2}}(?:{re.escape(grouper)}[0-9]{{3}}){{1,10}}{fraction}$"
            ready.append(pl.when(text.str.contains(grouped)).then(text.str.replace_all(grouper, "", literal=True)))
        plain = pl.coalesce(ready)
        if self.signs.decimal != ".":
            plain = plain.str.replace(self.signs.decimal, ".", literal=True)
        return plain.cast(pl.Decimal(38, self.decimals), strict=False)

    def exact(self, texts: pl.Series) -> Typed:
        """Read every way of writing numbers, with the currencies beside them."""
        read = {text: self._money(text) for text in texts.unique().to_list() if text is not None}

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

    def _money(self, text: str) -> Money | Unreadable:
        bare = re.sub(r"\s*[%％]\s*$", "", text) if self.beside == "percent" else text
        found = read_money(bare, self.signs)
        if bare != text and isinstance(found, Money):
            found = Money(found.number * self.percent, found.currencies)
        if self.beside != "currency" and isinstance(found, Money) and found.currencies:
            return Unreadable("TYPE_NUMBER")
        return found


def only_signs(texts: pl.Series) -> Signs:
    """Give the signs under which all texts can be read; raises Refused AMBIGUOUS_NUMBER where two readings differ."""
    shapes = _one_of_each_shape(texts)
    readings = {signs: [read_money(text, signs) for text in shapes] for signs in (DOT, COMMA)}
    numbers = list(zip(*readings.values(), strict=True))
    judged = [pair for pair in numbers if any(isinstance(reading, Money) for reading in pair)]
    possible = [signs for place, signs in enumerate(readings) if all(isinstance(pair[place], Money) for pair in judged)]
    if len(possible) == 1 or (possible and all(pair[0] == pair[1] for pair in judged)):
        return possible[0]
    if possible:
        shown, pair = next((text, pair) for text, pair in zip(shapes, numbers, strict=True) if pair[0] != pair[1])
        both = " or ".join(f"{reading.number:f}" for reading in pair if isinstance(reading, Money))
        raise Refused(
            "AMBIGUOUS_NUMBER",
            f'the profile names no decimal sign and "{shown}" can be read with a decimal point or a decimal comma: '
            f"{both}",
        )
    point, comma = (_first_under(place, shapes, numbers) for place in (0, 1))
    raise Refused(
        "AMBIGUOUS_NUMBER",
        "the profile names no decimal sign, and neither point nor comma fits all numbers: "
        f'"{point}" has a decimal point, "{comma}" a decimal comma',
    )


def _one_of_each_shape(texts: pl.Series) -> Sequence[str]:
    """Give one text of every way of writing: which digits a number has does not matter, but for a leading zero."""
    shape = texts.str.replace_all("[0-9]", "9").alias("shape")
    zero = texts.str.contains("^[^0-9]*0").alias("zero")
    found = pl.DataFrame([texts.alias("text"), shape, zero]).drop_nulls("text").sort("text")
    return found.unique(["shape", "zero"], keep="first", maintain_order=True)["text"].to_list()


def _first_under(place: int, texts: Sequence[str], readings: Sequence[tuple[Money | Unreadable, ...]]) -> str:
    """Give the first text that only one of the readings can read."""
    both = zip(texts, readings, strict=True)
    return next(
        text for text, pair in both if isinstance(pair[place], Money) and not isinstance(pair[1 - place], Money)
    )


def _without_sign(text: str) -> tuple[str, int]:
    """Give what stands between the signs that make a number negative, and how many of them there are."""
    in_brackets = text.startswith("(") and text.endswith(")")
    bare = text[1:-1].strip() if in_brackets else text
    before, after = bare.startswith("-"), bare.endswith("-")
    return bare[before : len(bare) - after].strip(), in_brackets + before + after


def _read_digits(text: str, signs: Signs) -> Decimal | None:
    whole, point, fraction = text.partition(signs.decimal)
    used = set(re.sub("[0-9]", "", whole))
    if (point and not re.fullmatch("[0-9]+", fraction)) or len(used) > 1 or not used <= set(signs.groupers):
        return None
    sign = used.pop() if used else ""
    if sign and not re.fullmatch(_grouping(sign), whole):
        return None
    digits = whole.replace(sign, "") if sign else whole
    return Decimal(f"{digits}.{fraction}" if point else digits) if digits else None


def _grouping(sign: str) -> str:
    """Give the pattern of digits grouped by threes, or as in India by twos above the last three, by commas alone."""
    by_threes = rf"[1-9][0-9]{{0,2}}(?:{re.escape(sign)}[0-9]{{3}})+"
    return by_threes + ("|[1-9][0-9]?(?:,[0-9]{2})*,[0-9]{3}" if sign == "," else "")


def _within(number: Decimal, decimals: int) -> Decimal | Unreadable:
    whole, _, fraction = f"{number:f}".lstrip("-").partition(".")
    if len(fraction.rstrip("0")) > decimals or len(whole.lstrip("0")) > 38 - decimals:
        return Unreadable("RANGE")
    return number


def _currencies(word: str) -> frozenset[str]:
    """Give the currencies that a sign or code may mean; none where it is unknown."""
    return frozenset(SYMBOLS.get(word, {word} & currency_codes()))
