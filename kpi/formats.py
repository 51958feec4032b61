"""Figures, distances and dates as people read them."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_symbol

Number = float | Decimal
ChangeUnit = Literal["percent", "points", "days", "hours", "ratio"]

MINUS = "\u2212"
NARROW = "\u202f"  # narrow no-break space: between a figure and its unit
NO_DATA = "no data"

_MAGNITUDES = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
_UNITS = {"days": "d", "hours": "h", "ratio": "×"}


def value_text(value: Number | None, unit: str, currency: str | None = None) -> str:
    """A figure with its unit, three digits: "€16.6 M", "27.4%", "88 d", "3.4×", "1,104"; "no data" for None."""
    if value is None:
        return NO_DATA
    if unit == "money":
        return money(value, currency)
    if unit == "percent":
        return f"{three_digits(float(value) * 100)}%"
    if unit == "ratio":
        return f"{three_digits(value)}×"
    if unit in _UNITS:
        return f"{two_digits(value)}{NARROW}{_UNITS[unit]}"
    return grouped(value)


def money(value: Number, currency: str | None, *, signed: bool = False) -> str:
    """Money with three digits: "€16.6 M"; with `signed`, a plus is written too."""
    number = float(value)
    size, word = _magnitude(abs(number))
    digits = three_digits(abs(number) / size)
    return f"{_sign(number, digits, signed)}{symbol(currency)}{digits}{NARROW + word if word else ''}"


def full_money(value: Number, currency: str | None) -> str:
    """Money to the cent, as a source shows it: "€84,500.00"; yen without decimals."""
    places = 0 if currency == "JPY" else 2
    digits = f"{abs(value):,.{places}f}"
    return f"{_sign(float(value), digits)}{symbol(currency)}{digits}"


def in_millions(value: Number) -> str:
    """Money in millions without its unit: two decimals below a hundred, one below a thousand, then none."""
    size = abs(float(value)) / 1e6
    digits = f"{size:,.{2 if size < 99.995 else 1 if size < 999.95 else 0}f}"
    return f"{_sign(float(value), digits)}{digits}"


def are_thousands(amounts: Iterable[Number | None]) -> bool:
    """Whether amounts of money are all too small to be read in millions."""
    return all(abs(float(amount)) < 999_500 for amount in amounts if amount is not None)


def bare_value(value: Number | None, unit: str, *, thousands: bool = False) -> str:
    """A figure without its unit, which stands once in the row's head: money in millions, rates in per cent.

    thousands: money in thousands.
    """
    if value is None:
        return NO_DATA
    if unit == "money" and thousands:
        return three_digits(float(value) / 1e3)
    if unit == "money":
        return in_millions(value)
    if unit == "percent":
        return three_digits(float(value) * 100)
    if unit == "ratio":
        return three_digits(value)
    return grouped(value) if unit == "count" else two_digits(value)


def unit_word(unit: str, currency: str | None, *, thousands: bool = False) -> str:
    """The unit as it stands beside a KPI's name: "€ M" or "€ k" ("M" in own currencies), "%", "days", "×"."""
    if unit == "money":
        size = "k" if thousands else "M"
        return f"{symbol(currency)}{NARROW}{size}" if currency else size
    return {"percent": "%", "days": "days", "hours": "hours", "months": "months", "ratio": "×"}.get(unit, "")


def change_text(change: Number | None, unit: str, *, words: bool = False) -> str:
    """A distance with its sign: "+3.3%", "−4.1 pts" (with `words`), "+9 d"; nothing for None."""
    if change is None:
        return ""
    number = float(change) * (100 if unit in ("percent", "points") else 1)
    digits = f"{abs(number):.1f}" if unit not in _UNITS and abs(number) < 9.95 else two_digits(abs(number))
    endings = {"percent": "%", "points": f"{NARROW}pts" if words else "", "ratio": "×"}
    ending = endings.get(unit, f"{NARROW}{_UNITS.get(unit, '')}".rstrip(NARROW))
    return f"{_sign(number, digits, True)}{digits}{ending}"


def after_distance(why: str, change: Number | None, unit: str) -> str:
    """A reason as it follows its distance: the number that the distance already gave is not said twice."""
    words = why.rstrip(".")
    if change is not None and unit in ("percent", "points"):
        words = re.sub(rf"^{abs(float(change)) * 100:.0f}(%| points?) ", "", words)
    if change is not None and words[:1].isdigit():
        return f"· {words}"  # a second figure is set apart from the distance before it
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def three_digits(value: Number) -> str:
    """A number with three significant digits, thousands grouped: 0.34, 3.40, 27.4, 412, 1,104."""
    return _digits(float(value), 3)


def two_digits(value: Number) -> str:
    """A number with one decimal below ten where it is not whole: 0.4, 4.1, 9, 13, 210."""
    number = float(value)
    return _signed_text(number, 1 if abs(number) < 9.95 and round(number, 1) % 1 else 0)


def grouped(value: Number) -> str:
    """A whole number with thousands grouped: 1,104."""
    return _signed_text(float(value), 0)


def symbol(currency: str | None) -> str:
    """The currency's sign: "€", "$", "¥", or its code and a narrow space where it has none of its own."""
    if currency is None:
        return ""
    sign = get_currency_symbol(currency, locale="en")
    return f"{currency}{NARROW}" if sign == currency else sign


def day_text(day: date, today: date | None = None) -> str:
    """A day without ambiguity: "Fri 27 Nov"; with the year where it is not `today`'s."""
    year = f" {day.year}" if today is not None and day.year != today.year else ""
    return f"{day:%a} {day.day} {day:%b}{year}"


def full_day(day: date) -> str:
    """A day with its year: "27 Nov 2026"."""
    return f"{day.day} {day:%b} {day.year}"


def moment_text(moment: datetime, zone: str, now: datetime) -> str:
    """When something happened, as short as it is clear: "14:02" today, "Fri" this week, else "12 Nov"."""
    local, here = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.date() == here.date():
        return f"{local:%H:%M}"
    if 0 < (here.date() - local.date()).days < 7:
        return f"{local:%a}"
    return f"{local.day} {local:%b}"


def full_moment(moment: datetime, zone: str) -> str:
    """A moment with day and time: "Mon 23 Nov, 06:30"."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_text(local.date())}, {local:%H:%M}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 deal", "412 deals"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: list[str]) -> str:
    """Words as a sentence lists them: "DACH, Japan and Nordics"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _magnitude(size: float) -> tuple[float, str]:
    for limit, word in _MAGNITUDES:
        if size >= limit * 0.9995:
            return limit, word
    return 1.0, ""


def _digits(number: float, significant: int) -> str:
    size = abs(number)
    if size == 0:
        return "0"
    whole = 1 if size < 9.995 else 2 if size < 99.95 else 3
    return _signed_text(number, max(0, significant - whole))


def _signed_text(number: float, places: int) -> str:
    digits = f"{abs(number):,.{places}f}"
    return f"{_sign(number, digits)}{digits}"


def _sign(number: float, digits: str, plus: bool = False) -> str:
    if not any(letter in "123456789" for letter in digits):
        return "±" if plus else ""
    return MINUS if number < 0 else "+" if plus else ""
