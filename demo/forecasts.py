"""What the regional managers forecast: every Monday of a quarter a call, a commit and a best case, locked."""

from datetime import date, timedelta

import polars as pl

from demo.closings import elapsed_share
from demo.company import MARKETS, Market
from demo.pace import expectation
from demo.plan import Plan
from demo.timeline import number
from organisation import FiscalCalendar

COLUMNS = "region scope scope_id starts_on ends_on category submitted_by_role locked_on value currency reason".split()
QUARTERS_BACK = 8
HABIT = {"latam": 0.22, "japan": -0.12, "dach": 0.06}  # says so much too much, or too little, on a quarter's first day
SPREAD = 0.10
BEYOND = {"call": 1.0, "commit": 0.82, "best_case": 1.25}  # of what is still to come
STEP = 1000


def forecasts(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Give every locked forecast of the running quarter and of those before it, in each region's own currency."""
    rows = [row for market in MARKETS for row in _of_market(plan, market, deals)]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _of_market(plan: Plan, market: Market, deals: pl.DataFrame) -> list[tuple[object, ...]]:
    rng = plan.rng("forecasts", market.region)
    calendar = FiscalCalendar.from_month(1)
    running = calendar.quarter_index(plan.time.quarter_start)
    won = deals.filter(region=market.region, outcome="won")
    found: list[tuple[object, ...]] = []
    for back in range(QUARTERS_BACK, -1, -1):
        quarter = calendar.quarter_at(running - back)
        came = _between(won, quarter.start, quarter.end)
        if back == 0:
            so_far = expectation(plan, market, deals)
            came = so_far.won / max(so_far.share, elapsed_share(plan, market) / 4)
        off = HABIT.get(market.region, 0.0) + SPREAD * float(rng.standard_normal())
        for day in _mondays(quarter.start, min(quarter.end, plan.time.today)):
            passed = (day - quarter.start).days / ((quarter.end - quarter.start).days + 1)
            reached = min(_between(won, quarter.start, day - timedelta(days=1)), came)
            still = (came - reached) * (1 + off * (1.3 - passed))
            found += [
                (
                    *(market.region, "region", market.region, quarter.start, quarter.end, category),
                    *(
                        plan.manager(market),
                        day,
                        _rounded(reached + still * share),
                        market.currency,
                        None,
                    ),
                )
                for category, share in BEYOND.items()
            ]
    return found


def _between(won: pl.DataFrame, first: date, last: date) -> float:
    return float(won.filter(pl.col("ended").is_between(number(first), number(last) + 1))["amount"].sum())


def _mondays(first: date, last: date) -> list[date]:
    monday = first + timedelta(days=-first.weekday() % 7)
    return [monday + timedelta(weeks=week) for week in range((last - monday).days // 7 + 1)]


def _rounded(value: float) -> float:
    return round(value / STEP) * float(STEP)
