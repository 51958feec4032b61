"""What happened to open deals: those pushed out of the period, and how much of what is dated in a period gets won."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from kpi.asking import Asking
from kpi.shape import UNKNOWN
from kpi.value import GROUP

RATES = """
    SELECT currency, arg_max(rate, on_date) AS rate FROM fx_rate_version
    WHERE known_until IS NULL AND kind = 'budget' AND on_date <= $today GROUP BY currency
"""
VALUE = """sum(CAST(d.amount AS DECIMAL(20, 2)) * CAST(
    CASE WHEN d.currency = $group_currency THEN 1 ELSE r.rate END AS DECIMAL(18, 8)))"""
PUSHED_OUT = f"""
WITH rates AS ({RATES}),
dated AS (
    SELECT DISTINCT source, opportunity_id FROM opportunity_version
    WHERE outcome = 'open' AND expected_close_on BETWEEN $start AND $end
        AND known_from <= $as_of AND (known_until IS NULL OR known_until > $began)
)
SELECT d.region, d.segment, count(*) AS deals, {VALUE} AS value
FROM opportunity_version AS d
JOIN dated ON dated.source = d.source AND dated.opportunity_id = d.opportunity_id
LEFT JOIN rates AS r ON r.currency = d.currency
WHERE d.outcome = 'open' AND d.reached_develop AND d.expected_close_on > $end AND NOT coalesce(d.is_deleted, false)
    AND d.known_from <= $as_of AND (d.known_until IS NULL OR d.known_until > $as_of)
    AND list_contains($regions, d.region)
GROUP BY d.region, d.segment
"""
YIELD = f"""
WITH rates AS ({RATES}),
past AS (
    SELECT unnest($past_region) AS region, unnest($past_moment) AS moment,
        unnest($past_start) AS start, unnest($past_end) AS until
),
won AS (
    SELECT source, opportunity_id, won_on FROM opportunity_version
    WHERE outcome = 'won' AND known_from <= $as_of AND (known_until IS NULL OR known_until > $as_of)
)
SELECT d.region, count(*) AS deals, {VALUE} AS dated, {VALUE} FILTER (WHERE won.won_on <= p.until) AS won
FROM past AS p
JOIN opportunity_version AS d ON d.region = p.region
    AND d.known_from <= p.moment AND (d.known_until IS NULL OR d.known_until > p.moment)
LEFT JOIN won ON won.source = d.source AND won.opportunity_id = d.opportunity_id
LEFT JOIN rates AS r ON r.currency = d.currency
WHERE d.outcome = 'open' AND d.reached_develop AND d.on_hold IS NOT TRUE AND NOT coalesce(d.is_deleted, false)
    AND d.expected_close_on BETWEEN p.start AND p.until
GROUP BY d.region
"""


@dataclass(frozen=True)
class Moved:
    """Deals that left the period and are still open; value is in the group's currency at budget rates."""

    deals: int
    value: Decimal


def pushed_out(asking: Asking) -> dict[tuple[str, str], Moved]:
    """Give, by region and segment, the qualified open deals that were dated in the period and now lie after it."""
    period = asking.asked.period
    rows = asking.engine.fetch(
        PUSHED_OUT,
        _shared(asking)
        | {
            "start": period.start,
            "end": period.end,
            "began": datetime.combine(period.start, time(), UTC),
            "regions": list(asking.regions),
        },
    )
    return {
        (row["region"], row["segment"] or UNKNOWN): Moved(row["deals"], _money(row["value"])) for row in rows.to_dicts()
    }


def in_period_yield(asking: Asking) -> dict[str, float]:
    """Give which share of the value dated in a period at this point of it is won by its end, from past periods.

    By region and "group"; a region with few deals takes the group's. Empty where the store holds no such past.
    """
    columns: dict[str, list[object]] = {f"past_{name}": [] for name in ("region", "moment", "start", "end")}
    for asked in asking.past():
        for region in asking.regions:
            period = asked.period_of(region)
            night = datetime.combine(period.to_date + timedelta(days=1), time(), _zone(asking, region))
            for name, value in zip(columns, (region, night.astimezone(UTC), period.start, period.end), strict=True):
                columns[name].append(value)
    rows = asking.engine.fetch(YIELD, _shared(asking) | dict(columns)).to_dicts()
    dated = {row["region"]: _money(row["dated"]) for row in rows}
    won = {row["region"]: _money(row["won"]) for row in rows}
    enough = {row["region"] for row in rows if row["deals"] >= asking.definitions.rules.yield_needs}
    total = sum(dated.values(), Decimal(0))
    if not total:
        return {}
    of_group = float(sum(won.values(), Decimal(0)) / total)
    own = {region: float(won[region] / dated[region]) for region in enough if dated[region]}
    return {GROUP: of_group} | {region: own.get(region, of_group) for region in asking.regions}


def _shared(asking: Asking) -> dict[str, object]:
    asked = asking.asked
    return {
        "as_of": asked.as_of,
        "today": asked.as_of.date(),
        "group_currency": asking.organisation.group.currency,
    }


def _zone(asking: Asking, region: str) -> ZoneInfo:
    return ZoneInfo(asking.organisation.regions[region].timezone)


def _money(found: object) -> Decimal:
    return found if isinstance(found, Decimal) else Decimal(0)
