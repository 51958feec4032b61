"""Deals that left their CRM's export while nobody has said what became of them: in no figure until answered."""

import polars as pl

from kpi.accounts import survivors
from kpi.engines.base import Engine
from kpi.money import AMOUNT, CONVERTED, RATES
from kpi.scope import Scope, required
from organisation import Organisation

LEFT = f"""
WITH rates AS ({RATES}), survivors AS ({survivors("{seen}")}), last_state AS (
    SELECT * FROM opportunity_version QUALIFY row_number() OVER (
        PARTITION BY source, opportunity_id ORDER BY known_from DESC, known_until DESC NULLS FIRST
    ) = 1
)
SELECT v.source, v.region, v.opportunity_id AS number, coalesce(a.name, m.survivor_ref, v.account_ref) AS account,
    v.stage, v.outcome, v.amount, v.currency, CAST(CAST(v.amount AS {AMOUNT}) * r.rate AS {CONVERTED}) AS value,
    v.expected_close_on, v.known_until AS left_at, l.file AS last_file, nullif(v.line, 0) AS last_line
FROM last_state AS v
JOIN load AS l ON l.load_id = v.load_id
LEFT JOIN rates AS r ON r.kind = 'budget' AND r.currency = v.currency
    AND CAST(v.known_until AS DATE) >= r.since AND CAST(v.known_until AS DATE) < r.until
LEFT JOIN survivors AS m ON m.source = v.source AND m.account_ref = v.account_ref
LEFT JOIN account_version AS a
    ON a.source = v.source AND a.account_id = coalesce(m.survivor_ref, v.account_ref) AND a.known_until IS NULL
WHERE v.ended_because = 'left_view' AND v.is_deleted IS NOT TRUE AND {{seen}}
ORDER BY value DESC NULLS LAST, v.source, v.opportunity_id
"""


def left_view(engine: Engine, organisation: Organisation, scope: Scope) -> pl.DataFrame:
    """Give the deals that left an export without an answer, the largest first, under the reader's scope.

    Columns: source, region, number, account, stage, outcome, amount, currency, value (in the group's currency at
    budget rates; null without a rate), expected_close_on, left_at, last_file, last_line. A deal is answered by an
    export that has it again, or by a profile that says what absence means (gone_means) and a replay.
    """
    seen = required(scope)
    sql = LEFT.format(seen=seen.condition("v").sql(dialect="duckdb"))
    given = {"group_currency": organisation.group.currency, "rates_until": organisation.workspace.now().date()}
    return engine.fetch(sql, given | seen.parameters())
