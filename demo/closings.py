"""Closed deals: how many closed in each quarter, when in the quarter, and how many of them were won."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from demo.company import Market
from demo.plan import Plan
from demo.timeline import moment
from demo.workdays import Days, Flags, Numbers
from organisation import FiscalCalendar

QUARTERS_BACK = 12
EARLY_LOSSES = 0.25  # lost before the gate of the win rate, for each loss inside it
RENEWALS, RENEWALS_WON = 0.12, 0.85
DROPPED = 0.09
CYCLE_SHAPE = 4.5  # of the gamma distribution of the days from creation to the end
# Nothing closed there around today's share of past quarters, so that a day more or less moves no planted figure.
QUIET = {"dach": 0.045, "japan": 0.055}
QUIET_QUARTERS = 8


@dataclass(frozen=True)
class Closing:
    """How one quarter of a market closes: deals inside the gate, until today's share of the quarter and after it.

    days: its working days; quiet: the share around today's share in which nothing closed.
    """

    days: Days
    share: float
    quiet: float
    hockey: float
    closed: tuple[int, int]
    won: tuple[int, int]


def closed_deals(plan: Plan, market: Market) -> pl.DataFrame:
    """Give a market's closed deals: back (quarters ago), ended (local days), outcome, gate, business_type."""
    parts = [_quarter(plan, market, back) for back in range(QUARTERS_BACK, -1, -1)]
    return pl.concat(parts)


def last_export(plan: Plan, market: Market) -> date:
    """Give the day of a market's newest export: LATAM's last one did not come."""
    last = plan.time.export_days[-1]
    return last - timedelta(days=8) if market.region == "latam" else last


def elapsed_share(plan: Plan, market: Market) -> float:
    """Give the share of the running quarter's working days that a market's exports tell of, the newest's included."""
    work = plan.work(market)
    whole = work.between(plan.time.quarter_start, plan.time.quarter_end)
    return len(work.between(plan.time.quarter_start, last_export(plan, market))) / len(whole)


def _quarter(plan: Plan, market: Market, back: int) -> pl.DataFrame:
    rng = plan.rng("closings", market.region, str(back))
    closing = _closing(plan, market, back, rng)
    parts: list[pl.DataFrame] = []
    for late in (False, True) if back else (False,):
        for won, gate, business, count in _kinds(closing, market, late):
            days = _days(closing, late, count, rng)
            outcomes = _spread(won, count) if gate or business == "renewal" else np.zeros(count, bool)
            parts.append(_rows(days, np.where(outcomes, "won", "lost"), gate, business))
        dropped = round(closing.closed[late] * DROPPED)
        parts.append(_rows(_days(closing, late, dropped, rng), np.full(dropped, "dropped"), False, "new"))
    frame = pl.concat(parts)
    hours = 9 + 8 * rng.random(frame.height)
    return frame.with_columns(ended=pl.col("day") + pl.Series(hours / 24), back=pl.lit(back)).drop("day")


def _kinds(closing: Closing, market: Market, late: bool) -> list[tuple[int, bool, str, int]]:
    """Give (won, inside the gate, business type, count) of what closed in one part of a quarter."""
    closed, won = closing.closed[late], closing.won[late]
    early = round((closed - won) * EARLY_LOSSES)
    kinds = [(won, True, "new", closed), (0, False, "new", early)]
    if market.renewals:
        count = round(closed * RENEWALS)
        kinds.append((round(count * RENEWALS_WON), False, "renewal", count))
    return kinds


def _closing(plan: Plan, market: Market, back: int, rng: np.random.Generator) -> Closing:
    calendar = FiscalCalendar.from_month(1)
    quarter = calendar.quarter_at(calendar.quarter_index(plan.time.quarter_start) - back)
    days = plan.work(market).between(quarter.start, quarter.end)
    if back == 0:
        passed = int((days + 1 <= moment(last_export(plan, market))).sum()) / len(days)
        return Closing(days, passed, 0.0, market.hockey, (market.closed_now, 0), (market.won_now, 0))
    share = elapsed_share(plan, market)
    so_far, rate = _level(plan, market, back, rng)
    rest = so_far * (1 / float(_curve(np.array([share]), market.hockey)[0]) - 1)
    closed = (round(so_far), round(rest))
    won = (round(rate * so_far), round(rate * rest))
    quiet = QUIET.get(market.region, 0.0) if back <= QUIET_QUARTERS else 0.0
    return Closing(days, share, quiet, market.hockey, closed, won)


def _level(plan: Plan, market: Market, back: int, rng: np.random.Generator) -> tuple[float, float]:
    """Give how many deals closed up to today's share of a past quarter, and their win rate."""
    rate_then, rate_now = market.won_last_year / market.closed_last_year, market.won_now / market.closed_now
    if back == 4:
        return market.closed_last_year, rate_then
    age = min(back, 4) / 4
    level = market.closed_now * (1 - age) + market.closed_last_year * age
    drift = 1 - 0.02 * max(0, back - 4)
    noise = 1 + 0.07 * rng.standard_normal()
    rate = (rate_now * (1 - age) + rate_then * age) * (1 + 0.04 * rng.standard_normal())
    return max(2.0, plan.size.scale * level * drift * noise), rate


def _curve(share: Numbers, hockey: float) -> Numbers:
    return (1 - hockey) * share + hockey * share**3


def _days(closing: Closing, late: bool, count: int, rng: np.random.Generator) -> Days:
    """Give closing days in order, more of them towards the quarter's end."""
    span = (closing.share + closing.quiet, 1.0) if late else (0.0, closing.share - closing.quiet)
    grid = np.linspace(0, 1, 201)
    heights = _curve(grid, closing.hockey)
    low, high = np.interp(span, grid, heights)
    steps = (np.arange(count) + rng.random(count)) / max(count, 1)
    shares = np.interp(low + steps * (high - low), heights, grid)
    return closing.days[np.minimum((shares * len(closing.days)).astype(np.int64), len(closing.days) - 1)]


def _spread(won: int, count: int) -> Flags:
    """Give exactly so many wins, evenly along the closings, so that any day's rate is near the whole's."""
    edges = np.floor((np.arange(count + 1) + 0.5) * won / max(count, 1))
    return np.diff(edges) > 0


def _rows(days: Days, outcome: object, gate: bool, business: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"day": days.astype(np.float64), "outcome": outcome}, schema_overrides={"outcome": pl.String}
    ).with_columns(gate=pl.lit(gate), business_type=pl.lit(business))
