"""How much of a young week has arrived by when: learned from when the records of older weeks were first seen."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from kpi.asking import Asking
from kpi.relations import relations
from warehouse.schema import keyed_table

BACK = 4  # the youngest weeks, for which it is asked
WEEK = timedelta(days=7)
# Weeks before a region's first export are left out: when their records were entered is not known.
ARRIVED = """
WITH began AS (
    SELECT r.region, min(l.exported_at) AS first_at FROM load AS l JOIN load_region AS r ON r.load_id = l.load_id
    WHERE l.status = 'loaded' AND l.table_name = $table AND l.exported_at <= $as_of GROUP BY r.region
),
record AS (
    SELECT region, date_trunc('week', min(CAST({day} AS TIMESTAMP))) + INTERVAL 7 DAY AS ends,
        min(CAST(known_from AS TIMESTAMP)) AS seen
    FROM {table}_version WHERE {day} IS NOT NULL AND known_from <= $as_of GROUP BY {keys}, region
),
asked AS (SELECT unnest($region) AS region, unnest($back) AS back, unnest($age) AS age)
SELECT a.region, a.back, count(*) AS records, count(*) FILTER (WHERE w.seen <= w.ends + to_seconds(a.age)) AS by_then
FROM asked AS a JOIN began AS b ON b.region = a.region JOIN record AS w ON w.region = a.region
WHERE w.ends - INTERVAL 7 DAY >= CAST(b.first_at AS TIMESTAMP) AND w.ends <= CAST($final AS TIMESTAMP)
GROUP BY a.region, a.back
"""


def completeness(
    asking: Asking, table: str, day: str, until: Mapping[str, datetime], ends: Sequence[datetime]
) -> dict[tuple[str, int], float]:
    """Give which share of a week's records is usually there, by region and weeks back (0: the newest of ends).

    until: the moment up to which each region's data reach; ends: the ends of the weeks, the newest last. A region
    with fewer records than the rules ask for is not in it: nothing is known of how late its records come.
    """
    asked = [
        (region, back, (moment - ends[-1 - back]).total_seconds())
        for region, moment in until.items()
        for back in range(min(BACK, len(ends)))
        if moment >= ends[-1 - back]
    ]
    if not asked:
        return {}
    keys = ", ".join(f'"{key}"' for key in keyed_table(relations()[table].stored.removesuffix("_version")).keys)
    given = {
        "table": table,
        "as_of": asking.asked.as_of,
        "final": asking.asked.as_of - asking.definitions.rules.final_after,
        "region": [region for region, _, _ in asked],
        "back": [back for _, back, _ in asked],
        "age": [age for _, _, age in asked],
    }
    found = asking.engine.fetch(ARRIVED.format(table=table, day=f'"{day}"', keys=keys), given)
    fewest = asking.definitions.rules.learned_from
    return {
        (region, back): by_then / records
        for region, back, records, by_then in found.iter_rows()
        if records >= fewest and by_then
    }
