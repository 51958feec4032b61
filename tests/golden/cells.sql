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
), survivors AS (
  WITH RECURSIVE last_known AS (
    SELECT
      v.source,
      v.account_id,
      v.region,
      v.name,
      v.merged_into
    FROM account_version AS v
    WHERE
      v.known_from <= $as_of
      AND TRUE
      AND v.source IN (
        SELECT
          v.source
        FROM account_version AS v
        WHERE
          v.known_from <= $as_of AND TRUE AND NOT v.merged_into IS NULL
      )
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY v.source, v.account_id ORDER BY v.known_from DESC) = 1
  ), links AS (
    SELECT
      m.source,
      m.account_id,
      CASE
        WHEN COUNT(c.account_id) = 0
        THEN m.merged_into
        WHEN BOOL_OR(CAST(c.account_id = m.merged_into AS BOOLEAN))
        THEN m.merged_into
        WHEN COUNT(*) FILTER(WHERE
          c.merged_into IS NULL) = 1
        THEN MIN(c.account_id) FILTER(WHERE
          c.merged_into IS NULL)
        WHEN COUNT(*) = 1
        THEN MIN(c.account_id)
      END AS next_id
    FROM last_known AS m
    LEFT JOIN last_known AS c
      ON c.source = m.source
      AND (
        c.account_id = m.merged_into
        OR (
          c.name = m.merged_into AND c.account_id <> m.account_id
        )
      )
    WHERE
      NOT m.merged_into IS NULL
    GROUP BY
      m.source,
      m.account_id,
      m.merged_into
  ), walk AS (
    SELECT
      source,
      account_id,
      next_id
    FROM links
    UNION
    SELECT
      w.source,
      w.account_id,
      l.next_id
    FROM walk AS w
    JOIN links AS l
      ON l.source = w.source AND l.account_id = w.next_id
  ), ends AS (
    SELECT
      w.source,
      w.account_id,
      w.next_id AS survivor_id
    FROM walk AS w
    LEFT JOIN links AS l
      ON l.source = w.source AND l.account_id = w.next_id
    WHERE
      NOT w.next_id IS NULL AND l.account_id IS NULL
  ), named AS (
    SELECT
      k.source,
      k.name AS account_ref,
      MIN(COALESCE(e.survivor_id, k.account_id)) AS survivor_id
    FROM last_known AS k
    LEFT JOIN ends AS e
      ON e.source = k.source AND e.account_id = k.account_id
    WHERE
      NOT k.name IS NULL
    GROUP BY
      k.source,
      k.name
    HAVING
      COUNT(DISTINCT COALESCE(e.survivor_id, k.account_id)) = 1
      AND COUNT(e.survivor_id) > 0
  ), alone AS (
    SELECT
      source,
      name,
      MIN(account_id) AS account_id
    FROM last_known
    WHERE
      merged_into IS NULL
    GROUP BY
      source,
      name
    HAVING
      COUNT(*) = 1
  )
  SELECT
    source,
    account_id AS account_ref,
    survivor_id AS survivor_ref
  FROM ends
  UNION ALL
  SELECT
    n.source,
    n.account_ref,
    a.name AS survivor_ref
  FROM named AS n
  JOIN alone AS a
    ON a.source = n.source AND a.account_id = n.survivor_id
  WHERE
    a.name <> n.account_ref
    AND NOT EXISTS(
      SELECT
        1
      FROM last_known AS k
      WHERE
        k.source = n.source AND k.account_id = n.account_ref
    )
), opportunity_states AS MATERIALIZED (
  SELECT
    COALESCE(m.survivor_ref, r.account_ref) AS account_ref,
    r.amount,
    r.business_type,
    r.created_at,
    r.currency,
    r.expected_close_on,
    r.lead_source,
    r.next_step,
    r.outcome,
    r.owner_ref,
    r.segment,
    r.region,
    r.known_from,
    r.known_until
  FROM opportunity_version AS r
  JOIN regions AS g
    ON g.region = r.region
  LEFT JOIN survivors AS m
    ON m.source = r.source AND m.account_ref = r.account_ref
  WHERE
    (
      TRUE
      AND r.known_from <= $last_moment
      AND (
        r.known_until IS NULL OR r.known_until > $first_moment
      )
    )
    AND NOT r.is_deleted IS TRUE
), usual AS (
  SELECT
    r.region,
    r.currency,
    CAST(AVG(r.amount) AS DECIMAL(18, 2)) AS amount
  FROM opportunity_states AS r
  WHERE
    r.known_from <= $as_of AND (
      r.known_until IS NULL OR r.known_until > $as_of
    )
  GROUP BY
    r.region,
    r.currency
), cell_fill AS (
  SELECT
    r.*,
    COALESCE(r.amount, u.amount) AS value,
    9 AS required_cells,
    CASE WHEN r.account_ref IS NULL THEN 0 ELSE 1 END + CASE WHEN r.owner_ref IS NULL THEN 0 ELSE 1 END + CASE WHEN r.amount IS NULL THEN 0 ELSE 1 END + CASE WHEN r.expected_close_on IS NULL THEN 0 ELSE 1 END + CASE WHEN r.created_at IS NULL THEN 0 ELSE 1 END + CASE WHEN r.lead_source IS NULL THEN 0 ELSE 1 END + CASE WHEN r.segment IS NULL THEN 0 ELSE 1 END + CASE WHEN r.business_type IS NULL THEN 0 ELSE 1 END + CASE WHEN r.next_step IS NULL THEN 0 ELSE 1 END AS filled_cells
  FROM opportunity_states AS r
  LEFT JOIN usual AS u
    ON u.region = r.region AND u.currency = r.currency
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
    SELECT
      CASE WHEN GROUPING(s.region) = 1 THEN 'group' ELSE s.region END AS region,
      s.bucket,
      SUM(CAST(r.value * r.filled_cells AS DECIMAL(20, 2)) * budget.rate) FILTER(WHERE
        r.outcome = 'open') AS _atom_1,
      SUM(CAST(r.value * r.required_cells AS DECIMAL(20, 2)) * budget.rate) FILTER(WHERE
        r.outcome = 'open') AS _atom_2,
      COUNT(*) FILTER(WHERE
        r.outcome = 'open' AND NOT r.value * r.required_cells IS NULL) AS _atom_3,
      COUNT(*) FILTER(WHERE
        NOT (
          r.outcome = 'open'
        ) IS FALSE
        AND (
          (
            r.outcome = 'open'
          ) IS NULL OR (
            r.value * r.required_cells
          ) IS NULL
        )) AS _atom_4,
      SUM(CAST(r.amount AS DECIMAL(20, 2)) * budget.rate) FILTER(WHERE
        NOT (
          r.outcome = 'open'
        ) IS FALSE
        AND (
          (
            r.outcome = 'open'
          ) IS NULL OR (
            r.value * r.required_cells
          ) IS NULL
        )) AS _atom_5,
      COUNT(*) FILTER(WHERE
        NOT r.value * r.filled_cells IS NULL
        AND CAST(r.value * r.filled_cells AS DECIMAL(20, 2)) * budget.rate IS NULL
        AND r.outcome = 'open') AS _atom_6,
      COUNT(*) FILTER(WHERE
        NOT r.value * r.required_cells IS NULL
        AND CAST(r.value * r.required_cells AS DECIMAL(20, 2)) * budget.rate IS NULL
        AND r.outcome = 'open') AS _atom_7
    FROM cell_fill AS r
    JOIN spine AS s
      ON s.frame = 'alone'
      AND s.region = r.region
      AND r.known_from <= s.moment
      AND (
        r.known_until IS NULL OR r.known_until > s.moment
      )
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
  CAST(COALESCE(_atom_1, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(_atom_2, 0) AS DOUBLE), 0) AS data_completeness,
  COALESCE(_atom_3, 0) AS data_completeness__n,
  COALESCE(_atom_1, 0) AS data_completeness__numerator,
  COALESCE(_atom_2, 0) AS data_completeness__denominator,
  COALESCE(_atom_4, 0) AS data_completeness__left_out,
  COALESCE(_atom_5, 0) AS data_completeness__left_out_value,
  COALESCE(_atom_6, 0) + COALESCE(_atom_7, 0) AS data_completeness__unrated,
  opportunity__first_at,
  opportunity__first_load_at,
  opportunity__last_at
FROM cells
ORDER BY
  bucket NULLS FIRST,
  region NULLS FIRST
