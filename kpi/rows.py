"""The rows behind a value, each with the file and line it came from; together they give the value again."""

from dataclasses import asdict, dataclass
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl
from sqlglot import exp

from kpi import scans
from kpi.accounts import survivors_scan
from kpi.arithmetic import ended
from kpi.atoms import Atoms, Branch, Kind, local_day, parameter
from kpi.customers import customer_scans
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.engines.base import Engine, asked_for
from kpi.errors import KpiError
from kpi.formula import aggregate_formula, row_condition
from kpi.lift import Lift
from kpi.money import RATES, Money, RateKind
from kpi.own_scans import RULES
from kpi.relations import ACCOUNT_DEAL, ADDED, CREDITED, FORECAST, NEVER, OPEN_DEAL, Relation, relations
from kpi.same_deals import has_twins, twins_scan
from kpi.scope import Scope, required
from kpi.slice import Slice
from kpi.spine import Cell, cells
from kpi.value import GROUP
from organisation import Organisation

SHOWN = {
    "opportunity": (
        "name stage stage_raw outcome segment business_type lead_source amount currency created_at expected_close_on "
        "closed_on won_on times_pushed"
    ).split(),
    "lead": "lead_source status created_at sla_due_at first_touch_at response_work_hours sql_at".split(),
}
LINE = "NULLIF(v.line, 0) AS line"  # a deal that is lost because an export lacks it stands in no line of that file
KEYS = {"opportunity": "opportunity_id", "lead": "lead_id"}


def rows_behind(
    engine: Engine,
    organisation: Organisation,
    definitions: Definitions,
    asked: Slice,
    scope: Scope,
    kpi: str,
    region: str = GROUP,
) -> pl.DataFrame:
    """Give the rows a KPI's value rests on; the largest first.

    Columns: region, source, number (the record's id), account and the record's own columns (persons are left out),
    value (what the row adds to the value or its numerator, in the slice's currency), weight (what it adds to the
    denominator; null where there is none), file, line. The value is sum(value), sum(value) / sum(weight), or the
    median of value. A KPI made of others gives the rows of its first part. Raises KpiError for a KPI without rows.
    """
    asked_kpi = part_with_rows(definitions, kpi)
    seen = required(scope)
    named = (region,) if region != GROUP else asked.regions or tuple(organisation.regions)
    regions = tuple(name for name in named if seen.allows(name))
    if not regions:
        return pl.DataFrame(schema={"region": pl.String, "value": pl.Float64, "file": pl.String, "line": pl.Int64})
    is_total_of_deals = region == GROUP and relations()[asked_kpi.table or ""].is_of_deals
    writer = _RowWriter(
        asked_kpi,
        asked,
        seen,
        is_local=asked.currency == "local" and region != GROUP,
        twins=is_total_of_deals and has_twins(engine, asked.as_of),
    )
    sql = writer.statement().sql(dialect=engine.dialect, pretty=True)
    found = cells(organisation, asked, regions, ("alone",))
    given = _parameters(organisation, asked, regions, found) | seen.parameters()
    return engine.fetch(sql, asked_for(sql, given))


def part_with_rows(definitions: Definitions, name: str) -> Kpi:
    """Give the KPI itself, or the first part of a combined one that rests on rows; raises KpiError without one."""
    kpi = definitions.get(name)
    while kpi.formula is None and kpi.taken is None:
        if not kpi.parts:
            raise KpiError(f'"{name}" rests on no rows')
        kpi = definitions.get(kpi.parts[0])
    if kpi.taken is not None:
        raise KpiError(f'"{name}" rests on what deals were at earlier moments, and on no rows of today')
    if kpi.table in (ACCOUNT_DEAL, CREDITED):
        raise KpiError(f'"{name}" rests on rows of several regions together, and on none that can be shown alone')
    if kpi.table in (OPEN_DEAL, FORECAST):
        raise KpiError(f'"{name}" rests on deals beside what is usual or forecast, and on no rows of their own')
    if relations()[kpi.table or ""].stored.removesuffix("_version") not in SHOWN:
        raise KpiError(f'"{name}" rests on {kpi.table} and not on records of deals or leads')
    return kpi


