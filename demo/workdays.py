"""A region's working days as arrays, for planning many deals at once."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from demo.timeline import number
from organisation import ConfigurationError, Problem, Region, WorkingCalendar

Numbers = npt.NDArray[np.float64]
Days = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
FIRST, LAST = date(2021, 1, 1), date(2036, 12, 31)


@dataclass(frozen=True)
class WorkDays:
    """The days (since 1970) on which a region works, and its local hours."""

    days: Days
    opens: float
    hours: float

    def between(self, start: date, end: date) -> Days:
        """Give the working days from start to end, both included."""
        low, high = np.searchsorted(self.days, [number(start), number(end) + 1])
        return self.days[low:high]

    def add_hours(self, moments: Numbers, hours: Numbers) -> Numbers:
        """Give the local moments at which so many working hours have passed since the given ones."""
        place = np.searchsorted(self.days, np.floor(moments))
        works = self.days[place] == np.floor(moments)
        spent = np.where(works, np.clip((moments % 1) * 24 - self.opens, 0, self.hours), 0)
        total = spent + hours
        day = self.days[place + (total // self.hours).astype(np.int64)]
        return day + (self.opens + total % self.hours) / 24


@cache
def work_days(region_file: Path) -> WorkDays:
    """Give the working days of the region whose profile is the file; raises ConfigurationError where it has faults."""
    region = region_of(region_file)
    days = [number(day) for day, _, _ in WorkingCalendar(region).days(FIRST, LAST)]
    opens, closes = (at.hour + at.minute / 60 for at in (region.opens, region.closes))
    return WorkDays(np.array(days, dtype=np.int64), opens, closes - opens)


@cache
def region_of(region_file: Path) -> Region:
    """Give the region whose profile is the file; raises ConfigurationError where it has faults."""
    problems: list[Problem] = []
    region = Region.read(region_file, problems)
    if problems:
        raise ConfigurationError(problems)
    return region
