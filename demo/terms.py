"""Contracts with a term: which deals bring yearly value, from when and for how long."""

import numpy as np
import polars as pl

from demo.company import AMOUNT_STEP, MARKET, MARKETS
from demo.plan import Plan

TERM = 12  # months
MAINTENANCE = 0.02  # of a machine's price a year, where a machine comes with a contract
BEGINS_AFTER = 20, 60  # days from the signature: a renewal follows at once, a machine is built first


def with_terms(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Add recurring (own currency a year), term (months) and starts (local days) of deals; null without a contract."""
    rng = plan.rng("terms")
    sold = [market.region for market in MARKETS if market.renewals]
    renewal = (deals["business_type"] == "renewal").to_numpy()
    has_one = deals["region"].is_in(sold).to_numpy() & (renewal | (rng.random(deals.height) < 0.5))
    step = deals["region"].replace_strict({name: AMOUNT_STEP[one.currency] for name, one in MARKET.items()}).to_numpy()
    amount = deals["amount"].to_numpy()
    yearly = np.where(renewal, amount, np.maximum(1, np.round(amount * MAINTENANCE * 2 / step)) * step)
    starts = deals["ended"].to_numpy() + np.where(renewal, *BEGINS_AFTER)
    held = pl.Series(has_one)
    return deals.with_columns(
        recurring=pl.when(held).then(pl.Series(yearly.astype(np.int64))),
        term=pl.when(held).then(pl.lit(TERM)),
        starts=pl.when(held).then(pl.Series(starts)),
    )
