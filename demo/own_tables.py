"""What the group keeps itself: which customers and deals are one, plans, potentials, credits and thresholds."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from demo.company import LEAD_SOURCES, MARKETS, PRODUCTS
from demo.names import SHARED_ACCOUNT
from demo.plan import Plan
from demo.states import deals_at

BY = "head of key accounts"
MARKETING, SALES = "head of marketing", "head of sales"
PROPOSED_ONLY = "benelux"  # its rule is not agreed by sales yet
LED_TOGETHER = ("amer", "latam")  # one customer of both, with an agreed lead region
PLANNED, WITH_ACTIONS, FRESH, RELEVANT = 0.85, 0.8, 0.7, 0.55  # shares of the key accounts, or of their cells
DEALS_A_YEAR = 3  # of the usual size, for an account that bought nothing yet
GROWTH = 1.1  # a plan asks for so many times the last four quarters


def own_tables(plan: Plan, accounts: pl.DataFrame, deals: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Give the frame of each file by the name of its export."""
    now = deals_at(deals, plan.time.cut)
    led = _led_together(accounts, now)
    matches = _matches(plan, accounts, led)
    return {
        "qualification_rules": _rules(plan),
        "account_matches": matches.select("account_source", "account_id", "global_account_id", *_CONFIRMED),
        "account_plans": _plans(plan, matches, now),
        "account_potentials": _potentials(plan, matches),
        "opportunity_credits": _credits(plan, now),
        "same_deals": _same_deals(plan, now),
    }


_CONFIRMED = ("confirmed_by", "confirmed_on")


