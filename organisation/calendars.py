"""Working calendars: the working days and hours of a region."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import holidays

from organisation.region import Region

FIRST_YEAR, LAST_YEAR = 2015, 2040  # public holidays are known and needed for these years
SATURDAY = 5
Span = tuple[date, datetime, datetime]


class WorkingCalendar:
    """The working days and hours of a region: Monday to Friday without public and company holidays."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.zone = ZoneInfo(region.timezone)
        self.hours_a_day = (
            datetime.combine(date.min, region.closes) - datetime.combine(date.min, region.opens)
        ).total_seconds() / 3600
        self._said = (region.country, region.holidays, region.timezone, region.opens, region.closes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkingCalendar) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)

    def is_working_day(self, day: date) -> bool:
        """Say whether the region works on a day."""
        return day.weekday() < SATURDAY and day not in self._free

    def working_days(self, start: date, end: date) -> int:
        """Count the working days from start to end, both included; 0 where end is before start."""
        if end < start:
            return 0
        return bisect_left(self._days, end + timedelta(days=1)) - bisect_left(self._days, start)

    def days(self, start: date, end: date) -> list[Span]:
        """Give each working day from start to end with the instants (UTC) at which work begins and ends."""
        return self._spans[bisect_left(self._days, start) : bisect_left(self._days, end + timedelta(days=1))]

    def add_hours(self, instant: datetime, hours: float) -> datetime:
        """Give the instant (UTC) at which so many working hours have passed since the given instant."""
        place = bisect_left(self._days, instant.astimezone(self.zone).date())
        left = timedelta(hours=hours)
        while place < len(self._days):
            begin = max(self._opens(self._days[place]), instant.astimezone(UTC))
            span = self._closes(self._days[place]) - begin
            if timedelta(0) <= left <= span:
                return begin + left
            left -= max(span, timedelta(0))
            place += 1
        raise ValueError(f"{instant} plus {hours} working hours lies after {LAST_YEAR}")

    def hours_between(self, start: datetime, end: datetime) -> float:
        """Give the working hours from start to end; 0 where end is not after start."""
        if end <= start:
            return 0.0
        first, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        whole = self.working_days(first, last) * self.hours_a_day
        return whole - self._before(start, first) - self._after(end, last)

    def _before(self, instant: datetime, day: date) -> float:
        if not self.is_working_day(day):
            return 0.0
        passed = (instant - self._opens(day)).total_seconds() / 3600
        return min(max(passed, 0.0), self.hours_a_day)

    def _after(self, instant: datetime, day: date) -> float:
        if not self.is_working_day(day):
            return 0.0
        left = (self._closes(day) - instant).total_seconds() / 3600
        return min(max(left, 0.0), self.hours_a_day)

    def _opens(self, day: date) -> datetime:
        return _instant(day, self.region.opens, self.region.timezone)

    def _closes(self, day: date) -> datetime:
        return _instant(day, self.region.closes, self.region.timezone)

    @property
    def _free(self) -> frozenset[date]:
        return _free_days(self.region.country, self.region.holidays)

    @property
    def _days(self) -> list[date]:
        return _working_days(self.region.country, self.region.holidays)

    @cached_property
    def _spans(self) -> list[Span]:
        region = self.region
        hours = (region.timezone, region.opens, region.closes)
        return _working_spans(region.country, region.holidays, *hours)


# Settings are read anew before each load, calendars hardly ever change: what they say is worked out once.


@cache
def _free_days(country: str, company: frozenset[date]) -> frozenset[date]:
    public = holidays.country_holidays(country, years=range(FIRST_YEAR, LAST_YEAR + 1))
    return frozenset(public) | company


@cache
def _working_days(country: str, company: frozenset[date]) -> list[date]:
    free = _free_days(country, company)
    span = (date(LAST_YEAR, 12, 31) - date(FIRST_YEAR, 1, 1)).days + 1
    every = (date(FIRST_YEAR, 1, 1) + timedelta(days=passed) for passed in range(span))
    return [day for day in every if day.weekday() < SATURDAY and day not in free]


@cache
def _working_spans(country: str, company: frozenset[date], zone: str, opens: time, closes: time) -> list[Span]:
    return [(day, _instant(day, opens, zone), _instant(day, closes, zone)) for day in _working_days(country, company)]


def _instant(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
