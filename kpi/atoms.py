"""Atoms: the counts and sums that formulas are made of, each computed once however many KPIs use it."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from sqlglot import exp

from kpi.daily import Daily, daily
from kpi.formula import COUNTING, LargestSum
from kpi.money import Money
from kpi.relations import BASE, CREDITED, FORECAST, OF_CELLS, SELLER, relations
from kpi.trees import as_text, cast, either, named, number, when, written_out

Kind = Literal["flow", "undated", "stock", "spread", "curve", "base", "after", "past"]
# Made for the query; the other scans read a table's states.
OWN_SCANS = ("cell_fill", BASE, CREDITED, FORECAST, SELLER, *OF_CELLS)


@dataclass(frozen=True)
class Branch:
    """Rows that are aggregated together: one table, counted by one date (or as a stock), in one window.

    one_rate: amounts at the rates of one day, so that two windows compare without exchange rates.
    """

    relation: str
    kind: Kind
    frame: str
    counted_on: str | None = None
    cells: tuple[str, ...] = ()
    taken: str | None = None
    one_rate: bool = False

    @property
    def scan(self) -> str:
        """The scan whose rows are aggregated."""
        if self.relation in OWN_SCANS:
            return self.relation
        if self.cells:
            return "target_plan"
        return f"{self.relation}_{'states' if self.kind == 'stock' else 'known'}"


@dataclass(frozen=True)
class Counted:
    """An aggregate over the rows of any region, and the two conditions on them that depend on who is asked for what.

    always: which regions' rows count. once: in a total, which of the deals that are one counts.
    """

    aggregate: exp.Expr
    always: exp.Expr | None = None
    once: exp.Expr | None = None

    def over(self, aggregate: exp.Expr) -> exp.Expr:
        """Give an aggregate over the rows that count."""
        own = aggregate if self.always is None else only(aggregate, self.always)
        if self.once is None:
            return own
        is_total = exp.EQ(this=exp.Grouping(expressions=[exp.column("region", table="s")]), expression=number(1))
        return when(is_total, only(own, self.once), own)


@dataclass(frozen=True)
class ByDay:
    """An atom in two steps: a sum of the rows of one day under its own name, and of the days' sums.

    of_row: the first in terms of the row as it is stored. written, again: both as the statement holds them.
    """

    name: str
    of_row: exp.Expr
    written: exp.Expr
    again: exp.Expr


@dataclass
class Atoms:
    """Atoms by branch; the same count or sum asked twice is one atom.

    twins: some deals are confirmed to be one, so that totals leave out the one of them. money: the rates that a
    branch's atoms name. derived: conditions and values of one row by the scan that computes them, once a row instead of
    once for every cell that the row falls into. columns: those of each table that its scans must read; known of the
    atoms of one query, which are taken out of all those that its definitions have led to.
    """

    local: bool
    twins: bool = False
    found: dict[Branch, dict[str, exp.Expr]] = field(default_factory=dict)
    money: dict[Branch, dict[str, Money]] = field(default_factory=dict)
    columns: dict[str, set[str]] = field(default_factory=dict)
    derived: dict[str, dict[str, exp.Expr]] = field(default_factory=dict)
    _names: dict[tuple[Branch | str, exp.Expr], str] = field(default_factory=dict)
    _written: dict[str, exp.Expr] = field(default_factory=dict)
    _shared: dict[Hashable, str] = field(default_factory=dict)
    _limits: dict[str, str | None] = field(default_factory=dict)
    _summed: dict[str, "ByDay | None"] = field(default_factory=dict)
    _branches: dict[str, Branch] = field(default_factory=dict)
    _counted: dict[str, Counted] = field(default_factory=dict)
    _read: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def add(self, branch: Branch, counted: exp.Expr | Counted) -> exp.Column:
        """Give the column under which the branch's aggregate can be used."""
        counted = counted if isinstance(counted, Counted) else Counted(counted)
        aggregate = counted.over(counted.aggregate)
        key = (branch, aggregate)
        if key not in self._names:
            name = self._named(key, "atom", aggregate)
            self.found.setdefault(branch, {})[name] = aggregate
            self._branches[name], self._counted[name] = branch, counted
        return exp.column(self._names[key])

    def anywhere(self, name: str) -> exp.Expr:
        """Give an atom as the aggregate that it is over the rows of any region."""
        return self._counted[name].aggregate

    def derive(self, scan: str, value: exp.Expr) -> exp.Expr:
        """Give the column under which a scan's rows carry a value of their own; a plain column is one already."""
        if isinstance(value, exp.Column | exp.Boolean):
            return value
        key = (scan, value)
        if key not in self._names:
            name = self._named(key, "state" if scan.endswith("_states") else "row", value)
            self.derived.setdefault(scan, {})[name] = value
        return exp.column(self._names[key], table="r")

    def of(self, names: Iterable[str]) -> "Atoms":
        """Give the atoms of those names, in their order, with what they rest on."""
        kept = replace(self, found={}, money={}, columns={}, derived={})  # its names go on being those of all
        for name in names:
            branch = self._branches.get(name)
            if branch is not None:
                kept.found.setdefault(branch, {})[name] = self.found[branch][name]
                self._rest(kept, branch, self._read[name])
        return kept

    def written(self, name: str) -> exp.Expr:
        """Give an atom under its name as the statement holds it, written once for all questions."""
        if name not in self._written:
            self._written[name] = as_text(named(self.found[self._branches[name]][name], name))
        return self._written[name]

    def shared(self, key: Hashable, make: Callable[[], exp.Expr]) -> str:
        """Give the text of a part of statements that many questions share, written once."""
        if key not in self._shared:
            self._shared[key] = make().sql(dialect="duckdb")
        return self._shared[key]

    def limit(self, name: str) -> str | None:
        """Give what a row must fulfil to be counted by an atom, as text; None where it counts every row."""
        if name not in self._limits:
            self._limits[name] = _limit(self.anywhere(name))
        return self._limits[name]

    def of_row(self, scan: str) -> tuple[exp.Expr, ...]:
        """Give the values that a scan works out for each row, under their names as the statement holds them."""
        for name, value in self.derived.get(scan, {}).items():
            if name not in self._written:
                self._written[name] = as_text(named(value, name))
        return tuple(self._written[name] for name in self.derived.get(scan, {}))

    def by_day(self, name: str) -> "ByDay | None":
        """Give an atom as a sum of sums by day; None where it hangs on the cell, or does not add up."""
        if name not in self._summed:
            found = daily(self.anywhere(name))
            # Questions are put side by side: whoever is first names the sum, for a statement names it in two places.
            self._summed.setdefault(name, None if found is None else self._by_day(name, found))
        return self._summed[name]

    def _by_day(self, name: str, found: Daily) -> "ByDay":
        branch = self._branches[name]
        key = (f"{branch.scan} {branch.kind} {branch.counted_on}", found.first)
        own = self._names[key] if key in self._names else self._named(key, "day", found.first)
        return ByDay(
            own,
            written_out(found.first, self.derived.get(branch.scan, {})),
            as_text(named(found.first, own)),
            as_text(named(self._counted[name].over(found.then(exp.column(own, table="r"))), name)),
        )

    def _rest(self, kept: "Atoms", branch: Branch, read: frozenset[tuple[str, str]]) -> None:
        columns = kept.columns.setdefault(branch.relation, set())
        known = relations()[branch.relation].columns if branch.relation in relations() else {}
        for table, column in sorted(read):
            value = self.derived.get(branch.scan, {}).get(column) if table == "r" else None
            if value is not None:
                kept.derived.setdefault(branch.scan, {})[column] = value
                columns |= {name for place, name in self._read[column] if place == "r" and name in known}
            elif table == "r" and column in known:
                columns.add(column)
            elif table in self.money.get(branch, {}):
                kept.money.setdefault(branch, {})[table] = self.money[branch][table]
                columns.add("currency")

    def _named(self, key: tuple[Branch | str, exp.Expr], kind: str, tree: exp.Expr) -> str:
        name = self._names[key] = f"_{kind}_{next(self._numbers)}"
        self._read[name] = frozenset((column.table, column.name) for column in tree.find_all(exp.Column))
        return name


