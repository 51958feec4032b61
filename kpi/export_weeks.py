"""The weeks of each region's exports: the export that closed each week, counted back from the region's newest one."""

WEEKS = 12

# One row a region, table and week (0 = the newest): the week ends with an export and starts with the one of the week
# before. Half a day of tolerance keeps an export in its week when it comes at another time of day. A week in which
# no export came has no row, and the oldest known one has no start: what changed in it cannot be told.
EXPORT_WEEKS = """
place AS (
    SELECT DISTINCT r.region, l.source, l.table_name FROM load AS l JOIN load_region AS r ON r.load_id = l.load_id
    WHERE l.status = 'loaded' AND {seen}
), export AS (
    SELECT DISTINCT p.region, p.table_name, l.exported_at FROM place AS p
    JOIN load AS l ON l.source = p.source AND l.table_name = p.table_name WHERE l.status = 'loaded'
), newest AS (
    SELECT region, table_name, max(exported_at) AS until FROM export GROUP BY region, table_name
), point AS (
    SELECT n.region, n.table_name, k.week, max(e.exported_at) AS ends
    FROM newest AS n CROSS JOIN (SELECT unnest(range($weeks + 1)) AS week) AS k
    JOIN export AS e ON e.region = n.region AND e.table_name = n.table_name
        AND e.exported_at <= n.until - to_days(CAST(7 * k.week AS INTEGER)) + to_hours(12)
    GROUP BY ALL
), week AS (
    SELECT * FROM (
        SELECT *, lead(ends) OVER (PARTITION BY region, table_name ORDER BY week) AS starts FROM point
    ) AS paired WHERE week < $weeks AND starts IS DISTINCT FROM ends
)
"""
