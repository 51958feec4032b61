"""Figures inside sentences: short, with their unit, the same way everywhere."""

from collections.abc import Sequence
from decimal import Decimal

from babel.numbers import get_currency_symbol

Number = float | Decimal

NARROW = "\u202f"  # narrow no-break space
MINUS = "\u2212"
MAGNITUDES = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()
FRACTIONS = ((0.9, "nearly all"), (0.71, "three quarters"), (0.58, "two thirds"), (0.45, "half"), (0.29, "a third"))


def money(value: Number, currency: str | None) -> str:
    """Give money with two or three digits: "€1.2 M", "€640 k"."""
    number = abs(float(value))
    size, word = next(((limit, name) for limit, name in MAGNITUDES if number >= limit * 0.9995), (1.0, ""))
    places = 1 if size > 1 and number / size < (9.95 if word == "k" else 99.5) else 0
    sign = MINUS if float(value) < 0 else ""
    symbol = get_currency_symbol(currency, locale="en") if currency else ""
    symbol = f"{symbol}{NARROW}" if symbol == currency else symbol
    return f"{sign}{symbol}{number / size:,.{places}f}{NARROW + word if word else ''}"


def percent(fraction: Number, places: int = 0) -> str:
    """Give a fraction as a percentage: "18%"."""
    shown = f"{abs(float(fraction)) * 100:.{places}f}"
    return f"{MINUS if float(fraction) < 0 and float(shown) else ''}{shown}%"


def points(difference: Number) -> str:
    """Give a difference of two percentages in points: "2.1 points"."""
    return f"{percent(difference, 1).rstrip('%')} points"


def value_words(value: Number, unit: str, currency: str | None) -> str:
    """Give a KPI's value with its unit."""
    if unit == "money":
        return money(value, currency)
    if unit == "percent":
        return percent(value)
    tenths = unit in ("ratio", "months")
    number = (f"{float(value):,.1f}" if tenths else f"{float(value):,.0f}") + ("×" if unit == "ratio" else "")
    has_word = unit in ("days", "hours", "months")
    return f"{number} {unit}".replace("-", MINUS) if has_word else number.replace("-", MINUS)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Give a number with its noun: "1 deal", "9 deals"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def number_word(number: int) -> str:
    """Give a small number as a word, a large one in digits."""
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


def fraction_words(share: float) -> str:
    """Give a share in words: "two thirds", or as a percentage where no plain fraction is near."""
    if share >= 0.995:
        return "all"
    found = next((word for limit, word in FRACTIONS if limit <= share), None)
    near = {"three quarters": 0.75, "two thirds": 2 / 3, "half": 0.5, "a third": 1 / 3}
    if found in near and abs(near[found] - share) > 0.06:
        return percent(share)
    return found or percent(share)


def listed(words: Sequence[str]) -> str:
    """Give words as a sentence lists them: "DACH, Japan and Nordics"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
