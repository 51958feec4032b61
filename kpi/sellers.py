"""People who sell, and how many months each took to the first one at target productivity; never shown by person."""

from sqlglot import exp

from kpi.relations import SELLER
from kpi.scans import parsed, scoped
from kpi.scope import Scope

FEWEST = 5  # fewer are persons, not a group: no figure is given
# Columns of a deal that the scans below read.
READ = frozenset("source outcome won_on owner_ref amount currency".split())
_SELLERS = """
SELECT p.source, p.person_ref, p.region, p.team, p.started_on, p.is_active
FROM person_version AS p
WHERE p.known_from <= $as_of AND (p.known_until IS NULL OR p.known_until > $as_of)
"""
_PLAN = """
SELECT t.region, t.month, SUM(CAST(t.value AS DECIMAL(20, 2)) * c.rate) AS value
FROM target_version AS t
LEFT JOIN rates AS c ON c.currency = t.currency AND c.kind = 'budget' AND t.month >= c.since AND t.month < c.until
WHERE t.scope = 'region' AND t.kpi = 'won_value' AND t.kind = 'plan' AND t.known_from <= $as_of
    AND (t.known_until IS NULL OR t.known_until > $as_of)
GROUP BY t.region, t.month
"""
# Target productivity of a month: the region's plan over those who sell there and had started by its end.
_PRODUCTIVE = """
SELECT t.region, t.month, CAST(t.value AS DOUBLE) / COUNT(*) AS value
FROM plan_of_month AS t
JOIN person_known AS p ON p.region = t.region AND p.is_active IS NOT FALSE
    AND (p.started_on IS NULL OR p.started_on <= LAST_DAY(t.month))
GROUP BY t.region, t.month, t.value
"""
_WON = """
SELECT r.source, r.owner_ref, CAST(DATE_TRUNC('MONTH', r.won_on) AS DATE) AS month,
    SUM(CAST(r.amount AS DECIMAL(20, 2)) * c.rate) AS value
FROM opportunity_states AS r
LEFT JOIN rates AS c ON c.currency = r.currency AND c.kind = 'budget' AND r.won_on >= c.since AND r.won_on < c.until
WHERE r.outcome = 'won' AND NOT r.won_on IS NULL AND r.known_from <= $as_of
    AND (r.known_until IS NULL OR r.known_until > $as_of)
GROUP BY r.source, r.owner_ref, CAST(DATE_TRUNC('MONTH', r.won_on) AS DATE)
"""
_REACHED = """
SELECT p.source, p.person_ref, MIN(w.month) AS month
FROM person_known AS p
JOIN won_by_seller AS w ON w.source = p.source AND w.owner_ref = p.person_ref
    AND w.month >= DATE_TRUNC('MONTH', p.started_on)
JOIN productive AS t ON t.region = p.region AND t.month = w.month AND CAST(w.value AS DOUBLE) >= t.value
GROUP BY p.source, p.person_ref
"""
_SELLER = """
SELECT p.region, p.team, p.started_on, p.is_active,
    DATE_DIFF('MONTH', CAST(DATE_TRUNC('MONTH', p.started_on) AS DATE), a.month) AS months_to_target
FROM person_known AS p
LEFT JOIN reached AS a ON a.source = p.source AND a.person_ref = p.person_ref
"""


def seller_scans(scope: Scope) -> dict[str, exp.Expr]:
    """Give the scans that sellers are made of, by name; they read opportunity_states and rates."""
    return {
        "person_known": scoped(_SELLERS, scope, "p"),
        "plan_of_month": scoped(_PLAN, scope, "t"),
        "productive": parsed(_PRODUCTIVE),
        "won_by_seller": parsed(_WON),
        "reached": parsed(_REACHED),
        SELLER: parsed(_SELLER),
    }
