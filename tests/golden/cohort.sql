WITH regions AS (
  SELECT
    UNNEST($regions) AS region,
    UNNEST($zones) AS zone,
    UNNEST($currencies) AS currency
), spine AS MATERIALIZED (
  SELECT
    c.frame,
    c.region,
    c.bucket,
    c.lo,
    c.hi,
    c.until,
    c.second_month,
    c.third_month,
    c.moment,
    c.elapsed,
    c.elapsed_leads,
    c.lo_at,
    c.end_at,
    g.zone,
    g.currency
  FROM (
    SELECT
      UNNEST($cell_frame) AS frame,
      UNNEST($cell_region) AS region,
      UNNEST($cell_bucket) AS bucket,
      UNNEST($cell_lo) AS lo,
      UNNEST($cell_hi) AS hi,
      UNNEST($cell_until) AS until,
      UNNEST($cell_second_month) AS second_month,
      UNNEST($cell_third_month) AS third_month,
      UNNEST($cell_moment) AS moment,
      UNNEST($cell_elapsed) AS elapsed,
      UNNEST($cell_elapsed_leads) AS elapsed_leads,
      UNNEST($cell_lo_at) AS lo_at,
      UNNEST($cell_end_at) AS end_at
  ) AS c
  JOIN regions AS g
    ON g.region = c.region
), told AS (
  SELECT
    l.load_id,
    MAX(l.exported_at) OVER (PARTITION BY l.source, l.table_name, l.export) AS told_until
  FROM load AS l
  WHERE
    l.status = 'loaded' AND l.exported_at <= $as_of
), lead_states AS MATERIALIZED (
  SELECT
    r.created_at,
    r.sql_at,
    r.region,
    r.known_from,
    r.known_until,
    COALESCE(t.told_until, $as_of) AS told_until
  FROM lead_version AS r
  JOIN regions AS g
    ON g.region = r.region
  LEFT JOIN told AS t
    ON t.load_id = r.load_id
  WHERE
    (
      TRUE
      AND r.known_from <= $last_moment
      AND (
        r.known_until IS NULL OR r.known_until > $first_moment
      )
    )
    AND NOT r.is_deleted IS TRUE
    AND r.merged_into IS NULL
), lead_known AS MATERIALIZED (
  SELECT
    r.*,
    r.created_at + INTERVAL '30' DAY <= r.told_until
    AND r.sql_at <= r.created_at + INTERVAL '30' DAY AS _row_1,
    r.created_at + INTERVAL '30' DAY <= r.told_until AS _row_2,
    NOT (
      r.created_at + INTERVAL '30' DAY <= r.told_until
    ) IS FALSE
    AND (
      (
        r.created_at + INTERVAL '30' DAY <= r.told_until
      ) IS NULL
    ) AS _row_3,
    NOT (
      r.created_at + INTERVAL '30' DAY <= r.told_until
    ) IS FALSE AS _row_4,
    NOT (
      r.created_at + INTERVAL '30' DAY <= r.told_until
    ) AS _row_5
  FROM lead_states AS r
  WHERE
    r.known_from <= $as_of
    AND (
      r.known_until IS NULL OR r.known_until > $as_of
    )
    AND (
      (
        r.created_at >= $first_lo_at AND r.created_at < $last_end_at
      )
      OR (
        r.created_at IS NULL
        AND (
          NOT (
            r.created_at + INTERVAL '30' DAY <= r.told_until
          ) IS FALSE
        )
      )
    )
), arrivals AS (
  SELECT
    r.region,
    l.table_name,
    l.exported_at,
    TRUE AS is_load
  FROM load AS l
  JOIN load_region AS r
    ON r.load_id = l.load_id
  WHERE
    l.status = 'loaded' AND TRUE
  UNION ALL
  SELECT
    r.region,
    'lead' AS table_name,
    MIN(r.known_from) AS exported_at,
    FALSE AS is_load
  FROM lead_version AS r
  WHERE
    TRUE
  GROUP BY
    r.region
), lead_created_at_days AS MATERIALIZED (
  SELECT
    r.region,
    CAST(r.created_at AT TIME ZONE g.zone AS DATE) AS day,
    COUNT(*) FILTER(WHERE
      r._row_1) AS _day_1,
    COUNT(*) FILTER(WHERE
      r._row_2) AS _day_2,
    COUNT(*) FILTER(WHERE
      r._row_3) AS _day_3,
    COUNT(*) FILTER(WHERE
      r._row_5) AS _day_4
  FROM lead_known AS r
  JOIN regions AS g
    ON g.region = r.region
  WHERE
    r.created_at >= $first_lo_at AND r.created_at < $last_end_at
  GROUP BY
    r.region,
    CAST(r.created_at AT TIME ZONE g.zone AS DATE)
), lead_created_at_undated AS MATERIALIZED (
  SELECT
    r.region,
    COUNT(*) FILTER(WHERE
      r._row_4) AS _day_5
  FROM lead_known AS r
  JOIN regions AS g
    ON g.region = r.region
  WHERE
    r.created_at IS NULL AND r._row_4
  GROUP BY
    r.region
), cells AS (
  SELECT
    region,
    bucket,
    MAX(_atom_1) AS _atom_1,
    MAX(_atom_2) AS _atom_2,
    MAX(_atom_3) AS _atom_3,
    MAX(_atom_4) AS _atom_4,
    MAX(_atom_5) AS _atom_5,
    MAX(lead__first_at) AS lead__first_at,
    MAX(lead__first_load_at) AS lead__first_load_at,
    MAX(lead__last_at) AS lead__last_at
  FROM (
    (
      SELECT
        CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
        s.bucket,
        CAST(SUM(r._day_1) AS BIGINT) AS _atom_1,
        CAST(SUM(r._day_2) AS BIGINT) AS _atom_2,
        CAST(SUM(r._day_3) AS BIGINT) AS _atom_3,
        CAST(SUM(r._day_4) AS BIGINT) AS _atom_4
      FROM lead_created_at_days AS r
      JOIN spine AS s
        ON s.frame = 'alone' AND s.region = r.region AND r.day BETWEEN s.lo AND s.hi
      GROUP BY
        GROUPING SETS (
          (s.region, s.bucket),
          (
            s.bucket
          )
        )
      UNION ALL BY NAME
      SELECT
        CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
        s.bucket,
        CAST(SUM(r._day_5) AS BIGINT) AS _atom_5
      FROM lead_created_at_undated AS r
      JOIN spine AS s
        ON s.frame = 'alone' AND s.region = r.region
      GROUP BY
        GROUPING SETS (
          (s.region, s.bucket),
          (
            s.bucket
          )
        )
    )
    UNION ALL BY NAME
    (
      SELECT
        CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
        s.bucket
      FROM spine AS s
      WHERE
        s.frame = 'alone'
      GROUP BY
        GROUPING SETS (
          (s.region, s.bucket),
          (
            s.bucket
          )
        )
      UNION ALL BY NAME
      SELECT
        s.region,
        s.bucket,
        MIN(a.exported_at) AS lead__first_at,
        MIN(a.exported_at) FILTER(WHERE
          a.is_load) AS lead__first_load_at,
        MAX(a.exported_at) FILTER(WHERE
          a.is_load AND a.exported_at <= s.moment) AS lead__last_at
      FROM spine AS s
      JOIN arrivals AS a
        ON a.region = s.region AND a.table_name = 'lead'
      WHERE
        s.frame = 'alone'
      GROUP BY
        s.region,
        s.bucket
    )
  ) AS parts
  GROUP BY
    region,
    bucket
)
SELECT
  region,
  bucket,
  CAST(COALESCE(_atom_1, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(_atom_2, 0) AS DOUBLE), 0) AS lead_qualified_30d,
  COALESCE(_atom_2, 0) AS lead_qualified_30d__n,
  COALESCE(_atom_1, 0) AS lead_qualified_30d__numerator,
  COALESCE(_atom_2, 0) AS lead_qualified_30d__denominator,
  COALESCE(_atom_3, 0) + COALESCE(_atom_5, 0) AS lead_qualified_30d__left_out,
  COALESCE(_atom_4, 0) AS lead_qualified_30d__immature,
  lead__first_at,
  lead__first_load_at,
  lead__last_at
FROM cells
ORDER BY
  bucket NULLS FIRST,
  region NULLS FIRST
