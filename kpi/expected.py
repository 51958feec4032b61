"""What is to be expected by past periods: plans by a curve, pipelines by their yield, and what a range holds."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from kpi.arithmetic import safe_divisions
from kpi.atoms import Branch, Counted, local_day
from kpi.definition import Kpi
from kpi.formula import aggregate_formula
from kpi.lift import Lift, Population
from kpi.parts import Parts, Way, condition_of, double, is_group, sum_of_regions, summed
from kpi.relations import relations
from kpi.spine import CURVE_QUARTERS
from kpi.told import LEADS
from kpi.trees import both, cast, either, is_null, negated, number, or_zero, paren, when

if TYPE_CHECKING:
    from kpi.compiled import Compiling

STAGES = ("qualify", "develop", "propose", "close")
PERIODS = range(1, CURVE_QUARTERS + 1)
CURVE_NEEDS = 4  # own quarters in the store; with fewer the plan is spread by working days alone


def paced(compiling: "Compiling", kpi: Kpi, way: Way) -> Parts:
    """Give a plan spread by the shares of its region's past periods that had been won by the same point."""
    plan = compiling.part(compiling.kpis[kpi.paced or ""], way)
    curve_kpi = compiling.kpis[kpi.by_curve_of or ""]
    relation = relations()[curve_kpi.table or ""]
    node = aggregate_formula(curve_kpi.formula or "", relation).aggregates[0]
    branch = Branch(relation.name, "curve", way.frame, curve_kpi.counted_on, one_rate=way.one_rate)
    whole = Lift(compiling.atoms, branch, way.rates, condition_of(curve_kpi, None), way.without)
    day: exp.Expr = exp.column(curve_kpi.counted_on or "", table="r")
    rows = whole.rows_of(node)
    if relation.is_instant(day.name):
        day = local_day(day)
    own_export = "_leads" if relation.name == LEADS else ""
    by_cut = exp.LTE(this=day, expression=exp.column(f"cut{own_export}", table="s"))
    to_cut = both(by_cut, *([rows.condition] if rows.condition is not None else []))
    won_by_cut, won = (_whole_of(whole, rows, condition) for condition in (to_cut, rows.condition))
    starts = exp.Count(this=exp.Distinct(expressions=[exp.column("lo", table="s")]))
    quarters: exp.Expr = starts
    if rows.condition is not None:
        quarters = exp.Filter(this=starts, expression=exp.Where(this=whole.of_row(rows.condition)))
    known = or_zero(compiling.atoms.add(branch, Counted(quarters, way.without)))
    passed = exp.Max(this=exp.column(f"elapsed{own_export}", table="s"))
    elapsed = compiling.atoms.add(Branch("spine", "spread", way.frame), passed)
    has_curve = both(
        exp.GTE(this=known, expression=number(CURVE_NEEDS)),
        exp.GT(this=won, expression=number(0)),
    )
    # Nothing won by this point in any past period is a curve too: nothing is expected yet.
    share = when(has_curve, safe_divisions(exp.Div(this=or_zero(won_by_cut), expression=won)), elapsed)
    own = exp.Mul(this=cast(plan.value, "DOUBLE"), expression=share)
    name = compiling.step(own)
    value = when(is_group(), sum_of_regions(name), exp.column(name))
    return replace(plan, value=value, linear=negated(paren(has_curve)), plans=plan.value)


def weighted(compiling: "Compiling", kpi: Kpi, way: Way) -> Parts:
    """Give each stage's value times its yield in its region; a thin stage takes the group's yield."""
    amounts, yields = compiling.kpis[kpi.weighted or ""], compiling.kpis[kpi.by_yield_of or ""]
    whole, all_yields = compiling.part(amounts, way), compiling.part(yields, way)
    if way.back is not None:
        product = exp.Mul(this=double(whole.value), expression=paren(all_yields.value))
        return replace(whole, value=compiling.of_regions(product))
    added: list[exp.Expr] = []
    thin: list[exp.Expr] = []
    for stage in STAGES:
        here = replace(way, only=f"stage = '{stage}'")
        amount, rate = compiling.part(amounts, here), compiling.part(yields, here)
        known = exp.GTE(this=rate.n, expression=number(yields.needs_at_least))
        taken = when(known, _share(rate), _share(rate, in_group=True))
        is_empty = exp.EQ(this=amount.value, expression=number(0))
        weighed = exp.Mul(this=double(amount.value), expression=taken)
        added.append(when(is_empty, number(0), weighed))
        thin.append(both(negated(known), negated(paren(is_empty))))
    enough = exp.GTE(this=_in_group(all_yields.periods or exp.null()), expression=number(CURVE_NEEDS))
    value = compiling.of_regions(when(enough, summed(added) or exp.null()))
    return replace(
        whole,
        value=value,
        twice=None,
        numerator=None,
        denominator=None,
        borrowed=either(*thin),
        periods=all_yields.periods,
    )


def with_range(compiling: "Compiling", kpi: Kpi, way: Way, parts: Parts) -> Parts:
    """Give the parts with the lowest and highest value that any one of the past periods would have given."""
    each = [exp.column(compiling.step(compiling.part(kpi, replace(way, back=back)).value)) for back in PERIODS]
    own = exp.column(compiling.step(parts.value))
    low, high = (kind(this=own, expressions=list(each), ignore_nulls=True) for kind in (exp.Least, exp.Greatest))
    known = negated(is_null(own))
    return replace(parts, value=own, low=when(known, low), high=when(known, high))


def over_periods(compiling: "Compiling", kpi: Kpi, parts: Parts, lift: Lift) -> Parts:
    """Give the parts of a KPI over past periods, where asked for on average; too few periods give no value.

    Periods of regions that cannot answer are none: their history does not make up for that of the others.
    """
    back = exp.Count(this=exp.Distinct(expressions=[exp.column("back", table="s")]))
    answering = None if lift.without is None else lift.without.copy().transform(_region_of_cell)
    branch = Branch("points", "spread", lift.branch.frame, taken=lift.branch.taken)
    found = compiling.atoms.add(branch, Counted(back, answering))
    periods = or_zero(found)
    value = parts.value
    if kpi.averaged:
        value = safe_divisions(exp.Div(this=paren(value), expression=periods))
    enough = exp.GTE(this=periods, expression=number(CURVE_NEEDS))
    return replace(parts, value=when(enough, value), periods=periods)


def of_forecasts(compiling: "Compiling", parts: Parts, lift: Lift, condition: exp.Expr | None) -> Parts:
    """Give the parts of a KPI over forecasts: too few periods with a forecast are no pattern and give no value."""
    counted: exp.Expr = exp.Count(this=exp.Distinct(expressions=[exp.column("lo", table="s")]))
    if condition is not None:
        counted = exp.Filter(this=counted, expression=exp.Where(this=condition.copy()))
    periods = or_zero(compiling.atoms.add(lift.branch, Counted(counted, lift.without)))
    enough = exp.GTE(this=periods.copy(), expression=exp.Literal.number(CURVE_NEEDS))
    return replace(parts, value=exp.Case().when(enough, parts.value), periods=periods)


def _region_of_cell(node: exp.Expr) -> exp.Expr:
    return exp.column("region", table="s") if isinstance(node, exp.Column) and node.name == "region" else node


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
    own = when(is_group(), value)
    return exp.Window(this=exp.Max(this=own), partition_by=[exp.column("bucket")])
