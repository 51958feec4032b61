"""The past has changed: which closed deals differ between two states of knowledge, by how much, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl

from kpi.accounts import survivors
from kpi.engines.base import Engine, asked_for
from kpi.money import AMOUNT, CONVERTED, RATES
from kpi.restatement_causes import Cause, Evidence, causes
from kpi.scope import Scope, required
from organisation import Organisation

FIELDS = ("outcome", "amount", "currency", "closed_on", "region")
KEY = ["source", "number"]
DEALS = f"""
WITH rates AS ({RATES}), survivors AS ({survivors("{seen}")})
SELECT v.source, v.opportunity_id AS number, v.region, v.outcome, v.amount, v.currency,
    CASE WHEN v.outcome = 'won' THEN v.won_on ELSE v.closed_on END AS closed_on,
    coalesce(a.name, m.survivor_ref, v.account_ref) AS account, v.load_id, nullif(v.line, 0) AS line,
    CASE WHEN v.outcome = 'won' THEN CAST(CAST(v.amount AS {AMOUNT}) * r.rate AS {CONVERTED}) END AS won
FROM opportunity_version AS v
LEFT JOIN rates AS r ON r.kind = 'budget' AND r.currency = v.currency AND v.won_on >= r.since AND v.won_on < r.until
LEFT JOIN survivors AS m ON m.source = v.source AND m.account_ref = v.account_ref
LEFT JOIN account_version AS a
    ON a.source = v.source AND a.account_id = coalesce(m.survivor_ref, v.account_ref) AND a.known_until IS NULL
WHERE {{known}} AND v.is_deleted IS NOT TRUE AND {{seen}} AND {{which}}
"""
CLOSED = "v.outcome IN ('won', 'lost', 'dropped')"
NAMED = "list_contains($numbers, v.opportunity_id)"
NEWEST = """
SELECT source, max(exported_at) AS newest FROM load
WHERE status = 'loaded' AND table_name = 'opportunity' AND {until} GROUP BY source
"""


@dataclass(frozen=True)
class Known:
    """A state of knowledge: a store at its snapshot, or what its exports had shown by a moment (UTC)."""

    engine: Engine
    moment: datetime | None = None

    def condition(self, table: str) -> str:
        """Give the condition on the states that were the last known ones."""
        if self.moment is None:
            return f"{table}.known_until IS NULL"
        return f"{table}.known_from <= $moment AND ({table}.known_until IS NULL OR {table}.known_until > $moment)"

    def parameters(self) -> dict[str, object]:
        """Give the values of the condition."""
        return {} if self.moment is None else {"moment": self.moment}


@dataclass(frozen=True)
class FieldChange:
    """One fact of a deal as it was known and as it is; None where the deal was not there or the cell is empty."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Restatement:
    """A closed deal whose past facts have changed; region, where it counts now, else where it counted.

    won_before, won_after: what it adds to the won value of its month, in the group's currency at budget rates;
    0 where it adds nothing, None where its currency has no rate. month: first day. file, line: what shows the change.
    """

    source: str
    number: str
    account: str | None
    region: str
    changes: tuple[FieldChange, ...]
    cause: Cause
    file: str | None
    line: int | None
    who: str | None
    region_before: str | None
    region_after: str | None
    month_before: date | None
    month_after: date | None
    won_before: Decimal | None
    won_after: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """By how much the deal changes the won value of all time; None where a currency has no rate."""
        if self.won_before is None or self.won_after is None:
            return None
        return self.won_after - self.won_before


def restatements(before: Known, after: Known, organisation: Organisation, scope: Scope) -> tuple[Restatement, ...]:
    """Give the closed deals of the past of which a fact differs, the largest change of won value first.

    The past ends, source by source, with the day before the newest export that was known before: what closes later is
    news, no restatement. Deals outside of the scope are left out on either side.
    """
    seen = required(scope)
    past = _Past.of(before, organisation)
    was, now = (past.facts(_deals(known, organisation, seen, CLOSED)) for known in (before, after))
    differing = _differing(was, now)
    if differing.is_empty():
        return ()
    numbers = {"numbers": differing["number"].unique().to_list()}
    sides = [
        (_by_deal(facts, differing), _by_deal(_deals(known, organisation, seen, NAMED, numbers), differing))
        for known, facts in ((before, was), (after, now))
    ]
    evidence = Evidence(before.engine, after.engine, before.parameters(), differing.select(KEY), seen)
    why = causes(evidence)
    found = [
        _restatement(
            key, (sides[0][0].get(key), sides[1][0].get(key)), (sides[0][1].get(key), sides[1][1].get(key)), why[key]
        )
        for key in why
    ]
    return tuple(sorted(found, key=lambda each: (-abs(each.change or Decimal(0)), each.source, each.number)))


