"""Lifting: the counts and sums of a formula become atoms, and what a row adds to each is told from the row alone."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from kpi.arithmetic import ENDLESS, has_ended, may_be_endless, safe_divisions
from kpi.atoms import OWN_SCANS, Atoms, Branch, Counted, filtered, local_day, parameter
from kpi.days import KINDS
from kpi.formula import COUNTING, MIDDLE, LargestSum
from kpi.money import AMOUNT, Money, RateKind
from kpi.relations import NEVER, TOLD_UNTIL, Relation, relations
from kpi.trees import both, cast, either, is_null, negated, number, or_zero, paren, when

MIDDLE_AMOUNT = "DECIMAL(24, 6)"
ZERO_IS_TRUE = ("flow", "undated", "stock", "base", "after")  # nothing won is 0; no target is no target


@dataclass(frozen=True)
class Lift:
    """Turns a formula's counts and sums into atoms of one branch; where is a condition on all its rows.

    without: a condition that leaves out the rows of regions that cannot answer, so that no total rests on them.
    twice: totals count the deals of two regions that are one in both.
    """

    atoms: Atoms
    branch: Branch
    rates: RateKind
    where: exp.Expr | None = None
    without: exp.Expr | None = None
    twice: bool = False

    @property
    def relation(self) -> Relation:
        """The table of the formula."""
        return relations()[self.branch.relation]

    def lifted(self, tree: exp.Expr) -> exp.Expr:
        """Give a formula over columns of the answer: each count or sum is an atom, each division is safe."""
        return safe_divisions(tree.transform(self._atom))

    def count_where(self, condition: exp.Expr) -> exp.Expr:
        """Give the number of rows that fulfil a condition, as an atom; the condition names columns of the branch."""
        return self._added(exp.Count(this=exp.Star()), self.of_row(condition), coalesce=True)

    def rows_of(self, node: exp.Expr) -> "Population":
        """Give the rows that a count or sum rests on."""
        aggregate, condition = self._split(node)
        argument = aggregate.this
        if isinstance(argument, exp.Distinct):
            argument = argument.expressions[0]
        value = None if argument is None or isinstance(argument, exp.Star) else self.row(argument)
        if value is not None and _asks_zone(value):
            value = self._only_where(value, condition)
        money = value is not None and self._is_money(aggregate)
        return Population(self, condition, value, money)

    def row(self, tree: exp.Expr) -> exp.Expr:
        """Give an expression of one row with its columns qualified and its own functions written out."""
        return safe_divisions(tree.transform(self._row_node))

    def of_row(self, value: exp.Expr) -> exp.Expr:
        """Give a value that the scan has computed, where it hangs on the row alone; else the value itself."""
        if self.branch.scan in OWN_SCANS or self.branch.kind == "spread":
            return value
        zone = [column for column in value.find_all(exp.Column) if column.table == "s"]
        if any(column.name != "zone" for column in zone):
            return value
        own = paren(value.copy())
        for column in list(own.find_all(exp.Column)):
            if column.table == "s":
                column.replace(exp.column("zone", table="g"))
        return self.atoms.derive(self.branch.scan, own.this)

    def converted(self, argument: exp.Expr, make: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
        """Give an aggregate over an amount in the currency asked for; the total is always in the group's."""
        asked = self.money_of(argument)
        money = self.atoms.money.setdefault(self.branch, {}).setdefault(asked.alias, asked)
        group = make(money.in_group(argument))
        if not self.atoms.local:
            return group
        is_total = exp.EQ(this=exp.Grouping(expressions=[exp.column("region", table="s")]), expression=number(1))
        return when(is_total, group, make(money.in_local(argument)))

    def money_of(self, argument: exp.Expr) -> Money:
        """Give how an amount is converted: what became of a deal has a currency of its own."""
        names = {column.name for column in argument.find_all(exp.Column)}
        return Money(self.rates, self.atoms.local, "currency_then" if "amount_then" in names else "currency")

    def endless(self, nodes: tuple[exp.Expr, ...]) -> exp.Expr | None:
        """Give whether any of a formula's medians or percentiles falls among what has not ended; None if none can."""
        found = []
        for node in nodes:
            aggregate, condition = self._split(node)
            if may_be_endless(aggregate):
                argument = _over(aggregate, self.row(aggregate.this))
                held = None if condition is None else self.of_row(condition)
                found.append(negated(paren(has_ended(self._added(argument, held, coalesce=False)))))
        return either(*found) if found else None

    def total(self, argument: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
        """Give the sum of an amount over the rows that fulfil a condition, as an atom."""

        held = None if condition is None else self.of_row(condition)

        def summed(value: exp.Expr) -> exp.Expr:
            return filtered(exp.Sum(this=value), held)

        return self.held(self.converted(argument, summed))

    def _atom(self, node: exp.Expr) -> exp.Expr:
        if not isinstance(node, (exp.Filter, *COUNTING)):
            return node
        aggregate, condition = self._split(node)
        argument = self.row(aggregate.this)
        if _asks_zone(argument):
            argument = self.of_row(self._only_where(argument, condition))
        condition = None if condition is None else self.of_row(condition)
        coalesce = isinstance(aggregate, exp.Count | exp.Sum | LargestSum) and self.branch.kind in ZERO_IS_TRUE
        if self.branch.kind == "spread":
            argument = _share_of_stretch(argument, self.branch.relation)
        if not self._is_money(aggregate):
            found = self._added(_over(aggregate, argument), condition, coalesce=coalesce)
            return exp.Case().when(has_ended(found), found.copy()) if may_be_endless(aggregate) else found

        def make(value: exp.Expr) -> exp.Expr:
            # The middle of two amounts may need a digit more than they have: 1.01 and 1.02 give 1.015.
            exact = cast(value, MIDDLE_AMOUNT) if isinstance(aggregate, MIDDLE) else value
            return filtered(_over(aggregate, exact), condition)

        found = self.held(self.converted(argument, make))
        return or_zero(found) if coalesce else found

    def _added(self, aggregate: exp.Expr, condition: exp.Expr | None, *, coalesce: bool) -> exp.Expr:
        found = self.held(filtered(aggregate, condition))
        return or_zero(found) if coalesce else found

    def held(self, aggregate: exp.Expr) -> exp.Column:
        """Give the column of an aggregate whose total counts deals that are one only once."""
        if not self.atoms.twins or self.twice or not self.relation.is_of_deals:
            return self.atoms.add(self.branch, Counted(aggregate, self.without))
        once: exp.Expr = exp.Is(this=exp.column("counted_region", table="r"), expression=exp.null())
        if self.without is not None:
            # A deal of a region that cannot answer counts for no other: its twin stands for itself.
            counted = self.without.copy().transform(_region_of_counted)
            once = exp.or_(once, exp.Not(this=exp.paren(counted)))
        return self.atoms.add(self.branch, Counted(aggregate, self.without, once))

    def _split(self, node: exp.Expr) -> tuple[exp.Expr, exp.Expr | None]:
        """Give an aggregate and the whole condition on its rows."""
        aggregate = node.this if isinstance(node, exp.Filter) else node
        own = node.expression.this if isinstance(node, exp.Filter) else None
        held = [self.row(part) for part in (self.where, own) if part is not None]
        return aggregate, both(*held) if held else None

    def _only_where(self, value: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
        """Give a value only for the rows that count: a region's day of an instant is dear to find."""
        return value if condition is None else when(condition, value)

    def _is_money(self, aggregate: exp.Expr) -> bool:
        if not isinstance(aggregate, (exp.Sum, LargestSum, *MIDDLE)):
            return False
        return any(column.name.lower() in self.relation.money for column in aggregate.find_all(exp.Column))

    def _row_node(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return self._column(node.name.lower())
        if isinstance(node, exp.Anonymous):
            days = [self._day(self.row(argument)) for argument in node.expressions]
            if len(days) == 1:
                return days[0]
            return exp.DateDiff(this=days[1], expression=days[0], unit=exp.var("DAY"))
        return node

    def _column(self, name: str) -> exp.Expr:
        if name == "as_of":
            return self._now()
        if name in ("period_start", "period_end"):
            return exp.column("lo" if name == "period_start" else "until", table="s")
        if name == NEVER:
            return exp.cast(exp.Literal.number(ENDLESS), "DOUBLE")
        if name == "taken_on":
            return exp.column("cut", table="s")
        if name in ("second_month", "third_month"):
            return exp.column(name, table="s")
        return exp.column(name, table="r", quoted=name == "at")

    def _now(self) -> exp.Expr:
        """Give the moment until which a row is known: a lead that fell due after the newest export may be answered."""
        if self.branch.kind == "stock":
            return exp.column("moment", table="s")
        if self.branch.kind in KINDS and TOLD_UNTIL in self.relation.columns:
            return exp.column(TOLD_UNTIL, table="r")
        return parameter("as_of")

    def _day(self, argument: exp.Expr) -> exp.Expr:
        """Give the region's own day of an instant; a date is its own day. The argument is already qualified."""
        inner = argument
        if isinstance(inner, exp.Column) and inner.table == "r" and self.relation.is_instant(inner.name):
            return local_day(inner)
        return inner


@dataclass(frozen=True)
class Population:
    """The rows that a count or sum rests on, and those it has to leave out because a field is empty."""

    lift: Lift
    condition: exp.Expr | None
    value: exp.Expr | None
    is_money: bool

    def count(self) -> exp.Expr:
        """Give how many rows it rests on, as an atom."""
        lacking = negated(is_null(self.value)) if self.value else None
        held = [part for part in (self.condition, lacking) if part is not None]
        return self.lift.count_where(both(*held) if held else exp.true())

    def count_if(self, condition: exp.Expr) -> exp.Expr:
        """Give how many of its rows fulfil a further condition, as an atom."""
        held = [part for part in (self.condition, condition) if part is not None]
        return self.lift.count_where(both(*held))

    def possible(self) -> exp.Expr:
        """Give the condition of a row that belongs here, or may: nothing known speaks against it."""
        if self.condition is None:
            return exp.true()
        return negated(exp.Is(this=paren(self.condition), expression=exp.false()))

    def left_out(self) -> exp.Expr | None:
        """Give the condition of a row that may belong here but lacks a field; None where no row can lack one."""
        empty = [part for part in (self.condition, self.value) if part is not None]
        if not empty:
            return None
        lacks = either(*(is_null(paren(part)) for part in empty))
        return lacks if self.condition is None else both(self.possible(), paren(lacks))

    def unrated(self) -> exp.Expr | None:
        """Give how many of its amounts have no rate, as an atom; None where it is no money."""
        if not self.is_money or self.value is None:
            return None
        value = self.value

        def counted(converted: exp.Expr) -> exp.Expr:
            lacks = both(
                negated(is_null(value)),
                is_null(converted),
                *([self.lift.of_row(self.condition)] if self.condition is not None else []),
            )
            return filtered(exp.Count(this=exp.Star()), lacks)

        found = self.lift.held(self.lift.converted(value, counted))
        return or_zero(found)


def _region_of_counted(node: exp.Expr) -> exp.Expr:
    is_region = isinstance(node, exp.Column) and node.table == "r" and node.name == "region"
    return exp.column("counted_region", table="r") if is_region else node


def _over(aggregate: exp.Expr, argument: exp.Expr) -> exp.Expr:
    """Give an aggregate over another argument."""
    more = {"expression": aggregate.expression} if isinstance(aggregate, exp.PercentileCont | LargestSum) else {}
    return type(aggregate)(this=argument, **more)


def _asks_zone(value: exp.Expr) -> bool:
    return value.find(exp.AtTimeZone) is not None


def _share_of_stretch(argument: exp.Expr, relation: str) -> exp.Expr:
    """Give a plan's value, or its days' part where the cell holds only some of its days."""
    month, last = _stretch_of(relation)
    lo, until = exp.column("lo", table="s"), exp.column("until", table="s")
    whole = both(exp.GTE(this=month, expression=lo), exp.LTE(this=last, expression=until))
    held = _days(exp.func("GREATEST", month, lo), exp.func("LEAST", last, until))
    part = exp.Div(
        this=exp.Mul(this=cast(argument, "DOUBLE"), expression=paren(held)),
        expression=paren(_days(month, last)),
    )
    return when(whole, argument, cast(part, AMOUNT))


def _days(first: exp.Expr, last: exp.Expr) -> exp.Expr:
    apart = exp.DateDiff(this=last, expression=first, unit=exp.var("DAY"))
    return exp.Add(this=apart, expression=number(1))


def _stretch_of(relation: str) -> tuple[exp.Expr, exp.Expr]:
    """Give the first and last day that a plan's value is meant for: those of its month, or those that it states."""
    if relation == "account_plan":
        return exp.column("starts_on", table="r"), exp.column("ends_on", table="r")
    return exp.column("month", table="r"), exp.LastDay(this=exp.column("month", table="r"))
