"""Arithmetic of formulas in SQL: divisions that are null where there is nothing to divide by, and what never ends."""

from sqlglot import exp

from kpi.relations import NEVER
from kpi.trees import cast, number, when

ENDLESS, ENDED_BELOW = 10**12, 10**9  # "never", and what no value that has ended reaches: also between the two


def safe_divisions(tree: exp.Expr) -> exp.Expr:
    """Give arithmetic whose divisions are done in DOUBLE and are null where there is nothing to divide by.

    greatest and least are null where any of theirs is: engines that skip what is unknown would make it a number.
    """
    if tree.find(exp.Div, exp.Greatest, exp.Least) is None:
        return tree
    whole = exp.paren(tree, copy=False)
    for node in reversed(list(whole.find_all(exp.Greatest, exp.Least))):
        node.replace(_where_known(node))
    tree = whole.this
    tree.pop()
    for division in reversed(list(tree.find_all(exp.Div))):
        below = exp.Nullif(this=cast(division.expression, "DOUBLE"), expression=number(0))
        division.set("this", cast(division.this, "DOUBLE"))
        division.set("expression", below)
    return tree


def ended(value: exp.Expr) -> exp.Expr:
    """Give a row's value, null where it has not ended."""
    return when(has_ended(value), value)


def has_ended(value: exp.Expr) -> exp.Expr:
    """Give whether a value is that of something that has ended."""
    return exp.LT(this=value, expression=number(ENDED_BELOW))


def may_be_endless(aggregate: exp.Expr) -> bool:
    """Say whether what never ended may be among the values of an aggregate."""
    return any(column.name.lower() == NEVER for column in aggregate.find_all(exp.Column))


def _where_known(node: exp.Expr) -> exp.Expr:
    parts = (node.this, *node.expressions)
    known = [exp.Not(this=exp.Is(this=exp.paren(part.copy()), expression=exp.null())) for part in parts]
    return exp.Case().when(exp.and_(*known), node.copy())
