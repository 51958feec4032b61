"""How completely each region fills its fields, week by week, as the exports of those weeks showed it."""

from dataclasses import dataclass
from datetime import datetime

from kpi.engines.base import Engine
from kpi.export_weeks import EXPORT_WEEKS, WEEKS
from kpi.scope import Scope, required

OPEN, ENDED = "outcome = 'open'", "outcome IN ('won', 'lost')"
# Column -> the rows that ought to have it, and what people call it.
DEALS = {
    "account_ref": ("true", "Customer"),
    "owner_ref": ("true", "Owner"),
    "stage_raw": ("true", "Stage"),
    "amount": ("true", "Amount"),
    "created_at": ("true", "Created"),
    "expected_close_on": (OPEN, "Expected close"),
    "closed_on": (ENDED, "Closed on"),
    "business_type": ("true", "Business type"),
    "segment": ("true", "Segment"),
    "lead_source": ("true", "Source of the deal"),
    "loss_reason": ("outcome = 'lost'", "Reason of the loss"),
}
LEADS = {
    "created_at": ("true", "Arrived"),
    "status_raw": ("true", "Status"),
    "owner_ref": ("true", "Owner"),
    "lead_source": ("true", "Source of the lead"),
    # A lead that was rejected, qualified or converted was spoken to; an untouched open one rightly has no contact.
    "first_touch_at": ("status IN ('rejected', 'qualified', 'converted')", "First contact"),
}
FIELDS = {"opportunity": DEALS, "lead": LEADS}
YEAR = "to_days(365)"
OF_THE_YEAR = {  # records that are in work, or ended or came within the year up to the week's end
    "opportunity": f"(v.outcome IS NULL OR v.outcome = 'open' OR v.closed_on > CAST(w.ends - {YEAR} AS DATE))",
    "lead": f"v.created_at > w.ends - {YEAR}",
}


@dataclass(frozen=True)
class Completeness:
    """How one region fills one field; shares are 0 to 1 of the rows that ought to have it.

    weeks run from the oldest to the newest, None where no export came or no row ought to have the field; rows are
    those of the newest week, until is the moment of its export.
    """

    table: str
    column: str
    region: str
    rows: int
    weeks: tuple[float | None, ...]
    until: datetime

    @property
    def label(self) -> str:
        """The field as people call it."""
        return FIELDS[self.table][self.column][1]

    @property
    def share(self) -> float | None:
        """The newest week's share; None where no row ought to have the field."""
        return self.weeks[-1]

    @property
    def change(self) -> float | None:
        """The newest share less the oldest known one, in shares; None where there is only one."""
        known = [share for share in self.weeks if share is not None]
        return known[-1] - known[0] if self.share is not None and len(known) > 1 else None

    @property
    def is_never_filled(self) -> bool:
        """Whether no export of these weeks held a single value."""
        known = [share for share in self.weeks if share is not None]
        return bool(known) and not any(known)


def completeness(engine: Engine, scope: Scope, weeks: int = WEEKS) -> tuple[Completeness, ...]:
    """Give every field of FIELDS for each region of the scope, the lowest newest share first.

    Looked at are records in work and those that ended (deals) or came (leads) in the year up to each export.
    """
    seen = required(scope)
    given = {"weeks": weeks} | seen.parameters()
    sql = _statement(seen.condition("r").sql(dialect="duckdb"))
    counts: dict[tuple[str, str], dict[int, tuple[list[int], datetime]]] = {}
    for table, region, week, ends, found in engine.fetch(sql, given).iter_rows():
        counts.setdefault((table, region), {})[week] = (found, ends)
    rows = [
        _field(table, region, place, by_week, weeks)
        for (table, region), by_week in counts.items()
        if 0 in by_week
        for place in range(len(FIELDS[table]))
    ]
    return tuple(sorted(rows, key=lambda row: (row.share is None, row.share or 0.0, row.table, row.column, row.region)))


def _field(
    table: str, region: str, place: int, by_week: dict[int, tuple[list[int], datetime]], *weeks: int
) -> Completeness:
    shares = []
    for week in reversed(range(*weeks)):
        rows, filled = by_week[week][0][place * 2 : place * 2 + 2] if week in by_week else (0, 0)
        shares.append(filled / rows if rows else None)
    counts, until = by_week[0]
    return Completeness(table, list(FIELDS[table])[place], region, counts[place * 2], tuple(shares), until)


def _statement(seen: str) -> str:
    counted = " UNION ALL ".join(
        f"SELECT '{table}', w.region, w.week, any_value(w.ends), {_counts(table)} FROM week AS w "
        f"JOIN {table}_version AS v ON v.region = w.region AND v.known_from <= w.ends "
        f"AND (v.known_until IS NULL OR v.known_until > w.ends) "
        f"WHERE w.table_name = '{table}' AND v.is_deleted IS NOT TRUE AND {OF_THE_YEAR[table]} "
        "GROUP BY w.region, w.week"
        for table in FIELDS
    )
    return f"WITH {EXPORT_WEEKS.format(seen=seen)} {counted}"


def _counts(table: str) -> str:
    counted = [
        f"count(*) FILTER (WHERE {rows}), count(*) FILTER (WHERE ({rows}) AND v.{name} IS NOT NULL)"
        for name, (rows, _) in FIELDS[table].items()
    ]
    return f"[{', '.join(counted)}]"
