"""Dates and instants as people and systems write them; the order of day and month is decided once a file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from etl.cells import OneByOne, Typed, Unreadable, first_text, narrowed
from etl.contract import FIRST_YEAR, LAST_YEAR
from etl.errors import Refused
from etl.iso import folded, month_names

Order = Literal["dmy", "mdy", "ymd", "excel_serial"]
_DATE = r"(?P<a>[0-9]{1,4})(?P<sep>[-./])(?P<b>[0-9]{1,2})(?P=sep)(?P<c>[0-9]{1,4})"
_TIME = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,6})[0-9]*)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[-+][0-9]{2}(?::?[0-9]{2})?)"
_INSTANT = re.compile(rf"{_DATE}\.?(?:(?:[T ]|, ?)\s*{_TIME}(?:{_ZONE})?)?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_KANJI = re.compile(r"([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日")
_ERA = re.compile(r"(令和|平成)\s*([0-9]{1,2}|元)\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日")
_ERAS = {"平成": (1988, (1989, 1, 8), (2019, 4, 30)), "令和": (2018, (2019, 5, 1), (9999, 12, 31))}
_DAY_NAMED_MONTH = re.compile(
    r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|\.|º|ª)?[\s./-]*(?:(?:de|of)\s+)?(?P<month>[^\W\d_]{3,})\.?,?"
    r"(?:\s+(?:de|of))?[\s./-]*(?P<year>[0-9]{4}|[0-9]{2})(?![0-9:])",
    re.IGNORECASE,
)
_NAMED_MONTH_DAY = re.compile(
    r"(?P<month>[^\W\d_]{3,})\.?\s*(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+)(?P<year>[0-9]{4})(?![0-9:])",
    re.IGNORECASE,
)
_YEAR_NAMED_MONTH = re.compile(
    r"(?P<year>[0-9]{4})[\s./-]+(?P<month>[^\W\d_]{3,})\.?[\s./-]+(?P<day>[0-9]{1,2})(?![0-9:])"
)
_JSON_INSTANT = re.compile(r"\\?/Date\((-?[0-9]{1,15})(?:[-+][0-9]{4})?\)\\?/")
_UTC = ("Z", "UTC", "GMT")
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
    """Give the order in which all texts are dates; raises Refused AMBIGUOUS_DATE where several say different things.

    A text is judged by its day: times of day say nothing about the order.
    """
    orders: tuple[Order, ...] = ("ymd", "dmy", "mdy")
    days = sorted({_day_alone(text) for text in texts})
    read = [tuple(read_moment(text, order, pivot) for order in orders) for text in days]
    judged = [found for found in read if any(isinstance(moment, Moment) for moment in found)]
    possible = [
        order for place, order in enumerate(orders) if all(isinstance(found[place], Moment) for found in judged)
    ]
    same = all(len({found[orders.index(order)] for order in possible}) == 1 for found in judged)
    if possible and same:
        return possible[0]
    unclear = next((text for text, found in zip(days, read, strict=True) if len(set(found)) > 1), "")
    if not possible:
        raise Refused(
            "AMBIGUOUS_DATE", f'the profile names no date order and none fits all dates ("{unclear}" among them)'
        )
    readings = {order: read_moment(unclear, order, pivot) for order in possible}
    both = ", ".join(
        f"{found.wall:%Y-%m-%d} ({order})" for order, found in readings.items() if isinstance(found, Moment)
    )
    raise Refused("AMBIGUOUS_DATE", f'the profile names no date order and "{unclear}" can be read in several: {both}')


def _day_alone(text: str) -> str:
    found = re.match(rf"\s*({_DATE})(?=[T ,]|$)", text)
    return found[1] if found else text


def read_moment(text: str, order: Order, pivot: int | None = None) -> Moment | Unreadable:
    """Give the date a text writes in the order; a year of four digits in front is year, month, day in any order."""
    plain = narrowed(text).strip().removeprefix("'")
    if plain.startswith("="):
        return Unreadable("FORMULA_CELL")
    if order == "excel_serial":
        return _read_serial(plain)
    counted = _JSON_INSTANT.fullmatch(plain)
    if counted:
        return _since_1970(int(counted[1]))
    found = _INSTANT.fullmatch(_in_digits(plain, order))
    if not found:
        return Unreadable("TYPE_DATE")
    parts = _parts(found, order, pivot)
    clock, offset = _time(found), _offset(found["zone"])
    if parts is None or clock is None or offset is None:
        return Unreadable("TYPE_DATE")
    try:
        wall = datetime(*parts) + clock  # noqa: DTZ001 - a wall clock, the zone comes from the profile
    except ValueError:
        return Unreadable("TYPE_DATE")
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        return Unreadable("RANGE")
    return Moment(wall, offset if found["zone"] else None, found["hour"] is not None)


def _in_digits(text: str, order: Order) -> str:
    """Give a date that is written with words, in an era or without signs as digits with signs between them."""
    if "日" in text:
        return _ERA.sub(_of_era, _KANJI.sub(r"\1-\2-\3", text))
    if order == "ymd" and (compact := _COMPACT.match(text)) and not text[8:9].isdigit():
        return "-".join(compact.groups()) + text[8:]
    if text[:3].isalpha() or text[2:6].strip(" .-/0123456789"):
        return _with_month_number(text, order)
    return text


def _of_era(found: re.Match[str]) -> str:
    before, first, last = _ERAS[found[1]]
    day = (before + (1 if found[2] == "元" else int(found[2])), int(found[3]), int(found[4]))
    return "{}-{}-{}".format(*day) if first <= day <= last else found[0]


def _with_month_number(text: str, order: Order) -> str:
    for shape in (_DAY_NAMED_MONTH, _NAMED_MONTH_DAY, _YEAR_NAMED_MONTH):
        found = shape.match(text)
        month = month_names().get(folded(found["month"])) if found else None
        if found is None or month is None:
            continue
        day, year = found["day"], found["year"]
        if len(year) == 4:
            return f"{year}-{month}-{day}{text[found.end() :]}"
        # of two digits on either side only the declared order says which is the year
        return {"dmy": f"{day}/{month}/{year}", "mdy": f"{month}/{day}/{year}"}.get(order, text) + text[found.end() :]
    return text


def _since_1970(milliseconds: int) -> Moment | Unreadable:
    if not -(10**14) < milliseconds < 10**14:
        return Unreadable("RANGE")
    wall = datetime(1970, 1, 1) + timedelta(milliseconds=milliseconds)  # noqa: DTZ001 - the offset stands beside it
    return Moment(wall, timedelta(), True) if FIRST_YEAR <= wall.year <= LAST_YEAR else Unreadable("RANGE")


class Instants:
    """Reads a column of instants in UTC; a date without time is the midnight at which the day begins."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def fast(self, texts: pl.Series) -> pl.Expr:
        """Read what is written like the first cell; what a change of clocks skips is left."""
        walls = _walls(texts, self.clock.order)
        if (first_text(texts) or "").endswith(_UTC):
            return walls.dt.replace_time_zone("UTC")
        local = walls.dt.replace_time_zone(str(self.clock.zone), ambiguous="earliest", non_existent="null")
        return local.dt.convert_time_zone("UTC")

    def exact(self, texts: pl.Series) -> Typed:
        """Read every way of writing instants."""
        return OneByOne(self._instant, pl.Datetime("us", "UTC")).exact(texts)

    def _instant(self, text: str) -> datetime | Unreadable:
        found = read_moment(text, self.clock.order, self.clock.pivot)
        return found if isinstance(found, Unreadable) else found.instant(self.clock.zone)


