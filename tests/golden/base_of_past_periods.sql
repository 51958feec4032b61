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
), opportunity_states AS MATERIALIZED (
  SELECT
    r.amount,
    r.business_type,
    r.closed_on,
    r.currency,
    r.outcome,
    r.reached_develop,
    r.won_on,
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
    r.outcome = 'won' AS _row_3
  FROM opportunity_states AS r
  WHERE
    r.known_from <= $as_of AND (
      r.known_until IS NULL OR r.known_until > $as_of
    )
), opportunity_was AS (
  SELECT
    r.amount,
    r.currency,
    r.expected_close_on,
    r.on_hold,
    r.opportunity_id,
    r.reached_develop,
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
    r.expected_close_on,
    r.on_hold,
    r.reached_develop
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
), opportunity_closed_on_days AS MATERIALIZED (
  SELECT
    r.region,
    r.currency,
    r.closed_on AS day,
    CAST(SUM(CAST(r.amount AS DECIMAL(20, 2))) FILTER(WHERE
      r._row_1) AS DECIMAL(20, 2)) AS _day_1,
    CAST(SUM(CAST(r.amount AS DECIMAL(20, 2))) FILTER(WHERE
      r._row_2) AS DECIMAL(20, 2)) AS _day_2,
    COUNT(*) FILTER(WHERE
      NOT r.amount IS NULL AND r._row_1) AS _day_3,
    COUNT(*) FILTER(WHERE
      NOT r.amount IS NULL AND r._row_2) AS _day_4
  FROM opportunity_known AS r
  WHERE
    r.closed_on >= $first_lo AND r.closed_on <= $last_hi
  GROUP BY
    r.region,
    r.currency,
    r.closed_on
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
    MAX(_atom_8) AS _atom_8,
    MAX(_atom_9) AS _atom_9,
    MAX(_atom_10) AS _atom_10,
    MAX(_atom_11) AS _atom_11,
    MAX(_atom_12) AS _atom_12,
    MAX(_atom_13) AS _atom_13,
    MAX(_atom_14) AS _atom_14,
    MAX(opportunity__first_at) AS opportunity__first_at,
    MAX(opportunity__first_load_at) AS opportunity__first_load_at,
    MAX(opportunity__last_at) AS opportunity__last_at
  FROM (
    (
      SELECT
        CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
        s.bucket,
        SUM(r._day_1 * budget.rate) AS _atom_1,
        SUM(r._day_2 * budget.rate) AS _atom_2,
        CAST(SUM(CASE WHEN budget.rate IS NULL THEN r._day_3 ELSE 0 END) AS BIGINT) AS _atom_3,
        CAST(SUM(CASE WHEN budget.rate IS NULL THEN r._day_4 ELSE 0 END) AS BIGINT) AS _atom_4
      FROM opportunity_closed_on_days AS r
      JOIN spine AS s
        ON s.frame = 'alone' AND s.region = r.region AND r.day BETWEEN s.lo AND s.hi
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
      (
        SELECT
          CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
          s.bucket,
          COUNT(DISTINCT s.back) AS _atom_5
        FROM points AS s
        WHERE
          s.frame = 'alone' AND s.taken = 'past'
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
          SUM(CAST(r.amount_then AS DECIMAL(20, 2)) * budget_currency_then.rate) FILTER(WHERE
            (
              r.reached_develop
              AND NOT r.on_hold IS TRUE
              AND r.expected_close_on BETWEEN s.lo AND s.until
            )
            AND r.became = 'won') AS _atom_6,
          SUM(CAST(r.amount AS DECIMAL(20, 2)) * budget.rate) FILTER(WHERE
            r.reached_develop
            AND NOT r.on_hold IS TRUE
            AND r.expected_close_on BETWEEN s.lo AND s.until) AS _atom_7,
          SUM(CAST(r.amount_then AS DECIMAL(20, 2)) * budget_currency_then.rate) FILTER(WHERE
            (
              r.reached_develop
              AND NOT r.on_hold IS TRUE
              AND r.expected_close_on BETWEEN s.lo AND s.until
            )
            AND (
              r.became = 'won' AND r.won_on_then > s.cut
            )) AS _atom_8,
          COUNT(*) FILTER(WHERE
            (
              r.reached_develop
              AND NOT r.on_hold IS TRUE
              AND r.expected_close_on BETWEEN s.lo AND s.until
            )
            AND NOT r.amount IS NULL) AS _atom_9,
          COUNT(*) FILTER(WHERE
            NOT r.amount_then IS NULL
            AND CAST(r.amount_then AS DECIMAL(20, 2)) * budget_currency_then.rate IS NULL
            AND (
              (
                r.reached_develop
                AND NOT r.on_hold IS TRUE
                AND r.expected_close_on BETWEEN s.lo AND s.until
              )
              AND r.became = 'won'
            )) AS _atom_10,
          COUNT(*) FILTER(WHERE
            NOT r.amount IS NULL
            AND CAST(r.amount AS DECIMAL(20, 2)) * budget.rate IS NULL
            AND (
              r.reached_develop
              AND NOT r.on_hold IS TRUE
              AND r.expected_close_on BETWEEN s.lo AND s.until
            )) AS _atom_11,
          COUNT(*) FILTER(WHERE
            NOT r.amount_then IS NULL
            AND CAST(r.amount_then AS DECIMAL(20, 2)) * budget_currency_then.rate IS NULL
            AND (
              (
                r.reached_develop
                AND NOT r.on_hold IS TRUE
                AND r.expected_close_on BETWEEN s.lo AND s.until
              )
              AND (
                r.became = 'won' AND r.won_on_then > s.cut
              )
            )) AS _atom_12
        FROM opportunity_base AS r
        JOIN points AS s
          ON (
            s.frame = 'alone' AND s.taken = 'past'
          )
          AND s.region = r.region
          AND s.frame = r.frame
          AND s.bucket = r.bucket
          AND s.taken = r.taken
          AND s.back = r.back
        LEFT JOIN rates AS budget_currency_then
          ON budget_currency_then.kind = 'budget'
          AND budget_currency_then.currency = r.currency_then
          AND CAST($rate_day AS DATE) >= budget_currency_then.since
          AND CAST($rate_day AS DATE) < budget_currency_then.until
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
    )
    UNION ALL BY NAME
    (
      SELECT
        CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
        s.bucket,
        SUM(CAST(r.amount AS DECIMAL(20, 2)) * budget.rate) FILTER(WHERE
          r._row_3) AS _atom_13,
        COUNT(*) FILTER(WHERE
          NOT r.amount IS NULL
          AND CAST(r.amount AS DECIMAL(20, 2)) * budget.rate IS NULL
          AND r._row_3) AS _atom_14
      FROM opportunity_known AS r
      JOIN points AS s
        ON (
          s.frame = 'alone' AND s.taken = 'past'
        )
        AND s.region = r.region
        AND r.won_on > s.cut
        AND r.won_on <= s.hi
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
    )
  ) AS parts
  GROUP BY
    region,
    bucket
)
SELECT
  region,
  bucket,
  COALESCE(
    (
      CAST((
        1 - (
          (
            CAST((
              (
                CASE WHEN COALESCE(_atom_5, 0) >= 4 THEN COALESCE(_atom_13, 0) END
              ) - (
                CASE WHEN COALESCE(_atom_5, 0) >= 4 THEN COALESCE(_atom_8, 0) END
              )
            ) AS DOUBLE) / NULLIF(
              CAST((
                CASE WHEN COALESCE(_atom_5, 0) >= 4 THEN COALESCE(_atom_13, 0) END
              ) AS DOUBLE),
              0
            )
          )
        )
      ) AS DOUBLE) / NULLIF(
        CAST((
          CASE
            WHEN COALESCE(_atom_5, 0) >= 4
            THEN CAST(COALESCE(_atom_6, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(_atom_7, 0) AS DOUBLE), 0)
          END
        ) AS DOUBLE),
        0
      )
    ),
    (
      CAST(1 AS DOUBLE) / NULLIF(
        CAST((
          CAST(COALESCE(_atom_1, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(_atom_2, 0) AS DOUBLE), 0)
        ) AS DOUBLE),
        0
      )
    )
  ) AS coverage_required,
  COALESCE(_atom_9, 0) AS coverage_required__n,
  COALESCE(_atom_10, 0) + COALESCE(_atom_11, 0) + COALESCE(_atom_14, 0) + COALESCE(_atom_12, 0) + COALESCE(_atom_3, 0) + COALESCE(_atom_4, 0) AS coverage_required__unrated,
  COALESCE(_atom_5, 0) AS coverage_required__periods,
  CASE
    WHEN (
      CAST((
        1 - (
          (
            CAST((
              (
                CASE WHEN COALESCE(_atom_5, 0) >= 4 THEN COALESCE(_atom_13, 0) END
              ) - (
                CASE WHEN COALESCE(_atom_5, 0) >= 4 THEN COALESCE(_atom_8, 0) END
              )
            ) AS DOUBLE) / NULLIF(
              CAST((
                CASE WHEN COALESCE(_atom_5, 0) >= 4 THEN COALESCE(_atom_13, 0) END
              ) AS DOUBLE),
              0
            )
          )
        )
      ) AS DOUBLE) / NULLIF(
        CAST((
          CASE
            WHEN COALESCE(_atom_5, 0) >= 4
            THEN CAST(COALESCE(_atom_6, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(_atom_7, 0) AS DOUBLE), 0)
          END
        ) AS DOUBLE),
        0
      )
    ) IS NULL
    THEN 1
    ELSE 0
  END AS coverage_required__if_win_rate_for_yield,
  opportunity__first_at,
  opportunity__first_load_at,
  opportunity__last_at
FROM cells
ORDER BY
  bucket NULLS FIRST,
  region NULLS FIRST
