"""KPIs as expressions over atoms: value, n, both sides of a ratio, and everything that qualifies the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from kpi.atoms import Atoms, Branch, Kind, Lift, parameter, safe_divisions
from kpi.definition import Kpi
from kpi.formula import aggregate_formula, combination, row_condition
from kpi.money import RateKind
from kpi.relations import relations

CURVE_NEEDS = 4  # own quarters in the store; with fewer the plan is spread by working days alone


@dataclass(frozen=True)
class Parts:
    """What the query answers for one KPI, as expressions over its atoms."""

    value: exp.Expr
    n: exp.Expr
    numerator: exp.Expr | None = None
    denominator: exp.Expr | None = None
    left_out: exp.Expr | None = None
    left_out_value: exp.Expr | None = None
    unrated: exp.Expr | None = None
    immature: exp.Expr | None = None
    linear: exp.Expr | None = None
    plans: exp.Expr | None = None
    reservations: Mapping[str, exp.Expr] = field(default_factory=dict)

    def columns(self) -> dict[str, exp.Expr]:
        """Give the expressions by the suffix of their column in the answer; the value's is empty."""
        named = {
            "": self.value,
            "n": self.n,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "left_out": self.left_out,
            "left_out_value": self.left_out_value,
            "unrated": self.unrated,
            "immature": self.immature,
            "linear": self.linear,
            "plans": self.plans,
        }
        named |= {f"if_{code.lower()}": condition for code, condition in self.reservations.items()}
        return {suffix: expression for suffix, expression in named.items() if expression is not None}


@dataclass
class Compiling:
    """The KPIs of one query on their way to atoms.

    without: KPIs that some regions cannot answer. paced: plans spread by a curve, computed after the atoms.
    """

    kpis: Mapping[str, Kpi]
    atoms: Atoms
    group_plan: bool
    weekly: bool
    without: frozenset[str] = frozenset()
    paced: dict[str, exp.Expr] = field(default_factory=dict)

    def parts(self, kpi: Kpi, rates: RateKind) -> Parts:
        """Give a KPI's expressions."""
        without = None
        if kpi.name in self.without:
            left_out = exp.ArrayContains(this=parameter(f"without_{kpi.name}"), expression=exp.column("region", "r"))
            without = exp.Not(this=left_out)
        return self._parts(kpi, _Way(rates, kpi.weekly if self.weekly else "alone", without))

    def _parts(self, kpi: Kpi, way: "_Way") -> Parts:
        """Give the expressions of a KPI or of a part of one, which takes the whole's way."""
        taken = replace(way, rates=kpi.rates or way.rates)
        if kpi.formula is not None:
            return self._from_rows(kpi, taken)
        if kpi.of is not None:
            return self._parts(self.kpis[kpi.of], replace(taken, frame=f"last {kpi.window_days} days"))
        if kpi.paced is not None and kpi.by_curve_of is not None:
            return self._paced(kpi, taken)
        return self._combined(kpi, taken)

    def _from_rows(self, kpi: Kpi, way: "_Way") -> Parts:
        relation = relations()[kpi.table or ""]
        formula = aggregate_formula(kpi.formula or "", relation)
        kind: Kind = "stock" if kpi.is_stock else "spread" if kpi.spread else "flow"
        branch = Branch(relation.name, kind, way.frame, kpi.counted_on, kpi.cells)
        lift = Lift(self.atoms, branch, way.rates, _condition(kpi, _mature(kpi)), way.without)
        rests_on = formula.aggregates[0]
        if formula.denominator is not None:
            below = formula.denominator
            rests_on = next(node for node in formula.aggregates if node is below or _holds(below, node))
        rows = lift.rows_of(rests_on)
        parts = Parts(
            value=lift.lifted(formula.tree),
            n=rows.count(),
            numerator=None if formula.numerator is None else lift.lifted(formula.numerator),
            denominator=None if formula.denominator is None else lift.lifted(formula.denominator),
            unrated=_sum([atom for node in formula.aggregates if (atom := lift.rows_of(node).unrated()) is not None]),
            reservations={
                code: rows.count_if(lift.row(row_condition(text, relation).tree))
                for code, text in kpi.reservations.items()
            },
        )
        if kind == "spread":
            return self._with_group_plan(parts, lift, formula.tree, rests_on)
        if kpi.matures_after is not None:
            young = replace(lift, where=_condition(kpi, f"not ({_mature(kpi)})"))
            parts = replace(parts, immature=young.rows_of(rests_on).count())
        return self._with_left_out(parts, lift, rests_on)

    def _with_left_out(self, parts: Parts, lift: Lift, rests_on: exp.Expr) -> Parts:
        """Give the parts with the rows that lack a needed field, those without a date to be counted by included."""
        rows = lift.rows_of(rests_on)
        found = [(lift, rows.left_out())]
        if lift.branch.kind == "flow":
            # A row without a date falls into no window: it is counted once for all of them.
            undated = replace(lift, branch=replace(lift.branch, kind="undated", frame="alone"))
            found.append((undated, undated.rows_of(rests_on).possible()))
        counts = [place.count_where(lacks) for place, lacks in found if lacks is not None]
        if "amount" not in lift.relation.money or not counts:
            return replace(parts, left_out=_sum(counts))
        amount = lift.row(exp.column("amount"))
        amounts: list[exp.Expr] = [
            exp.func("COALESCE", place.total(amount, lacks), exp.Literal.number(0))
            for place, lacks in found
            if lacks is not None
        ]
        return replace(parts, left_out=_sum(counts), left_out_value=_sum(amounts))

    def _with_group_plan(self, parts: Parts, lift: Lift, tree: exp.Expr, rests_on: exp.Expr) -> Parts:
        """Give a target's parts: the group has its own plan, and without one the sum of its regions'."""
        if not self.group_plan or lift.without is not None:
            return parts
        plan = replace(lift, branch=replace(lift.branch, cells=("group plan",)))
        own = exp.func("COALESCE", plan.lifted(tree), parts.value.copy())
        unrated = _sum([part for part in (parts.unrated, plan.rows_of(rests_on).unrated()) if part is not None])
        return replace(parts, value=exp.Case().when(_is_group(), own).else_(parts.value), unrated=unrated)

    def _combined(self, kpi: Kpi, way: "_Way") -> Parts:
        found = {name: self._parts(self.kpis[name], way) for name in kpi.parts}
        tree = combination(kpi.combine or "", frozenset(self.kpis)).tree

        top = tree.unnest()
        sides = (top.this, top.expression) if isinstance(top, exp.Div) else (None, None)
        first = next(iter(found.values()))
        unrated = [part.unrated for part in found.values() if part.unrated is not None]
        linear = [part.linear for part in found.values() if part.linear is not None]
        plans = [part.plans for part in found.values() if part.plans is not None]
        return replace(
            first,
            value=_filled(safe_divisions(tree.copy()), found),
            numerator=None if sides[0] is None else _filled(sides[0], found),
            denominator=None if sides[1] is None else _filled(sides[1], found),
            unrated=_sum(unrated),
            linear=linear[0] if linear else None,
            plans=plans[0] if plans else self._plan(kpi, found),
        )

    def _plan(self, kpi: Kpi, found: Mapping[str, Parts]) -> exp.Expr | None:
        """Give the target among a KPI's parts: without it the KPI has no value, whatever the arithmetic says."""
        return next((found[name].value.copy() for name in kpi.parts if self.kpis[name].spread), None)

    def _paced(self, kpi: Kpi, way: "_Way") -> Parts:
        plan = self._parts(self.kpis[kpi.paced or ""], way)
        curve_kpi = self.kpis[kpi.by_curve_of or ""]
        relation = relations()[curve_kpi.table or ""]
        node = aggregate_formula(curve_kpi.formula or "", relation).aggregates[0]
        branch = Branch(relation.name, "curve", way.frame, curve_kpi.counted_on)
        whole = Lift(self.atoms, branch, way.rates, _condition(curve_kpi, None), way.without)
        day = exp.column(curve_kpi.counted_on or "", table="r")
        rows = whole.rows_of(node)
        if rows.value is None:
            raise TypeError(f"{curve_kpi.name} is no sum of amounts")
        by_cut = exp.LTE(this=day, expression=exp.column("cut", table="s"))
        to_cut = exp.and_(by_cut, *([rows.condition] if rows.condition is not None else []))
        won_by_cut, won = whole.total(rows.value, to_cut), whole.total(rows.value, rows.condition)
        starts = exp.Count(this=exp.Distinct(expressions=[exp.column("lo", table="s")]))
        quarters: exp.Expr = starts
        if rows.condition is not None:
            quarters = exp.Filter(this=starts, expression=exp.Where(this=whole.of_row(rows.condition)))
        known = exp.func("COALESCE", self.atoms.add(branch, quarters), exp.Literal.number(0))
        elapsed = self.atoms.add(Branch("spine", "spread", way.frame), exp.Max(this=exp.column("elapsed", table="s")))
        has_curve = exp.and_(
            exp.GTE(this=known, expression=exp.Literal.number(CURVE_NEEDS)),
            exp.GT(this=won, expression=exp.Literal.number(0)),
        )
        share = exp.Case().when(has_curve, safe_divisions(exp.Div(this=won_by_cut, expression=won))).else_(elapsed)
        own = exp.Mul(this=exp.cast(plan.value.copy(), "DOUBLE"), expression=share)
        name = f"{kpi.name}_{len(self.paced) + 1}"
        self.paced[name] = own
        value = exp.Case().when(_is_group(), _sum_of_regions(name)).else_(exp.column(name))
        return replace(plan, value=value, linear=exp.Not(this=exp.paren(has_curve.copy())), plans=exp.column(name))


