"""The numbers of workbooks: as text without loss, and as dates or percentages where a cell's format shows them so."""

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

DIGITS = 15  # a workbook keeps numbers as doubles and its program shows so many digits of them
_NOISE = Decimal("0.000001")
_SHORT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d{1,3})?")
_DATE_FORMATS = {*range(14, 18), 22, *range(27, 32), 34, 35, 36, *range(50, 59)}
_SAID = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_PERCENT_FORMATS = (9, 10)
_DAYS_1904 = 1462
_LAST_DAY = 2_958_465  # 9999-12-31
_MILLISECONDS = 86_400_000


def number_text(stored: str) -> str:
    """Give a stored number as plain decimal text.

    The digits that a double adds to what was typed or computed (1234.5600000000001) go, as the program that wrote
    them shows it; where that would change the number visibly, and for whole numbers of more than 15 digits, every
    stored digit stays. What is no finite number stays as it is.
    """
    if len(stored) <= DIGITS and _SHORT.fullmatch(stored):
        return stored
    if not _NUMBER.fullmatch(stored):
        return stored
    exact = Decimal(stored)
    if len(exact.as_tuple().digits) > DIGITS and abs(exact) < Decimal(10) ** DIGITS:
        shown = Decimal(f"{exact:.{DIGITS}g}")
        exact = shown if abs(shown - exact) <= _NOISE else Decimal(repr(float(exact)))
    if abs(exact.adjusted()) > 60:
        return stored
    plain = f"{exact:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def percent_text(stored: str) -> str:
    """Give a stored number as the percentage that its cell shows, with every digit: 0.125 as 12.5%."""
    number = number_text(stored)
    return f"{number_text(f'{Decimal(number).scaleb(2):f}')}%" if _NUMBER.fullmatch(number) else number


def moment_text(stored: str, *, since_1904: bool) -> str | None:
    """Give the ISO date, or date and time where there is one, of a serial number; None where it is none."""
    try:
        serial = Decimal(stored)
    except InvalidOperation:
        return None
    if not serial.is_finite():
        return None
    if since_1904:
        serial += _DAYS_1904
    if not 1 <= serial <= _LAST_DAY:
        return None
    milliseconds = round(serial * _MILLISECONDS)
    days, rest = divmod(milliseconds, _MILLISECONDS)
    day = _day(days)
    if rest == 0:
        return day
    seconds, thousandths = divmod(rest, 1000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{day}T{clock}.{thousandths:03}" if thousandths else f"{day}T{clock}"


def is_date_format(number: int, code: str | None) -> bool:
    """Say whether a cell format shows a day; times of day and durations alone are no dates."""
    if code is None:
        return number in _DATE_FORMATS
    bare = _SAID.sub("", code.split(";", 1)[0]).casefold()
    if "general" in bare:
        return False
    return "y" in bare or "d" in bare or ("m" in bare and not re.search("[hs0#]", bare))


def is_percent_format(number: int, code: str | None) -> bool:
    """Say whether a cell format shows a hundredfold with a percent sign, be it only numbers of some kind."""
    if code is None:
        return number in _PERCENT_FORMATS
    return "%" in _SAID.sub("", code)


def _day(days: int) -> str:
    """Give the date of a serial day; the 60th is the 29 February 1900, which never was."""
    if days == 60:
        return "1900-02-29"
    start = date(1899, 12, 31) if days < 60 else date(1899, 12, 30)
    return (start + timedelta(days=days)).isoformat()
