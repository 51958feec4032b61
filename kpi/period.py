"""Periods: the days a question is about, in the group's calendar or a region's own, up to the day of the clock."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from kpi.errors import KpiError
from organisation import Organisation, Quarter

WEEK = timedelta(days=7)
GROUP = "group"
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
WRITTEN = re.compile(
    r"(?:(?P<calendar>[a-z0-9_]+):)?(?P<year>\d{4})"
    r"(?:-(?:Q(?P<quarter>[1-4])|P(?P<fiscal_month>\d\d)|W(?P<week>\d\d)|(?P<month>\d\d)))?",
    re.I,
)


@dataclass(frozen=True)
class Period:
    """Days from start to end, both included; to_date is the last of them that has come, start - 1 day where none has.

    calendar is "group" or a region's id; code is how the period is written in an address ("2026-Q4", "dach:2027-Q2").
    """

    start: date
    end: date
    label: str
    calendar: str = GROUP
    to_date: date = date.max
    code: str = ""

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise KpiError(f"a period cannot end ({self.end}) before it starts ({self.start})")
        reached = min(max(self.to_date, self.start - timedelta(days=1)), self.end)
        object.__setattr__(self, "to_date", reached)

    def told(self, day: date) -> "Period":
        """Give the period to date as far as a day: nothing is known of those after it."""
        return replace(self, to_date=min(self.to_date, day))

    @property
    def is_running(self) -> bool:
        """Whether days of the period are still to come."""
        return self.to_date < self.end

    @property
    def weeks(self) -> int:
        """How many weeks (from Monday) the period touches."""
        return (monday_of(self.end) - monday_of(self.start)).days // 7 + 1

    @property
    def week(self) -> int:
        """Which of its weeks the period has reached; week 1 is the one that holds its first day."""
        return (monday_of(max(self.to_date, self.start)) - monday_of(self.start)).days // 7 + 1

    @property
    def week_label(self) -> str:
        """The week in words: "week 9 of 13"."""
        return f"week {self.week} of {self.weeks}"


def today(organisation: Organisation, now: datetime, calendar: str = GROUP) -> date:
    """Give the day that an instant falls on, in the zone of the group or of a region."""
    zone = organisation.group.timezone if calendar == GROUP else organisation.regions[calendar].timezone
    return now.astimezone(ZoneInfo(zone)).date()


def current_quarter(organisation: Organisation, now: datetime, calendar: str = GROUP) -> Period:
    """Give the fiscal quarter that runs at an instant, to date, in the group's calendar or a region's."""
    day = today(organisation, now, calendar)
    return quarter(organisation, organisation.fiscal_calendar(calendar).quarter_of(day), day, calendar)


def quarter(organisation: Organisation, found: Quarter, day: date, calendar: str = GROUP) -> Period:
    """Give the period of a fiscal quarter as it stands on a day."""
    year = _year(organisation, found, calendar)
    prefix = "" if calendar == GROUP else f"{calendar}:"
    return Period(
        start=found.start,
        end=found.end,
        label=f"{year} Q{found.number} ({_span(found.start, found.end)})",
        calendar=calendar,
        to_date=day,
        code=f"{prefix}{found.year}-Q{found.number}",
    )


def parse_period(text: str, organisation: Organisation, now: datetime) -> Period:
    """Give the period that a text names: "2026-Q4", "2026-11", "2026", or of a region's calendar "dach:2027-Q2".

    "2026-W48" is an ISO week (8601: week 1 holds the year's first Thursday), "dach:2027-P05" the fifth month of a
    fiscal year, which a calendar of weeks cuts by its own pattern. A fiscal year is named by the calendar year in which
    it ends. Raises KpiError where the text names no period.
    """
    found = WRITTEN.fullmatch(text.strip())
    calendar = (found["calendar"] or GROUP).lower() if found else GROUP
    if found is None or (calendar != GROUP and calendar not in organisation.regions):
        raise KpiError(f'"{text}" names no period. Write 2026-Q4, 2026-11, 2026-W48 or 2026; for a region dach:2027-Q2')
    day, year = today(organisation, now, calendar), int(found["year"])
    if found["month"]:
        return _month(text, year, int(found["month"]), day)
    if found["week"]:
        return _week(text, year, int(found["week"]), day)
    quarters = organisation.fiscal_calendar(calendar).quarters_of_year(year)
    if found["quarter"]:
        return quarter(organisation, _numbered(text, quarters, int(found["quarter"])), day, calendar)
    if found["fiscal_month"]:
        return _fiscal_month(text, quarters, (organisation, calendar), day)
    if not quarters:
        raise KpiError(f'"{text}" names no period: there is no such fiscal year')
    start, end = quarters[0].start, quarters[-1].end
    return Period(
        start, end, f"{_year(organisation, quarters[0], calendar)} ({_span(start, end)})", calendar, day, text
    )


def last_weeks(day: date, count: int = 13) -> tuple[Period, ...]:
    """Give the last weeks from Monday to Sunday, oldest first; the last is the one that a day lies in, to date."""
    first = monday_of(day) - WEEK * (count - 1)
    starts = [first + WEEK * passed for passed in range(count)]
    return tuple(
        Period(start, start + WEEK - timedelta(days=1), f"week of {start:%d %b}", GROUP, day) for start in starts
    )


def last_quarters(period: Period, organisation: Organisation, count: int = 4) -> tuple[Period, ...]:
    """Give the whole quarters before a quarter in its own calendar, oldest first."""
    fiscal = organisation.fiscal_calendar(period.calendar)
    index = fiscal.quarter_index(period.start)
    before = [fiscal.quarter_at(place) for place in range(index - count, index)]
    return tuple(quarter(organisation, found, found.end, period.calendar) for found in before)


def last_periods(period: Period, organisation: Organisation, count: int = 4) -> tuple[Period, ...]:
    """Give the whole periods of the same length before a period, oldest first; for a quarter the quarters before."""
    found = organisation.fiscal_calendar(period.calendar).quarter_of(period.start)
    if (found.start, found.end) == (period.start, period.end):
        return last_quarters(period, organisation, count)
    months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month + 1
    edges = [_months_before(period.start, months * back) for back in range(count, -1, -1)]
    return tuple(
        Period(
            start,
            after - timedelta(days=1),
            f"{_span(start, after - timedelta(days=1))} {start.year}",
            period.calendar,
            after,
        )
        for start, after in pairwise(edges)
    )


def last_year(period: Period, organisation: Organisation, region: str = GROUP) -> Period:
    """Give the same period a year before, to the day by which as many working days of the region had passed.

    A fiscal quarter's is the quarter that the middle of its days lay in a year before, whatever the calendar then was.
    """
    fiscal = organisation.fiscal_calendar(period.calendar)
    found = fiscal.quarter_of(period.start)
    if (found.start, found.end) == (period.start, period.end):
        middle = _year_before(found.start + (found.end - found.start) / 2)
        twin = fiscal.quarter_of(middle)
        whole = quarter(organisation, twin, twin.end, period.calendar)
    else:
        start, end = _year_before(period.start), _year_before(period.end + timedelta(days=1)) - timedelta(days=1)
        whole = Period(start, end, f"{_span(start, end)} {end.year}", period.calendar, end)
    return to_date_like(period, whole, organisation, region)


def previous_quarter(period: Period, organisation: Organisation, region: str = GROUP) -> Period:
    """Give the quarter before a quarter, to the day by which as many working days of the region had passed."""
    return to_date_like(period, last_quarters(period, organisation, 1)[0], organisation, region)


def to_date_like(period: Period, twin: Period, organisation: Organisation, region: str = GROUP) -> Period:
    """Give an earlier period to the day by which as many of the region's working days had passed as in the period."""
    if not period.is_running:
        return twin
    count = working_days(organisation, region)
    passed = count(period.start, period.to_date)
    days = [twin.start + timedelta(days=offset) for offset in range((twin.end - twin.start).days + 1)]
    reached = [day for day in days if count(twin.start, day) <= passed]
    # The last working day counts, not the free days after it: a weekend adds deals but no working time.
    last = next((day for day in reached if count(twin.start, day) == passed), twin.end)
    return replace(twin, to_date=last if passed else twin.start - timedelta(days=1))


def working_days(organisation: Organisation, region: str) -> Callable[[date, date], int]:
    """Give a region's count of working days from one day to another; the group counts Monday to Friday."""
    return _weekdays if region == GROUP else organisation.working_calendars[region].working_days


def elapsed_share(period: Period, organisation: Organisation, region: str = GROUP) -> float:
    """Give the share of a period's working days that have come by its to_date, the day itself included (0 to 1)."""
    count = working_days(organisation, region)
    whole = count(period.start, period.end)
    return count(period.start, period.to_date) / whole if whole else 1.0


def monday_of(day: date) -> date:
    """Give the Monday of the week that a day lies in."""
    return day - timedelta(days=day.weekday())


def _weekdays(start: date, end: date) -> int:
    """Count the days from Monday to Friday between two days, both included."""
    return max(_weekdays_before(end + timedelta(days=1)) - _weekdays_before(start), 0)


def _weekdays_before(day: date) -> int:
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(rest, 5)


def _numbered(text: str, quarters: tuple[Quarter, ...], number: int) -> Quarter:
    """Give the quarter of a number; where a changed calendar has two, the later one, which runs its whole length."""
    found = [quarter for quarter in quarters if quarter.number == number]
    if not found:
        raise KpiError(f'"{text}" names no period: the fiscal calendar changed, and that year has no Q{number}')
    return found[-1]


def _fiscal_month(text: str, quarters: tuple[Quarter, ...], where: tuple[Organisation, str], day: date) -> Period:
    written = text.strip()
    number = int(written[-2:])
    if not 1 <= number <= 12:
        raise KpiError(f'"{text}" names no period: a fiscal year has months P01 to P12')
    found = _numbered(text, quarters, (number + 2) // 3)
    place = (number - 1) % 3
    if place >= len(found.months):
        raise KpiError(f'"{text}" names no period: the fiscal calendar changed before P{number:02d}')
    after = found.months[place + 1] if place + 1 < len(found.months) else found.end + timedelta(days=1)
    start, end = found.months[place], after - timedelta(days=1)
    label = f"{_year(where[0], found, where[1])} P{number:02d} ({_days(start, end)})"
    return Period(start, end, label, where[1], day, written)


def _week(text: str, year: int, number: int, day: date) -> Period:
    try:
        start = date.fromisocalendar(year, number, 1)
    except ValueError:
        raise KpiError(f'"{text}" names no period: {year} has no ISO week {number}') from None
    end = start + WEEK - timedelta(days=1)
    label = f"{year} week {number} ({_days(start, end)})"
    return Period(start, end, label, GROUP, day, f"{year}-W{number:02d}")


def _month(text: str, year: int, month: int, day: date) -> Period:
    if not 1 <= month <= 12:
        raise KpiError(f'"{text}" names no period: there is no month {month}')
    after = date(year + month // 12, month % 12 + 1, 1)
    label = f"{MONTHS[month - 1]} {year}"
    return Period(date(year, month, 1), after - timedelta(days=1), label, GROUP, day, f"{year}-{month:02d}")


def _months_before(day: date, months: int) -> date:
    place = day.year * 12 + day.month - 1 - months
    return date(place // 12, place % 12 + 1, min(day.day, 28))


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _year(organisation: Organisation, found: Quarter, calendar: str) -> str:
    name = "" if calendar == GROUP else f"{organisation.regions[calendar].name} "
    return f"{name}{found.year}" if found.is_calendar_year else f"{name}FY{found.year % 100:02d}"


def _span(start: date, end: date) -> str:
    """Give the months of a stretch; one that begins or ends within weeks is named by the months it is nearest to."""
    first, last = _nearest_month(start), _nearest_month(end + timedelta(days=1)) - 1
    return MONTHS[first % 12] if last <= first else f"{MONTHS[first % 12]}-{MONTHS[last % 12]}"


def _days(start: date, end: date) -> str:
    return f"{start.day} {MONTHS[start.month - 1]}-{end.day} {MONTHS[end.month - 1]}"


def _nearest_month(day: date) -> int:
    return day.year * 12 + day.month - 1 + (day.day > 15)
