"""The truth about every deal: from creation to its end, with each push and each change of amount on the way."""

import numpy as np
import polars as pl

from demo.closings import CYCLE_SHAPE, closed_deals, last_export
from demo.company import (
    AMOUNT_STEP,
    BUDGET_RATES,
    LEAD_SOURCES,
    LOSS_REASONS,
    MARKETS,
    PRODUCTS,
    SEGMENTS,
    SERVICE,
    Market,
)
from demo.names import accounts as accounts_of
from demo.names import persons
from demo.pipeline import open_deals
from demo.plan import Plan
from demo.planting import plant
from demo.pushes import with_pushes
from demo.terms import with_terms
from demo.timeline import moment
from demo.workdays import Days, Numbers

WEAK_ENTERPRISE = {"dach": (0.13, 0.51, 0.36)}  # this quarter few of its enterprise deals closed: they were pushed
EARLY_END = 0.75  # of lost and dropped deals end before their expected close
CYCLE = {"enterprise": 1.45, "mid_market": 1.0, "small": 0.7}


def all_deals(plan: Plan, accounts: pl.DataFrame) -> pl.DataFrame:
    """Give every deal of the company, stories planted: one row a deal, local days as floats, own currency."""
    deals = pl.concat([_deals(plan, market, accounts) for market in MARKETS])
    return with_terms(plan, plant(plan, with_pushes(plan, deals)))


def all_accounts(plan: Plan) -> pl.DataFrame:
    """Give every account of the company."""
    return pl.concat(
        [accounts_of(plan, market, plan.size).with_columns(source=pl.lit(market.source)) for market in MARKETS]
    )


def _deals(plan: Plan, market: Market, accounts: pl.DataFrame) -> pl.DataFrame:
    rng = plan.rng("deals", market.region)
    closed = closed_deals(plan, market)
    # Most losses come before the day on which the deal was to close.
    early = np.where(rng.random(closed.height) < EARLY_END, rng.uniform(5, 150, closed.height), 0)
    due = pl.when(pl.col("outcome") == "won").then("ended").otherwise(pl.col("ended") + pl.Series(early))
    closed = closed.with_columns(
        created=pl.lit(None, pl.Float64), due=due, on_hold=pl.lit(False), back=pl.col("back").cast(pl.Int32)
    )
    opened = open_deals(plan, market)
    frame = pl.concat([closed, opened.select(closed.columns)])
    frame = _described(plan, market, frame, rng)
    frame = _timed(plan, market, frame, rng)
    frame = _customers(frame, accounts.filter(pl.col("region") == market.region), market, rng)
    ids = plan.ids("deal", market.source, frame.height, market.region)
    order = frame["created"].arg_sort()
    return frame[order].with_columns(
        opportunity_id=pl.Series(ids),
        region=pl.lit(market.region),
        source=pl.lit(market.source),
        currency=pl.lit(market.currency),
    )


