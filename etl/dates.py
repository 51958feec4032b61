"""Dates and instants as people and systems write them; the order of day and month is decided once a file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from etl.cells import OneByOne, Typed, Unreadable, first_text
from etl.contract import FIRST_YEAR, LAST_YEAR
from etl.errors import Refused

Order = Literal["dmy", "mdy", "ymd", "excel_serial"]
_DATE = r"(?P<a>\d{1,4})(?P<sep>[-./])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})"
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,6})\d*)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[-+]\d\d:?\d\d)"
_INSTANT = re.compile(rf"{_DATE}\.?(?:(?:[T ]|, ?)\s*{_TIME}(?:{_ZONE})?)?")
_KANJI = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock, the zone comes from the profile


@dataclass(frozen=True)
class Clock:
    """How a file writes dates: order, zone of its wall clock, and from which year on two digits mean 19xx."""

    order: Order
    zone: ZoneInfo
    pivot: int | None = None


@dataclass(frozen=True)
class Moment:
    """One date as written: the wall clock, its offset from UTC where it names one, and whether it has a time."""

    wall: datetime
    offset: timedelta | None
    has_time: bool

    def instant(self, zone: ZoneInfo) -> datetime:
        """Give the instant in UTC; a wall clock that stands twice means the first, one that is skipped the later."""
        local = self.wall.replace(tzinfo=zone)
        return (local if self.offset is None else self.wall.replace(tzinfo=UTC) - self.offset).astimezone(UTC)


def declared_order(dates: str | None) -> Order | None:
    """Give the order a profile declares as dmy, dd.mm.yyyy, excel_serial, …; None where it declares none.

    Raises Refused AMBIGUOUS_DATE for a declaration that names no order.
    """
    if dates is None:
        return None
    if dates == "excel_serial":
        return "excel_serial"
    letters = "".join(dict.fromkeys(re.sub("[^dmy]", "", dates.lower().split("h")[0])))
    orders: dict[str, Order] = {"dmy": "dmy", "mdy": "mdy", "ymd": "ymd"}
    if letters not in orders:
        raise Refused("AMBIGUOUS_DATE", f'"dates: {dates}" names no order; expected dmy, mdy, ymd or excel_serial')
    return orders[letters]


def only_order(texts: Sequence[str], pivot: int | None) -> Order:
    """Give the order in which all texts are dates; raises Refused AMBIGUOUS_DATE where several say different things."""
    orders: tuple[Order, ...] = ("ymd", "dmy", "mdy")
    read = [tuple(read_moment(text, order, pivot) for order in orders) for text in texts]
    judged = [found for found in read if any(isinstance(moment, Moment) for moment in found)]
    possible = [
        order for place, order in enumerate(orders) if all(isinstance(found[place], Moment) for found in judged)
    ]
    same = all(len({found[orders.index(order)] for order in possible}) == 1 for found in judged)
    if possible and same:
        return possible[0]
    unclear = next((text for text, found in zip(texts, read, strict=True) if len(set(found)) > 1), "")
    raise Refused("AMBIGUOUS_DATE", f'the profile names no date order and "{unclear}" can be read in several')


def read_moment(text: str, order: Order, pivot: int | None = None) -> Moment | Unreadable:
    """Give the date a text writes in the order; a year of four digits in front is year, month, day in any order."""
    plain = text.strip().removeprefix("'")
    if plain.startswith("="):
        return Unreadable("FORMULA_CELL")
    if order == "excel_serial":
        return _read_serial(plain)
    found = _INSTANT.fullmatch(_KANJI.sub(r"\1-\2-\3", plain))
    if not found:
        return Unreadable("TYPE_DATE")
    parts = _parts(found, order, pivot)
    time = _time(found)
    if parts is None or time is None:
        return Unreadable("TYPE_DATE")
    if not FIRST_YEAR <= parts[0] <= LAST_YEAR:
        return Unreadable("RANGE")
    try:
        wall = datetime(*parts) + time  # noqa: DTZ001 - a wall clock, the zone comes from the profile
    except ValueError:
        return Unreadable("TYPE_DATE")
    return Moment(wall, _offset(found["zone"]), found["hour"] is not None)


class Instants:
    """Reads a column of instants in UTC; a date without time is the midnight at which the day begins."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def fast(self, texts: pl.Series) -> pl.Expr:
        """Read what is written like the first cell; what a change of clocks skips is left."""
        local = _walls(texts, self.clock.order).dt.replace_time_zone(
            str(self.clock.zone), ambiguous="earliest", non_existent="null"
        )
        return local.dt.convert_time_zone("UTC")

    def exact(self, texts: pl.Series) -> Typed:
        """Read every way of writing instants."""
        return OneByOne(self._instant, pl.Datetime("us", "UTC")).exact(texts)

    def _instant(self, text: str) -> datetime | Unreadable:
        found = read_moment(text, self.clock.order, self.clock.pivot)
        return found if isinstance(found, Unreadable) else found.instant(self.clock.zone)


