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
), feed_until AS (
  SELECT
    s.frame,
    s.region,
    s.bucket,
    s.moment,
    l.source,
    l.table_name,
    LEAST(ARG_MAX(COALESCE(r.data_until, l.exported_at), l.exported_at), s.moment) AS data_until
  FROM load AS l
  JOIN load_region AS r
    ON r.load_id = l.load_id
  JOIN spine AS s
    ON s.region = r.region AND l.exported_at <= s.moment
  WHERE
    l.status = 'loaded' AND TRUE
  GROUP BY
    s.frame,
    s.region,
    s.bucket,
    s.moment,
    l.source,
    l.table_name
), feed AS (
  SELECT
    f.frame,
    f.region,
    f.bucket,
    f.source,
    f.table_name,
    f.data_until,
    CASE
      WHEN ANY_VALUE(k.region) IS NULL
      THEN NULL
      ELSE COALESCE(
        SUM(
          DATE_DIFF('SECOND', GREATEST(c.opens_at, f.data_until), LEAST(c.closes_at, f.moment))
        ),
        0
      ) / CAST(3600 AS DOUBLE)
    END AS work_hours_behind
  FROM feed_until AS f
  LEFT JOIN (
    SELECT
      region
    FROM calendar
    GROUP BY
      region
  ) AS k
    ON k.region = f.region
  LEFT JOIN calendar AS c
    ON c.region = f.region AND c.closes_at > f.data_until AND c.opens_at < f.moment
  GROUP BY
    f.frame,
    f.region,
    f.bucket,
    f.source,
    f.table_name,
    f.data_until
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
), cells AS (
  SELECT
    region,
    bucket,
    MAX(_atom_1) AS _atom_1,
    MAX(_atom_2) AS _atom_2,
    MAX(_atom_3) AS _atom_3,
    MAX(load__first_at) AS load__first_at,
    MAX(load__first_load_at) AS load__first_load_at,
    MAX(load__last_at) AS load__last_at
  FROM (
    SELECT
      CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
      s.bucket,
      MAX(r.work_hours_behind) FILTER(WHERE
        r.table_name IN ('opportunity', 'lead')) AS _atom_1,
      COUNT(*) FILTER(WHERE
        r.table_name IN ('opportunity', 'lead') AND NOT r.work_hours_behind IS NULL) AS _atom_2,
      COUNT(*) FILTER(WHERE
        NOT (
          r.table_name IN ('opportunity', 'lead')
        ) IS FALSE
        AND (
          (
            r.table_name IN ('opportunity', 'lead')
          ) IS NULL
          OR (
            r.work_hours_behind
          ) IS NULL
        )) AS _atom_3
    FROM feed AS r
    JOIN spine AS s
      ON s.frame = 'alone'
      AND s.region = r.region
      AND s.frame = r.frame
      AND s.bucket = r.bucket
    GROUP BY
      GROUPING SETS (
        (s.region, s.bucket),
        (
          s.bucket
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
        MIN(a.exported_at) AS load__first_at,
        MIN(a.exported_at) FILTER(WHERE
          a.is_load) AS load__first_load_at,
        MAX(a.exported_at) FILTER(WHERE
          a.is_load AND a.exported_at <= s.moment) AS load__last_at
      FROM spine AS s
      JOIN arrivals AS a
        ON a.region = s.region AND a.is_load
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
  _atom_1 AS freshness,
  COALESCE(_atom_2, 0) AS freshness__n,
  COALESCE(_atom_3, 0) AS freshness__left_out,
  load__first_at,
  load__first_load_at,
  load__last_at
FROM cells
ORDER BY
  bucket NULLS FIRST,
  region NULLS FIRST