class Days:
    """Reads a column of dates; of a date with a time, the wall clock's day counts.

    Midnight sharp at the offset it names is a date that a system wrote as an instant: its day is the one written. Any
    other instant with an offset is of the day that it has in the region's zone, without one in that of the clock.
    """

    def __init__(self, clock: Clock, zone: ZoneInfo | None = None) -> None:
        self.clock = clock
        self.zone = zone or clock.zone

    def fast(self, texts: pl.Series) -> pl.Expr:
        """Read what is written like the first cell; a day that depends on the zone is left."""
        if (first_text(texts) or "").endswith(_UTC):
            return pl.lit(None, dtype=pl.Date)
        return _walls(texts, self.clock.order).dt.date()

    def exact(self, texts: pl.Series) -> Typed:
        """Read every way of writing dates."""
        return OneByOne(self._day, pl.Date()).exact(texts)

    def _day(self, text: str) -> date | Unreadable:
        found = read_moment(text, self.clock.order, self.clock.pivot)
        if isinstance(found, Unreadable):
            return found
        if found.offset is None or found.wall.time() == time():
            return found.wall.date()
        return found.instant(self.clock.zone).astimezone(self.zone).date()


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
    if not found or order == "excel_serial" or (found["zone"] and found["zone"] not in _UTC):
        return None
    sep = found["sep"]
    letters = "ymd" if len(found["a"]) == 4 else order
    if letters == "ymd" and len(found["a"]) != 4:
        return None
    shape = sep.join(f"%{letter.upper() if letter == 'y' else letter}" for letter in letters)
    if found["hour"] is None:
        return shape if text.endswith(found["c"]) else None
    if found["fraction"] and (found["half"] or f".{found['fraction']}" not in text or len(found["fraction"]) != 3):
        return None
    between = text[found.end("c") : found.start("hour")]
    last = "fraction" if found["fraction"] else "second" if found["second"] else "minute"
    clock = ("%I" if found["half"] else "%H") + ":%M" + (":%S" if found["second"] else "")
    clock += "%.3f" if found["fraction"] else ""
    if found["half"]:
        clock += text[found.end(last) : found.start("half")] + "%p"
        last = "half"
    return shape + between + clock + text[found.end(last) :]


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
    """Give the offset a zone names, none being none; None where there is no such offset."""
    if zone is None or zone in ("Z", "UTC", "GMT"):
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 14 or minutes > 59:
        return None
    span = timedelta(hours=hours, minutes=minutes)
    return -span if zone[0] == "-" else span


def _read_serial(text: str) -> Moment | Unreadable:
    if not re.fullmatch(r"[0-9]{1,6}(?:[.,][0-9]{1,12})?", text):
        return Unreadable("TYPE_DATE")
    number = Decimal(text.replace(",", "."))
    seconds = round((number % 1) * 86_400)
    wall = _EXCEL_ZERO + timedelta(days=int(number), seconds=seconds)
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        return Unreadable("RANGE")
    return Moment(wall, None, bool(seconds))
