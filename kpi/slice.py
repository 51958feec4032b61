"""What is asked: regions, period, as-of, currency, and how the answer is broken down."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from kpi.errors import KpiError
from kpi.period import Period

Currency = Literal["group", "local"]
Rates = Literal["budget", "booked", "spot"]
Organised = Literal["then", "now"]
Grain = Literal["total", "week", "month", "quarter"]
DIMENSIONS = ("team", "segment", "lead_source", "product", "rejection_reason")


@dataclass(frozen=True)
class Slice:
    """One question to the KPIs.

    regions: those asked for; empty = all. as_of: UTC, what was known by then counts.
    by: "region" and any of DIMENSIONS; grain: also by week, month or quarter of the period.
    own_periods: a region's own period where it differs (its fiscal quarter), else period holds for it.
    rates_on: all money at the rates of this one day, so that two periods compare without currency effects.
    organised: what is closed belongs to the region of its closing day (then), or all to the region of today (now).
    """

    period: Period
    as_of: datetime
    regions: tuple[str, ...] = ()
    currency: Currency = "group"
    rates: Rates = "budget"
    by: tuple[str, ...] = ("region",)
    grain: Grain = "total"
    own_periods: tuple[tuple[str, Period], ...] = field(default=())
    rates_on: date | None = None
    organised: Organised = "then"

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise KpiError(f"as_of {self.as_of} names no time zone; give an instant in UTC")
        unknown = [name for name in self.by if name != "region" and name not in DIMENSIONS]
        if unknown:
            raise KpiError(f'cannot break down by "{unknown[0]}"; known are region, {", ".join(DIMENSIONS)}')

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions beside the region, in the order asked."""
        return tuple(name for name in self.by if name != "region")

    def period_of(self, region: str) -> Period:
        """Give the period that holds for a region."""
        return dict(self.own_periods).get(region, self.period)