def _rules(plan: Plan) -> pl.DataFrame:
    """Give the thresholds: a first one everywhere, a stricter one since the middle of this year, one for webinars."""
    year = plan.time.today.year
    rows = [
        (market.region, lead_source, day, threshold, MARKETING, None if market.region == PROPOSED_ONLY else SALES)
        for market in MARKETS
        for lead_source, day, threshold in (
            ("all", date(year - 2, 1, 1), 50),
            ("all", date(year, 7, 1), 60),
            (LEAD_SOURCES[4], date(year, 1, 1), 70),
        )
    ]
    names = ["region", "lead_source", "valid_from", "threshold", "agreed_by_marketing", "agreed_by_sales"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(rule=pl.lit("score"))


def _led_together(accounts: pl.DataFrame, now: pl.DataFrame) -> dict[tuple[str, str], str]:
    """Give the two accounts of one customer, the first of each region with open deals: (source, id) -> global id."""
    found = {}
    for region in LED_TOGETHER:
        busy = now.filter((pl.col("outcome") == "open") & (pl.col("region") == region) & pl.col("story").is_null())
        mine = accounts.filter((pl.col("region") == region) & pl.col("account").is_in(busy["account"].implode()))
        row = mine.sort("account").row(0, named=True)
        found[row["source"], row["account_id"]] = "GA-0001"
    return found


def _matches(plan: Plan, accounts: pl.DataFrame, led: dict[tuple[str, str], str]) -> pl.DataFrame:
    """Give each key account and each of the two its global account; a story's shared customer is not among them."""
    key = pl.struct("source", "account_id").map_elements(
        lambda one: led.get((one["source"], one["account_id"])), return_dtype=pl.String
    )
    shared = pl.col("account").is_in(list(SHARED_ACCOUNT.values()))
    kept = accounts.with_columns(led=key).filter((pl.col("is_key") | pl.col("led").is_not_null()) & ~shared)
    number = pl.format("GA-{}", (pl.int_range(pl.len()) + 1000).cast(pl.String))
    return kept.with_columns(
        global_account_id=pl.coalesce("led", number),
        account_source="source",
        confirmed_by=pl.lit(BY),
        confirmed_on=pl.lit(date(plan.time.today.year - 1, 11, 3)),
    )


def _plans(plan: Plan, matches: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Give the plans of this calendar year: some key accounts have none, some no actions, some are out of date."""
    rng = plan.rng("account plans")
    year, count = plan.time.today.year, matches.height
    won = now.filter((pl.col("outcome") == "won") & pl.col("back").is_between(1, 4))
    before = won.group_by("source", "account").agg(won=pl.col("amount").sum())
    usual = won.group_by("region").agg(usual=pl.col("amount").median())
    both = matches.join(before, on=["source", "account"], how="left", maintain_order="left")
    both = both.join(usual, on="region", how="left", maintain_order="left")
    currency = {market.region: market.currency for market in MARKETS}
    ages = np.where(rng.random(count) < FRESH, rng.integers(5, 80, count), rng.integers(100, 300, count))
    days = [plan.time.today - timedelta(days=int(age)) for age in ages]
    planned = pl.Series(rng.random(count) < PLANNED) | both["led"].is_not_null()
    worked_out = pl.Series(rng.random(count) < WITH_ACTIONS)
    lead = pl.when(pl.col("led").is_not_null()).then(pl.lit(LED_TOGETHER[0])).otherwise("region")
    target = (pl.coalesce("won", pl.col("usual") * DEALS_A_YEAR) * GROWTH / 1000).round(0) * 1000
    return both.select(
        "global_account_id",
        "region",
        starts_on=pl.lit(date(year, 1, 1)),
        ends_on=pl.lit(date(year, 12, 31)),
        target=target.cast(pl.Int64),
        currency=pl.col("region").replace_strict(currency),
        lead_region=lead,
        updated_on=pl.Series(days),
        owner_role=pl.lit("key account manager"),
        actions=pl.when(worked_out).then(pl.lit("Visit the plant; agree the next line with purchasing")),
    ).filter(planned)


def _potentials(plan: Plan, matches: pl.DataFrame) -> pl.DataFrame:
    rng = plan.rng("account potentials")
    cells = matches.select("global_account_id", "region").join(pl.DataFrame({"product": PRODUCTS}), how="cross")
    relevant = pl.Series(rng.random(cells.height) < RELEVANT)
    return cells.with_columns(
        is_relevant=pl.when(relevant).then(pl.lit("yes")).otherwise(pl.lit("no")),
        marked_by=pl.lit(BY),
        marked_on=pl.lit(date(plan.time.today.year, 1, 12)),
    )


def _credits(plan: Plan, now: pl.DataFrame) -> pl.DataFrame:
    """Give the shares of the largest deal that AMER won this quarter: LATAM helped to win it, DACH lent an engineer."""
    won = now.filter((pl.col("outcome") == "won") & (pl.col("region") == "amer") & (pl.col("back") == 0))
    deal = won.sort("amount", "opportunity_id", descending=[True, False]).row(0, named=True)
    shares = [("revenue", "amer", 70), ("revenue", "latam", 30), ("overlay", "dach", 20)]
    rows = [
        (deal["source"], deal["opportunity_id"], plan.time.quarter_start, kind, region, "all", share)
        for kind, region, share in shares
    ]
    names = ["opportunity_source", "opportunity_id", "valid_from", "kind", "region", "person_ref", "share"]
    return pl.DataFrame(rows, schema=names, orient="row")


def _same_deals(plan: Plan, now: pl.DataFrame) -> pl.DataFrame:
    """Give the pair of the shared customer: the line that the Nordics sell is the one that DACH sells."""
    sides = {region: _largest_shared(now, region) for region in SHARED_ACCOUNT}
    pair = (*sides["nordics"], *sides["dach"], BY, plan.time.quarter_start + timedelta(days=20))
    return pl.DataFrame(
        [pair], schema=["twin_source", "twin_id", "counted_source", "counted_id", *_CONFIRMED], orient="row"
    )


def _largest_shared(now: pl.DataFrame, region: str) -> tuple[str, str]:
    """Give source and id of the largest deal that a region has with the shared customer."""
    deals = now.filter((pl.col("story") == 9) & (pl.col("region") == region))
    largest = deals.sort("amount", "opportunity_id", descending=[True, False])
    return largest["source"][0], largest["opportunity_id"][0]
