"""A KPI's value with all it rests on: how many rows, known when, what it lacks, and why there is none."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Comparable = Literal["yes", "reservation", "no"]
GROUP = "group"

NO_DATA = "NO_DATA"  # the region has never delivered the table
NO_HISTORY = "NO_HISTORY"  # the state of that day is older than the first export
REBUILT = "REBUILT"  # the same, but stage history tells what the deals of today's exports were on that day
UNSEEN = frozenset({REBUILT, NO_HISTORY})  # no export showed all that the value rests on
ZERO_DENOMINATOR = "ZERO_DENOMINATOR"  # nothing to divide by
NO_ROWS = "NO_ROWS"  # nothing to take a median of
NO_TARGET = "NO_TARGET"
GROUP_TOO_SMALL = "GROUP_TOO_SMALL"  # so few persons are not a group
NO_FORECAST = "NO_FORECAST"  # too few past periods have a forecast
TARGET_REACHED = "TARGET_REACHED"
STILL_WAITING = "STILL_WAITING"  # the place asked for lies among those that have not ended
TOO_LATE = "TOO_LATE"  # what is created now is not won in the period any more
NO_RATE = "NO_RATE"  # a currency has no rate at all
NO_DIMENSION = "NO_DIMENSION"  # the KPI's table does not know the dimension asked for
N_TOO_SMALL = "N_TOO_SMALL"
STALE = "STALE"
IMMATURE = "IMMATURE"
YIELD_BORROWED = "YIELD_BORROWED"  # a thin stage of the region was weighted by the group's yield
SO_FAR = "SO_FAR"  # the period still runs
LINEAR_PACE = "LINEAR_PACE"  # too few own quarters for a curve: expected by working days alone


@dataclass(frozen=True)
class Value:
    """One KPI of one region ("group" for the total) in one bucket.

    value: money as exact decimals in currency, percent as a fraction, else a number; None with a reason.
    numerator, denominator: of a ratio, before dividing. n: the rows it rests on.
    left_out: rows that lack a needed field; left_out_value: their amount where they have one.
    low, high: between which values it would lie if the period ended like one of the last.
    counted_twice: by how much the regions of a sum exceed its total, since some of their deals are one; else None.
    missing_regions: what a total lacks or holds only late. bucket: the grain's part, then the dimensions' values.
    """

    kpi: str
    region: str
    period: str
    value: Decimal | float | None
    n: int
    unit: str
    as_of: datetime
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    currency: str | None = None
    comparable: Comparable = "yes"
    reasons: tuple[str, ...] = ()
    low: Decimal | float | None = None
    high: Decimal | float | None = None
    left_out: int = 0
    left_out_value: Decimal | None = None
    missing_regions: tuple[str, ...] = ()
    counted_twice: Decimal | float | None = None
    bucket: tuple[str, ...] = ()

    @property
    def is_measure(self) -> bool:
        """Whether others may be judged by it: it has a value, and exports showed all that this rests on."""
        return self.value is not None and not UNSEEN & set(self.reasons)
