"""Statements of the KPI benchmark: deals drawn at random, and five KPIs by region and month written by hand."""

FILL = """
INSERT INTO opportunity_version BY NAME
WITH numbered AS (
    SELECT i, hash(i) AS h, hash(i + 1_000_000_007) AS g FROM range({rows}) AS r(i)
), drawn AS (
    SELECT i, list_extract($regions, 1 + CAST(h % len($regions) AS INTEGER)) AS region,
        DATE '2024-01-01' + CAST(h // 7 % 1060 AS INTEGER) AS created, CAST(g % 120 AS INTEGER) AS days,
        ['open', 'won', 'won', 'lost', 'lost', 'dropped'][1 + CAST(g // 13 % 6 AS INTEGER)] AS outcome,
        CAST(g // 17 % 90_000_000 AS DECIMAL(20, 2)) / 100 AS amount, h // 11 % 10 < 8 AS developed,
        ['new', 'expansion', 'renewal'][1 + CAST(h // 19 % 3 AS INTEGER)] AS business_type
    FROM numbered
)
SELECT region || '_crm' AS source, 'D-' || i AS opportunity_id, region, 'account ' || i % 4000 AS account_ref,
    CAST(amount AS DECIMAL(18, 2)) AS amount, CAST(amount AS DECIMAL(18, 2)) AS first_amount,
    list_extract($currencies, list_position($regions, region)) AS currency, outcome,
    CASE WHEN outcome = 'open' THEN 'propose' ELSE outcome END AS stage, 'said' AS stage_raw,
    created + INTERVAL 10 HOUR AS created_at, created + days AS expected_close_on,
    CASE WHEN outcome <> 'open' THEN created + days END AS closed_on,
    CASE WHEN outcome = 'won' THEN created + days END AS won_on,
    developed AS reached_develop, business_type, 0 AS times_pushed, false AS is_deleted, false AS on_hold,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' AS first_seen_at, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS known_from,
    false AS held_back, 'load' AS load_id, i + 2 AS line, 'hash' AS row_hash
FROM drawn
"""
RATED = """
INSERT INTO fx_rate_version BY NAME
SELECT 'planning' AS source, currency, DATE '2024-01-01' AS on_date, 'budget' AS kind,
    CAST(0.0625 * i AS DECIMAL(18, 8)) AS rate, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS known_from,
    false AS held_back, 'load' AS load_id, i AS line, 'hash' AS row_hash
FROM (SELECT unnest($currencies) AS currency, generate_subscripts($currencies, 1) AS i)
"""
LOADED = """
INSERT INTO load BY NAME
SELECT region AS load_id, region || '_crm' AS source, 'opportunity' AS table_name, 'deals.csv' AS file,
    region AS sha256, 'profile' AS profile_hash, $at AS exported_at, 'file name' AS exported_at_from,
    $at AS loaded_at, 'full' AS mode, 'all' AS covers, 'loaded' AS status, 1 AS rows_in, 1 AS loaded,
    1 AS changed, 0 AS rejected, 0 AS ignored, 0.1 AS seconds, 'bench' AS who
FROM (SELECT unnest($regions) AS region)
"""
DELIVERED = """
INSERT INTO load_region BY NAME
SELECT region AS load_id, region, 1 AS rows, $at AS data_until FROM (SELECT unnest($regions) AS region)
"""
DEALS = """
    SELECT o.region, CAST(o.amount AS DECIMAL(20, 2)) * CAST(coalesce(r.rate, 1) AS DECIMAL(18, 8)) AS amount,
        o.outcome, o.won_on, o.closed_on, o.won_on - CAST(timezone(z.zone, o.created_at) AS DATE) AS days,
        o.reached_develop IS DISTINCT FROM false AND o.business_type IS DISTINCT FROM 'renewal' AS qualified
    FROM opportunity_version AS o JOIN zones AS z USING (region) LEFT JOIN (
        SELECT currency, arg_max(rate, on_date) AS rate FROM fx_rate_version WHERE kind = 'budget' GROUP BY ALL
    ) AS r ON r.currency = o.currency
    WHERE o.known_from <= $as_of AND (o.known_until IS NULL OR o.known_until > $as_of) AND o.is_deleted IS NOT TRUE
"""
_GROUPED = """
WITH deals AS ({deals}), won AS (
    SELECT coalesce(region, 'group') AS region, date_trunc('month', won_on) AS month, sum(amount) AS won_value,
        CAST(sum(amount) FILTER (WHERE qualified) AS DOUBLE) / count(amount) FILTER (WHERE qualified)
            AS average_won_deal,
        median(days) FILTER (WHERE qualified) AS sales_cycle
    FROM deals WHERE outcome = 'won' AND won_on BETWEEN $first AND $last
    GROUP BY {won}
), closed AS (
    SELECT coalesce(region, 'group') AS region, date_trunc('month', closed_on) AS month,
        count(*) FILTER (WHERE outcome = 'won') / CAST(count(*) AS DOUBLE) AS win_rate,
        CAST(sum(amount) FILTER (WHERE outcome = 'won') AS DOUBLE) / CAST(sum(amount) AS DOUBLE) AS win_rate_by_value
    FROM deals WHERE qualified AND outcome IN ('won', 'lost') AND closed_on BETWEEN $first AND $last
    GROUP BY {closed}
)
SELECT region, month, won_value, average_won_deal, win_rate, win_rate_by_value, sales_cycle
FROM won FULL JOIN closed USING (region, month) ORDER BY region, month
"""
_SETS = "GROUPING SETS ((region, date_trunc('month', {0})), (date_trunc('month', {0})))"
BY_HAND = _GROUPED.format(deals=DEALS, won=_SETS.format("won_on"), closed=_SETS.format("closed_on"))
# One market alone: nobody would write totals over regions for it.
BY_HAND_OF_ONE = _GROUPED.format(deals=f"{DEALS} AND o.region = $market", won="1, 2", closed="1, 2")
