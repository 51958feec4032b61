"""What finance booked in each month: the won value of the CRM systems, but for two differences that are planted."""

from datetime import date, timedelta
from itertools import combinations

import polars as pl

from demo.closings import last_export
from demo.company import MARKETS, Market
from demo.plan import Plan
from demo.states import deals_at
from demo.timeline import moment

INTAKE_COLUMNS = ("region", "month", "value", "currency")
YEARS = 3
BOOKED_LATE = "amer"  # two deals of the last closed month were booked by finance in the month after
LATE_SHARE = 0.03  # of that month's won value, as near as two deals come to it
NOT_SENT = "nordics"  # finance has sent nothing for the month before the last closed one


def order_intake(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Give order intake by month up to the running one: region, month, value (own currency), currency."""
    months = _months(plan)
    every = pl.concat([_booked(plan, market, deals, months) for market in MARKETS])
    not_sent = (pl.col("region") == NOT_SENT) & (pl.col("month") == months[-3])
    return every.filter(~not_sent).select(INTAKE_COLUMNS)


def booked_late(won: pl.DataFrame, month: date) -> list[str]:
    """Give the two deals of a month whose sum is nearest to the late share of its won value."""
    rows = won.filter(month=month).sort("opportunity_id").select("opportunity_id", "amount").rows()
    wanted = LATE_SHARE * sum(amount for _, amount in rows)
    pairs = list(combinations(rows, 2))
    return [key for key, _ in min(pairs, key=lambda pair: abs(pair[0][1] + pair[1][1] - wanted))] if pairs else []


def won_deals(plan: Plan, market: Market, deals: pl.DataFrame) -> pl.DataFrame:
    """Give the won deals of a market as its newest export shows them, each with the month of its win."""
    known = deals_at(deals.filter(region=market.region), moment(last_export(plan, market)))
    day = pl.col("ended").cast(pl.Int32).cast(pl.Date)
    return known.filter(outcome="won").with_columns(month=day.dt.truncate("1mo"))


def _booked(plan: Plan, market: Market, deals: pl.DataFrame, months: list[date]) -> pl.DataFrame:
    won = won_deals(plan, market, deals)
    if market.region == BOOKED_LATE:
        late = pl.col("opportunity_id").is_in(booked_late(won, months[-2]))
        won = won.with_columns(month=pl.when(late).then(pl.lit(months[-1])).otherwise("month"))
    sums = won.group_by("month").agg(value=pl.col("amount").sum())
    return (
        pl.DataFrame({"month": months})
        .join(sums, on="month", how="left", maintain_order="left")
        .with_columns(
            value=pl.col("value").fill_null(0), region=pl.lit(market.region), currency=pl.lit(market.currency)
        )
    )


def _months(plan: Plan) -> list[date]:
    """Give the first days of the months of the last three years, the running month last."""
    found = [plan.time.today.replace(day=1)]
    while len(found) <= 12 * YEARS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]
