"""Open deals and what is usual for them: how long they stand in their stage, when they were last worked on, by whom."""

from sqlglot import exp

from kpi.relations import OPEN_DEAL
from kpi.scans import parsed, scoped
from kpi.scope import Scope

SEEN_BY = 5  # cases without which nothing is called usual
# Columns of a deal that the scans below read, whatever a KPI asks for.
READ = frozenset(
    "source opportunity_id outcome stage created_at won_on owner_ref last_activity_at first_stage stage_entered_at "
    "developed_at proposed_at closing_at".split()
)
# The days on which something was done on a deal. An activity that was only planned is none, where a source says when
# activities were done at all.
_ACTED = """
SELECT a.source, a.related_ref AS opportunity_id, CAST(
    CASE WHEN BOOL_OR(NOT a.done_at IS NULL) OVER (PARTITION BY a.source) THEN a.done_at ELSE a."at" END
    AT TIME ZONE g.zone AS DATE) AS day
FROM activity_version AS a JOIN regions AS g ON g.region = a.region
WHERE a.is_deleted IS NOT TRUE AND NOT a.related_ref IS NULL AND a.known_from <= $as_of
    AND (a.known_until IS NULL OR a.known_until > $as_of)
"""
_DONE = """
SELECT d.source, d.opportunity_id, d.day
FROM acted AS d
WHERE NOT d.day IS NULL
GROUP BY d.source, d.opportunity_id, d.day
"""
# What came in last before each cell's moment. A deal is judged on the day on which it was known, never later: a region
# whose export is late has not been idle since.
_HEARD = """
SELECT s.frame, s.bucket, s.region,
    COALESCE(MAX(a.exported_at) FILTER (WHERE a.table_name = 'opportunity'), MAX(s.moment)) AS deals_at,
    MAX(a.exported_at) FILTER (WHERE a.table_name = 'activity') AS activities_at
FROM spine AS s JOIN arrivals AS a ON a.region = s.region AND a.is_load AND a.exported_at <= s.moment
GROUP BY s.frame, s.bucket, s.region
"""
_OPEN_AT = """
SELECT s.frame, s.bucket, s.moment, CAST(COALESCE(h.deals_at, s.moment) AT TIME ZONE s.zone AS DATE) AS today,
    CAST(LEAST(COALESCE(h.deals_at, s.moment), COALESCE(h.activities_at, h.deals_at, s.moment)) AT TIME ZONE s.zone
        AS DATE) AS heard_on,
    CAST(r.stage_entered_at AT TIME ZONE s.zone AS DATE) AS entered_on,
    CAST(r.last_activity_at AT TIME ZONE s.zone AS DATE) AS last_said_on,
    CAST(r.created_at AT TIME ZONE s.zone AS DATE) AS created_on, r.*
FROM opportunity_states AS r
JOIN spine AS s ON s.region = r.region AND r.known_from <= s.moment
    AND (r.known_until IS NULL OR r.known_until > s.moment)
LEFT JOIN heard AS h ON h.frame = s.frame AND h.bucket = s.bucket AND h.region = s.region
WHERE r.outcome = 'open'
"""
# When each deal that was met open passed its stages, in its region's days: what is usual is taken from these.
_PASSAGE = """
SELECT r.source, r.opportunity_id, r.region, r.outcome, r.won_on,
    CASE WHEN r.first_stage = 'qualify' THEN CAST(r.created_at AT TIME ZONE g.zone AS DATE) END AS qualified_on,
    CAST(r.developed_at AT TIME ZONE g.zone AS DATE) AS developed_on,
    CAST(r.proposed_at AT TIME ZONE g.zone AS DATE) AS proposed_on,
    CAST(r.closing_at AT TIME ZONE g.zone AS DATE) AS closing_on
FROM opportunity_states AS r JOIN regions AS g ON g.region = r.region
WHERE r.first_stage IN ('qualify', 'develop', 'propose', 'close')
    AND r.known_from <= $as_of AND (r.known_until IS NULL OR r.known_until > $as_of)
"""
_STAGE_USUAL = f"""
SELECT s.frame, s.bucket, s.region, w.stage, QUANTILE_CONT(w.days, 0.75) AS usual_stage_days
FROM spine AS s
JOIN (
    SELECT p.region, p.won_on, 'qualify' AS stage, DATE_DIFF('day', p.qualified_on, p.developed_on) AS days
    FROM passage AS p WHERE p.outcome = 'won'
    UNION ALL
    SELECT p.region, p.won_on, 'develop' AS stage, DATE_DIFF('day', p.developed_on, p.proposed_on) AS days
    FROM passage AS p WHERE p.outcome = 'won'
    UNION ALL
    SELECT p.region, p.won_on, 'propose' AS stage, DATE_DIFF('day', p.proposed_on, p.closing_on) AS days
    FROM passage AS p WHERE p.outcome = 'won'
    UNION ALL
    SELECT p.region, p.won_on, 'close' AS stage, DATE_DIFF('day', p.closing_on, p.won_on) AS days
    FROM passage AS p WHERE p.outcome = 'won'
) AS w ON w.region = s.region AND w.days >= 0
    AND w.won_on <= CAST(s.moment AT TIME ZONE s.zone AS DATE)
    AND w.won_on > CAST(s.moment AT TIME ZONE s.zone AS DATE) - INTERVAL '365' DAY
GROUP BY s.frame, s.bucket, s.region, w.stage
HAVING COUNT(*) >= {SEEN_BY}
"""
# A gap is the days between two days of work on a deal; it belongs to the stage in which it ended.
_GAP = """
SELECT p.region, d.day, d.gap, CASE
    WHEN p.closing_on <= d.day THEN 'close' WHEN p.proposed_on <= d.day THEN 'propose'
    WHEN p.developed_on <= d.day THEN 'develop' WHEN p.qualified_on <= d.day THEN 'qualify' END AS stage
FROM (
    SELECT d.source, d.opportunity_id, d.day,
        DATE_DIFF('day', LAG(d.day) OVER (PARTITION BY d.source, d.opportunity_id ORDER BY d.day), d.day) AS gap
    FROM done AS d
) AS d
JOIN passage AS p ON p.source = d.source AND p.opportunity_id = d.opportunity_id
WHERE NOT d.gap IS NULL
"""
# A stage with few gaps takes those of all stages of its region.
_GAP_USUAL = f"""
SELECT s.frame, s.bucket, s.region, q.stage, QUANTILE_CONT(q.gap, 0.75) AS usual_gap_days,
    QUANTILE_CONT(q.gap, 0.9) AS long_gap_days
FROM spine AS s
JOIN (
    SELECT q.region, q.day, q.gap, q.stage FROM gap AS q WHERE NOT q.stage IS NULL
    UNION ALL
    SELECT q.region, q.day, q.gap, 'any' AS stage FROM gap AS q
) AS q ON q.region = s.region AND q.day <= CAST(s.moment AT TIME ZONE s.zone AS DATE)
    AND q.day > CAST(s.moment AT TIME ZONE s.zone AS DATE) - INTERVAL '365' DAY
GROUP BY s.frame, s.bucket, s.region, q.stage
HAVING COUNT(*) >= {SEEN_BY}
"""
_LAST_DONE = """
SELECT o.frame, o.bucket, o.source, o.opportunity_id, MAX(d.day) AS day
FROM open_at AS o
JOIN done AS d ON d.source = o.source AND d.opportunity_id = o.opportunity_id AND d.day <= o.today
GROUP BY o.frame, o.bucket, o.source, o.opportunity_id
"""
_LEFT = """
SELECT p.source, p.person_ref, p.known_from, p.known_until
FROM person_version AS p
WHERE p.is_active IS FALSE AND p.known_from <= $last_moment
"""
_OPEN_DEAL = """
SELECT o.*, DATE_DIFF('day', o.entered_on, o.today) AS days_in_stage, u.usual_stage_days,
    DATE_DIFF(
        'day', COALESCE(GREATEST(l.day, o.last_said_on), l.day, o.last_said_on, o.created_on), o.heard_on
    ) AS days_since_activity,
    COALESCE(g.usual_gap_days, a.usual_gap_days) AS usual_gap_days,
    COALESCE(g.long_gap_days, a.long_gap_days) AS long_gap_days,
    o.owner_ref IS NULL OR NOT p.person_ref IS NULL AS owner_has_left
FROM open_at AS o
LEFT JOIN stage_usual AS u ON u.frame = o.frame AND u.bucket = o.bucket AND u.region = o.region AND u.stage = o.stage
LEFT JOIN gap_usual AS g ON g.frame = o.frame AND g.bucket = o.bucket AND g.region = o.region AND g.stage = o.stage
LEFT JOIN gap_usual AS a ON a.frame = o.frame AND a.bucket = o.bucket AND a.region = o.region AND a.stage = 'any'
LEFT JOIN last_done AS l ON l.frame = o.frame AND l.bucket = o.bucket AND l.source = o.source
    AND l.opportunity_id = o.opportunity_id
LEFT JOIN left_owner AS p ON p.source = o.source AND p.person_ref = o.owner_ref AND p.known_from <= o.moment
    AND (p.known_until IS NULL OR p.known_until > o.moment)
"""


def open_deal_scans(scope: Scope) -> dict[str, exp.Expr]:
    """Give the scans that open deals are made of, by name: they read states, arrivals, spine and regions."""
    return {
        "acted": scoped(_ACTED, scope, "a"),
        "done": parsed(_DONE),
        "heard": parsed(_HEARD),
        "open_at": parsed(_OPEN_AT),
        "passage": parsed(_PASSAGE),
        "stage_usual": parsed(_STAGE_USUAL),
        "gap": parsed(_GAP),
        "gap_usual": parsed(_GAP_USUAL),
        "last_done": parsed(_LAST_DONE),
        "left_owner": scoped(_LEFT, scope, "p"),
        OPEN_DEAL: parsed(_OPEN_DEAL),
    }
