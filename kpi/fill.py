"""How far each region really fills the fields that KPIs need, measured in one query."""

from collections import UserDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kpi.engines.base import Engine
from kpi.slice import Slice

YEAR = timedelta(days=365)  # closed deals and leads of the year up to the period's end are looked at

CLOSED, WON, OPEN = "outcome IN ('won', 'lost')", "outcome = 'won'", "outcome = 'open'"
# Column -> the rows that ought to have it. A field that only some rows can have is judged by those rows.
DEAL_COLUMNS = {
    "amount": "outcome IS NOT NULL",
    "first_amount": "outcome IS NOT NULL",
    "created_at": "outcome IS NOT NULL",
    "expected_close_on": OPEN,
    "closed_on": CLOSED,
    "won_on": WON,
    "reached_develop": CLOSED,
    "times_pushed": OPEN,
    "forecast_category": OPEN,
}
LEAD_COLUMNS = {
    "created_at": "true",
    "sla_due_at": "true",
    # A lead that was rejected, qualified or converted was spoken to; an untouched open one rightly has no contact.
    "first_touch_at": "status IN ('rejected', 'qualified', 'converted')",
    "response_work_hours": "status IN ('rejected', 'qualified', 'converted')",
    "sql_at": "status IN ('qualified', 'converted')",
    "handed_over_at": "true",
    "accepted_at": "handed_over_at IS NOT NULL",
    "owner_ref": "status = 'open'",
    "next_step_at": "status = 'open'",
    "score": "true",
}
# Fields that are rightly empty in many rows, or whose emptiness is what a KPI counts: only one never filled is missing.
MAY_BE_EMPTY = frozenset(("lead", name) for name in ("handed_over_at", "accepted_at", "owner_ref", "next_step_at"))
SHARES = {
    "unmapped": ("true", "outcome IS NULL AND stage_raw IS NOT NULL"),
    "currency_assumed": ("outcome IS NOT NULL", "currency_assumed"),
    "closed_on_estimated": (CLOSED, "closed_on_estimated"),
}
DEALS = [("opportunity", name, rows, f"{name} IS NOT NULL") for name, rows in DEAL_COLUMNS.items()] + [
    ("opportunity", name, rows, filled) for name, (rows, filled) in SHARES.items()
]
LEADS = [("lead", name, rows, f"{name} IS NOT NULL") for name, rows in LEAD_COLUMNS.items()]
STATE = "known_from <= $as_of AND (known_until IS NULL OR known_until > $as_of)"


@dataclass(frozen=True)
class Fill:
    """How many of the rows that ought to have a field have it."""

    rows: int
    filled: int

    @property
    def share(self) -> float:
        """The filled share, 0 to 1; 0 where there are no rows."""
        return self.filled / self.rows if self.rows else 0.0


class Fills(UserDict[tuple[str, str, str], Fill]):
    """Fill by (table, column, region); newest holds the moment of each (table, region)'s newest export."""

    def __init__(self) -> None:
        super().__init__()
        self.newest: dict[tuple[str, str], datetime] = {}


def measured_fills(engine: Engine, asked: Slice) -> Fills:
    """Give the fill of every field of DEAL_COLUMNS, LEAD_COLUMNS and SHARES in each region, as known at the slice.

    Looked at are open deals, deals closed and leads arrived in the year up to the end of the period.
    """
    until = asked.period.end
    rows = engine.fetch(_statement(), {"as_of": asked.as_of, "since": until - YEAR, "until": until}).iter_rows()
    found = Fills()
    for table, region, counts in rows:
        if region is None:
            continue
        if table.startswith("feed:"):
            found.newest[table.removeprefix("feed:"), region] = datetime.fromtimestamp(counts[0], UTC)
            continue
        for place, (name, column, *_) in enumerate(DEALS if table == "opportunity" else LEADS):
            found[name, column, region] = Fill(counts[place * 2], counts[place * 2 + 1])
    return found


def _statement() -> str:
    return f"""
    WITH deal AS (
        SELECT * FROM opportunity_version
        WHERE {STATE} AND NOT coalesce(is_deleted, false)
            AND (outcome = 'open' OR outcome IS NULL OR closed_on BETWEEN $since AND $until)
    ),
    arrived AS (
        SELECT * FROM lead_version WHERE {STATE} AND CAST(created_at AS DATE) BETWEEN $since AND $until
    )
    SELECT 'opportunity' AS table_name, region, {_counts(DEALS)} AS counts FROM deal GROUP BY region
    UNION ALL
    SELECT 'lead', region, {_counts(LEADS)} FROM arrived GROUP BY region
    UNION ALL
    SELECT 'feed:' || table_name, region, [CAST(epoch(min(newest)) AS BIGINT)] FROM (
        SELECT l.table_name, l.export, r.region, max(l.exported_at) AS newest
        FROM load AS l JOIN load_region AS r ON r.load_id = l.load_id
        WHERE l.status = 'loaded' AND l.exported_at <= $as_of
        GROUP BY l.table_name, l.export, r.region
    ) AS export GROUP BY table_name, region
    """


def _counts(fields: list[tuple[str, str, str, str]]) -> str:
    counted = [
        f"count(*) FILTER (WHERE {rows}), count(*) FILTER (WHERE ({rows}) AND {filled})"
        for _, _, rows, filled in fields
    ]
    return f"[{', '.join(counted)}]"
