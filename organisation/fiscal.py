"""Fiscal calendars: years by months or by weeks, and the days on which they changed."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise

from organisation.fields import MONTHS, Fields, day, month_number
from organisation.yaml_file import YamlMap

FIRST_YEAR, LAST_YEAR = 1900, 2150  # wider than any day that an export may name
PATTERNS = {"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}  # weeks of the three months of a quarter
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
FORM = "a month such as july, {month: july, valid_from: 2026-07-01}, {month: february, weeks: 4-4-5}, or a list of such"


@dataclass(frozen=True)
class Quarter:
    """A fiscal quarter: year is the fiscal year, named by the calendar year in which it ends.

    is_calendar_year: its year is January to December. months: the first day of each of its (fiscal) months.
    """

    year: int
    number: int
    start: date
    end: date
    is_calendar_year: bool
    months: tuple[date, ...]


@dataclass(frozen=True)
class FiscalYear:
    """How fiscal years are cut: from the first of a month (1 to 12), or by weeks from the Monday nearest to it.

    weeks: the weeks of a quarter's months; a 53rd week lengthens the year's last month. valid_from: the first day.
    """

    month: int
    weeks: str | None = None
    valid_from: date | None = None

    def starts(self, year: int) -> date:
        """Give the first day of the fiscal year that starts in, or near the edge of, a calendar year."""
        first = date(year, self.month, 1)
        if self.weeks is None:
            return first
        back = first - first.weekday() * DAY
        return back if (first - back).days <= 3 else back + WEEK

    def quarters(self, year: int) -> Iterator[Quarter]:
        """Give the four quarters of the fiscal year that starts in, or near the edge of, a calendar year."""
        named = year if self.month == 1 else year + 1
        edges = [*self._months(year), self.starts(year + 1)]
        for number in range(4):
            months = tuple(edges[3 * number : 3 * number + 3])
            end = edges[3 * number + 3] - DAY
            yield Quarter(named, number + 1, months[0], end, self.month == 1 and self.weeks is None, months)

    def _months(self, year: int) -> list[date]:
        if self.weeks is None:
            places = range(year * 12 + self.month - 1, year * 12 + self.month + 11)
            return [date(place // 12, place % 12 + 1, 1) for place in places]
        found, start = [], self.starts(year)
        for count in PATTERNS[self.weeks] * 4:
            found.append(start)
            start += count * WEEK
        return found


@dataclass(frozen=True)
class FiscalCalendar:
    """The quarters of all time: those of the first way to cut years, from a later one's first day on those of that."""

    years: tuple[FiscalYear, ...]

    @classmethod
    def from_month(cls, month: int) -> "FiscalCalendar":
        """Give the calendar of years that have always started on the first of a month (1 to 12)."""
        return cls((FiscalYear(month),))

    def quarter_index(self, day: date) -> int:
        """Give a number that grows by one each quarter, so that two days can be compared by quarter.

        Raises ValueError for a day outside of 1900 to 2150.
        """
        index = bisect_right(self._starts, day) - 1
        if index < 0 or day > self.quarters[-1].end:
            raise ValueError(f"{day} lies outside of {FIRST_YEAR} to {LAST_YEAR}")
        return index

    def quarter_of(self, day: date) -> Quarter:
        """Give the fiscal quarter that a day lies in."""
        return self.quarters[self.quarter_index(day)]

    def quarter_at(self, index: int) -> Quarter:
        """Give the fiscal quarter of a quarter_index."""
        return self.quarters[index]

    def quarters_of_year(self, year: int) -> tuple[Quarter, ...]:
        """Give the quarters of a fiscal year; fewer than four where the calendar changed within it."""
        return tuple(quarter for quarter in self.quarters if quarter.year == year)

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Every quarter, in order; each begins on the day after the one before."""
        return _quarters(self.years)

    @cached_property
    def _starts(self) -> list[date]:
        return [quarter.start for quarter in self.quarters]


def fiscal_years(fields: Fields, key: str) -> tuple[FiscalYear, ...]:
    """Give how a profile's years are cut, the oldest way first; faults are added to the problems."""
    node = fields.node.get(key)
    nodes = node if isinstance(node, list) else ["january"] if node is None else [node]
    found = [one for each in nodes if (one := _fiscal_year(each, fields, key)) is not None]
    ordered = sorted(found, key=lambda one: one.valid_from or date.min)
    for earlier, later in pairwise(ordered):
        if earlier.valid_from == later.valid_from:
            since = later.valid_from or "the beginning"
            message, hint = f"two fiscal years hold from {since}", "Give each its own day."
            fields.problems.append(fields.node.problem(key, message, hint))
    if ordered and ordered[0].valid_from is not None:
        hint = f"Add how years were cut before {ordered[0].valid_from}, without valid_from."
        fields.problems.append(fields.node.problem(key, f'nothing says "{key}" for earlier days', hint))
    return tuple(ordered) or (FiscalYear(1),)


def _fiscal_year(node: object, fields: Fields, key: str) -> FiscalYear | None:
    if isinstance(node, YamlMap):
        inner = Fields(node, fields.problems, known=("month", "weeks", "valid_from"))
        month = inner.parsed("month", month_number, 1, f"one of {', '.join(MONTHS)}")
        weeks = inner.choice("weeks", PATTERNS, "") or None
        found = FiscalYear(month, weeks, inner.parsed("valid_from", day, None, "a day such as 2026-07-01"))
        if weeks is not None and weeks not in PATTERNS:
            return None
        if found.valid_from is not None and not _begins_a_quarter(found, found.valid_from):
            message = f"{found.valid_from} begins no quarter of the new fiscal year"
            fields.problems.append(node.problem("valid_from", message, "Give the first day of one of its quarters."))
        return found
    try:
        return FiscalYear(month_number(str(node)))
    except ValueError:
        fields.problems.append(fields.node.problem(key, f'"{key}: {node}" cannot be read', f"Expected {FORM}."))
        return None


def _begins_a_quarter(year: FiscalYear, first: date) -> bool:
    near = range(first.year - 1, first.year + 2)
    return any(quarter.start == first for place in near for quarter in year.quarters(place))


@lru_cache(maxsize=64)
def _quarters(years: tuple[FiscalYear, ...]) -> tuple[Quarter, ...]:
    found: list[Quarter] = []
    edges = [*(year.valid_from or date.min for year in years), date.max]
    for year, (first, after) in zip(years, pairwise(edges), strict=True):
        for start in range(max(FIRST_YEAR, first.year - 1), min(LAST_YEAR, after.year) + 1):
            found += [_cut_off(quarter, after) for quarter in year.quarters(start) if first <= quarter.start < after]
    return tuple(found)


def _cut_off(quarter: Quarter, after: date) -> Quarter:
    """Give a quarter that ends before a day at the latest: the last one of a calendar is short."""
    if quarter.end < after:
        return quarter
    months = tuple(first for first in quarter.months if first < after)
    return Quarter(quarter.year, quarter.number, quarter.start, after - DAY, quarter.is_calendar_year, months)
