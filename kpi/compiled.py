"""KPIs as expressions over atoms: value, n, both sides of a ratio, and everything that qualifies the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from kpi.atoms import Atoms, Branch, Kind, Lift, Population, local_day, parameter, safe_divisions
from kpi.definition import AT_START, YEAR_BEFORE, Kpi
from kpi.formula import COUNTING, Formula, aggregate_formula, combination, row_condition
from kpi.money import RateKind
from kpi.relations import BASE, FORECAST, relations
from kpi.spine import CURVE_QUARTERS
from kpi.trees import both, cast, either, first_of, is_null, negated, number, or_zero, paren, when
from kpi.value import TARGET_REACHED

STAGES = ("qualify", "develop", "propose", "close")
PERIODS = range(1, CURVE_QUARTERS + 1)
POINT_OF = {"start of period": "start", "won before the period": "won"}
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
    mature: exp.Expr | None = None
    linear: exp.Expr | None = None
    plans: exp.Expr | None = None
    periods: exp.Expr | None = None
    borrowed: exp.Expr | None = None
    reached: exp.Expr | None = None
    endless: exp.Expr | None = None
    twice: exp.Expr | None = None
    low: exp.Expr | None = None
    high: exp.Expr | None = None
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
            "mature": self.mature,
            "linear": self.linear,
            "plans": self.plans,
            "periods": self.periods,
            "borrowed": self.borrowed,
            "reached": self.reached,
            "endless": self.endless,
            "twice": self.twice,
            "low": self.low,
            "high": self.high,
        }
        named |= {f"if_{code.lower()}": condition for code, condition in self.reservations.items()}
        return {suffix: expression for suffix, expression in named.items() if expression is not None}


@dataclass
class Compiling:
    """The KPIs of one query on their way to atoms.

    without: KPIs that some regions cannot answer. steps: values that others rest on, computed after the atoms.
    """

    kpis: Mapping[str, Kpi]
    atoms: Atoms
    group_plan: bool
    weekly: bool
    without: frozenset[str] = frozenset()
    steps: dict[str, exp.Expr] = field(default_factory=dict)
    _known: dict[tuple[str, "_Way"], Parts] = field(default_factory=dict)

    def parts(self, kpi: Kpi, rates: RateKind) -> Parts:
        """Give a KPI's expressions."""
        without = None
        if kpi.name in self.without:
            left_out = exp.ArrayContains(this=parameter(f"without_{kpi.name}"), expression=exp.column("region", "r"))
            without = exp.Not(this=left_out)
        way = _Way(rates, kpi.weekly if self.weekly else "alone", without)
        parts = self._parts(kpi, way)
        return self._with_range(kpi, replace(way, rates=kpi.rates or rates), parts) if kpi.ranged else parts

    def _parts(self, kpi: Kpi, way: "_Way") -> Parts:
        """Give the expressions of a KPI or of a part of one, which takes the whole's way; worked out once."""
        taken = replace(way, rates=kpi.rates or way.rates, one_rate=kpi.one_rate or way.one_rate)
        if kpi.window is not None:
            shifted = kpi.window in (AT_START, YEAR_BEFORE)
            taken = replace(taken, frame=f"{way.frame}, {kpi.window}" if shifted else kpi.window)
        if (kpi.name, taken) not in self._known:
            self._known[kpi.name, taken] = self._new_parts(kpi, taken)
        return self._known[kpi.name, taken]

    def _new_parts(self, kpi: Kpi, taken: "_Way") -> Parts:
        parts = self._own_parts(kpi, taken)
        if not kpi.of_regions:
            return parts
        plans = None if parts.plans is None else self._of_regions(kpi, parts.plans)
        return replace(parts, value=self._of_regions(kpi, parts.value), plans=plans)

    def _own_parts(self, kpi: Kpi, taken: "_Way") -> Parts:
        if kpi.formula is not None:
            return self._from_rows(kpi, taken)
        if kpi.weighted is not None:
            return self._weighted(kpi, taken)
        if kpi.of is not None:
            return self._parts(self.kpis[kpi.of], taken)
        if kpi.paced is not None and kpi.by_curve_of is not None:
            return self._paced(kpi, taken)
        return self._combined(kpi, taken)

    def _from_rows(self, kpi: Kpi, way: "_Way") -> Parts:
        relation = relations()[kpi.table or ""]
        formula = aggregate_formula(kpi.formula or "", relation)
        branch = _branch_of(kpi, way)
        kind = branch.kind
        more = " and ".join(text for text in (_mature(kpi), way.only) if text)
        lift = Lift(self.atoms, branch, way.rates, _condition(kpi, more), _only_back(way, branch))
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
            return self._with_left_out(self._of_forecasts(parts, lift, rows.condition), lift, rests_on)
        if branch.taken == "past" and way.back is None:
            return self._over_periods(kpi, parts, branch)
        if branch.taken:
            return parts
        if kpi.matures_after is not None:
            young = replace(lift, where=_condition(kpi, f"not ({_mature(kpi)})"))
            parts = replace(parts, immature=young.rows_of(rests_on).count())
        if kpi.resolved is not None and kpi.matures_at is not None:
            resolved = _double(rows.count_if(lift.row(row_condition(kpi.resolved, relation).tree)))
            wanted = exp.Mul(this=exp.Literal.number(kpi.matures_at), expression=rows.count())
            parts = replace(parts, mature=exp.GTE(this=resolved, expression=wanted))
        return self._with_left_out(parts, lift, rests_on)

    def _over_periods(self, kpi: Kpi, parts: Parts, branch: Branch) -> Parts:
        """Give the parts of a KPI over past periods, where asked for on average; too few periods give no value."""
        counted = exp.Count(this=exp.Distinct(expressions=[exp.column("back", table="s")]))
        found = self.atoms.add(Branch("points", "spread", branch.frame, taken=branch.taken), counted)
        periods = or_zero(found)
        value = parts.value
        if kpi.averaged:
            value = safe_divisions(exp.Div(this=paren(value), expression=periods))
        enough = exp.GTE(this=periods, expression=number(CURVE_NEEDS))
        return replace(parts, value=when(enough, value), periods=periods)

    def _of_forecasts(self, parts: Parts, lift: Lift, condition: exp.Expr | None) -> Parts:
        """Give the parts of a KPI over forecasts: too few periods with a forecast are no pattern and give no value."""
        counted: exp.Expr = exp.Count(this=exp.Distinct(expressions=[exp.column("lo", table="s")]))
        if condition is not None:
            counted = exp.Filter(this=counted, expression=exp.Where(this=condition.copy()))
        periods = exp.func("COALESCE", self.atoms.add(lift.branch, counted), exp.Literal.number(0))
        enough = exp.GTE(this=periods.copy(), expression=exp.Literal.number(CURVE_NEEDS))
        return replace(parts, value=exp.Case().when(enough, parts.value), periods=periods)

    def _of_regions(self, kpi: Kpi, value: exp.Expr) -> exp.Expr:
        """Give a value whose total is the sum of the regions' own; there is none where a region has none."""
        name = self._step(kpi, value)
        return when(_is_group(), _sum_of_regions(name, strict=True), exp.column(name))

    def _step(self, kpi: Kpi, value: exp.Expr) -> str:
        name = f"{kpi.name}_{len(self.steps) + 1}"
        self.steps[name] = value
        return name

    def _weighted(self, kpi: Kpi, way: "_Way") -> Parts:
        """Give each stage's value times its yield in its region; a thin stage takes the group's yield."""
        amounts, yields = self.kpis[kpi.weighted or ""], self.kpis[kpi.by_yield_of or ""]
        whole, all_yields = self._parts(amounts, way), self._parts(yields, way)
        if way.back is not None:
            product = exp.Mul(this=_double(whole.value), expression=paren(all_yields.value))
            return replace(whole, value=self._of_regions(kpi, product))
        added: list[exp.Expr] = []
        thin: list[exp.Expr] = []
        for stage in STAGES:
            here = replace(way, only=f"stage = '{stage}'")
            amount, rate = self._parts(amounts, here), self._parts(yields, here)
            known = exp.GTE(this=rate.n, expression=number(yields.needs_at_least))
            taken = when(known, _share(rate), _share(rate, in_group=True))
            is_empty = exp.EQ(this=amount.value, expression=number(0))
            weighed = exp.Mul(this=_double(amount.value), expression=taken)
            added.append(when(is_empty, number(0), weighed))
            thin.append(both(negated(known), negated(paren(is_empty))))
        enough = exp.GTE(this=_in_group(all_yields.periods or exp.null()), expression=number(CURVE_NEEDS))
        value = self._of_regions(kpi, when(enough, _sum(added) or exp.null()))
        return replace(
            whole,
            value=value,
            twice=None,
            numerator=None,
            denominator=None,
            borrowed=either(*thin),
            periods=all_yields.periods,
        )

    def _with_range(self, kpi: Kpi, way: "_Way", parts: Parts) -> Parts:
        """Give the parts with the lowest and highest value that any one of the past periods would have given."""
        each = [exp.column(self._step(kpi, self._parts(kpi, replace(way, back=back)).value)) for back in PERIODS]
        own = exp.column(self._step(kpi, parts.value))
        low, high = (kind(this=own, expressions=list(each), ignore_nulls=True) for kind in (exp.Least, exp.Greatest))
        known = negated(is_null(own))
        return replace(parts, value=own, low=when(known, low), high=when(known, high))

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
        amounts: list[exp.Expr] = [or_zero(place.total(amount, lacks)) for place, lacks in found if lacks is not None]
        return replace(parts, left_out=_sum(counts), left_out_value=_sum(amounts))

    def _with_group_plan(self, parts: Parts, lift: Lift, tree: exp.Expr, rests_on: exp.Expr) -> Parts:
        """Give a target's parts: the group has its own plan, and without one the sum of its regions'."""
        if not self.group_plan or lift.without is not None or lift.relation.name != "target":
            return parts
        plan = replace(lift, branch=replace(lift.branch, cells=("group plan",)))
        own = first_of(plan.lifted(tree), parts.value)
        unrated = _sum([part for part in (parts.unrated, plan.rows_of(rests_on).unrated()) if part is not None])
        return replace(parts, value=when(_is_group(), own, parts.value), unrated=unrated)

    def _combined(self, kpi: Kpi, way: "_Way") -> Parts:
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
            unrated=_sum(unrated),
            linear=linear[0] if linear else None,
            plans=plans[0] if plans else self._plan(kpi, found),
        )

    def _part(self, kpi: Kpi, way: "_Way") -> Parts:
        """Give a part of a combined KPI; one that has no value once the target is reached has none in the whole."""
        parts = self._parts(kpi, way)
        if parts.denominator is None or kpi.without_denominator != TARGET_REACHED:
            return parts
        below = paren(parts.denominator)
        left = exp.GT(this=below, expression=number(0))
        reached = exp.LTE(this=below, expression=number(0))
        return replace(parts, value=when(left, parts.value), reached=reached)

    def _plan(self, kpi: Kpi, found: Mapping[str, Parts]) -> exp.Expr | None:
        """Give the target among a KPI's parts: without it the KPI has no value, whatever the arithmetic says."""
        return next((found[name].value for name in kpi.parts if self.kpis[name].spread), None)

    def _paced(self, kpi: Kpi, way: "_Way") -> Parts:
        plan = self._parts(self.kpis[kpi.paced or ""], way)
        curve_kpi = self.kpis[kpi.by_curve_of or ""]
        relation = relations()[curve_kpi.table or ""]
        node = aggregate_formula(curve_kpi.formula or "", relation).aggregates[0]
        branch = Branch(relation.name, "curve", way.frame, curve_kpi.counted_on, one_rate=way.one_rate)
        whole = Lift(self.atoms, branch, way.rates, _condition(curve_kpi, None), way.without)
        day: exp.Expr = exp.column(curve_kpi.counted_on or "", table="r")
        rows = whole.rows_of(node)
        if relation.is_instant(day.name):
            day = local_day(day)
        by_cut = exp.LTE(this=day, expression=exp.column("cut", table="s"))
        to_cut = both(by_cut, *([rows.condition] if rows.condition is not None else []))
        won_by_cut, won = (_whole_of(whole, rows, condition) for condition in (to_cut, rows.condition))
        starts = exp.Count(this=exp.Distinct(expressions=[exp.column("lo", table="s")]))
        quarters: exp.Expr = starts
        if rows.condition is not None:
            quarters = exp.Filter(this=starts, expression=exp.Where(this=whole.of_row(rows.condition)))
        known = or_zero(self.atoms.add(branch, quarters))
        elapsed = self.atoms.add(Branch("spine", "spread", way.frame), exp.Max(this=exp.column("elapsed", table="s")))
        has_curve = both(
            exp.GTE(this=known, expression=number(CURVE_NEEDS)),
            exp.GT(this=won, expression=number(0)),
        )
        share = when(has_curve, safe_divisions(exp.Div(this=won_by_cut, expression=won)), elapsed)
        own = exp.Mul(this=cast(plan.value, "DOUBLE"), expression=share)
        name = self._step(kpi, own)
        value = when(_is_group(), _sum_of_regions(name), exp.column(name))
        return replace(plan, value=value, linear=negated(paren(has_curve)), plans=exp.column(name))


