"""KPIs as expressions over atoms: value, n, both sides of a ratio, and everything that qualifies the answer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import RLock

from sqlglot import exp

from kpi.arithmetic import safe_divisions
from kpi.atoms import Atoms, Branch, parameter
from kpi.definition import Kpi
from kpi.expected import of_forecasts, over_periods, paced, weighted, with_range
from kpi.formula import COUNTING, Formula, aggregate_formula, combination, row_condition
from kpi.lift import Lift
from kpi.money import RateKind
from kpi.parts import (
    Parts,
    Way,
    branch_of,
    column_name,
    condition_of,
    double,
    is_group,
    mature,
    sum_of_regions,
    summed,
    window_of,
)
from kpi.relations import relations
from kpi.trees import as_text, both, first_of, is_null, named, number, or_zero, paren, when
from kpi.value import TARGET_REACHED


@dataclass(frozen=True)
class Answered:
    """A KPI as its columns in an answer: their suffixes, how they are written, and the names that they use."""

    suffixes: tuple[str, ...]
    written: tuple[exp.Expr, ...]
    used: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A value that others rest on, as it is written under its name, and the atoms and steps that it is made of."""

    written: exp.Expr
    used: tuple[str, ...]


@dataclass
class Compiling:
    """The KPIs of one query on their way to atoms.

    What was worked out for one question serves all others. steps: values that others rest on, computed after the atoms.
    """

    kpis: Mapping[str, Kpi]
    atoms: Atoms
    group_plan: bool
    weekly: bool
    steps: dict[str, exp.Expr] = field(default_factory=dict)
    _known: dict[tuple[str, Way], Parts] = field(default_factory=dict)
    _answers: dict[tuple[str, RateKind, bool], "Answered"] = field(default_factory=dict)
    _used: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _steps: dict[str, Step] = field(default_factory=dict)
    _one_at_a_time: RLock = field(default_factory=RLock)

    def answer(self, kpi: Kpi, rates: RateKind, *, leaves_out: bool) -> "Answered":
        """Give what a query answers for a KPI; leaves_out: some regions cannot answer it."""
        key = (kpi.name, rates, leaves_out)
        with self._one_at_a_time:
            if key not in self._answers:
                columns = self.parts(kpi, rates, leaves_out=leaves_out).columns()
                used = dict.fromkeys(name for value in columns.values() for name in self._names(value))
                written = (named(value, column_name(kpi.name, suffix)) for suffix, value in columns.items())
                self._answers[key] = Answered(tuple(columns), tuple(map(as_text, written)), tuple(used))
            return self._answers[key]

    def parts(self, kpi: Kpi, rates: RateKind, *, leaves_out: bool = False) -> Parts:
        """Give a KPI's expressions."""
        without = None
        if leaves_out:
            left_out = exp.ArrayContains(this=parameter(f"without_{kpi.name}"), expression=exp.column("region", "r"))
            without = exp.Not(this=left_out)
        way = Way(rates, kpi.weekly if self.weekly else "alone", without)
        parts = self.part(kpi, way)
        return with_range(self, kpi, replace(way, rates=kpi.rates or rates), parts) if kpi.ranged else parts

    def written_steps(self, used: Iterable[str]) -> dict[str, Step]:
        """Give the steps among the names that a query uses, in their order, each written once for all questions."""
        names = [name for name in used if name in self.steps]
        with self._one_at_a_time:
            for name in names:
                if name not in self._steps:
                    self._steps[name] = Step(as_text(named(self.steps[name], name)), self._used[name])
        return {name: self._steps[name] for name in names}

    def _names(self, value: exp.Expr) -> Iterator[str]:
        """Give the atoms and steps that a value is made of, those behind its steps before them."""
        for column in value.find_all(exp.Column):
            for name in self._used.get(column.name, ()):
                if name in self.steps:
                    yield from self._names(exp.column(name))
                else:
                    yield name
            yield column.name

    def part(self, kpi: Kpi, way: Way) -> Parts:
        """Give the expressions of a KPI or of a part of one, which takes the whole's way; worked out once."""
        rates, one_rate = kpi.rates or way.rates, kpi.one_rate or way.one_rate
        taken = replace(way, rates=rates, one_rate=one_rate, frame=window_of(kpi, way.frame))
        if (kpi.name, taken) not in self._known:
            self._known[kpi.name, taken] = self._new_parts(kpi, taken)
        return self._known[kpi.name, taken]

    def _new_parts(self, kpi: Kpi, taken: Way) -> Parts:
        parts = self._own_parts(kpi, taken)
        if not kpi.of_regions:
            return parts
        plans = None if parts.plans is None else self.of_regions(parts.plans)
        return replace(parts, value=self.of_regions(parts.value), plans=plans)

    def _own_parts(self, kpi: Kpi, taken: Way) -> Parts:
        if kpi.formula is not None:
            return self._from_rows(kpi, taken)
        if kpi.weighted is not None:
            return weighted(self, kpi, taken)
        if kpi.of is not None:
            return self.part(self.kpis[kpi.of], taken)
        if kpi.paced is not None and kpi.by_curve_of is not None:
            return paced(self, kpi, taken)
        return self._combined(kpi, taken)

    def _from_rows(self, kpi: Kpi, way: Way) -> Parts:
        relation = relations()[kpi.table or ""]
        formula = aggregate_formula(kpi.formula or "", relation)
        branch = branch_of(kpi, way.frame, one_rate=way.one_rate)
        kind = branch.kind
        more = " and ".join(text for text in (mature(kpi), way.only) if text)
        lift = Lift(self.atoms, branch, way.rates, condition_of(kpi, more), _only_back(way, branch))
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
            unrated=summed([atom for node in formula.aggregates if (atom := lift.rows_of(node).unrated()) is not None]),
            endless=lift.endless(formula.aggregates),
            twice=_counted_twice(kpi, lift, formula),
            reservations={
                code: rows.count_if(lift.row(row_condition(text, relation).tree))
                for code, text in kpi.reservations.items()
            },
        )
        if kind == "spread":
            return self._with_group_plan(parts, lift, formula.tree, rests_on)
        if kind == "past":
            return self._with_left_out(of_forecasts(self, parts, lift, rows.condition), lift, rests_on)
        if branch.taken == "past" and way.back is None:
            return over_periods(self, kpi, parts, lift)
        if branch.taken:
            return parts
        if kpi.matures_after is not None:
            young = replace(lift, where=condition_of(kpi, f"not ({mature(kpi)})"))
            parts = replace(parts, immature=young.rows_of(rests_on).count())
        if kpi.resolved is not None and kpi.matures_at is not None:
            resolved = double(rows.count_if(lift.row(row_condition(kpi.resolved, relation).tree)))
            wanted = exp.Mul(this=exp.Literal.number(kpi.matures_at), expression=rows.count())
            parts = replace(parts, mature=exp.GTE(this=resolved, expression=wanted))
        return self._with_left_out(parts, lift, rests_on)

    def of_regions(self, value: exp.Expr) -> exp.Expr:
        """Give a value whose total is the sum of the regions' own; there is none where a region has none."""
        name = self.step(value)
        return when(is_group(), sum_of_regions(name, strict=True), exp.column(name))

    def step(self, value: exp.Expr) -> str:
        """Give the name under which others rest on a value."""
        name = f"_step_{len(self.steps) + 1}"
        self.steps[name] = value
        self._used[name] = tuple(dict.fromkeys(column.name for column in value.find_all(exp.Column)))
        return name

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
            return replace(parts, left_out=summed(counts))
        amount = lift.row(exp.column("amount"))
        amounts: list[exp.Expr] = [or_zero(place.total(amount, lacks)) for place, lacks in found if lacks is not None]
        return replace(parts, left_out=summed(counts), left_out_value=summed(amounts))

    def _with_group_plan(self, parts: Parts, lift: Lift, tree: exp.Expr, rests_on: exp.Expr) -> Parts:
        """Give a target's parts: the group has its own plan, and without one the sum of its regions'."""
        if not self.group_plan or lift.without is not None or lift.relation.name != "target":
            return parts
        plan = replace(lift, branch=replace(lift.branch, cells=("group plan",)))
        own = first_of(plan.lifted(tree), parts.value)
        unrated = summed([part for part in (parts.unrated, plan.rows_of(rests_on).unrated()) if part is not None])
        return replace(parts, value=when(is_group(), own, parts.value), unrated=unrated)

    def _combined(self, kpi: Kpi, way: Way) -> Parts:
        found = {name: self._part(self.kpis[name], way) for name in kpi.parts}
        known = frozenset(self.kpis)
        tree = combination(kpi.combine or "", known).tree
        value = _filled(safe_divisions(tree.copy()), found)
        fell_back = {}
        for code, text in kpi.fallback.items():
            other = _filled(safe_divisions(combination(text, known).tree.copy()), found)
            fell_back[code] = when(is_null(value), number(1), number(0))
            value = first_of(value, other)

        top = tree.unnest()
        sides = (top.this, top.expression) if isinstance(top, exp.Div) and not kpi.fallback else (None, None)
        first = next(iter(found.values()))
        unrated = [part.unrated for part in found.values() if part.unrated is not None]
        linear = [part.linear for part in found.values() if part.linear is not None]
        plans = [part.plans for part in found.values() if part.plans is not None]
        return replace(
            first,
            value=value,
            reservations={**_all_reservations(found), **fell_back},
            periods=next((part.periods for part in found.values() if part.periods is not None), None),
            borrowed=next((part.borrowed for part in found.values() if part.borrowed is not None), None),
            reached=next((part.reached for part in found.values() if part.reached is not None), None),
            n=_smallest_n(found) if isinstance(top, exp.Sub) else first.n,
            twice=None,
            low=None,
            high=None,
            numerator=None if sides[0] is None else _filled(sides[0], found),
            denominator=None if sides[1] is None else _filled(sides[1], found),
            unrated=summed(unrated),
            linear=linear[0] if linear else None,
            plans=plans[0] if plans else self._plan(kpi, found),
        )

    def _part(self, kpi: Kpi, way: Way) -> Parts:
        """Give a part of a combined KPI; one that has no value once the target is reached has none in the whole."""
        parts = self.part(kpi, way)
        if parts.denominator is None or kpi.without_denominator != TARGET_REACHED:
            return parts
        below = paren(parts.denominator)
        left = exp.GT(this=below, expression=number(0))
        reached = exp.LTE(this=below, expression=number(0))
        return replace(parts, value=when(left, parts.value), reached=reached)

    def _plan(self, kpi: Kpi, found: Mapping[str, Parts]) -> exp.Expr | None:
        """Give the target among a KPI's parts: without it the KPI has no value, whatever the arithmetic says."""
        return next((found[name].value for name in kpi.parts if self.kpis[name].spread), None)