@dataclass(frozen=True)
class _Way:
    """How a KPI and all its parts are computed: at which rates, over which window, without which regions."""

    rates: RateKind
    frame: str
    without: exp.Expr | None


def _filled(tree: exp.Expr, found: Mapping[str, Parts]) -> exp.Expr:
    """Give arithmetic between KPIs with the KPIs' own expressions in the place of their names."""
    top = exp.paren(tree.copy())
    for column in list(top.find_all(exp.Column)):
        column.replace(exp.paren(found[column.name.lower()].value.copy()))
    return top


def _condition(kpi: Kpi, more: str | None) -> exp.Expr | None:
    relation = relations()[kpi.table or ""]
    texts = [text for text in (kpi.where, more) if text]
    trees = [row_condition(text, relation).tree.copy() for text in texts]
    return exp.and_(*trees) if trees else None


def _mature(kpi: Kpi) -> str | None:
    if kpi.matures_after is None:
        return None
    return f"{kpi.counted_on} + interval '{kpi.matures_after.days}' day <= as_of"


def _holds(tree: exp.Expr, node: exp.Expr) -> bool:
    parent = node.parent
    while parent is not None:
        if parent is tree:
            return True
        parent = parent.parent
    return False


def _is_group() -> exp.Expr:
    return exp.EQ(this=exp.column("region"), expression=exp.Literal.string("group"))


def _sum_of_regions(name: str) -> exp.Expr:
    own = exp.Case().when(exp.Not(this=exp.paren(_is_group())), exp.column(name))
    return exp.Window(this=exp.Sum(this=own), partition_by=[exp.column("bucket")])


def _sum(parts: list[exp.Expr]) -> exp.Expr | None:
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total