@dataclass(frozen=True)
class _Way:
    """How a KPI and all its parts are computed: at which rates, over which window, without which regions."""

    rates: RateKind
    frame: str
    without: exp.Expr | None
    only: str | None = None
    back: int | None = None
    one_rate: bool = False


def _branch_of(kpi: Kpi, way: _Way) -> Branch:
    kind: Kind = "stock" if kpi.is_stock else "spread" if kpi.spread else "flow"
    if kpi.table == FORECAST:
        return Branch(FORECAST, "past", way.frame)
    if kpi.taken is not None:
        kind = "base" if kpi.table == BASE else "after"
    taken = None if kpi.taken is None else POINT_OF.get(kpi.taken, "past")
    return Branch(kpi.table or "", kind, way.frame, kpi.counted_on, kpi.cells, taken, one_rate=way.one_rate)


def _only_back(way: _Way, branch: Branch) -> exp.Expr | None:
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


def _whole_of(lift: Lift, rows: Population, condition: exp.Expr | None) -> exp.Expr:
    """Give the amounts, or without any the number, of the rows that fulfil a condition."""
    if rows.value is not None and rows.is_money:
        return lift.total(rows.value, condition)
    return lift.count_where(exp.true() if condition is None else condition)


def _share(rate: Parts, *, in_group: bool = False) -> exp.Expr:
    above, below = rate.numerator or exp.null(), rate.denominator or exp.null()
    if in_group:
        above, below = _in_group(above), _in_group(below)
    return safe_divisions(exp.Div(this=paren(above), expression=paren(below)))


