"""Activities: calls, meetings, mails and tasks on deals, and the first contacts with leads."""

import numpy as np
import polars as pl

from demo.company import MARKETS, Market
from demo.plan import Plan
from demo.timeline import number

KINDS = ("call", "meeting", "email", "task")
AHEAD = 42


def all_activities(plan: Plan, deals: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    """Give the activities since the first export's week: at, done, planned (local days), related, owner, type."""
    return pl.concat([_activities(plan, market, deals, leads) for market in MARKETS])


def _activities(plan: Plan, market: Market, deals: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    rng = plan.rng("activities", market.region)
    here = pl.col("region") == market.region
    first = number(plan.time.export_days[0]) - 7
    parts = [
        _on_deals(deals.filter(here), first, number(plan.time.today) + AHEAD),
        _on_leads(leads.filter(here), first),
    ]
    every = pl.concat(parts).sort("at", "related")
    count = every.height
    ahead = rng.random(count) < 0.15
    return every.with_columns(
        activity_id=pl.Series(plan.ids("activity", market.source, count, market.region)),
        type=pl.Series(rng.choice(KINDS, count, p=(0.36, 0.2, 0.32, 0.12))),
        done=pl.col("at") + pl.Series(rng.random(count) * 0.05),
        planned=pl.Series(np.where(ahead, every["at"].to_numpy() - 3 - 9 * rng.random(count), np.inf)),
        region=pl.lit(market.region),
        source=pl.lit(market.source),
    )


def _on_deals(deals: pl.DataFrame, first: int, last: int) -> pl.DataFrame:
    """Give the touches of deals between two days: at touch_first and every touch_gap days until the deal ends."""
    until = np.minimum(np.minimum(deals["ended"].to_numpy(), last), last)
    start, gap = deals["touch_first"].to_numpy(), deals["touch_gap"].to_numpy()
    low = np.maximum(np.ceil((first - start) / gap), 0).astype(np.int64)
    high = np.floor((until - start) / gap).astype(np.int64)
    counts = np.maximum(high - low + 1, 0)
    row = np.repeat(np.arange(deals.height), counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + low[row]
    picked = deals[row]
    return pl.DataFrame(
        {
            "at": start[row] + step * gap[row],
            "related": picked["opportunity_id"],
            "owner": picked["owner"],
            "country": picked["country"],
        }
    )


def _on_leads(leads: pl.DataFrame, first: int) -> pl.DataFrame:
    """Give the first contact with each lead, and two more while it is worked on."""
    touched = leads.filter(pl.col("first_touch").is_finite() & (pl.col("first_touch") >= first))
    again = [touched.with_columns(first_touch=pl.col("first_touch") + days) for days in (0.0, 2.1, 6.3)]
    return pl.concat(again).select(at="first_touch", related="lead_id", owner="owner", country="country")
