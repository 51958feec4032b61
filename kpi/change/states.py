"""The deals at both ends of a change: what each was worth and where it stood, under the reader's scope."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from sqlglot import exp

from kpi import scans
from kpi.accounts import survivors_scan
from kpi.engines.base import Engine, asked_for
from kpi.errors import KpiError
from kpi.money import RATES, Money
from kpi.period import Period
from kpi.scope import Scope, required
from kpi.slice import Currency, Rates
from organisation import Organisation

Side = Literal["start", "revalued", "end"]


@dataclass(frozen=True)
class Between:
    """The question: the pipeline at the end of two days, in each region's own time, as known at as_of (UTC).

    closing_in: only deals that are expected to close in it, reached develop and are not on hold; None = all open ones.
    regions: those asked for; empty = all that the reader may see.
    """

    since: date
    until: date
    as_of: datetime
    closing_in: Period | None = None
    regions: tuple[str, ...] = ()
    currency: Currency = "group"
    rates: Rates = "budget"

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise KpiError(f"the change ends on {self.until}, before it begins on {self.since}; give the earlier first")


@dataclass(frozen=True)
class State:
    """A deal at one end. value: in the asked currency, 0 without an amount; rated: its currency has a rate.

    owner: a mark of the person, never the name: whether a deal was handed over is all that is told.
    """

    source: str
    number: str
    region: str
    account: str | None
    owner: str | None
    stage: str | None
    outcome: str | None
    amount: Decimal | None
    currency: str | None
    closes: date | None
    created_on: date | None
    reached_develop: bool
    on_hold: bool
    value: Decimal
    rated: bool
    first_seen_at: datetime | None
    first_visible_at: datetime
    start_moment: datetime
    start_day: date
    last_deleted: bool
    last_ended: str | None
    file: str | None
    line: int | None
    category: str | None = None
    has_next_step: bool | None = None
    times_pushed: int | None = None


POINTS = """
SELECT p.side, p.region, p.moment, p.start_moment, p.start_day, p.rate_day, g.zone, g.currency
FROM (
    SELECT UNNEST($point_side) AS side, UNNEST($point_region) AS region, UNNEST($point_moment) AS moment,
        UNNEST($point_start) AS start_moment, CAST($since AS DATE) AS start_day, UNNEST($point_day) AS rate_day
) AS p
JOIN regions AS g ON g.region = p.region
"""
# What the reader sees of each deal's whole life, so that a deal which is gone says why.
LIVES = """
SELECT r.*,
    MIN(r.known_from) OVER (PARTITION BY r.source, r.opportunity_id) AS first_visible_at,
    LAST_VALUE(r.is_deleted IS TRUE) OVER life AS last_deleted,
    LAST_VALUE(CASE WHEN r.known_until <= $last_moment THEN r.ended_because END) OVER life AS last_ended,
    MAX(CASE WHEN r.outcome = 'open' THEN 1 ELSE 0 END) OVER (PARTITION BY r.source, r.opportunity_id) AS was_open
FROM opportunity_version AS r
WHERE r.known_from <= $last_moment
WINDOW life AS (
    PARTITION BY r.source, r.opportunity_id ORDER BY r.known_from, r.known_until NULLS LAST
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)
"""
STATES = """
SELECT s.side, r.source, r.opportunity_id AS number, s.region,
    COALESCE(a.name, m.survivor_ref, r.account_ref) AS account, MD5(r.owner_ref) AS owner, r.stage, r.outcome,
    r.amount, r.currency, r.expected_close_on AS closes, CAST(r.created_at AT TIME ZONE s.zone AS DATE) AS created_on,
    r.reached_develop IS TRUE AS reached_develop, r.on_hold IS TRUE AS on_hold, r.first_seen_at, r.first_visible_at,
    s.start_moment, s.start_day, r.last_deleted, r.last_ended, l.file, NULLIF(r.line, 0) AS line,
    r.forecast_category AS category, NOT r.next_step IS NULL AS has_next_step, r.times_pushed
