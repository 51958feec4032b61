"""The stories, planted into the truth: a few deals are chosen and bent until the figures come out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from demo.company import AMOUNT_STEP, BUDGET_RATES, MARKET, MARKETS
from demo.names import SHARED_ACCOUNT
from demo.pace import expectation, won_to_date
from demo.plan import Plan
from demo.states import deals_at
from demo.timeline import number
from demo.workdays import Numbers

PUSHED_ENTERPRISE = 9
ENTERPRISE_SHARE_OF_GAP = 2 / 3
CALM_SHARE = 0.8  # of the pushes out of this quarter that chance would have made
PILOTS, PILOT_VALUE = 14, 900_000  # euro at budget rates
TWO_DEALS_SHARE = 0.60
JAPAN_CHANGE = 0.96  # won value in yen against last year


def plant(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Give the deals with all stories in them; the column story says which story a deal belongs to."""
    deals = deals.with_row_index("row").with_columns(
        story=pl.lit(None, pl.Int64),
        pilot_from=pl.lit(np.inf, pl.Float64),
        cancelled=pl.lit(np.inf, pl.Float64),
    )
    for story in (
        _usual_quarters,
        _dach_pushes,
        _japan_falls,
        _nordic_pilots,
        _shared_customer,
        _calm,
        _amer_hangs_on_two,
        _cancelled_orders,
    ):
        deals = story(plan, deals)
    return deals.drop("row", "due")