@dataclass(frozen=True)
class _RowWriter:
    """Writes the query of one KPI's rows from the same scans and conditions that its value is computed from."""

    kpi: Kpi
    asked: Slice
    scope: Scope
    is_local: bool
    twins: bool

    @property
    def relation(self) -> Relation:
        return relations()[self.kpi.table or ""]

    @property
    def stored(self) -> str:
        return self.relation.stored.removesuffix("_version")

    @property
    def rates(self) -> RateKind:
        return self.kpi.rates or self.asked.rates

    @property
    def branch(self) -> Branch:
        kind: Kind = "stock" if self.kpi.is_stock else "flow"
        return Branch(self.relation.name, kind, "alone", self.kpi.counted_on, self.kpi.cells)

    def statement(self) -> exp.Select:
        formula = aggregate_formula(self.kpi.formula or "", self.relation)
        lift = Lift(Atoms(self.is_local), self.branch, self.rates, self._where())
        above = formula.numerator if formula.denominator is not None else formula.tree
        value, weight = self._part(lift, above), self._part(lift, formula.denominator)
        counted = [part for part in (value, weight) if part is not None]
        shown = exp.null() if value is None else ended(value) if NEVER in formula.text else value
        query = exp.select(*self._columns(), shown.as_("value"))
        query = query.select((weight if weight is not None else exp.null()).as_("weight"), "l.file", LINE)
        query = query.from_(exp.to_table(self._source()).as_("r")).join("spine AS s", on=exp.and_(*self._matches()))
        query = self._with_origin(query)
        if self.stored == "opportunity":
            query = Money(self.rates, self.is_local).joins(query, self._rate_day())
        query = query.where(
            exp.or_(*(exp.Not(this=exp.Is(this=part.copy(), expression=exp.null())) for part in counted))
        )
        query = query.order_by("value DESC NULLS LAST", "number", dialect="duckdb")
        if self.twins:
            query = query.where("r.counted_region IS NULL")
        for name, scan in self._scans().items():
            query = query.with_(name, as_=scan)
        return query

    def _part(self, lift: Lift, tree: exp.Expr | None) -> exp.Expr | None:
        """Give what a row adds to one side of the formula, null where the row is not meant."""
        if tree is None:
            return None
        node = tree.unnest()
        rows = lift.rows_of(node)
        aggregate = node.this if isinstance(node, exp.Filter) else node
        added: exp.Expr = exp.Literal.number(1)
        if not isinstance(aggregate, exp.Count) and rows.value is not None:
            money = Money(self.rates, self.is_local)
            convert = money.in_local if self.is_local else money.in_group
            added = convert(rows.value) if rows.is_money else rows.value
        held = [rows.condition] if rows.condition is not None else []
        if rows.value is not None:
            held.append(exp.Not(this=exp.Is(this=rows.value.copy(), expression=exp.null())))
        return exp.Case().when(exp.and_(*held), added) if held else added

    def _columns(self) -> list[exp.Expr]:
        shown = [exp.column(name, table="r") for name in SHOWN[self.stored]]
        number = exp.column(KEYS[self.stored], table="r").as_("number")
        account = [
            exp.func("COALESCE", exp.column("name", table="a"), exp.column("account_ref", table="r")).as_("account")
        ]
        return [
            exp.column("region", table="r"),
            exp.column("source", table="r"),
            number,
            *(account if self.stored == "opportunity" else []),
            *shown,
        ]

    def _with_origin(self, query: exp.Select) -> exp.Select:
        """Join the state as stored, its load, and the account's name: at most one of each."""
        key = KEYS[self.stored]
        same = f"v.source = r.source AND v.{key} = r.{key} AND v.known_from = r.known_from"
        query = query.join(f"{self.relation.stored} AS v", on=same).join("load AS l", on="l.load_id = v.load_id")
        if self.stored == "opportunity":
            present = "a.source = r.source AND a.account_id = r.account_ref AND a.known_until IS NULL"
            query = query.join("account_version AS a", on=present, join_type="left")
        return query

    def _scans(self) -> dict[str, exp.Expr]:
        columns = {"source", KEYS[self.stored], *SHOWN[self.stored], *(column for _, column in self.kpi.needs)}
        columns |= {self.kpi.counted_on} if self.kpi.counted_on else set()
        columns |= {"account_ref", *self.kpi.cells} if self.stored == "opportunity" else set()
        added = {name for name in ADDED.get(self.stored, {}) if name in f"{self.kpi.formula} {self.kpi.where}"}
        columns |= added
        states = scans.states_scan(self.stored, columns, self.scope, self.asked.organised, team=False, twins=self.twins)
        found: dict[str, exp.Expr] = {
            "regions": scans.parsed(scans.REGIONS),
            "spine": scans.parsed(scans.SPINE),
            **({"twins": twins_scan(self.scope)} if self.twins else {}),
            **({"survivors": survivors_scan(self.scope)} if self.stored == "opportunity" else {}),
            **(customer_scans() if "is_planned" in added else {}),
            **({"rules": scans.parsed(RULES)} if "threshold" in added else {}),
            f"{self.stored}_states": states,
        }
        if self.relation.name == "cell_fill":
            found |= {"usual": scans.parsed(scans.USUAL), "cell_fill": scans.cell_fill_scan(self.kpi.cells)}
        if self.stored == "opportunity":
            found["rates"] = scans.parsed(RATES)
        return found

    def _source(self) -> str:
        return "cell_fill" if self.relation.name == "cell_fill" else f"{self.stored}_states"

    def _where(self) -> exp.Expr | None:
        texts = [self.kpi.where] if self.kpi.where else []
        if self.kpi.matures_after is not None:
            texts.append(f"{self.kpi.counted_on} + interval '{self.kpi.matures_after.days}' day <= as_of")
        trees = [row_condition(text, self.relation).tree.copy() for text in texts]
        return exp.and_(*trees) if trees else None

    def _matches(self) -> list[exp.Expr | str]:
        moment = "s.moment" if self.kpi.is_stock else "$as_of"
        known = [f"r.known_from <= {moment}", f"(r.known_until IS NULL OR r.known_until > {moment})"]
        conditions: list[exp.Expr | str] = [
            "s.region = r.region",
            *(exp.condition(text, dialect="duckdb") for text in known),
        ]
        if not self.kpi.is_stock:
            conditions.append(
                exp.Between(this=self._day(), low=exp.column("lo", table="s"), high=exp.column("hi", table="s"))
            )
        return conditions

    def _day(self) -> exp.Expr:
        column = self.kpi.counted_on or ""
        day = exp.column(column, table="r")
        return local_day(day) if self.relation.is_instant(column) else day

    def _rate_day(self) -> exp.Expr:
        if self.asked.rates_on is not None or self.rates == "spot" or self.kpi.is_stock:
            return exp.cast(parameter("rate_day"), "DATE")
        return self._day()


def _parameters(
    organisation: Organisation, asked: Slice, regions: tuple[str, ...], found: list[Cell]
) -> dict[str, object]:
    group = organisation.group
    today: date = asked.as_of.astimezone(ZoneInfo(group.timezone)).date()
    moments = [cell.moment for cell in found] + [asked.as_of]
    columns = {f"cell_{name}": [getattr(cell, name) for cell in found] for name in asdict(found[0])}
    return columns | {
        "regions": list(regions),
        "zones": [organisation.regions[name].timezone for name in regions],
        "currencies": [organisation.regions[name].currency for name in regions],
        "as_of": asked.as_of,
        "first_moment": min(moments),
        "last_moment": max(moments),
        "group_currency": group.currency,
        "rates_until": today,
        "rate_day": asked.rates_on or (today if asked.rates == "spot" else min(asked.period.end, today)),
    }
