"""Adoption week by week: how many of a region's deal owners worked in the CRM; never about a person."""

from dataclasses import dataclass
from datetime import datetime

from kpi.engines.base import Engine
from kpi.export_weeks import EXPORT_WEEKS, WEEKS
from kpi.scope import Scope, required

FEWEST_OWNERS = 5  # fewer are persons, not a group: no figure is given

# An owner of the week owns a deal that is open at its end or changed in it, and has not left. Who does not export
# when activities were done gives the moment they take place. A week without an export of activities, from a region
# that sends them, has no figure: its silence says nothing.
ADOPTION = """
WITH {weeks}, span AS (
    SELECT * FROM week AS w WHERE table_name = 'opportunity' AND starts IS NOT NULL AND (
        NOT EXISTS (FROM newest AS n WHERE n.region = w.region AND n.table_name = 'activity') OR EXISTS (
            FROM export AS e WHERE e.region = w.region AND e.table_name = 'activity'
                AND e.exported_at > w.starts AND e.exported_at <= w.ends + to_hours(12)
        )
    )
), changed AS (
    SELECT DISTINCT w.region, w.week, v.source, v.owner_ref FROM span AS w
    JOIN opportunity_version AS v ON v.region = w.region AND v.known_from > w.starts AND v.known_from <= w.ends
    WHERE v.owner_ref IS NOT NULL
), holding AS (
    SELECT DISTINCT w.region, w.week, v.source, v.owner_ref FROM span AS w
    JOIN opportunity_version AS v ON v.region = w.region AND v.known_from <= w.ends
        AND (v.known_until IS NULL OR v.known_until > w.ends)
    WHERE v.owner_ref IS NOT NULL AND v.outcome = 'open' AND v.is_deleted IS NOT TRUE
), done AS (
    SELECT source, owner_ref, CASE WHEN bool_or(done_at IS NOT NULL) OVER (PARTITION BY source) THEN done_at
        ELSE "at" END AS moment
    FROM activity WHERE owner_ref IS NOT NULL AND is_deleted IS NOT TRUE
), acted AS (
    SELECT * FROM changed UNION
    SELECT DISTINCT w.region, w.week, d.source, d.owner_ref FROM span AS w
    JOIN done AS d ON d.moment > w.starts AND d.moment <= w.ends
    SEMI JOIN holding AS h ON h.region = w.region AND h.week = w.week AND h.source = d.source
        AND h.owner_ref = d.owner_ref
), owner AS (
    SELECT o.* FROM (SELECT * FROM changed UNION SELECT * FROM holding) AS o
    JOIN span AS w ON w.region = o.region AND w.week = o.week
    ANTI JOIN person_version AS p ON p.source = o.source AND p.person_ref = o.owner_ref AND p.is_active = false
        AND p.known_from <= w.ends AND (p.known_until IS NULL OR p.known_until > w.ends)
)
SELECT w.region, w.week, w.ends, count(DISTINCT (o.source, o.owner_ref)) AS owners,
    count(DISTINCT (a.source, a.owner_ref)) FILTER (WHERE a.owner_ref IS NOT NULL) AS active
FROM span AS w
LEFT JOIN owner AS o ON o.region = w.region AND o.week = w.week
LEFT JOIN acted AS a ON a.region = o.region AND a.week = o.week AND a.source = o.source AND a.owner_ref = o.owner_ref
GROUP BY w.region, w.week, w.ends
ORDER BY w.region, w.week
"""


@dataclass(frozen=True)
class Adoption:
    """The share (0 to 1) of a region's deal owners of whom a deal changed, or who did an activity, in each week.

    weeks run from the oldest to the newest, None where an export is missing or the owners are fewer than five;
    owners are those of the newest week and None where they are fewer than five. until is its export's moment.
    """

    region: str
    owners: int | None
    weeks: tuple[float | None, ...]
    until: datetime | None

    @property
    def share(self) -> float | None:
        """The newest week's share."""
        return self.weeks[-1]

    @property
    def change(self) -> float | None:
        """The newest share less the mean of the weeks before, in shares; None without both."""
        before = [share for share in self.weeks[:-1] if share is not None]
        return self.share - sum(before) / len(before) if self.share is not None and before else None


def adoption(engine: Engine, scope: Scope, weeks: int = WEEKS) -> tuple[Adoption, ...]:
    """Give the adoption of each region of the scope that sends deals, the lowest newest share first."""
    seen = required(scope)
    sql = ADOPTION.format(weeks=EXPORT_WEEKS.format(seen=seen.condition("r").sql(dialect="duckdb")))
    found: dict[str, dict[int, tuple[int, int, datetime]]] = {}
    for region, week, ends, owners, active in engine.fetch(sql, {"weeks": weeks} | seen.parameters()).iter_rows():
        found.setdefault(region, {})[week] = (owners, active, ends)
    rows = [_region(region, by_week, weeks) for region, by_week in found.items()]
    return tuple(sorted(rows, key=lambda row: (row.share is None, row.share or 0.0, row.region)))


def _region(region: str, by_week: dict[int, tuple[int, int, datetime]], weeks: int) -> Adoption:
    large = {week: found for week, found in by_week.items() if found[0] >= FEWEST_OWNERS}
    shares = [large[week][1] / large[week][0] if week in large else None for week in reversed(range(weeks))]
    owners = large[0][0] if 0 in large else None
    return Adoption(region, owners, tuple(shares), by_week[0][2] if 0 in by_week else None)