def _dach_pushes(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Nine enterprise deals of DACH that were due this quarter were moved into the next one within it."""
    rng = plan.rng("story 1")
    rows = _open_rows(plan, deals, "dach", pl.col("created") < number(plan.time.quarter_start) - 40)[:PUSHED_ENTERPRISE]
    start, end = number(plan.time.quarter_start), number(plan.time.quarter_end)
    count = len(rows)
    pushed = start + 12 + np.sort(rng.random(count)) * 36
    first = (end - 40 + 38 * rng.random(count)).astype(np.int32)
    later = (end + 15 + 60 * rng.random(count)).astype(np.int32)
    worth = (np.round(rng.uniform(240, 470, count)) * 1000).astype(np.int64)
    changes: dict[str, Sequence[object]] = {
        "segment": ["enterprise"] * count,
        "business_type": ["new"] * count,
        "product": ["Filling line F2"] * count,
        "expected_0": first.tolist(),
        "pushed_1": pushed.tolist(),
        "amount": worth.tolist(),
        "amount_first": worth.tolist(),
        "propose": (pushed - 30).tolist(),
        "develop": np.minimum(deals[rows]["develop"].to_numpy(), pushed - 45).tolist(),
        "ended": [np.inf] * count,
        "outcome": ["open"] * count,
        "on_hold": [False] * count,
        "story": [1] * count,
    }
    changes |= {f"expected_{n}": later.tolist() for n in range(1, 5)}
    changes |= {f"pushed_{n}": [np.inf] * count for n in range(2, 5)}
    return _changed(deals, rows, changes)


def _amer_hangs_on_two(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Two large deals of AMER, each pushed twice, are 60 % of what closes there this quarter."""
    start = number(plan.time.quarter_start)
    rows = _open_rows(plan, deals, "amer", pl.col("created") < start)[:2]
    changes: dict[str, Sequence[object]] = {
        "created": [start - 271.6, start - 247.4],
        "develop": [start - 250.0, start - 222.0],
        "propose": [start - 190.0, start - 160.0],
        "close": [start - 40.0, start - 62.0],
        "touch_first": [start - 268.5, start - 240.5],
        "expected_0": [start - 108, start - 101],
        "pushed_1": [start - 111.6, start - 103.4],
        "expected_1": [start - 20, start - 9],
        "pushed_2": [start - 24.5, start - 13.6],
        "pushed_3": [np.inf] * 2,
        "pushed_4": [np.inf] * 2,
        "ended": [np.inf] * 2,
        "outcome": ["open"] * 2,
        "segment": ["enterprise"] * 2,
        "business_type": ["new"] * 2,
        "product": ["Filling line F2", "Press X8"],
        "on_hold": [False] * 2,
        "story": [2] * 2,
    }
    changes |= {f"expected_{n}": [start + 78, start + 74] for n in range(2, 5)}
    deals = _changed(deals, rows, changes)
    deals = deals.with_columns(  # renewals stand outside coverage: none of them blurs the share
        business_type=pl.when(
            _dated_this_quarter(plan) & (pl.col("region") == "amer") & (pl.col("business_type") == "renewal")
        )
        .then(pl.lit("expansion"))
        .otherwise("business_type")
    )
    state = deals_at(deals, plan.time.cut).filter(closing_in_period(plan, "amer"), ~pl.col("row").is_in(rows))
    rest = int(state["amount"].sum())
    total = round(rest * TWO_DEALS_SHARE / (1 - TWO_DEALS_SHARE))
    larger = round(total * 0.55 / 1000) * 1000
    amounts = [larger, total - larger]
    return _changed(deals, rows, {"amount": amounts, "amount_first": amounts})


def closing_in_period(plan: Plan, region: str) -> pl.Expr:
    """Select from a state the open deals of a region that reached develop, are not on hold and dated this quarter."""
    dated = pl.col("expected").is_between(number(plan.time.quarter_start), number(plan.time.quarter_end))
    mapped = pl.col("pilot_from") > plan.time.cut
    ready = (pl.col("outcome") == "open") & (pl.col("furthest") >= 1) & ~pl.col("on_hold")
    return (pl.col("region") == region) & dated & mapped & ready


def _usual_quarters(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Each region won so far what makes a plan of the usual size, so that no plan leaps to make a story come out."""
    for market in MARKETS:
        now = deals.filter(won_to_date(plan, market.region, 0))
        won = (pl.col("region") == market.region) & (pl.col("outcome") == "won")
        usual = float(deals.filter(won & pl.col("back").is_between(1, 2))["amount"].sum()) / plan.size.scale / 2
        so_far = expectation(plan, market, deals)
        factor = 1.0 if market.grows else min(max(market.pace * so_far.share * usual / so_far.won, 0.4), 1.7)
        step = AMOUNT_STEP[market.currency]
        worth = now["amount"].to_numpy() * factor
        if market.region == "dach":
            worth = _short_enterprise(now, worth, usual=deals.filter(won & pl.col("back").is_between(1, 4)))
        amounts = (np.maximum(1, np.round(worth / step)) * step).astype(np.int64).tolist()
        deals = _changed(deals, now["row"].to_list(), {"amount": amounts, "amount_first": amounts})
    return deals


def _short_enterprise(now: pl.DataFrame, worth: Numbers, *, usual: pl.DataFrame) -> Numbers:
    """Share the value won in DACH so that enterprise deals make two thirds of what is missing there."""
    pace = MARKET["dach"].pace
    share = float(usual.filter(segment="enterprise")["amount"].sum()) / float(usual["amount"].sum())
    wanted = (share - ENTERPRISE_SHARE_OF_GAP * (1 - pace)) / pace
    enterprise = (now["segment"] == "enterprise").to_numpy()
    part = worth[enterprise].sum() / worth.sum()
    shared: Numbers = worth * np.where(enterprise, wanted / part, (1 - wanted) / (1 - part))
    return shared


def _calm(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Few other open deals leave this quarter by a push, and of DACH's enterprise deals none leaves any quarter."""
    rng = plan.rng("calm")
    start, end = number(plan.time.quarter_start), number(plan.time.quarter_end)
    chosen = pl.Series(rng.random(deals.height) < CALM_SHARE)
    enterprise = (pl.col("region") == "dach") & (pl.col("segment") == "enterprise")
    concerned = pl.col("story").is_null() & (pl.col("ended") > plan.time.cut)
    for n in range(4, 0, -1):
        before, after = pl.col(f"expected_{n - 1}"), pl.col(f"expected_{n}")
        leaves = before.is_between(start, end) & (after > end) & (pl.col(f"pushed_{n}") >= start)
        quarter = after.cast(pl.Date).dt.truncate("1q").cast(pl.Int32)
        inside = pl.max_horizontal(after - 21, quarter)
        stays = concerned & (enterprise & (before < quarter) | chosen & leaves)
        deals = deals.with_columns(pl.when(stays).then(inside).otherwise(before).alias(f"expected_{n - 1}"))
    return deals


def _japan_falls(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Japan won 4 % less in yen than by this day last year; what the yen did is in the exchange rates."""
    before = int(deals.filter(won_to_date(plan, "japan", 4))["amount"].sum())
    now = deals.filter(won_to_date(plan, "japan", 0))
    step = AMOUNT_STEP["JPY"]
    wanted = round(before * JAPAN_CHANGE / step)
    factor = wanted * step / int(now["amount"].sum())
    steps = np.maximum(1, np.round(now["amount"].to_numpy() * factor / step)).astype(np.int64)
    steps[int(np.argmax(steps))] += wanted - int(steps.sum())
    amounts = (steps * step).tolist()
    return _changed(deals, now["row"].to_list(), {"amount": amounts, "amount_first": amounts})


def _nordic_pilots(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Fourteen deals of the Nordics stand in a stage that nobody has mapped; they are worth 0.9 M€."""
    rng = plan.rng("story 8")
    step = AMOUNT_STEP["SEK"]
    rows = _open_rows(plan, deals, "nordics", pl.col("created") < plan.time.cut - 30)[:PILOTS]
    shares = rng.dirichlet(np.full(len(rows), 6.0))
    steps = np.maximum(1, np.round(shares * PILOT_VALUE / BUDGET_RATES["SEK"] / step)).astype(np.int64)
    steps[int(np.argmax(steps))] += round(PILOT_VALUE / BUDGET_RATES["SEK"] / step) - int(steps.sum())
    amounts = (steps * step).tolist()
    since = (plan.time.cut - 4 - 22 * rng.random(len(rows))).tolist()
    later = number(plan.time.quarter_end) + 50
    changes: dict[str, Sequence[object]] = {"amount": amounts, "amount_first": amounts, "pilot_from": since}
    changes |= {"ended": [np.inf] * len(rows), "outcome": ["open"] * len(rows), "story": [8] * len(rows)}
    changes |= {f"expected_{n}": [later] * len(rows) for n in range(5)} | {
        f"pushed_{n}": [np.inf] * len(rows) for n in range(1, 5)
    }
    return _changed(deals, rows, changes)


def _shared_customer(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """One customer has open deals in the Nordics and in DACH, under slightly different names."""
    for region, count in (("dach", 2), ("nordics", 2)):
        rows = _open_rows(plan, deals, region, pl.col("created") < plan.time.cut - 20)[:count]
        chosen = deals[rows]
        account = SHARED_ACCOUNT[region]
        changes: dict[str, Sequence[object]] = {
            "account": [account] * count,
            "account_id": [plan.ids("account", MARKET[region].source, 1, region)[0]] * count,
            "country": [next(iter(MARKET[region].countries))] * count,
            "name": [f"{product} - {account}" for product in chosen["product"]],
            "ended": [np.inf] * count,
            "outcome": ["open"] * count,
            "story": [9] * count,
        }
        changes |= {f"pushed_{n}": [np.inf] * count for n in range(1, 5)}
        deals = _changed(deals, rows, changes)
    return deals


def _cancelled_orders(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Two small deals that were won last quarter were cancelled by their customers in this one."""
    start = number(plan.time.quarter_start)
    for region, day in (("amer", 19.4), ("nordics", 33.6)):
        won = deals.filter(region=region, outcome="won", back=1, segment="small", business_type="new")
        rows = won.filter(pl.col("story").is_null())["row"].to_list()[:1]
        deals = _changed(deals, rows, {"cancelled": [start + day] * len(rows)})
    return deals


def _open_rows(plan: Plan, deals: pl.DataFrame, region: str, also: pl.Expr) -> list[int]:
    """Give rows of a region's deals that are open at the newest export and belong to no story yet, largest first."""
    is_open = (pl.col("ended") > plan.time.cut) & (pl.col("created") < plan.time.cut)
    chosen = deals.filter(
        is_open & (pl.col("region") == region) & pl.col("story").is_null() & also & ~pl.col("on_hold")
    )
    return chosen.sort(pl.col("segment") != "enterprise", "row")["row"].to_list()


def _dated_this_quarter(plan: Plan) -> pl.Expr:
    return pl.col("due").is_between(number(plan.time.quarter_start), number(plan.time.quarter_end) + 1) & (
        pl.col("ended") > plan.time.cut
    )


def _changed(deals: pl.DataFrame, rows: list[int], changes: dict[str, Sequence[object]]) -> pl.DataFrame:
    new = {
        name: deals[name].scatter(rows, pl.Series(values, dtype=deals[name].dtype)) for name, values in changes.items()
    }
    return deals.with_columns(**new)