FROM lives AS r
JOIN points AS s ON s.region = r.region AND r.known_from <= s.moment
    AND (r.known_until IS NULL OR r.known_until > s.moment)
LEFT JOIN load AS l ON l.load_id = r.load_id
LEFT JOIN survivors AS m ON m.source = r.source AND m.account_ref = r.account_ref
LEFT JOIN accounts AS a ON a.source = r.source AND a.account_id = COALESCE(m.survivor_ref, r.account_ref)
WHERE r.was_open = 1 AND r.is_deleted IS NOT TRUE
"""
ACCOUNTS = """
SELECT r.source, r.account_id, MAX(r.name) AS name FROM account_version AS r
WHERE r.known_until IS NULL GROUP BY r.source, r.account_id
"""


def states_between(engine: Engine, organisation: Organisation, asked: Between, scope: Scope) -> dict[Side, list[State]]:
    """Give the deals at the start, the same at the end's rates (revalued), and at the end.

    Every region that the reader may see is read, so that a deal which moved to a region not asked for has moved.
    """
    seen = required(scope)
    found: dict[Side, list[State]] = {"start": [], "revalued": [], "end": []}
    regions = [name for name in organisation.regions if seen.allows(name)]
    if not regions:
        return found
    sql = _statement(asked, seen).sql(dialect=engine.dialect, pretty=True)
    given = _parameters(organisation, asked, regions) | seen.parameters()
    rows = engine.fetch(sql, asked_for(sql, given))
    for row in rows.sort("source", "number", "side", "region").iter_rows(named=True):
        value = row.pop("value")
        side = row.pop("side")
        state = State(**row, value=value if value is not None else Decimal(0), rated=_is_rated(row["amount"], value))
        found[side].append(state)
    return found


def _is_rated(amount: Decimal | None, value: Decimal | None) -> bool:
    return amount is None or value is not None


def _statement(asked: Between, scope: Scope) -> exp.Select:
    money = Money(asked.rates, asked.currency == "local")
    query = scans.parsed(STATES).copy()
    if not isinstance(query, exp.Select):
        raise TypeError("the states are no plain select")
    query = money.joins(query, exp.column("rate_day", table="s"))
    convert = money.in_local if money.local else money.in_group
    query = query.select(convert(exp.column("amount", table="r")).as_("value"))
    parts: dict[str, exp.Expr] = {
        "regions": scans.parsed(scans.REGIONS),
        "points": scans.parsed(POINTS),
        "rates": scans.parsed(RATES),
        "survivors": survivors_scan(scope),
        "accounts": scans.scoped(ACCOUNTS, scope, "r"),
        "lives": scans.scoped(LIVES, scope, "r"),
    }
    for name, scan in parts.items():
        query = query.with_(name, as_=scan)
    return query


def _parameters(organisation: Organisation, asked: Between, regions: list[str]) -> dict[str, object]:
    group = organisation.group
    today = asked.as_of.astimezone(ZoneInfo(group.timezone)).date()
    days = {
        "start": (asked.since, asked.since),
        "revalued": (asked.since, asked.until),
        "end": (asked.until, asked.until),
    }
    points = [(side, region, day, rated) for side, (day, rated) in days.items() for region in regions]
    zones = {name: organisation.regions[name].timezone for name in regions}
    moments = [min(_end_of(day, zones[region]), asked.as_of) for _, region, day, _ in points]
    return {
        "point_side": [side for side, *_ in points],
        "point_region": [region for _, region, *_ in points],
        "point_moment": moments,
        "point_start": [min(_end_of(asked.since, zones[region]), asked.as_of) for _, region, *_ in points],
        "point_day": [_rate_day(rated, asked, today) for *_, rated in points],
        "since": asked.since,
        "as_of": asked.as_of,
        "last_moment": max(moments),
        "regions": regions,
        "zones": list(zones.values()),
        "currencies": [organisation.regions[name].currency for name in regions],
        "group_currency": group.currency,
        "rates_until": today,
    }


def _rate_day(day: date, asked: Between, today: date) -> date:
    return today if asked.rates == "spot" else min(day, today)


def _end_of(day: date, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
