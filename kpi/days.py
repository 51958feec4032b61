"""Days: what adds up is added up per region, day and currency first, and only then meets the cells.

A window, a week or a fiscal quarter is then a few days joined to a cell, however many rows they hold. Only what gives
the same number either way goes this way: counts, and sums that are converted at one rate a day and currency.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from kpi.atoms import Branch
from kpi.money import AMOUNT
from kpi.relations import relations
from kpi.trees import aliased, both, cast, condition, either, is_null, named, number, when

KINDS = ("flow", "undated")
Then = Callable[[exp.Expr], exp.Expr]


@dataclass(frozen=True)
class Daily:
    """An aggregate in two steps: of the rows of one day, then of the days' values."""

    first: exp.Expr
    then: Then


@dataclass
class Days:
    """The day by day sums of the rows of one scan that are counted by one date, or have none."""

    branch: Branch
    dimensions: tuple[str, ...]
    money: bool = False
    columns: dict[exp.Expr, str] = field(default_factory=dict)
    possible: list[exp.Expr] | None = field(default_factory=list)  # what a row must fulfil to count; None: nothing

    @property
    def name(self) -> str:
        """The name of the sums in the query."""
        what = "days" if self.branch.kind == "flow" else "undated"
        return f"{self.branch.relation}_{self.branch.counted_on}_{what}"

    def column(self, first: exp.Expr) -> exp.Expr:
        """Give the column that holds an aggregate over the rows of a day."""
        name = self.columns.setdefault(first, f"d{len(self.columns) + 1}")
        return exp.column(name, table="r")

    def query(self, day: exp.Expr) -> exp.Select:
        """Give the query of the sums; day: the day of a row, in terms of the scan r and the regions g."""
        keys: list[exp.Expr] = [exp.column("region", table="r")]
        if self.money:
            keys.append(exp.column("currency", table="r"))
        keys += [exp.column(name, table="r") for name in self.dimensions]
        chosen = [*keys]
        if self.branch.kind == "flow":
            keys, chosen = [*keys, day], [*chosen, named(day, "day")]
        held = [named(first, name) for first, name in self.columns.items()]
        query = exp.select(*chosen, *held, copy=False).from_(aliased(self.branch.scan, "r"), copy=False)
        if day.find(exp.AtTimeZone):
            query = query.join(aliased("regions", "g"), on=condition("g.region = r.region"), copy=False)
        return query.where(*window(self.branch), *self._any(), copy=False).group_by(*keys, copy=False)

    def _any(self) -> list[exp.Expr]:
        """Of the rows without a date, only those that an atom may count; broken down, each value has its cell."""
        if self.branch.kind == "flow" or self.dimensions or not self.possible:
            return []
        return [either(*dict.fromkeys(self.possible))]


def window(branch: Branch) -> list[exp.Expr]:
    """Give the conditions on rows that any cell may count."""
    day = branch.counted_on or ""
    if branch.kind == "undated":
        return [condition(f"r.{day} IS NULL")]
    if relations()[branch.relation].is_instant(day):
        return [condition(f"r.{day} >= $first_lo_at"), condition(f"r.{day} < $last_end_at")]
    return [condition(f"r.{day} >= $first_lo"), condition(f"r.{day} <= $last_hi")]


def daily(aggregate: exp.Expr) -> Daily | None:
    """Give an aggregate in two steps; None where it hangs on the cell, or does not add up."""
    inner, held = (
        (aggregate.this, aggregate.expression.this) if isinstance(aggregate, exp.Filter) else (aggregate, None)
    )
    if isinstance(inner, exp.Count) and isinstance(inner.this, exp.Star):
        return _count(held)
    if not isinstance(inner, exp.Sum | exp.Count) or (held is not None and not _of_row(held)):
        return None
    value = inner.this
    if isinstance(inner, exp.Count):
        return Daily(aggregate, _whole) if not isinstance(value, exp.Distinct) and _of_row(value) else None
    if isinstance(value, exp.Mul) and _is_rate(value.expression) and _of_row(value.this):
        rate = value.expression
        first = cast(_filtered(exp.Sum(this=value.this), held), AMOUNT)
        return Daily(first, lambda column: exp.Sum(this=exp.Mul(this=column, expression=rate)))
    return Daily(aggregate, lambda column: exp.Sum(this=column)) if _of_row(value) else None


def counted_conditions(atoms: Mapping[str, exp.Expr]) -> list[exp.Expr] | None:
    """Give what a row must fulfil to be counted by each of the atoms; None where one of them counts every row."""
    found = []
    for atom in atoms.values():
        if not isinstance(atom, exp.Filter):
            return None
        found.append(atom.expression.this)
    return found


def _count(held: exp.Expr | None) -> Daily | None:
    if held is None or _of_row(held):
        return Daily(_filtered(exp.Count(this=exp.Star()), held), _whole)
    rest, rates = [], []
    for part in held.flatten() if isinstance(held, exp.And) else [held]:
        rate = _lacking(part)
        if rate is not None:
            rates.append(rate)
        elif _of_row(part):
            rest.append(part)
        else:
            return None
    if len(rates) != 1:
        return None
    first = _filtered(exp.Count(this=exp.Star()), both(*rest) if rest else None)
    return Daily(first, lambda column: _whole(when(is_null(rates[0]), column, number(0))))


def _lacking(part: exp.Expr) -> exp.Expr | None:
    """Give the rate, where a condition says that an amount has none."""
    while isinstance(part, exp.Paren):
        part = part.this
    if isinstance(part, exp.Is) and isinstance(part.expression, exp.Null) and isinstance(part.this, exp.Mul):
        product = part.this
        return product.expression if _is_rate(product.expression) and _of_row(product.this) else None
    return None


def _whole(column: exp.Expr) -> exp.Expr:
    return cast(exp.Sum(this=column), "BIGINT")


def _filtered(aggregate: exp.Expr, held: exp.Expr | None) -> exp.Expr:
    return aggregate if held is None else exp.Filter(this=aggregate, expression=exp.Where(this=held))


def _is_rate(value: exp.Expr) -> bool:
    return isinstance(value, exp.Column) and value.name == "rate"


def _of_row(value: exp.Expr) -> bool:
    """Say whether a value hangs on the row alone."""
    return all(column.table == "r" for column in value.find_all(exp.Column))
