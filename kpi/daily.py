"""What adds up by day: an aggregate over the rows of one day, and then over the days' values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from kpi.money import AMOUNT
from kpi.trees import both, cast, is_null, number, when

Then = Callable[[exp.Expr], exp.Expr]


@dataclass(frozen=True)
class Daily:
    """An aggregate in two steps: of the rows of one day, then of the days' values."""

    first: exp.Expr
    then: Then


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
