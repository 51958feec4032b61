"""Days: what adds up is added up per region, day and currency first, and only then meets the cells.

A window, a week or a fiscal quarter is then a few days joined to a cell, however many rows they hold. Only what gives
the same number either way goes this way: counts, and sums that are converted at one rate a day and currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from kpi.atoms import Atoms, Branch, ByDay
from kpi.daily import counted_conditions
from kpi.relations import CREDITED, relations
from kpi.trees import aliased, condition, either, named

KINDS = ("flow", "undated")


@dataclass
class Days:
    """The day by day sums of the rows of one scan that are counted by one date, or have none.

    twins: of deals that are one with one of another region, told apart by that region. possible: what a row must fulfil
    to count; None where every row may.
    """

    branch: Branch
    dimensions: tuple[str, ...]
    money: bool = False
    twins: bool = False
    columns: dict[str, ByDay] = field(default_factory=dict)
    possible: list[exp.Expr] | None = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the sums in the query."""
        what = "days" if self.branch.kind == "flow" else "undated"
        return f"{self.branch.relation}_{self.branch.counted_on}_{what}"

    def add(self, atoms: Atoms, branch: Branch, names: Iterable[str]) -> None:
        """Take up the sums by day that some atoms of a branch are made of."""
        held = {name: summed for name in names if (summed := atoms.by_day(name)) is not None}
        self.twins = atoms.twins and relations()[branch.relation].is_of_deals
        self.money |= bool(atoms.money.get(branch))
        self.columns |= {summed.name: summed for summed in held.values()}
        if self.possible is not None:
            conditions = counted_conditions({name: atoms.anywhere(name) for name in held})
            self.possible = None if conditions is None else [*self.possible, *conditions]

    def query(self, day: exp.Expr) -> exp.Select:
        """Give the query of the sums; day: the day of a row, in terms of the scan r and the regions g."""
        keys: list[exp.Expr] = [exp.column("region", table="r")]
        if self.money:
            keys.append(exp.column("currency", table="r"))
        if self.twins:
            keys.append(exp.column("counted_region", table="r"))
        keys += [exp.column(name, table="r") for name in self.dimensions]
        chosen = [*keys]
        if self.branch.kind == "flow":
            keys, chosen = [*keys, day], [*chosen, named(day, "day")]
        held = [summed.written for summed in self.columns.values()]
        query = exp.select(*chosen, *held, copy=False).from_(aliased(self.branch.scan, "r"), copy=False)
        if day.find(exp.AtTimeZone):
            query = query.join(aliased("regions", "g"), on=condition("g.region = r.region"), copy=False)
        return query.where(*window(self.branch), *self._any(), copy=False).group_by(*keys, copy=False)

    def _any(self) -> list[exp.Expr]:
        """Of the rows without a date, only those that an atom may count; broken down, each value has its cell."""
        if self.branch.kind == "flow" or self.dimensions or not self.possible:
            return []
        return [either(*dict.fromkeys(self.possible))]


def by_day(atoms: Atoms, branch: Branch) -> tuple[list[str], list[str]]:
    """Give the atoms of a branch that add up by day, and those that come from its rows."""
    names = list(atoms.found[branch])
    if branch.kind not in KINDS or branch.relation == CREDITED:
        return [], names
    summed = [name for name in names if atoms.by_day(name) is not None]
    return summed, [name for name in names if name not in set(summed)]


def window(branch: Branch) -> list[exp.Expr]:
    """Give the conditions on rows that any cell may count."""
    day = branch.counted_on or ""
    if branch.kind == "undated":
        return [condition(f"r.{day} IS NULL")]
    if relations()[branch.relation].is_instant(day):
        return [condition(f"r.{day} >= $first_lo_at"), condition(f"r.{day} < $last_end_at")]
    return [condition(f"r.{day} >= $first_lo"), condition(f"r.{day} <= $last_hi")]
