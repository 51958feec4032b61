"""Forecasts of past periods as they stood at the same point as now, each beside what was won by its period's end."""

from sqlglot import exp

from kpi.relations import FORECAST
from kpi.scans import parsed, scoped
from kpi.scope import Scope

# Columns of a deal that the scans below read, whatever a KPI asks for.
READ = frozenset("source outcome won_on country segment owner_ref amount currency".split())
_LOCKED = """
SELECT s.frame, s.region, s.bucket, s.lo, s.hi, f.scope, f.scope_id, f.category, f.submitted_by_role,
    ARG_MAX(f.value, f.locked_on) AS value, ARG_MAX(f.currency, f.locked_on) AS currency,
    ARG_MAX(f.source, f.locked_on) AS source, ARG_MAX(f.load_id, f.locked_on) AS load_id,
    ARG_MAX(f.line, f.locked_on) AS line
FROM forecast_version AS f
JOIN past AS s ON s.region = f.region AND s.lo = f.starts_on AND s.hi = f.ends_on AND f.locked_on <= s.cut
WHERE f.known_from <= $as_of AND (f.known_until IS NULL OR f.known_until > $as_of)
GROUP BY s.frame, s.region, s.bucket, s.lo, s.hi, f.scope, f.scope_id, f.category, f.submitted_by_role
"""
_WON = """
SELECT r.region, r.won_on, r.country, r.segment, p.team, r.amount, r.currency
FROM opportunity_states AS r
LEFT JOIN persons AS p ON p.source = r.source AND p.person_ref = r.owner_ref
WHERE r.outcome = 'won' AND r.known_from <= $as_of AND (r.known_until IS NULL OR r.known_until > $as_of)
"""
_BY_SCOPE = """
SELECT w.region, w.won_on, 'region' AS scope, w.region AS scope_id, w.amount, w.currency FROM won_deal AS w
UNION ALL
SELECT w.region, w.won_on, 'country' AS scope, w.country AS scope_id, w.amount, w.currency FROM won_deal AS w
UNION ALL
SELECT w.region, w.won_on, 'segment' AS scope, w.segment AS scope_id, w.amount, w.currency FROM won_deal AS w
UNION ALL
SELECT w.region, w.won_on, 'team' AS scope, w.team AS scope_id, w.amount, w.currency FROM won_deal AS w
"""
# Forecast and outcome of a period are both taken at the budget rate of its first day: no exchange rate is an error of
# a forecast. A sum with a currency that has no rate is none.
_CAME = """
SELECT s.frame, s.region, s.bucket, s.lo, w.scope, w.scope_id,
    CASE WHEN COUNT(*) = COUNT(c.rate) THEN SUM(CAST(COALESCE(w.amount, 0) AS DECIMAL(20, 2)) * c.rate) END AS value
FROM past AS s
JOIN won_by_scope AS w ON w.region = s.region AND w.won_on BETWEEN s.lo AND s.hi
LEFT JOIN rates AS c ON c.currency = w.currency AND c.kind = 'budget' AND s.lo >= c.since AND s.lo < c.until
GROUP BY s.frame, s.region, s.bucket, s.lo, w.scope, w.scope_id
"""
_RESULT = """
SELECT v.frame, v.region, v.bucket, v.lo, v.scope, v.scope_id, v.category, v.submitted_by_role, v.source, v.load_id,
    v.line,
    CASE WHEN NOT v.actual IS NULL THEN v.stated END AS forecast_value,
    CASE WHEN NOT v.stated IS NULL THEN v.actual END AS actual_value
FROM (
    SELECT k.*, CAST(k.value AS DECIMAL(20, 2)) * c.rate AS stated,
        CASE WHEN a.scope IS NULL THEN 0 ELSE a.value END AS actual
    FROM locked AS k
    LEFT JOIN rates AS c ON c.currency = k.currency AND c.kind = 'budget' AND k.lo >= c.since AND k.lo < c.until
    LEFT JOIN came AS a ON a.frame = k.frame AND a.region = k.region AND a.bucket = k.bucket AND a.lo = k.lo
        AND a.scope = k.scope AND a.scope_id = k.scope_id
) AS v
"""


def forecast_scans(scope: Scope) -> dict[str, exp.Expr]:
    """Give the scans that forecasts are compared in; they read opportunity_states, persons, past and rates."""
    return {
        "locked": scoped(_LOCKED, scope, "f"),
        "won_deal": parsed(_WON),
        "won_by_scope": parsed(_BY_SCOPE),
        "came": parsed(_CAME),
        FORECAST: parsed(_RESULT),
    }
