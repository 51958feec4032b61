"""Pace: what a region has won this quarter, against what it usually has by the same working day."""

from dataclasses import dataclass

import polars as pl

from demo.closings import elapsed_share, last_export
from demo.company import MARKET, Market
from demo.plan import Plan
from demo.timeline import moment, number
from organisation import FiscalCalendar

CURVE_QUARTERS = 8


@dataclass(frozen=True)
class Expectation:
    """What a region's curve says: won so far, and the usual share of a quarter that is won by now."""

    won: float
    share: float

    def plan_for(self, pace: float) -> float:
        """Give the quarter's plan against which the value won so far is that pace."""
        return self.won / (pace * self.share)


def expectation(plan: Plan, market: Market, deals: pl.DataFrame) -> Expectation:
    """Give what a market has won this quarter and the share its last eight quarters had won by the same working day."""
    won = deals.filter((pl.col("region") == market.region) & (pl.col("outcome") == "won"))
    calendar, work = FiscalCalendar.from_month(1), plan.work(market)
    running = calendar.quarter_index(plan.time.quarter_start)
    share = elapsed_share(plan, market)
    so_far = whole = 0
    for back in range(1, CURVE_QUARTERS + 1):
        quarter = calendar.quarter_at(running - back)
        days = work.between(quarter.start, quarter.end)
        last = int(days[min(round(share * len(days)), len(days)) - 1])
        of_quarter = won.filter(pl.col("ended").is_between(number(quarter.start), number(quarter.end) + 1))
        so_far += int(of_quarter.filter(pl.col("ended") < last + 1)["amount"].sum())
        whole += int(of_quarter["amount"].sum())
    now = deals.filter(won_to_date(plan, market.region, 0))
    return Expectation(float(now["amount"].sum()), so_far / whole)


def won_to_date(plan: Plan, region: str, back: int) -> pl.Expr:
    """Select the deals a region won by now in the quarter so many quarters back, up to today's share of it."""
    upto = moment(last_export(plan, MARKET[region])) if back == 0 else number(plan.time.today) - 365 * back / 4 + 1
    return (
        (pl.col("region") == region)
        & (pl.col("outcome") == "won")
        & (pl.col("back") == back)
        & (pl.col("ended") <= upto)
    )
