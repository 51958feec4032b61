"""How far the newest exports tell: the day up to which a region's figures can be held against what was expected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from kpi.engines.base import Engine, asked_for
from kpi.scans import scoped
from kpi.scope import Scope, required
from kpi.slice import Slice
from organisation import Organisation

DEALS, LEADS = "opportunity", "lead"
_NEWEST = f"""
SELECT r.region, l.table_name, MAX(l.exported_at) AS told_at
FROM load AS l
JOIN load_region AS r ON r.load_id = l.load_id
WHERE l.status = 'loaded' AND l.table_name IN ('{DEALS}', '{LEADS}') AND l.exported_at <= $as_of
GROUP BY r.region, l.table_name
"""


@dataclass(frozen=True)
class Told:
    """By region and table the day of its newest export; a day after it has no rows yet, which is not to have none."""

    days: Mapping[tuple[str, str], date] = field(default_factory=dict)

    def day(self, region: str, table: str = DEALS) -> date:
        """Give the last day that a region's exports of a table tell of; of one without exports nothing is held back."""
        return self.days.get((region, table), date.max)


def exports_for(engine: Engine, organisation: Organisation, asked: Slice, scope: Scope) -> Told:
    """Give how far the exports tell of a question; one about days to come asks for a path, which no export ends."""
    if asked.period.to_date > (asked.as_of + timedelta(days=1)).date():  # a day more: some zones are a day ahead
        return Told()
    return newest_exports(engine, organisation, asked.as_of, scope)


def newest_exports(engine: Engine, organisation: Organisation, as_of: datetime, scope: Scope) -> Told:
    """Give how far the exports tell that were made by a moment; a day is the region's own, that of the export is in.

    Of several sources of a region the newest counts: the page of data tells of one that is late.
    """
    sql = scoped(_NEWEST, required(scope), "r").sql(dialect=engine.dialect)
    rows = engine.fetch(sql, asked_for(sql, {"as_of": as_of} | scope.parameters()))
    return Told(
        {
            (region, table): at.astimezone(ZoneInfo(organisation.regions[region].timezone)).date()
            for region, table, at in rows.iter_rows()
            if region in organisation.regions
        }
    )
