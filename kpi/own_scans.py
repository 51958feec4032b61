"""Scans over the tables that the organisation keeps itself: thresholds of leads, and who a deal is credited to."""

from sqlglot import exp

from kpi.customers import read
from kpi.scope import Scope

_KNOWN = "{0}.known_from <= $as_of AND ({0}.known_until IS NULL OR {0}.known_until > $as_of)"
# A rule holds from its day until the next one's; one that not both sides agreed to, or of which two sources state
# different thresholds, holds nothing.
RULES = f"""
SELECT q.region, q.lead_source, q.threshold, q.valid_from,
    LEAD(q.valid_from, 1, CAST('9999-12-31' AS DATE)) OVER (
        PARTITION BY q.region, q.lead_source ORDER BY q.valid_from
    ) AS until
FROM (
    SELECT v.region, v.lead_source, v.valid_from, MIN(v.threshold) AS threshold
    FROM qualification_rule_version AS v
    WHERE v.rule = 'score' AND NOT v.agreed_by_marketing IS NULL AND NOT v.agreed_by_sales IS NULL
        AND {_KNOWN.format("v")}
    GROUP BY v.region, v.lead_source, v.valid_from
    HAVING COUNT(DISTINCT v.threshold) = 1
) AS q
"""
# The newest export, by now, of those that a load was one of; another table or export of its source tells nothing of it.
TOLD = """
SELECT l.load_id, MAX(l.exported_at) OVER (PARTITION BY l.source, l.table_name, l.export) AS told_until
FROM load AS l
WHERE l.status = 'loaded' AND l.exported_at <= $as_of
"""
_ARRIVED = "CAST(r.created_at AT TIME ZONE g.zone AS DATE)"
# Credits are whole sets: those of a deal's newest day up to its win replace all earlier ones.
CREDITED_DEAL = f"""
WITH credits AS (
    SELECT v.opportunity_source AS source, v.opportunity_id, v.valid_from, v.region, SUM(v.share) AS share
    FROM opportunity_credit_version AS v
    WHERE v.kind = 'revenue' AND {_KNOWN.format("v")}
    GROUP BY v.opportunity_source, v.opportunity_id, v.valid_from, v.region
), sets AS (
    SELECT source, opportunity_id, valid_from,
        LEAD(valid_from, 1, CAST('9999-12-31' AS DATE)) OVER (
            PARTITION BY source, opportunity_id ORDER BY valid_from
        ) AS until
    FROM (SELECT source, opportunity_id, valid_from FROM credits GROUP BY ALL HAVING SUM(share) = 100) AS whole
)
SELECT COALESCE(c.region, r.region) AS region, r.source, r.opportunity_id, r.known_from, r.won_on, r.outcome,
    r.currency,
    CAST(r.amount * COALESCE(c.share, CAST(100 AS DECIMAL(5, 2))) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(20, 6))
        AS credited_amount
FROM opportunity_version AS r
LEFT JOIN sets AS s ON s.source = r.source AND s.opportunity_id = r.opportunity_id
    AND r.won_on >= s.valid_from AND r.won_on < s.until
LEFT JOIN credits AS c ON c.source = s.source AND c.opportunity_id = s.opportunity_id AND c.valid_from = s.valid_from
WHERE {_KNOWN.format("r")} AND r.is_deleted IS NOT TRUE
"""


def with_threshold(query: exp.Select) -> exp.Select:
    """Give a scan of leads with the threshold that held for each on the day it arrived; its source's own rule first."""
    for alias, lead_source in (("own", "r.lead_source"), ("every", "'all'")):
        on = (
            f"{alias}.region = r.region AND {alias}.lead_source = {lead_source} "
            f"AND {_ARRIVED} >= {alias}.valid_from AND {_ARRIVED} < {alias}.until"
        )
        query = query.join(exp.to_table("rules").as_(alias), on=on, join_type="left", dialect="duckdb", copy=False)
    return query.select("COALESCE(own.threshold, every.threshold) AS threshold", copy=False)


def with_told_until(query: exp.Select) -> exp.Select:
    """Give a scan of states with the moment until which the exports of each tell what has become of it."""
    query = query.join(exp.to_table("told").as_("t"), on="t.load_id = r.load_id", join_type="left", copy=False)
    return query.select("COALESCE(t.told_until, $as_of) AS told_until", dialect="duckdb", copy=False)


def with_plan(query: exp.Select) -> exp.Select:
    """Give a scan of deals with whether each counts towards a plan of its region for its customer."""
    same = (
        "k.source = r.source AND k.opportunity_id = r.opportunity_id AND k.account_ref = r.account_ref "
        "AND k.won_on = r.won_on AND k.region = r.region"
    )
    query = query.join(exp.to_table("planned").as_("k"), on=same, join_type="left", dialect="duckdb", copy=False)
    return query.select("NOT k.source IS NULL AS is_planned", copy=False)


def credited_scan(scope: Scope, *, twins: bool) -> exp.Expr:
    """Give each deal's amount by the regions that it is credited to; the credited region decides who may see it.

    A deal without revenue shares is its own region's alone. Overlay shares are in no sum.
    """
    query = read(CREDITED_DEAL)
    if not isinstance(query, exp.Select):
        raise TypeError("no plain select")
    if twins:
        same = "w.source = r.source AND w.opportunity_id = r.opportunity_id"
        query = query.select("w.counted_region", copy=False)
        query = query.join(exp.to_table("twins").as_("w"), on=same, join_type="left", copy=False)
    where = scope.condition("r").copy()
    for column in where.find_all(exp.Column):
        column.replace(exp.func("COALESCE", exp.column("region", table="c"), exp.column("region", table="r")))
    return query.where(where, copy=False)