def _described(plan: Plan, market: Market, frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add segment, business type, product, lead source, loss reason and the two amounts."""
    count = frame.height
    usual, weak = market.shares, WEAK_ENTERPRISE.get(market.region, market.shares)
    roll = rng.random(count)
    this_quarter = ((frame["back"] == 0) & (frame["ended"] < moment(plan.time.today))).to_numpy()
    segment = np.where(this_quarter, _chosen(roll, weak), _chosen(roll, usual))
    renewal = (frame["business_type"] == "renewal").to_numpy()
    expansion = ~renewal & (rng.random(count) < 0.35)
    worth = np.array([market.typical[name] for name in segment]) * rng.lognormal(-0.08, 0.4, count)
    worth = np.where(renewal, worth * 0.4, worth) / BUDGET_RATES[market.currency]
    first = np.where(rng.random(count) < 0.25, worth * rng.uniform(0.8, 1.25, count), worth)
    step = AMOUNT_STEP[market.currency]
    lost = frame["outcome"].is_in(["lost", "dropped"]).to_numpy()
    return frame.with_columns(
        segment=pl.Series(segment),
        business_type=pl.Series(np.select([renewal, expansion], ["renewal", "expansion"], "new")),
        product=pl.Series(np.where(renewal, SERVICE, rng.choice(PRODUCTS, count))),
        lead_source=pl.Series(rng.choice(LEAD_SOURCES, count, p=(0.24, 0.18, 0.2, 0.14, 0.08, 0.16))),
        loss_reason=pl.Series(np.where(lost, rng.choice(LOSS_REASONS, count, p=(0.3, 0.27, 0.2, 0.1, 0.13)), "")),
        amount=pl.Series((np.maximum(1, np.round(worth / step)) * step).astype(np.int64)),
        amount_first=pl.Series((np.maximum(1, np.round(first / step)) * step).astype(np.int64)),
    )


def _chosen(roll: Numbers, shares: tuple[float, float, float]) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.array(SEGMENTS)[np.searchsorted(np.cumsum(shares)[:2], roll)]


def _timed(plan: Plan, market: Market, frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add when the deal was created, entered each stage, changed its amount, and how often it is touched."""
    count = frame.height
    factor = np.array([CYCLE[name] for name in frame["segment"]])
    cycle = np.maximum(9, rng.gamma(CYCLE_SHAPE, market.cycle_days / CYCLE_SHAPE, count) * factor)
    ended, opened = frame["ended"].to_numpy(), frame["created"].to_numpy()
    is_open = np.isfinite(opened)
    created = _at_work(np.where(is_open, opened, ended - cycle), rng)
    span = np.where(is_open, np.maximum(cycle, 40), ended - created)
    reached = _reached(frame, rng)
    marks = [created + span * rng.uniform(low, high, count) for low, high in ((0.06, 0.22), (0.32, 0.52), (0.62, 0.84))]
    stages = {
        name: np.where(reached >= i + 1, at, np.inf)
        for i, (name, at) in enumerate(zip(("develop", "propose", "close"), marks, strict=True))
    }
    # What is dated soon has been developed by now: the dates of unqualified deals lie further out.
    now = moment(last_export(plan, market))
    soon = is_open & (frame["due"].to_numpy() < now + 60) & (created < now - 3)
    stages["develop"] = np.where(soon, np.minimum(stages["develop"], (created + now) / 2), stages["develop"])
    gap = rng.uniform(4, 14, count)
    return frame.with_columns(
        created=pl.Series(created),
        **{name: pl.Series(at) for name, at in stages.items()},
        amount_at=pl.Series(created + span * rng.uniform(0.3, 0.7, count)),
        touch_gap=pl.Series(gap),
        touch_first=pl.Series(created + gap * rng.random(count)),
    )


def _reached(frame: pl.DataFrame, rng: np.random.Generator) -> Days:
    """Give the furthest stage each deal ever reaches: 0 qualify to 3 close."""
    roll = rng.random(frame.height)
    gate = frame["gate"].to_numpy()
    won = (frame["outcome"] == "won").to_numpy()
    renewal = (frame["business_type"] == "renewal").to_numpy()
    is_open = frame["created"].is_not_null().to_numpy()
    lost = np.select([roll < 0.35, roll < 0.75], [1, 2], 3)
    return np.where(won | renewal | is_open, np.where(roll < 0.1, 2, 3), np.where(gate, lost, 0))


def _at_work(days: Numbers, rng: np.random.Generator) -> Numbers:
    """Move moments to a weekday between 8 and 18 o'clock."""
    day = np.floor(days)
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    moved: Numbers = day - np.maximum(weekday - 4, 0) + (8 + 10 * rng.random(len(days))) / 24
    return moved


def _customers(frame: pl.DataFrame, accounts: pl.DataFrame, market: Market, rng: np.random.Generator) -> pl.DataFrame:
    """Add account, country, owner and the deal's name: each segment sells to accounts of its kind."""
    chosen = np.zeros(frame.height, np.int64)
    for segment in SEGMENTS:
        pool = np.flatnonzero((accounts["segment"] == segment).to_numpy())
        wanted = np.flatnonzero((frame["segment"] == segment).to_numpy())
        chosen[wanted] = rng.choice(pool if len(pool) else np.arange(accounts.height), len(wanted))
    people = persons(market)
    owners = [people[i].ref for i in rng.integers(0, len(people), frame.height)]
    picked = accounts[chosen]
    own = rng.random(frame.height) < 0.6
    return frame.with_columns(
        account_id=picked["account_id"],
        account=picked["account"],
        country=picked["country"],
        owner=pl.when(pl.Series(own)).then(picked["owner"]).otherwise(pl.Series(owners)),
        name=pl.format("{} - {}", frame["product"], picked["account"]),
    )
