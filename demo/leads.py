"""Leads: from arrival over hand-over, first contact and qualification to a deal or a refusal."""

import numpy as np
import polars as pl

from demo.company import LEAD_SOURCES, LOSS_REASONS, MARKETS, Market
from demo.names import persons
from demo.plan import Plan
from demo.promises import WEEKS_AGO
from demo.timeline import moment, number
from demo.workdays import Days, Flags, Numbers

WEEKS = 70  # so far do leads reach back
AHEAD = 42  # days beyond the clock, for those who let it run
BETTER = 15  # points of a lead that will be qualified
FORGOTTEN = 0.08  # of the open leads have no next step
PROMISED = "benelux"  # promised in its last review to answer leads at once, and does
MAY_BE_LATE = 0.15  # of a region's leads: the flag of lead_sla
AT_ONCE, MUCH_LATER = 2.0, 30.0  # working hours
AGREED, AGREED_WEBINAR = 8.0, 24.0  # working hours, as the region's profile has them
ANSWER_HOURS = {"amer": 1.3, "dach": 2.4, "benelux": 2.0, "nordics": 1.8, "latam": 3.9, "japan": 2.4}  # the median


def all_leads(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Give every lead, one row each, its moments as local days (infinite: never)."""
    return pl.concat([_leads(plan, market, deals) for market in MARKETS])


def leads_at(leads: pl.DataFrame, moment: float) -> pl.DataFrame:
    """Give each lead known at a local moment with what had happened by then, its status and last change."""
    steps = ("mql", "handed_over", "accepted", "first_touch", "sql", "converted", "rejected")
    known = leads.filter(pl.col("created") <= moment)
    seen = known.with_columns(pl.when(pl.col(step) <= moment).then(pl.col(step)).alias(step) for step in steps)
    has = {step: pl.col(step).is_not_null() for step in steps}
    status = (
        pl.when(has["converted"]).then(pl.lit("converted"))
        .when(has["rejected"]).then(pl.lit("rejected"))
        .when(has["sql"]).then(pl.lit("qualified"))
        .when(has["first_touch"] | has["accepted"]).then(pl.lit("working"))
        .otherwise(pl.lit("new"))
    )  # fmt: skip
    modified = pl.max_horizontal("created", *steps)
    planned = status.is_in(["new", "working"]) & pl.col("next_gap").is_finite()
    return seen.with_columns(
        status=status,
        modified=modified,
        next_step=pl.when(planned).then(modified + pl.col("next_gap")),
        last_activity=pl.max_horizontal("first_touch", "sql", "converted"),
    )


def _leads(plan: Plan, market: Market, deals: pl.DataFrame) -> pl.DataFrame:
    rng = plan.rng("leads", market.region)
    now = moment(plan.time.today)
    standing = plan.size.of(market.leads)
    count = standing + plan.size.of(market.leads * AHEAD / (WEEKS * 7))
    age = WEEKS * 7 * (np.arange(count) - (count - standing)) / standing + rng.normal(0, 3, count)
    created = np.sort(now - age)
    weekend = (np.floor(created) + 3) % 7 >= 5
    created = np.where(weekend & (rng.random(count) < 0.7), created - 2, created)
    source = rng.choice(LEAD_SOURCES, count, p=(0.34, 0.17, 0.1, 0.12, 0.17, 0.1))
    steps = _steps(plan, market, created, webinar=source == "webinar", rng=rng)
    people = [person.ref for person in persons(market) if person.active]
    owners = np.array([people[i] for i in rng.integers(0, len(people), count)], dtype=object)
    owners[rng.random(count) < 0.015] = None  # nobody took them: the leak that a KPI looks for
    return pl.DataFrame(
        {
            "lead_id": plan.ids("lead", market.source, count, market.region),
            "created": created,
            "owner": pl.Series(owners.tolist(), dtype=pl.String),
            "lead_source": source,
            "country": rng.choice(list(market.countries), count, p=list(market.countries.values())),
            "score": _scores(rng.integers(5, 100, count), steps["sql"]),
            "rejection_reason": rng.choice(LOSS_REASONS, count),
            "opportunity_id": _deals_of(market, deals, steps["converted"], rng),
            "next_gap": _next_gaps(plan, market, count),
            **steps,
        }
    ).with_columns(region=pl.lit(market.region), source=pl.lit(market.source))


def _scores(drawn: Days, sql: Numbers) -> Days:
    """Give scores that say something, though not all: leads that are qualified later score higher."""
    return np.where(np.isfinite(sql), np.minimum(drawn + BETTER, 99), drawn)


def _next_gaps(plan: Plan, market: Market, count: int) -> Numbers:
    """Give the days from a lead's last change to the step planned next; infinite where nobody planned one."""
    rng = plan.rng("next steps of leads", market.region)
    return np.where(rng.random(count) < FORGOTTEN, np.inf, 1 + rng.gamma(2.0, 3.0, count))


def _steps(
    plan: Plan, market: Market, created: Numbers, *, webinar: Flags, rng: np.random.Generator
) -> dict[str, Numbers]:
    """Give the moments of each step; a step that never comes is infinite."""
    count = len(created)
    never = np.inf
    work = plan.work(market)
    mql = np.where(rng.random(count) < 0.78, created + rng.gamma(1.2, 0.5, count), never)
    handed = np.where(np.isfinite(mql) & (rng.random(count) < 0.86), mql + rng.random(count) * 0.4, never)
    start = np.where(np.isfinite(handed), handed, created)
    quick = np.where(webinar, 1.8, 1.0)
    hours = rng.lognormal(np.log(ANSWER_HOURS[market.region]), 0.8, count) * quick
    answered = rng.random(count) < 0.97
    if market.region == PROMISED:
        due = work.add_hours(start, np.where(webinar, AGREED_WEBINAR, AGREED))
        hours, answered = _as_promised(plan, start, due, hours, answered)
    touched = np.where(answered, work.add_hours(start, hours), never)
    accepted = np.where(
        np.isfinite(handed) & (rng.random(count) < 0.84), np.minimum(handed + rng.random(count) * 2, never), never
    )
    sql = np.where(np.isfinite(touched) & (rng.random(count) < 0.36), touched + rng.gamma(1.8, 7.5, count), never)
    converted = np.where(np.isfinite(sql) & (rng.random(count) < 0.62), sql + rng.gamma(1.6, 5, count), never)
    gone = ~np.isfinite(sql) & (rng.random(count) < 0.8)
    rejected = np.where(gone, created + 3 + rng.gamma(1.8, 9, count), never)
    return {
        "mql": mql, "handed_over": handed, "accepted": accepted, "first_touch": touched, "sql": sql,
        "converted": converted, "rejected": rejected,
    }  # fmt: skip


def _as_promised(plan: Plan, start: Numbers, due: Numbers, hours: Numbers, answered: Flags) -> tuple[Numbers, Flags]:
    """Give hours to the answer, and which leads get one, of a region that was late too often until its last review.

    Since then each lead is answered at once: the share of the quarter comes back to what was agreed. Too many were
    late among those due by the review, and no longer too many among those due by now.
    """
    now = moment(plan.time.today)
    quarter = start >= number(plan.time.quarter_start)
    before = np.flatnonzero(quarter & (due <= now - 7 * WEEKS_AGO))
    due_by_now = np.count_nonzero(quarter & (due <= now))
    count = min(round(MAY_BE_LATE * (len(before) + due_by_now) / 2), len(before))
    kept = np.where(quarter, np.minimum(hours, AT_ONCE), hours)
    late = np.linspace(0, len(before) - 1, count).astype(np.int64)
    kept[before[late]] = MUCH_LATER
    return kept, answered | quarter


def _deals_of(market: Market, deals: pl.DataFrame, converted: Numbers, rng: np.random.Generator) -> list[str | None]:
    """Give for each converted lead the deal of its region created nearest to the conversion, others none."""
    own = deals.filter(pl.col("region") == market.region).sort("created")
    created, ids = own["created"].to_numpy(), own["opportunity_id"].to_list()
    place = np.searchsorted(created, np.where(np.isfinite(converted), converted, 0)) - rng.integers(
        1, 4, len(converted)
    )
    return [ids[max(i, 0)] if finite else None for i, finite in zip(place, np.isfinite(converted), strict=True)]
