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
), points AS MATERIALIZED (
  SELECT
    c.taken,
    c.frame,
    c.region,
    c.bucket,
    c.back,
    c.lo,
    c.cut,
    c.hi,
    c.until,
    c.at_moment,
    c.then_moment,
    g.zone,
    g.currency
  FROM (
    SELECT
      UNNEST($point_taken) AS taken,
      UNNEST($point_frame) AS frame,
      UNNEST($point_region) AS region,
      UNNEST($point_bucket) AS bucket,
      UNNEST($point_back) AS back,
      UNNEST($point_lo) AS lo,
      UNNEST($point_cut) AS cut,
      UNNEST($point_hi) AS hi,
      UNNEST($point_until) AS until,
      UNNEST($point_at_moment) AS at_moment,
      UNNEST($point_then_moment) AS then_moment
  ) AS c
  JOIN regions AS g
    ON g.region = c.region
  JOIN (
    SELECT
      a.region,
      MIN(a.exported_at) AS first_at
    FROM arrivals AS a
    WHERE
      a.table_name = 'opportunity'
    GROUP BY
      a.region
  ) AS k
    ON k.region = c.region AND k.first_at <= c.at_moment
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
), opportunity_was AS (
  SELECT
    r.amount,
    r.currency,
    r.expected_close_on,
    r.opportunity_id,
    r.source,
    r.region,
    r.known_from,
    r.known_until
  FROM opportunity_version AS r
  JOIN regions AS g
    ON g.region = r.region
  WHERE
    (
      (
        TRUE
        AND r.known_from <= $last_point
        AND (
          r.known_until IS NULL OR r.known_until > $first_point
        )
      )
      AND NOT r.is_deleted IS TRUE
    )
    AND r.outcome = 'open'
), opportunity_later AS (
  SELECT
    r.source,
    r.opportunity_id,
    r.outcome,
    r.amount,
    r.currency,
    r.won_on,
    r.closed_on,
    r.expected_close_on,
    r.known_from,
    COALESCE(r.known_until, CAST('9999-12-31' AS TIMESTAMPTZ)) AS ends_at
  FROM opportunity_version AS r
  WHERE
    (
      NOT r.is_deleted IS TRUE
      AND r.known_from <= $as_of
      AND (
        r.known_until IS NULL OR r.known_until > $first_then
      )
    )
    AND TRUE
), opportunity_base AS MATERIALIZED (
  SELECT
    s.taken,
    s.frame,
    s.bucket,
    s.back,
    CASE
      WHEN t.opportunity_id IS NULL
      THEN 'gone'
      WHEN t.outcome = 'won' AND t.won_on <= s.hi
      THEN 'won'
      WHEN t.outcome IN ('lost', 'dropped')
      AND COALESCE(t.closed_on, CAST(t.known_from AS DATE)) <= s.hi
      THEN t.outcome
      WHEN t.outcome IS NULL
      THEN NULL
      WHEN s.hi >= s.until OR COALESCE(t.expected_close_on > s.until, TRUE)
      THEN 'pushed'
      ELSE 'open'
    END AS became,
    t.outcome AS outcome_now,
    t.amount AS amount_then,
    t.currency AS currency_then,
    t.won_on AS won_on_then,
    r.region,
    r.amount,
    r.currency,
    r.expected_close_on
  FROM opportunity_was AS r
  JOIN points AS s
    ON s.region = r.region
    AND r.known_from <= s.at_moment
    AND (
      r.known_until IS NULL OR r.known_until > s.at_moment
    )
  LEFT JOIN opportunity_later AS t
    ON t.source = r.source
    AND t.opportunity_id = r.opportunity_id
    AND t.known_from <= s.then_moment
    AND t.ends_at > s.then_moment
), cells AS (
  SELECT
    region,
    bucket,
    MAX(_atom_1) AS _atom_1,
    MAX(_atom_2) AS _atom_2,
    MAX(_atom_3) AS _atom_3,
    MAX(_atom_4) AS _atom_4,
    MAX(_atom_5) AS _atom_5,
    MAX(opportunity__first_at) AS opportunity__first_at,
    MAX(opportunity__first_load_at) AS opportunity__first_load_at,
    MAX(opportunity__last_at) AS opportunity__last_at
  FROM (
    SELECT
      CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
      s.bucket,
      SUM(CAST(r.amount AS DECIMAL(20, 2)) * budget.rate) FILTER(WHERE
        r.expected_close_on BETWEEN s.lo AND s.until AND r.became = 'pushed') AS _atom_1,
      SUM(CAST(r.amount AS DECIMAL(20, 2)) * budget.rate) FILTER(WHERE
        r.expected_close_on BETWEEN s.lo AND s.until) AS _atom_2,
      COUNT(*) FILTER(WHERE
        r.expected_close_on BETWEEN s.lo AND s.until AND NOT r.amount IS NULL) AS _atom_3,
      COUNT(*) FILTER(WHERE
        NOT r.amount IS NULL
        AND CAST(r.amount AS DECIMAL(20, 2)) * budget.rate IS NULL
        AND (
          r.expected_close_on BETWEEN s.lo AND s.until AND r.became = 'pushed'
        )) AS _atom_4,
      COUNT(*) FILTER(WHERE
        NOT r.amount IS NULL
        AND CAST(r.amount AS DECIMAL(20, 2)) * budget.rate IS NULL
        AND r.expected_close_on BETWEEN s.lo AND s.until) AS _atom_5
    FROM opportunity_base AS r
    JOIN points AS s
      ON (
        s.frame = 'alone' AND s.taken = 'start'
      )
      AND s.region = r.region
      AND s.frame = r.frame
      AND s.bucket = r.bucket
      AND s.taken = r.taken
      AND s.back = r.back
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
  CAST(COALESCE(_atom_1, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(_atom_2, 0) AS DOUBLE), 0) AS slippage,
  COALESCE(_atom_3, 0) AS slippage__n,
  COALESCE(_atom_1, 0) AS slippage__numerator,
  COALESCE(_atom_2, 0) AS slippage__denominator,
  COALESCE(_atom_4, 0) + COALESCE(_atom_5, 0) AS slippage__unrated,
  opportunity__first_at,
  opportunity__first_load_at,
  opportunity__last_at
FROM cells
ORDER BY
  bucket NULLS FIRST,
  region NULLS FIRST
