"""How far each region really fills the fields that KPIs need, measured in one query."""

from collections import UserDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kpi.engines.base import Engine
from kpi.limits import Limits
from kpi.slice import Slice

YEAR = timedelta(days=365)  # closed deals and leads of the year up to the period's end are looked at

CLOSED, WON, OPEN = "outcome IN ('won', 'lost')", "outcome = 'won'", "outcome = 'open'"
ENDED = "outcome IN ('won', 'lost', 'dropped')"
RENEWED = f"{WON} AND business_type = 'renewal'"
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
    "term_months": RENEWED,
    "starts_on": RENEWED,
    "amount_recurring_annual": RENEWED,
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
    "unmapped": ("true", "outcome IS NULL"),
    "currency_assumed": ("outcome IS NOT NULL", "currency_assumed"),
    "closed_on_estimated": (CLOSED, "closed_on_estimated"),
    "type_unmapped": ("outcome IS NOT NULL", "business_type IS NULL"),
    "losses_recorded": (ENDED, "outcome <> 'won'"),
    "stale_open": (OPEN, "open_days > $stale_cycles * long_cycle"),
}
# Registered late is a share of won value, in whole units of the group's currency: one large deal weighs as it does.
LATE = """(
    date_diff('day', created_at, won_on) < $late_days
    OR (first_stage IN ('propose', 'close', 'won') AND first_seen_at <= created_at + INTERVAL 8 DAY)
)"""
VALUED = "outcome = 'won' AND group_value IS NOT NULL AND created_at IS NOT NULL"
DEALS = [("opportunity", name, rows, f"{name} IS NOT NULL") for name, rows in DEAL_COLUMNS.items()] + [
    ("opportunity", name, rows, filled) for name, (rows, filled) in SHARES.items()
]
LEADS = [("lead", name, rows, f"{name} IS NOT NULL") for name, rows in LEAD_COLUMNS.items()]
READ = (*DEAL_COLUMNS, *"region outcome currency currency_assumed closed_on_estimated".split())
READ += ("business_type", "first_stage", "first_seen_at")
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
    """Fill by (table, column, region); newest holds the moment of each (table, region)'s newest export.

    unmapped_words: the (column of deals, region) of whose newest exports some words are mapped to nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.newest: dict[tuple[str, str], datetime] = {}
        self.unmapped_words: set[tuple[str, str]] = set()


def measured_fills(engine: Engine, asked: Slice, limits: Limits | None = None) -> Fills:
    """Give the fill of every field of DEAL_COLUMNS, LEAD_COLUMNS and SHARES in each region, as known at the slice.

    Looked at are open deals, deals closed and leads arrived in the year up to the end of the period. Registered late
    (see LATE) counts won value at budget rates instead of deals.
    """
    until, limits = asked.period.end, limits or Limits()
    given = {
        "as_of": asked.as_of,
        "since": until - YEAR,
        "until": until,
        "late_days": limits.registered_late_days,
        "stale_cycles": limits.stale_cycles,
        "cycle_needs": limits.practice_needs,
    }
    found = Fills()
    for table, region, counts in engine.fetch(_statement(), given).iter_rows():
        if region is None:
            continue
        kind, _, name = table.partition(":")
        if kind == "feed":
            found.newest[name, region] = datetime.fromtimestamp(counts[0], UTC)
            continue
        if kind == "word":
            found.unmapped_words.add((name, region))
            continue
        named = [(name, column) for name, column, *_ in (DEALS if table == "opportunity" else LEADS)]
        named += [("opportunity", "registered_late")] if table == "opportunity" else []
        for place, key in enumerate(named):
            found[*key, region] = Fill(counts[place * 2], counts[place * 2 + 1])
    return found


def _statement() -> str:
    late = _value(VALUED), _value(f"{VALUED} AND {LATE}")
    return f"""
    WITH rate AS (
        SELECT currency, arg_max(rate, on_date) AS rate FROM fx_rate_version
        WHERE kind = 'budget' AND on_date <= $until AND {STATE} GROUP BY currency
    ),
    known AS (
        SELECT {", ".join(READ)} FROM opportunity_version
        WHERE {STATE} AND NOT coalesce(is_deleted, false)
            AND (outcome = 'open' OR outcome IS NULL OR closed_on BETWEEN $since AND $until)
    ),
    cycle AS (
        SELECT region, CASE WHEN count(*) >= $cycle_needs
            THEN quantile_cont(date_diff('day', created_at, won_on), 0.9) END AS long_cycle
        FROM known WHERE outcome = 'won' AND created_at IS NOT NULL GROUP BY region
    ),
    deal AS (
        SELECT d.*, c.long_cycle, date_diff('day', d.created_at, $as_of) AS open_days,
            CAST(CAST(d.amount AS DOUBLE) * CAST(r.rate AS DOUBLE) AS BIGINT) AS group_value
        FROM known AS d LEFT JOIN rate AS r ON r.currency = d.currency LEFT JOIN cycle AS c ON c.region = d.region
    ),
    arrived AS (
        SELECT * FROM lead_version WHERE {STATE} AND CAST(created_at AS DATE) BETWEEN $since AND $until
    ),
    export AS (
        SELECT l.table_name, l.export, r.region, max(l.exported_at) AS newest,
            arg_max(l.load_id, l.exported_at) AS load_id
        FROM load AS l JOIN load_region AS r ON r.load_id = l.load_id
        WHERE l.status = 'loaded' AND l.exported_at <= $as_of
        GROUP BY l.table_name, l.export, r.region
    )
    SELECT 'opportunity' AS table_name, region, {_counts(DEALS, *late)} AS counts FROM deal GROUP BY region
    UNION ALL
    SELECT 'lead', region, {_counts(LEADS)} FROM arrived GROUP BY region
    UNION ALL
    SELECT 'feed:' || table_name, region, [CAST(epoch(min(newest)) AS BIGINT)] FROM export GROUP BY table_name, region
    UNION ALL
    SELECT DISTINCT 'word:' || w.column_name, e.region, [CAST(1 AS BIGINT)] FROM export AS e
    JOIN load_warning AS w ON w.load_id = e.load_id
    WHERE e.table_name = 'opportunity' AND w.code = 'UNMAPPED_WORD' AND w.column_name IS NOT NULL
    """


def _counts(fields: list[tuple[str, str, str, str]], *more: str) -> str:
    counted = [
        f"count(*) FILTER (WHERE {rows}), count(*) FILTER (WHERE ({rows}) AND {filled})"
        for _, _, rows, filled in fields
    ]
    return f"[{', '.join((*counted, *more))}]"


def _value(condition: str) -> str:
    return f"CAST(coalesce(sum(group_value) FILTER (WHERE {condition}), 0) AS BIGINT)"
