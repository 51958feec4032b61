"""The rows behind a value, each with the file and line it came from; together they give the value again."""

from dataclasses import dataclass, replace

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
from kpi.money import RateKind
from kpi.parameters import past_parameters
from kpi.parts import branch_of, condition_of, mature, window_of
from kpi.records import MADE, RECORDS, Record, kind_of
from kpi.relations import BASE, CREDITED, FORECAST, NEVER, Relation, relations
from kpi.same_deals import has_twins
from kpi.scope import Scope, required
from kpi.shape import Shape
from kpi.slice import Slice
from kpi.sources import Sources
from kpi.spine import cells
from kpi.told import exports_for
from kpi.trees import both, either, is_null, named, negated, number, or_zero, when
from kpi.value import GROUP
from organisation import Organisation

LINE = "NULLIF({0}.line, 0) AS line"  # a deal that is lost because an export lacks it stands in no line of that file


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

    Columns: region, source, number (the record's id; of a forecast the first day of its period), account of a deal or
    key account, the record's own columns and those of the table made of it (persons are left out), value (what the row
    adds to the value or its numerator, in the slice's currency), weight (what it adds to the denominator; null where
    there is none), file, line. The value is sum(value), sum(value) / sum(weight), the median of value, or where past
    periods are averaged sum(value) over their number; where customers are counted, one row of each adds 1. Of a figure
    about earlier moments, such as the start of the period, each row is a deal as it was then, with what became of it
    and, under period_from, the first day of the period that it was looked at for. A KPI made of others gives the rows
    of the first part that has some, over the days and at the rates that the whole takes. Raises KpiError for a KPI
    without rows.
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
    exports = exports_for(engine, organisation, asked, seen)
    found = cells(organisation, asked, regions, (writer.branch.frame,), exports)
    given = past_parameters(organisation, asked, found, writer.points) | seen.parameters()
    return engine.fetch(sql, asked_for(sql, given))


def part_with_rows(definitions: Definitions, name: str) -> Kpi:
    """Give the KPI itself, or the first part of a combined one that rests on rows, as its whole asks for it.

    Its window is the frame of its days. Raises KpiError without such a part.
    """
    found = _first_with_rows(definitions, definitions.get(name), None)
    if found is None:
        raise KpiError(f'"{name}" rests on no records of deals, leads, accounts or forecasts')
    return found


def _first_with_rows(definitions: Definitions, kpi: Kpi, whole: Kpi | None) -> Kpi | None:
    asked = _as_asked(kpi, whole)
    if kpi.formula is not None:
        return asked if kind_of(kpi.table or "") in RECORDS else None
    parts = (_first_with_rows(definitions, definitions.get(part), asked) for part in kpi.parts)
    return next((part for part in parts if part is not None), None)


def _as_asked(kpi: Kpi, whole: Kpi | None) -> Kpi:
    """Give a part over the days and at the rates that its whole takes."""
    frame = window_of(kpi, "alone" if whole is None else whole.window or "alone")
    rates = kpi.rates if whole is None else kpi.rates or whole.rates
    return replace(kpi, window=frame, rates=rates, one_rate=kpi.one_rate or (whole is not None and whole.one_rate))


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
        return kind_of(self.kpi.table or "")

    @property
    def record(self) -> Record:
        return RECORDS[self.stored]

    @property
    def rates(self) -> RateKind:
        return self.kpi.rates or self.asked.rates

    @property
    def branch(self) -> Branch:
        return branch_of(self.kpi, self.kpi.window or "alone", one_rate=self.kpi.one_rate)

    @property
    def points(self) -> frozenset[tuple[str, str]]:
        """The moments at which deals are looked at, by window and kind; none where they are looked at now."""
        return frozenset({(self.branch.frame, self.branch.taken)} if self.branch.taken else ())

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
        places = ["value DESC NULLS LAST", "number", *(["period_from"] if self.branch.taken else [])]
        return query.order_by(*places, dialect="duckdb")

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
            money = lift.money_of(rows.value)
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
        own = [exp.column(name, table="r") for name in ("region", "source")]
        number_of = named(exp.column(self.record.number, table="r"), "number")
        account = {"opportunity": _account(self.relation), "account": named(exp.column("name", table="v"), "account")}
        shown = [exp.column(name, table="r" if self.stored == FORECAST else "v") for name in self.record.shown]
        made = [exp.column(name, table="r") for name in MADE.get(self.relation.name, ())]
        period = [named(exp.column("lo", table="s"), "period_from")] if self.branch.taken else []
        return [*own, number_of, *([account[self.stored]] if self.stored in account else []), *shown, *made, *period]

    def _with_origin(self, query: exp.Select) -> exp.Select:
        """Join the state as stored, its load, and the account's name: at most one of each."""
        if self.stored == FORECAST:
            return query.join("load AS l", on="l.load_id = r.load_id")
        same = " AND ".join(f"v.{name} = r.{name}" for name in ("source", *self.record.keys, "known_from"))
        query = query.join(f"{self.relation.stored} AS v", on=same).join("load AS l", on="l.load_id = v.load_id")
        if self.stored == "opportunity":
            ref = "v.account_ref" if self.relation.name == CREDITED else "r.account_ref"
            present = f"a.source = r.source AND a.account_id = {ref} AND a.known_until IS NULL"
            query = query.join("account_version AS a", on=present, join_type="left")
        return query

    def _scans(self, atoms: Atoms) -> dict[str, exp.Expr]:
        read = atoms.of(atoms.found.get(self.branch, {}))
        keys = {"source", *self.record.keys, *({"account_ref"} if self.stored == "opportunity" else set())}
        needed = keys & set(self.relation.columns) | ({"known_from"} if self.relation.name == BASE else set())
        read.columns.setdefault(self.relation.name, set()).update(needed)
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
