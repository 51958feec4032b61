"""Deals of two regions that are one deal: shown in each region, counted once in a total that holds both."""

from collections.abc import Mapping
from datetime import datetime

from sqlglot import exp

from kpi.engines.base import Engine
from kpi.scans import parsed
from kpi.scope import Scope, required

STORED = "same_deal_version"
_KNOWN = "{0}.known_from <= $as_of AND ({0}.known_until IS NULL OR {0}.known_until > $as_of)"
_ANY = f"SELECT COUNT(*) AS pairs FROM {STORED} AS d WHERE {_KNOWN.format('d')}"
# A twin is left out for a deal that is there: where that one is deleted, gone, or of a region that the total does not
# hold or the reader may not see, the twin stands for itself. Two sources may confirm the same twin.
_TWINS = f"""
SELECT d.twin_source AS source, d.twin_id AS opportunity_id, MIN(c.region) AS counted_region
FROM {STORED} AS d
JOIN opportunity_version AS c ON c.source = d.counted_source AND c.opportunity_id = d.counted_id
WHERE {_KNOWN.format("d")} AND {_KNOWN.format("c")} AND c.is_deleted IS NOT TRUE AND LIST_CONTAINS($regions, c.region)
GROUP BY d.twin_source, d.twin_id
"""


def has_twins(engine: Engine, as_of: datetime) -> bool:
    """Say whether any pair was confirmed by a moment; a store that no load has brought up to date knows none."""
    if STORED not in engine.schema():
        return False
    return bool(engine.fetch(_ANY, {"as_of": as_of})["pairs"][0])


def twins_scan(scope: Scope) -> exp.Expr:
    """Give the twins of a query: source, opportunity_id, and counted_region, where the deal is that counts for it."""
    query = parsed(_TWINS).copy()
    if not isinstance(query, exp.Select):
        raise TypeError("no plain select")
    return query.where(required(scope).condition("c"), copy=False)


def twins_of(engine: Engine, regions: list[str], as_of: datetime, scope: Scope) -> Mapping[tuple[str, str], str]:
    """Give the (source, id) of the deals that a total over some regions leaves out, and where the counted one is."""
    if not regions or not has_twins(engine, as_of):
        return {}
    given = {"as_of": as_of, "regions": regions} | required(scope).parameters()
    rows = engine.fetch(twins_scan(scope).sql(dialect=engine.dialect), given)
    return {(source, number): region for source, number, region in rows.iter_rows()}