def won_by_month(found: Iterable[Restatement]) -> dict[tuple[str, date], Decimal]:
    """Give by how much the won value of each region and month has changed; deals without a rate are left out."""
    sums: dict[tuple[str, date], Decimal] = {}
    for each in found:
        for region, month, won, sign in (
            (each.region_before, each.month_before, each.won_before, -1),
            (each.region_after, each.month_after, each.won_after, 1),
        ):
            if region and month and won:
                sums[region, month] = sums.get((region, month), Decimal(0)) + sign * won
    return {key: value for key, value in sorted(sums.items()) if value}


@dataclass(frozen=True)
class _Past:
    """Until which day each source had shown its past."""

    newest: Mapping[str, datetime]
    zones: Mapping[str, str]
    group_zone: str

    @classmethod
    def of(cls, known: Known, organisation: Organisation) -> "_Past":
        until = "true" if known.moment is None else "exported_at <= $moment"
        rows = known.engine.fetch(NEWEST.format(until=until), known.parameters())
        zones = {name: region.timezone for name, region in organisation.regions.items()}
        return cls(dict(rows.iter_rows()), zones, organisation.group.timezone)

    def facts(self, deals: pl.DataFrame) -> pl.DataFrame:
        """Give the closed deals whose closing day lies in the past."""
        if not self.newest:
            return deals.clear()
        pairs = deals.select("source", "region").unique()
        last = [self._last_day(str(source), region) for source, region in pairs.iter_rows()]
        until = pairs.with_columns(pl.Series("until", last, dtype=pl.Date))
        joined = deals.join(until, on=["source", "region"], nulls_equal=True)
        return joined.filter(pl.col("closed_on") <= pl.col("until")).drop("until")

    def _last_day(self, source: str, region: str | None) -> date:
        newest = self.newest.get(source, max(self.newest.values()))
        zone = ZoneInfo(self.zones.get(region or "", self.group_zone))
        return newest.astimezone(zone).date() - timedelta(days=1)


def _deals(
    known: Known, organisation: Organisation, scope: Scope, which: str, more: Mapping[str, object] | None = None
) -> pl.DataFrame:
    seen = scope.condition("v").sql(dialect="duckdb")
    sql = DEALS.format(known=known.condition("v"), seen=seen, which=which)
    given = known.parameters() | scope.parameters() | dict(more or {})
    currency = organisation.group.currency
    given |= {"group_currency": currency, "rates_until": date.max}
    return known.engine.fetch(sql, asked_for(sql, given))


def _differing(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    both = was.join(now, on=KEY, how="full", suffix="_now", coalesce=True)
    # A side that lacks the deal has no outcome, while a deal that is there has one.
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_now")) for name in (*FIELDS, "won"))
    return both.filter(~same).sort(KEY)


Row = Mapping[str, object]


def _restatement(
    key: tuple[str, str],
    facts: tuple[Row | None, Row | None],
    states: tuple[Row | None, Row | None],
    why: tuple[Cause, str | None, str | None],
) -> Restatement:
    (was, now), (before, after) = facts, states
    shown = after or before or {}
    cause, file, who = why
    changes = tuple(
        FieldChange(name, _text(before, name), _text(after, name))
        for name in FIELDS
        if _text(before, name) != _text(after, name)
    )
    line = after.get("line") if after else None
    return Restatement(
        source=key[0],
        number=key[1],
        account=_text(shown, "account"),
        region=str(shown.get("region")),
        changes=changes or (FieldChange("rate", None, None),),
        cause=cause,
        file=file,
        line=line if isinstance(line, int) and cause.is_in_file else None,
        who=who,
        region_before=_text(was, "region"),
        region_after=_text(now, "region"),
        month_before=_month(was),
        month_after=_month(now),
        won_before=_won(was),
        won_after=_won(now),
    )


def _by_deal(deals: pl.DataFrame, differing: pl.DataFrame) -> dict[tuple[str, str], Row]:
    found = deals.join(differing.select(KEY), on=KEY, how="semi")
    return {(str(row["source"]), str(row["number"])): row for row in found.iter_rows(named=True)}


def _text(row: Row | None, name: str) -> str | None:
    value = row.get(name) if row else None
    return None if value is None else str(value)


def _month(fact: Row | None) -> date | None:
    day = fact["closed_on"] if fact else None
    return day.replace(day=1) if isinstance(day, date) else None


def _won(fact: Row | None) -> Decimal | None:
    if fact is None or fact["outcome"] != "won" or fact["amount"] is None:
        return Decimal(0)
    value = fact["won"]
    return value if isinstance(value, Decimal) else None
