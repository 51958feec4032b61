"""Working hours for whole columns of instants, equal to the region's working calendar."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from organisation import WorkingCalendar

_HOUR = 3_600_000_000  # microseconds
_INSTANT = pl.Datetime("us", "UTC")
Micros = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WorkTime:
    """The working days of a region as instants in microseconds since 1970, and the working time before each."""

    opens: Micros
    closes: Micros
    before: Micros

    def due(self, starts: pl.Series, hours: pl.Series) -> pl.Series:
        """Give the instant at which so many working hours have passed since each start; null where either is null."""
        known = starts.is_not_null() & hours.is_not_null()
        wanted = self._worked(starts) + (hours.fill_null(0).cast(pl.Float64).to_numpy() * _HOUR).astype(np.int64)
        ends = self.before + (self.closes - self.opens)
        day = np.minimum(np.searchsorted(ends, wanted, side="left"), len(ends) - 1)
        return _instants(self.opens[day] + wanted - self.before[day]).set(~known, None)

    def hours_between(self, starts: pl.Series, ends: pl.Series) -> pl.Series:
        """Give the working hours from start to end as Float64; 0 where the end is not after the start."""
        known = starts.is_not_null() & ends.is_not_null()
        worked = np.maximum(self._worked(ends) - self._worked(starts), 0) / _HOUR
        return pl.Series(worked, dtype=pl.Float64).set(~known, None)

    def _worked(self, instants: pl.Series) -> Micros:
        at = instants.cast(_INSTANT).to_physical().fill_null(int(self.opens[0])).to_numpy()
        day = np.maximum(np.searchsorted(self.opens, at, side="right") - 1, 0)
        worked: Micros = self.before[day] + np.clip(at - self.opens[day], 0, self.closes[day] - self.opens[day])
        return worked


@cache
def work_time(calendar: WorkingCalendar) -> WorkTime:
    """Give the working time of a region's calendar."""
    days = calendar.days(date(2015, 1, 1), date(2040, 12, 31))
    opens = pl.Series([opens for _, opens, _ in days], dtype=_INSTANT).to_physical().to_numpy()
    closes = pl.Series([closes for _, _, closes in days], dtype=_INSTANT).to_physical().to_numpy()
    before = np.concatenate([[0], np.cumsum(closes - opens)[:-1]]).astype(np.int64)
    return WorkTime(opens, closes, before)


def _instants(micros: Micros) -> pl.Series:
    return pl.Series(micros, dtype=pl.Int64).cast(_INSTANT)