def _in_group(value: exp.Expr) -> exp.Expr:
    own = when(_is_group(), value)
    return exp.Window(this=exp.Max(this=own), partition_by=[exp.column("bucket")])


def _double(value: exp.Expr) -> exp.Expr:
    return cast(paren(value), "DOUBLE")


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


def _condition(kpi: Kpi, more: str | None) -> exp.Expr | None:
    relation = relations()[kpi.table or ""]
    texts = [text for text in (kpi.where, more) if text]
    trees = [row_condition(text, relation).tree for text in texts]
    return both(*trees) if trees else None


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


def _sum_of_regions(name: str, *, strict: bool = False) -> exp.Expr:
    """Give the sum of the regions' values; strict: none where any region has none."""
    own = when(negated(paren(_is_group())), exp.column(name))
    total = exp.Window(this=exp.Sum(this=own), partition_by=[exp.column("bucket")])
    if not strict:
        return total
    lacks = both(negated(paren(_is_group())), is_null(exp.column(name)))
    lacking = exp.Sum(this=when(lacks, number(1), number(0)))
    complete = exp.EQ(this=exp.Window(this=lacking, partition_by=[exp.column("bucket")]), expression=number(0))
    return when(complete, total)


def _sum(parts: list[exp.Expr]) -> exp.Expr | None:
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total
