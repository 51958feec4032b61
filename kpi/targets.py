"""Which regions have a target for which KPI."""

from collections.abc import Mapping
from datetime import datetime

from kpi.engines.base import Engine
from kpi.scope import Scope, required
from kpi.value import GROUP


def target_regions(engine: Engine, scope: Scope, now: datetime) -> Mapping[str, frozenset[str]]:
    """Give for each KPI the regions that have a target in a month of now's year, as known then.

    "group" stands for the group's own, which readers of all regions see.
    """
    seen = required(scope)
    condition = seen.condition("t").sql(dialect="duckdb")
    whole = "t.scope = 'group'" if seen.regions is None else "false"
    sql = f"""
        SELECT DISTINCT t.kpi, CASE WHEN t.scope = 'group' THEN '{GROUP}' ELSE t.region END AS region
        FROM target_version AS t
        WHERE t.known_from <= $now AND (t.known_until IS NULL OR t.known_until > $now)
            AND year(t.month) = $year AND t.value IS NOT NULL
            AND ((t.scope = 'region' AND {condition}) OR {whole})
    """
    found: dict[str, set[str]] = {}
    for kpi, region in engine.fetch(sql, {"now": now, "year": now.year} | seen.parameters()).iter_rows():
        found.setdefault(kpi, set()).add(region)
    return {kpi: frozenset(regions) for kpi, regions in found.items()}