def _limit(aggregate: exp.Expr) -> str | None:
    """Give the condition of an aggregate, or of any of those that it is made of; None where one has none."""
    counted = list(aggregate.find_all(exp.AggFunc))
    held = [node.parent.expression.this for node in counted if isinstance(node.parent, exp.Filter)]
    if not held or len(held) < len(counted):
        return None
    return either(*held).sql(dialect="duckdb")


def only(aggregate: exp.Expr, condition: exp.Expr) -> exp.Expr:
    """Give a count or sum, whatever is made of it, over those of its rows alone that fulfil one more condition."""

    def narrowed(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Filter):
            held = exp.and_(node.expression.this.copy(), condition.copy())
            return exp.Filter(this=node.this, expression=exp.Where(this=held))
        return filtered(node, condition) if isinstance(node, COUNTING) else node

    return aggregate.copy().transform(narrowed)


def filtered(aggregate: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    """Give an aggregate over the rows that fulfil a condition; without one over all."""
    if isinstance(aggregate, LargestSum):
        largest = exp.Max(this=aggregate.this, expressions=[aggregate.expression])
        return exp.func("LIST_SUM", filtered(largest, condition))
    if condition is None or condition == exp.true():
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition))


def parameter(name: str) -> exp.Expr:
    """Give a value that comes with the query, never in its text."""
    return exp.Parameter(this=exp.var(name))


def local_day(instant: exp.Expr) -> exp.Expr:
    """Give the day of an instant in the zone of the cell's region."""
    return cast(exp.AtTimeZone(this=instant, zone=exp.column("zone", table="s")), "DATE")
