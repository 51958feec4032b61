"""The rows behind a value, each with the file and line it came from; together they give the value again."""

from dataclasses import dataclass

import polars as pl
from sqlglot import exp

from kpi.arithmetic import ended
from kpi.atoms import Atoms, Branch
from kpi.branches import BranchWriter
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.engines.base import Engine, asked_for
from kpi.errors import KpiError
from kpi.formula import COUNTING, aggregate_formula
from kpi.lift import Lift
from kpi.money import Money, RateKind
from kpi.parameters import past_parameters
from kpi.parts import branch_of, condition_of, mature
from kpi.relations import CREDITED, FORECAST, NEVER, Relation, relations
from kpi.same_deals import has_twins
from kpi.scope import Scope, required
from kpi.shape import Shape
from kpi.slice import Slice
from kpi.sources import Sources
from kpi.spine import cells
from kpi.trees import both, either, is_null, named, negated, number, or_zero, when
from kpi.value import GROUP
from organisation import Organisation

SHOWN = {
    "opportunity": (
        "name stage stage_raw outcome segment business_type lead_source product amount currency created_at "
        "expected_close_on closed_on won_on times_pushed"
    ).split(),
    "lead": "lead_source status created_at sla_due_at first_touch_at response_work_hours sql_at".split(),
    FORECAST: "scope scope_id category submitted_by_role forecast_value actual_value".split(),
}
LINE = "NULLIF({0}.line, 0) AS line"  # a deal that is lost because an export lacks it stands in no line of that file
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

    Columns: region, source, number (the record's id; of a forecast the first day of its period), account of a deal and
    the record's own columns (persons are left out), value (what the row adds to the value or its numerator, in the
    slice's currency), weight (what it adds to the denominator; null where there is none), file, line. The value is
    sum(value), sum(value) / sum(weight), or the median of value; where customers are counted, one row of each adds 1. A
    KPI made of others gives the rows of its first part. Raises KpiError for a KPI without rows.
    """
    asked_kpi = part_with_rows(definitions, kpi)
    seen = required(scope)
    named_regions = (region,) if region != GROUP else asked.regions or tuple(organisation.regions)
    regions = tuple(name for name in named_regions if seen.allows(name))
    if not regions:
        return pl.DataFrame(schema={"region": pl.String, "value": pl.Float64, "file": pl.String, "line": pl.Int64})
    is_total_of_deals = region == GROUP and relations()[asked_kpi.table or ""].is_of_deals
    twins = is_total_of_deals and has_twins(engine, asked.as_of)
    is_local = asked.currency == "local" and region != GROUP
    writer = _RowWriter(asked_kpi, asked, seen, is_local, twins)
    sql = writer.statement().sql(dialect="duckdb", pretty=True)
    found = cells(organisation, asked, regions, ("alone",))
    given = past_parameters(organisation, asked, found) | seen.parameters()
    return engine.fetch(sql, asked_for(sql, given))


def part_with_rows(definitions: Definitions, name: str) -> Kpi:
    """Give the KPI itself, or the first part of a combined one that rests on rows; raises KpiError without one."""
    kpi = definitions.get(name)
    while kpi.formula is None and kpi.taken is None:
        if not kpi.parts:
            raise KpiError(f'"{name}" rests on no rows')
        kpi = definitions.get(kpi.parts[0])
    if kpi.taken is not None and kpi.table != FORECAST:
        raise KpiError(f'"{name}" rests on what deals were at earlier moments, and on no rows of today')
    if _stored(kpi) not in SHOWN:
        raise KpiError(f'"{name}" rests on {kpi.table} and not on records of deals, leads or forecasts')
    return kpi


def _stored(kpi: Kpi) -> str:
    """Give whose records a KPI rests on."""
    return FORECAST if kpi.table == FORECAST else relations()[kpi.table or ""].stored.removesuffix("_version")


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
        return _stored(self.kpi)

    @property
    def rates(self) -> RateKind:
        return self.kpi.rates or self.asked.rates

    @property
    def branch(self) -> Branch:
        return branch_of(self.kpi, "alone", one_rate=False)

    @property
    def shape(self) -> Shape:
        fixed = self.asked.rates_on is not None
        by = (self.kpi.name,), (), False, self.is_local, self.rates, fixed, False, self.scope
        return Shape(*by, organised=self.asked.organised, twins=self.twins)

    def statement(self) -> exp.Select:
        formula = aggregate_formula(self.kpi.formula or "", self.relation)
        lift = Lift(Atoms(self.is_local), self.branch, self.rates, condition_of(self.kpi, mature(self.kpi)))
        lift.lifted(formula.tree)  # so that the scans read what it names
        above = formula.numerator if formula.denominator is not None else formula.tree
        (value, counts), (weight, weighs) = self._part(lift, above), self._part(lift, formula.denominator)
        counted = [part for part in (counts, weighs) if part is not None]
        shown = exp.null() if value is None else ended(value) if NEVER in formula.text else value
        query = exp.select(*self._columns(), named(shown, "value"), named(weight or exp.null(), "weight"))
        query = query.select("l.file", LINE.format("r" if self.stored == FORECAST else "v"))
        writer = BranchWriter(lift.atoms, self.shape)
        query = self._with_origin(writer.met(query, self.branch))
        for money in lift.atoms.money.get(self.branch, {}).values():
            query = money.joins(query, writer.rate_day(self.branch, money.kind))
        query = query.where(either(*counted), copy=False)
        if self.twins:
            query = query.where("r.counted_region IS NULL")
        for name, scan in self._scans(lift.atoms).items():
            query = query.with_(name, as_=scan)
        return query.order_by("value DESC NULLS LAST", "number", dialect="duckdb")

    def _part(self, lift: Lift, tree: exp.Expr | None) -> tuple[exp.Expr | None, exp.Expr | None]:
        """Give what a row adds to one side of the formula, and whether it is meant at all."""
        if tree is None:
            return None, None
        node = tree.unnest()
        if isinstance(node, (exp.Filter, *COUNTING)):
            return self._added(lift, node)
        meant: list[exp.Expr] = []

        def added(part: exp.Expr) -> exp.Expr:
            if not isinstance(part, (exp.Filter, *COUNTING)):
                return part
            value, counts = self._added(lift, part)
            meant.append(counts)
            return or_zero(value)

        whole = node.copy().transform(added)
        return when(either(*meant), whole), either(*meant)

    def _added(self, lift: Lift, node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
        rows = lift.rows_of(node)
        aggregate = node.this if isinstance(node, exp.Filter) else node
        added: exp.Expr = number(1)
        if not isinstance(aggregate, exp.Count) and rows.value is not None:
            money = Money(self.rates, self.is_local)
            convert = money.in_local if self.is_local else money.in_group
            added = convert(rows.value) if rows.is_money else rows.value
        held = [rows.condition] if rows.condition is not None else []
        if rows.value is not None:
            held.append(negated(is_null(rows.value)))
        meant = both(*held) if held else exp.true()
        if rows.value is not None and aggregate.find(exp.Distinct):
            added = _first_of_each(rows.value, meant)
        return when(meant, added), meant

    def _columns(self) -> list[exp.Expr]:
        if self.stored == FORECAST:
            own = [exp.column(name, table="r") for name in ("region", "source")]
            return [*own, named(exp.column("lo", table="r"), "number"), *self._shown("r")]
        account = _account(self.relation)
        number_of = named(exp.column(KEYS[self.stored], table="r"), "number")
        return [
            exp.column("region", table="r"),
            exp.column("source", table="r"),
            number_of,
            *([account] if self.stored == "opportunity" else []),
            *self._shown("v"),
        ]

    def _shown(self, table: str) -> list[exp.Expr]:
        return [exp.column(name, table=table) for name in SHOWN[self.stored]]

    def _with_origin(self, query: exp.Select) -> exp.Select:
        """Join the state as stored, its load, and the account's name: at most one of each."""
        if self.stored == FORECAST:
            return query.join("load AS l", on="l.load_id = r.load_id")
        key = KEYS[self.stored]
        same = f"v.source = r.source AND v.{key} = r.{key} AND v.known_from = r.known_from"
        query = query.join(f"{self.relation.stored} AS v", on=same).join("load AS l", on="l.load_id = v.load_id")
        if self.stored == "opportunity":
            ref = "v.account_ref" if self.relation.name == CREDITED else "r.account_ref"
            present = f"a.source = r.source AND a.account_id = {ref} AND a.known_until IS NULL"
            query = query.join("account_version AS a", on=present, join_type="left")
        return query

    def _scans(self, atoms: Atoms) -> dict[str, exp.Expr]:
        read = atoms.of(atoms.found.get(self.branch, {}))
        keys = {"source", KEYS.get(self.stored, "scope"), *({"account_ref"} if self.stored == "opportunity" else set())}
        read.columns.setdefault(self.relation.name, set()).update(keys & set(self.relation.columns))
        return Sources(read, self.shape, (self.stored,)).found([self.branch])


def _account(relation: Relation) -> exp.Expr:
    """Give the account of a deal by its name, else by its id."""
    ref = exp.column("account_ref", table="v" if relation.name == CREDITED else "r")
    return named(exp.func("COALESCE", exp.column("name", table="a"), ref), "account")


def _first_of_each(value: exp.Expr, meant: exp.Expr) -> exp.Expr:
    """Give 1 for one row of each value among those that are meant, 0 for the others."""
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[value, meant],
        order=exp.Order(expressions=[exp.column("region", table="r"), exp.column("source", table="r")]),
    )
    return when(exp.EQ(this=place, expression=number(1)), number(1), number(0))
