"""Bases: the deals that were open at a moment of this or of earlier periods, each beside what became of it."""

from collections.abc import Set as AbstractSet

from sqlglot import exp

from kpi.relations import BASE_COLUMNS
from kpi.scans import parsed, scoped, states_scan
from kpi.scope import Scope
from kpi.slice import Organised

# A moment older than a region's first export is left out: what was open then is not known.
POINTS = """
SELECT c.taken, c.frame, c.region, c.bucket, c.back, c.lo, c.cut, c.hi, c.until, c.at_moment, c.then_moment,
    g.zone, g.currency
FROM (
    SELECT UNNEST($point_taken) AS taken, UNNEST($point_frame) AS frame, UNNEST($point_region) AS region,
        UNNEST($point_bucket) AS bucket, UNNEST($point_back) AS back, UNNEST($point_lo) AS lo,
        UNNEST($point_cut) AS cut, UNNEST($point_hi) AS hi, UNNEST($point_until) AS until,
        UNNEST($point_at_moment) AS at_moment, UNNEST($point_then_moment) AS then_moment
) AS c
JOIN regions AS g ON g.region = c.region
JOIN (
    SELECT a.region, MIN(a.exported_at) AS first_at
    FROM arrivals AS a WHERE a.table_name = 'opportunity' GROUP BY a.region
) AS k ON k.region = c.region AND k.first_at <= c.at_moment
"""
# Whoever asks for one region sees what became of its deals in another one, as far as the scope reaches.
_LATER = """
SELECT r.source, r.opportunity_id, r.outcome, r.amount, r.currency, r.won_on, r.closed_on, r.expected_close_on,
    r.known_from, COALESCE(r.known_until, CAST('9999-12-31' AS TIMESTAMPTZ)) AS ends_at
FROM opportunity_version AS r
WHERE r.is_deleted IS NOT TRUE AND r.known_from <= $as_of
    AND (r.known_until IS NULL OR r.known_until > $first_then)
"""
# A key has one state at a moment, so neither join multiplies a deal. A deal that ended after the period was still
# open at its end; one that nobody exports any more is gone, whatever its last state says. The state's end is never
# empty: with "or" in its condition an outer join compares every pair of rows, a thousand times the work.
_BASE = """
SELECT s.taken, s.frame, s.bucket, s.back,
    CASE
        WHEN t.opportunity_id IS NULL THEN 'gone'
        WHEN t.outcome = 'won' AND t.won_on <= s.hi THEN 'won'
        WHEN t.outcome IN ('lost', 'dropped')
            AND COALESCE(t.closed_on, CAST(t.known_from AS DATE)) <= s.hi THEN t.outcome
        WHEN t.outcome IS NULL THEN NULL
        WHEN s.hi >= s.until OR COALESCE(t.expected_close_on > s.until, TRUE) THEN 'pushed'
        ELSE 'open'
    END AS became,
    t.outcome AS outcome_now, t.amount AS amount_then, t.currency AS currency_then, t.won_on AS won_on_then
FROM opportunity_was AS r
JOIN points AS s ON s.region = r.region AND r.known_from <= s.at_moment
    AND (r.known_until IS NULL OR r.known_until > s.at_moment)
LEFT JOIN opportunity_later AS t ON t.source = r.source AND t.opportunity_id = r.opportunity_id
    AND t.known_from <= s.then_moment AND t.ends_at > s.then_moment
"""
# Of deals won before a period only what is less than it was matters; amounts of two currencies are not compared.
_WITH_WON = _BASE.replace(
    "WHEN t.outcome = 'won' AND t.won_on <= s.hi",
    "WHEN s.taken = 'won' AND t.outcome = 'won' THEN"
    " CASE WHEN t.currency = r.currency AND t.amount < r.amount THEN 'reduced' ELSE 'won' END\n"
    "        WHEN s.taken = 'won' AND t.outcome = 'open' THEN 'reopened'\n"
    "        WHEN t.outcome = 'won' AND t.won_on <= s.hi",
).replace(
    "LEFT JOIN",
    "AND CASE WHEN s.taken = 'won' THEN r.outcome = 'won' AND r.won_on < s.lo ELSE r.outcome = 'open' END\nLEFT JOIN",
)


def base_scans(
    columns: AbstractSet[str], scope: Scope, organised: Organised, *, team: bool, won: bool, twins: bool = False
) -> dict[str, exp.Expr]:
    """Give the scans that a base is made of, by name; columns are those that its KPIs read of a deal.

    won: whether deals that were won before a period are looked at too.
    """
    kept = sorted((columns | {"currency"}) - {*BASE_COLUMNS, "region"})
    read = {*kept, "source", "opportunity_id", *(("outcome", "won_on", "amount") if won else ())}
    was = states_scan(
        "opportunity", read, scope, organised, team=team, moments=("first_point", "last_point"), twins=twins
    )
    was = was.where("r.outcome IN ('open', 'won')" if won else "r.outcome = 'open'", dialect="duckdb", copy=False)
    base = parsed(_WITH_WON if won else _BASE).copy()
    if not isinstance(base, exp.Select):
        raise TypeError("no plain select")
    own = [
        exp.column(name, table="r")
        for name in ("region", *kept, *(["team"] if team else []), *(["counted_region"] if twins else []))
    ]
    return {
        "opportunity_was": was,
        "opportunity_later": scoped(_LATER, scope, "r", organised),
        "opportunity_base": base.select(*own, copy=False),
    }
