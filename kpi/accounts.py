"""Merged accounts: which account a deal belongs to once the CRM has put two accounts together."""

from functools import lru_cache

import polars as pl
import sqlglot
from sqlglot import exp

from kpi.engines.base import Engine
from kpi.scope import Scope, required
from kpi.trees import without_places

# The last state of an account that had been exported by then, gone ones included: a CRM stops exporting what it merged.
# A name stands for an account where only one has it, or only one that is not merged itself. A chain is followed to
# its end; one that runs in a circle, or into a name that several accounts have, has no end and leads to nobody.
_LINKS = """
last_known AS (
    SELECT v.source, v.account_id, v.region, v.name, v.merged_into
    FROM account_version AS v
    WHERE {known} AND v.source IN (
        SELECT v.source FROM account_version AS v WHERE {known} AND v.merged_into IS NOT NULL
    )
    QUALIFY ROW_NUMBER() OVER (PARTITION BY v.source, v.account_id ORDER BY v.known_from DESC) = 1
), links AS (
    SELECT m.source, m.account_id, CASE
        WHEN COUNT(c.account_id) = 0 THEN m.merged_into
        WHEN BOOL_OR(c.account_id = m.merged_into) THEN m.merged_into
        WHEN COUNT(*) FILTER (WHERE c.merged_into IS NULL) = 1
            THEN MIN(c.account_id) FILTER (WHERE c.merged_into IS NULL)
        WHEN COUNT(*) = 1 THEN MIN(c.account_id)
    END AS next_id
    FROM last_known AS m
    LEFT JOIN last_known AS c ON c.source = m.source
        AND (c.account_id = m.merged_into OR (c.name = m.merged_into AND c.account_id <> m.account_id))
    WHERE m.merged_into IS NOT NULL
    GROUP BY m.source, m.account_id, m.merged_into
), walk AS (
    SELECT source, account_id, next_id FROM links
    UNION
    SELECT w.source, w.account_id, l.next_id FROM walk AS w
    JOIN links AS l ON l.source = w.source AND l.account_id = w.next_id
), ends AS (
    SELECT w.source, w.account_id, w.next_id AS survivor_id
    FROM walk AS w LEFT JOIN links AS l ON l.source = w.source AND l.account_id = w.next_id
    WHERE w.next_id IS NOT NULL AND l.account_id IS NULL
)"""
_SURVIVORS = """
WITH RECURSIVE {links}, named AS (
    SELECT k.source, k.name AS account_ref, MIN(COALESCE(e.survivor_id, k.account_id)) AS survivor_id
    FROM last_known AS k LEFT JOIN ends AS e ON e.source = k.source AND e.account_id = k.account_id
    WHERE k.name IS NOT NULL
    GROUP BY k.source, k.name
    HAVING COUNT(DISTINCT COALESCE(e.survivor_id, k.account_id)) = 1 AND COUNT(e.survivor_id) > 0
), alone AS (
    SELECT source, name, MIN(account_id) AS account_id FROM last_known
    WHERE merged_into IS NULL GROUP BY source, name HAVING COUNT(*) = 1
)
SELECT source, account_id AS account_ref, survivor_id AS survivor_ref FROM ends
UNION ALL
SELECT n.source, n.account_ref, a.name AS survivor_ref
FROM named AS n
JOIN alone AS a ON a.source = n.source AND a.account_id = n.survivor_id
WHERE a.name <> n.account_ref
    AND NOT EXISTS (SELECT 1 FROM last_known AS k WHERE k.source = n.source AND k.account_id = n.account_ref)
"""
_UNRESOLVED = """
WITH RECURSIVE {links}
SELECT v.source, v.region, v.account_id, v.name, v.merged_into
FROM last_known AS v
WHERE v.merged_into IS NOT NULL AND {seen}
    AND NOT EXISTS (SELECT 1 FROM ends AS e WHERE e.source = v.source AND e.account_id = v.account_id)
ORDER BY v.source, v.account_id
"""


def survivors(known: str = "TRUE") -> str:
    """Give the query of what merged accounts became: source, account_ref (as deals name it), survivor_ref; none twice.

    known: the condition on the states of accounts v that count as known and may be seen; by default everything stored.
    """
    return _SURVIVORS.format(links=_LINKS.format(known=known))


@lru_cache(maxsize=64)
def survivors_scan(scope: Scope) -> exp.Query:
    """Give the same as a tree, as known at the as-of of a query, among the accounts that the reader may see."""
    seen = required(scope).condition("v").sql(dialect="duckdb")
    tree = sqlglot.parse_one(survivors(f"v.known_from <= $as_of AND {seen}"), dialect="duckdb")
    if not isinstance(tree, exp.Query):
        raise TypeError("no select")
    return without_places(tree)


def unresolved_merges(engine: Engine, scope: Scope) -> pl.DataFrame:
    """Give the merged accounts whose survivor cannot be told: source, region, account_id, name, merged_into.

    Their merges run in a circle or name a survivor that several accounts are called; their deals keep the account
    that they name.
    """
    seen = required(scope)
    condition = seen.condition("v").sql(dialect="duckdb")
    sql = _UNRESOLVED.format(links=_LINKS.format(known=condition), seen=condition)
    return engine.fetch(sql, seen.parameters())
