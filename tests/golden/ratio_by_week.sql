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
), rates AS MATERIALIZED (
  SELECT
    currency,
    kind,
    on_date AS since,
    LEAD(on_date, 1, CAST('9999-12-31' AS DATE)) OVER (PARTITION BY currency, kind ORDER BY on_date) AS until,
    CAST(rate AS DECIMAL(18, 8)) AS rate
  FROM (
    SELECT
      currency,
      kind,
      on_date,
      rate,
      ROW_NUMBER() OVER (PARTITION BY currency, kind, on_date ORDER BY known_from DESC, source) AS place
    FROM fx_rate_version
    WHERE
      known_until IS NULL
      AND NOT rate IS NULL
      AND currency <> $group_currency
      AND (
        kind = 'budget' OR on_date <= $rates_until
      )
  ) AS stated
  WHERE
    place = 1
  UNION ALL
  SELECT
    $group_currency AS currency,
    kind,
    CAST('0001-01-01' AS DATE) AS since,
    CAST('9999-12-31' AS DATE) AS until,
    CAST(1 AS DECIMAL(18, 8)) AS rate
  FROM (
    SELECT
      'budget' AS kind
    UNION ALL
    SELECT
      'spot' AS kind
  ) AS kinds
), opportunity_states AS MATERIALIZED (
  SELECT
    r.amount,
    r.business_type,
    r.closed_on,
    r.currency,
    r.outcome,
    r.reached_develop,
    r.region,
    r.known_from,
    r.known_until
  FROM opportunity_version AS r
  JOIN regions AS g
    ON g.region = r.region
  WHERE
    (
      TRUE
      AND r.known_from <= $last_moment
      AND (
        r.known_until IS NULL OR r.known_until > $first_moment
      )
    )
    AND NOT r.is_deleted IS TRUE
), opportunity_known AS MATERIALIZED (
  SELECT
    r.*,
    (
      r.reached_develop IS DISTINCT FROM FALSE
      AND r.business_type IS DISTINCT FROM 'renewal'
    )
    AND r.outcome = 'won' AS _row_1,
    (
      r.reached_develop IS DISTINCT FROM FALSE
      AND r.business_type IS DISTINCT FROM 'renewal'
    )
    AND r.outcome IN ('won', 'lost') AS _row_2,
    NOT (
      (
        r.reached_develop IS DISTINCT FROM FALSE
        AND r.business_type IS DISTINCT FROM 'renewal'
      )
      AND r.outcome IN ('won', 'lost')
    ) IS FALSE
    AND (
      (
        (
          r.reached_develop IS DISTINCT FROM FALSE
          AND r.business_type IS DISTINCT FROM 'renewal'
        )
        AND r.outcome IN ('won', 'lost')
      ) IS NULL
    ) AS _row_3,
    NOT (
      (
        r.reached_develop IS DISTINCT FROM FALSE
        AND r.business_type IS DISTINCT FROM 'renewal'
      )
      AND r.outcome IN ('won', 'lost')
    ) IS FALSE AS _row_4,
    (
      (
        r.reached_develop IS DISTINCT FROM FALSE
        AND r.business_type IS DISTINCT FROM 'renewal'
      )
      AND r.outcome IN ('won', 'lost')
    )
    AND r.business_type IS NULL AS _row_5
  FROM opportunity_states AS r
  WHERE
    r.known_from <= $as_of
    AND (
      r.known_until IS NULL OR r.known_until > $as_of
    )
    AND (
      (
        r.closed_on >= $first_lo AND r.closed_on <= $last_hi
      )
      OR (
        r.closed_on IS NULL
        AND (
          NOT (
            (
              r.reached_develop IS DISTINCT FROM FALSE
              AND r.business_type IS DISTINCT FROM 'renewal'
            )
            AND r.outcome IN ('won', 'lost')
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
    'opportunity' AS table_name,
    MIN(r.known_from) AS exported_at,
    FALSE AS is_load
  FROM opportunity_version AS r
  WHERE
    TRUE
  GROUP BY
    r.region
), opportunity_closed_on_days AS MATERIALIZED (
  SELECT
    r.region,
    r.currency,
    r.closed_on AS day,
    COUNT(*) FILTER(WHERE
      r._row_1) AS _day_1,
    COUNT(*) FILTER(WHERE
      r._row_2) AS _day_2,
    COUNT(*) FILTER(WHERE
      r._row_3) AS _day_3,
    CAST(SUM(CAST(r.amount AS DECIMAL(20, 2))) FILTER(WHERE
      r._row_3) AS DECIMAL(20, 2)) AS _day_4,
    COUNT(*) FILTER(WHERE
      r._row_5) AS _day_5
  FROM opportunity_known AS r
  WHERE
    r.closed_on >= $first_lo AND r.closed_on <= $last_hi
  GROUP BY
    r.region,
    r.currency,
    r.closed_on
), opportunity_closed_on_undated AS MATERIALIZED (
  SELECT
    r.region,
    r.currency,
    COUNT(*) FILTER(WHERE
      r._row_4) AS _day_6,
    CAST(SUM(CAST(r.amount AS DECIMAL(20, 2))) FILTER(WHERE
      r._row_4) AS DECIMAL(20, 2)) AS _day_7
  FROM opportunity_known AS r
  WHERE
    r.closed_on IS NULL AND r._row_4
  GROUP BY
    r.region,
    r.currency
), cells AS (
  SELECT
    region,
    bucket,
    MAX(_atom_1) AS _atom_1,
    MAX(_atom_2) AS _atom_2,
    MAX(_atom_3) AS _atom_3,
    MAX(_atom_4) AS _atom_4,
    MAX(_atom_5) AS _atom_5,
    MAX(_atom_6) AS _atom_6,
    MAX(_atom_7) AS _atom_7,
    MAX(opportunity__first_at) AS opportunity__first_at,
    MAX(opportunity__first_load_at) AS opportunity__first_load_at,
    MAX(opportunity__last_at) AS opportunity__last_at
  FROM (
    (
      SELECT
        CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
        s.bucket,
        CAST(SUM(r._day_1) AS BIGINT) AS _atom_1,
        CAST(SUM(r._day_2) AS BIGINT) AS _atom_2,
        CAST(SUM(r._day_3) AS BIGINT) AS _atom_3,
        SUM(r._day_4 * budget.rate) AS _atom_4,
        CAST(SUM(r._day_5) AS BIGINT) AS _atom_5
      FROM opportunity_closed_on_days AS r
      JOIN spine AS s
        ON s.frame = 'last 13 weeks' AND s.region = r.region AND r.day BETWEEN s.lo AND s.hi
      LEFT JOIN rates AS budget
        ON budget.kind = 'budget'
        AND budget.currency = r.currency
        AND r.day >= budget.since
        AND r.day < budget.until
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
        CAST(SUM(r._day_6) AS BIGINT) AS _atom_6,
        SUM(r._day_7 * budget.rate) AS _atom_7
      FROM opportunity_closed_on_undated AS r
      JOIN spine AS s
        ON s.frame = 'alone' AND s.region = r.region
      LEFT JOIN rates AS budget
        ON budget.kind = 'budget'
        AND budget.currency = r.currency
        AND CAST($rate_day AS DATE) >= budget.since
        AND CAST($rate_day AS DATE) < budget.until
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
        MIN(a.exported_at) AS opportunity__first_at,
        MIN(a.exported_at) FILTER(WHERE
          a.is_load) AS opportunity__first_load_at,
        MAX(a.exported_at) FILTER(WHERE
          a.is_load AND a.exported_at <= s.moment) AS opportunity__last_at
      FROM spine AS s
      JOIN arrivals AS a
        ON a.region = s.region AND a.table_name = 'opportunity'
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
  CAST(COALESCE(_atom_1, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(_atom_2, 0) AS DOUBLE), 0) AS win_rate,
  COALESCE(_atom_2, 0) AS win_rate__n,
  COALESCE(_atom_1, 0) AS win_rate__numerator,
  COALESCE(_atom_2, 0) AS win_rate__denominator,
  COALESCE(_atom_3, 0) + COALESCE(_atom_6, 0) AS win_rate__left_out,
  COALESCE(_atom_4, 0) + COALESCE(_atom_7, 0) AS win_rate__left_out_value,
  COALESCE(_atom_5, 0) AS win_rate__if_includes_renewals,
  opportunity__first_at,
  opportunity__first_load_at,
  opportunity__last_at
FROM cells
ORDER BY
  bucket NULLS FIRST,
  region NULLS FIRST