class Days:
    """Reads a column of dates; of a date with a time, the wall clock's day counts."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def fast(self, texts: pl.Series) -> pl.Expr:
        """Read what is written like the first cell."""
        return _walls(texts, self.clock.order).dt.date()

    def exact(self, texts: pl.Series) -> Typed:
        """Read every way of writing dates."""
        return OneByOne(self._day, pl.Date()).exact(texts)

    def _day(self, text: str) -> date | Unreadable:
        found = read_moment(text, self.clock.order, self.clock.pivot)
        if isinstance(found, Unreadable):
            return found
        zone = self.clock.zone
        return found.wall.date() if found.offset is None else found.instant(zone).astimezone(zone).date()


def _walls(texts: pl.Series, order: Order) -> pl.Expr:
    """Give the expression for the wall clock of what is written like the first cell; else null."""
    first = first_text(texts)
    shape = _format(first, order) if first is not None else None
    text = pl.col(texts.name)
    if shape is None:
        return pl.when(text.is_null()).then(pl.lit(None, dtype=pl.Datetime("us")))
    if "%H" in shape or "%I" in shape:
        read = text.str.to_datetime(shape, strict=False, time_unit="us")
    else:
        read = text.str.to_date(shape, strict=False).cast(pl.Datetime("us"))
    # what strptime accepts beyond the shape (years of two or five digits) is left to the exact reading
    return pl.when(read.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(read)


def _format(text: str, order: Order) -> str | None:
    found = _INSTANT.fullmatch(text)
    if not found or order == "excel_serial" or found["zone"] or found["fraction"]:
        return None
    sep = found["sep"]
    letters = "ymd" if len(found["a"]) == 4 else order
    if letters == "ymd" and len(found["a"]) != 4:
        return None
    shape = sep.join(f"%{letter.upper() if letter == 'y' else letter}" for letter in letters)
    if found["hour"] is None:
        return shape if text.endswith(found["c"]) else None
    between = text[found.end("c") : found.start("hour")]
    after = text[found.end("second") if found["second"] else found.end("minute") : found.start("half")]
    clock = f"%I:%M{':%S' if found['second'] else ''}{after}%p" if found["half"] else "%H:%M"
    return shape + between + clock + (":%S" if found["second"] and not found["half"] else "")


def _parts(found: re.Match[str], order: Order, pivot: int | None) -> tuple[int, int, int] | None:
    a, b, c = found["a"], found["b"], found["c"]
    if len(a) == 4 and len(c) <= 2:
        return int(a), int(b), int(c)
    if len(a) > 2 or len(c) not in (2, 4):
        return None
    year, first, second = (a, b, c) if order == "ymd" else (c, a, b)
    if order == "ymd" and len(c) > 2:
        return None
    day, month = (second, first) if order in ("ymd", "mdy") else (first, second)
    full = _full_year(year, pivot)
    return None if full is None else (full, int(month), int(day))


def _full_year(year: str, pivot: int | None) -> int | None:
    if len(year) == 4:
        return int(year)
    if len(year) != 2 or pivot is None:
        return None
    return int(year) + (1900 if int(year) >= pivot else 2000)


def _time(found: re.Match[str]) -> timedelta | None:
    if found["hour"] is None:
        return timedelta()
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    half = (found["half"] or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    micro = int((found["fraction"] or "0").ljust(6, "0"))
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    if zone in ("Z", "UTC", "GMT"):
        return timedelta()
    span = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -span if zone[0] == "-" else span


def _read_serial(text: str) -> Moment | Unreadable:
    if not re.fullmatch(r"\d{1,6}(?:\.\d+)?", text):
        return Unreadable("TYPE_DATE")
    number = Decimal(text)
    seconds = round((number % 1) * 86_400)
    wall = _EXCEL_ZERO + timedelta(days=int(number), seconds=seconds)
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        return Unreadable("RANGE")
    return Moment(wall, None, bool(seconds))