def _only_back(way: Way, branch: Branch) -> exp.Expr | None:
    """Give the condition on the regions that can answer, and on one past period where only that is meant."""
    if way.back is None or branch.taken != "past":
        return way.without
    back = exp.EQ(this=exp.column("back", table="s"), expression=number(way.back))
    return back if way.without is None else both(way.without, back)


def _counted_twice(kpi: Kpi, lift: Lift, formula: Formula) -> exp.Expr | None:
    """Give by how much the regions of a sum or a count together exceed its total; None for anything else."""
    is_sum = all(isinstance(node.find(*COUNTING), exp.Sum | exp.Count) for node in formula.aggregates)
    adds_up = formula.denominator is None and not formula.tree.find(exp.Distinct) and not kpi.averaged
    if not (lift.atoms.twins and lift.relation.is_of_deals and is_sum and adds_up):
        return None
    everywhere = replace(lift, twice=True).lifted(formula.tree)
    return exp.Sub(this=exp.paren(everywhere), expression=exp.paren(lift.lifted(formula.tree)))


def _smallest_n(found: Mapping[str, Parts]) -> exp.Expr:
    """Give what a difference of ratios rests on: the smaller of both; another difference rests on its first part."""
    counts = [part.n for part in found.values()]
    is_of_ratios = all(part.denominator is not None for part in found.values())
    return exp.func("LEAST", *counts) if is_of_ratios and len(counts) > 1 else counts[0]


def _all_reservations(found: Mapping[str, Parts]) -> dict[str, exp.Expr]:
    """Give the reservations of the first part, which the combined KPI's n belongs to."""
    return dict(next(iter(found.values())).reservations)


def _filled(tree: exp.Expr, found: Mapping[str, Parts]) -> exp.Expr:
    """Give arithmetic between KPIs with the KPIs' own expressions in the place of their names."""
    top = paren(tree.copy())
    for column in list(top.find_all(exp.Column)):
        column.replace(paren(found[column.name.lower()].value))
    return top


def _holds(tree: exp.Expr, node: exp.Expr) -> bool:
    parent = node.parent
    while parent is not None:
        if parent is tree:
            return True
        parent = parent.parent
    return False
