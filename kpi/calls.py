"""What the regions have stated for a period: the newest call, commit and best case of each, and the one before it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from kpi.engines.base import Engine
from kpi.scope import Scope, required

WHOLE_REGION = """
SELECT f.region, f.category, f.starts_on, f.ends_on, f.submitted_by_role AS role, f.locked_on, f.value, f.currency,
    f.reason, f.known_from
FROM forecast_version AS f
WHERE f.scope = 'region' AND f.starts_on <= $day AND f.ends_on >= $day AND {seen}
    AND f.known_from <= $as_of AND (f.known_until IS NULL OR f.known_until > $as_of)
"""


@dataclass(frozen=True)
class StatedCall:
    """The newest forecast of a region in one category, in the region's currency; before: the value stated before it.

    reason: why it was stated so, where somebody said it.
    """

    region: str
    category: str
    starts_on: date
    ends_on: date
    value: Decimal
    currency: str
    role: str
    locked_on: date
    reason: str | None
    before: Decimal | None


def stated_calls(engine: Engine, day: date, as_of: datetime, scope: Scope) -> dict[tuple[str, str], StatedCall]:
    """Give what each region stated, by region and category, for the period that holds a day, as known at a moment.

    Stated last counts, whoever said it; of several on one day, what became known last.
    """
    seen = required(scope)
    sql = WHOLE_REGION.format(seen=seen.condition("f").sql(dialect="duckdb"))
    rows = engine.fetch(sql, {"day": day, "as_of": as_of} | seen.parameters())
    ordered = rows.filter(pl.col("value").is_not_null()).sort("locked_on", "known_from", "role")
    found: dict[tuple[str, str], StatedCall] = {}
    for row in ordered.drop("known_from").iter_rows(named=True):
        before = found.get((row["region"], row["category"]))
        found[row["region"], row["category"]] = StatedCall(**row, before=before.value if before else None)
    return found
