"""Open deals: created lately, dated ahead; some of them end in the weeks after the clock, for those who let it run."""

import numpy as np
import polars as pl

from demo.closings import CYCLE_SHAPE, last_export
from demo.company import Market
from demo.plan import Plan
from demo.timeline import moment, number
from demo.workdays import Numbers

RUN_ON_DAYS = 42  # how far beyond the clock the company's future is known
ON_HOLD = {"dach_dynamics": 0.04, "nordics_lime": 0.05}  # share of deals, where the CRM has a word for it


def open_deals(plan: Plan, market: Market) -> pl.DataFrame:
    """Give deals open at a market's newest export: created, due (local days), ended, outcome, gate, business_type."""
    rng = plan.rng("pipeline", market.region)
    now = moment(last_export(plan, market))
    standing = max(plan.size.of(market.open_deals), market.open_deals // 2)  # stories need a pipeline at any size
    coming = plan.size.of(market.open_deals * 0.37)
    # how long a deal has been open by now: a random part of a cycle, and long cycles are met more often
    standing_age = rng.random(standing) * rng.gamma(CYCLE_SHAPE + 1, market.cycle_days / CYCLE_SHAPE, standing) + 0.5
    age = np.concatenate([standing_age, -rng.random(coming) * RUN_ON_DAYS])
    count = len(age)
    due = _due(plan, market, count, rng)
    due[standing:] = now + 60 + rng.random(coming) * 150
    ends = rng.random(count) < 0.7
    ended = np.where(ends, np.maximum(due, now) + rng.random(count) * 9 + 0.4, np.inf)
    ended[ended > now + RUN_ON_DAYS] = np.inf
    rate = market.won_now / market.closed_now
    renewal = np.where((rng.random(count) < 0.1) & market.renewals, "renewal", "new")
    return pl.DataFrame(
        {
            "ended": ended,
            "outcome": np.where(np.isfinite(ended), np.where(rng.random(count) < rate, "won", "lost"), "open"),
            "back": np.zeros(count, np.int32),
            "gate": np.ones(count, bool),
            "business_type": renewal,
            "created": now - age,
            "due": due,
            "on_hold": rng.random(count) < ON_HOLD.get(market.source, 0),
        }
    )


def _due(plan: Plan, market: Market, count: int, rng: np.random.Generator) -> Numbers:
    """Give expected closes: some are past, some lie in the rest of this quarter, most in the next two."""
    cut, end = moment(last_export(plan, market)), number(plan.time.quarter_end)
    kind = rng.random(count)
    past = cut - 2 - 30 * rng.random(count) ** 2
    this_quarter = cut + 1 + (end - cut - 1) * np.sqrt(rng.random(count))
    later = end + 4 + 200 * rng.random(count) ** 1.3
    overdue, now = market.due_now * 0.12, market.due_now
    return np.select([kind < overdue, kind < now], [past, this_quarter], later)
