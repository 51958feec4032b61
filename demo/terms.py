"""Contracts with a term: a machine comes with a year of service, and a renewal follows it or does not."""

import numpy as np
import polars as pl

from demo.company import AMOUNT_STEP, MARKETS, Market
from demo.plan import Plan

FIRST_TERM, RENEWED_TERM = 12, 60  # months
YEAR = 365
BEGINS_AFTER = 20  # days from the signature of a renewal
LESS_AFTER = 1.02  # what was paid before a renewal, as a multiple of it


def with_terms(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Add recurring (own currency a year), term (months) and starts (local days) of deals; null without a contract.

    Before each renewal, won or lost, stands a machine sold about a year earlier, whose first contract ends that day.
    """
    columns: dict[str, list[float | None]] = {name: [None] * deals.height for name in ("recurring", "term", "starts")}
    for market in MARKETS:
        if market.renewals:
            for row, contract in _contracts(plan, market, deals.with_row_index("row")):
                for name, value in zip(columns, contract, strict=True):
                    columns[name][row] = value
    found = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
    return deals.with_columns(found["recurring"].cast(pl.Int64), found["term"].cast(pl.Int64), found["starts"])


def _contracts(plan: Plan, market: Market, deals: pl.DataFrame) -> list[tuple[int, tuple[float, float, float]]]:
    rng = plan.rng("terms", market.region)
    mine = deals.filter(pl.col("region") == market.region, pl.col("ended").is_finite()).sort("ended", "row")
    renewals = mine.filter((pl.col("business_type") == "renewal") & pl.col("outcome").is_in(["won", "lost"]))
    sold = mine.filter((pl.col("business_type") != "renewal") & (pl.col("outcome") == "won"))
    rows, ends, step = sold["row"].to_numpy(), sold["ended"].to_numpy(), AMOUNT_STEP[market.currency]
    is_taken = np.zeros(len(rows), bool)
    found: list[tuple[int, tuple[float, float, float]]] = []
    for row, outcome, ended, amount in renewals.select("row", "outcome", "ended", "amount").iter_rows():
        starts = np.floor(ended) + BEGINS_AFTER
        if outcome == "won":
            found.append((row, (amount, RENEWED_TERM, starts)))
        near = np.flatnonzero(~is_taken & (ends < starts - YEAR) & (ends > starts - YEAR - 120))
        if len(near):
            place = near[rng.integers(len(near))]
            is_taken[place] = True
            before = max(1, round(amount * LESS_AFTER / step)) * step
            found.append((int(rows[place]), (before, FIRST_TERM, starts - YEAR)))
    return found
