"""The demonstration's time: the clock, the running quarter and the days on which exports were made."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from organisation import FiscalCalendar

EPOCH = date(1970, 1, 1)
EXPORTED_AT = time(6, 30)  # local time of every export
CLOCK = time(14, 2)  # UTC; by then even the westernmost source has delivered
WEEK_OF_QUARTER = 9


@dataclass(frozen=True)
class Timeline:
    """The instants everything else is planned around; days are floats since 1970-01-01 in local time."""

    today: date
    quarter_start: date
    quarter_end: date
    export_days: tuple[date, ...]

    @property
    def now(self) -> datetime:
        """The instant on which the workspace's clock stands (UTC)."""
        return datetime.combine(self.today, CLOCK, UTC)

    @property
    def cut(self) -> float:
        """The moment of the newest export, as local days since 1970."""
        return moment(self.today)


def timeline(today: date, *, weeks: int = 30, every: int = 1) -> Timeline:
    """Give the timeline for the quarter that contains today: the clock stands on the Tuesday of its week 9.

    Week 1 is the week (from Monday) that contains the quarter's first day; `every` thins the weekly exports.
    """
    quarter = FiscalCalendar.from_month(1).quarter_of(today)
    first_monday = quarter.start - timedelta(days=quarter.start.weekday())
    tuesday = first_monday + timedelta(weeks=WEEK_OF_QUARTER - 1, days=1)
    days = tuple(tuesday - timedelta(weeks=back) for back in range(0, weeks, every))
    return Timeline(tuesday, quarter.start, quarter.end, days[::-1])


def number(day: date) -> int:
    """Give a date as days since 1970-01-01."""
    return (day - EPOCH).days


def moment(day: date, at: time = EXPORTED_AT) -> float:
    """Give a local wall-clock moment as days since 1970-01-01."""
    return number(day) + (at.hour + at.minute / 60) / 24
