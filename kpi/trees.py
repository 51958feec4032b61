"""Pieces of SQL as trees. A tree that stands is never changed, so that one piece may stand in many places.

Copying was two thirds of the cost of compiling. Whoever changes a tree (replace, set, transform in place) takes a copy
of it first; nobody asks a shared piece for its parent. The text is written from a copy of the whole statement.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TypeVar

import sqlglot
from sqlglot import exp

Tree = TypeVar("Tree", bound=exp.Expr)


def without_places(tree: Tree) -> Tree:
    """Give a tree that no longer knows where in its text the names stood: copying that costs more than the rest."""
    for node in tree.walk():
        node._meta = None
    return tree


@lru_cache(maxsize=512)
def condition(text: str) -> exp.Expr:
    """Give a constant condition as a tree."""
    return without_places(sqlglot.parse_one(text, dialect="duckdb"))


def cast(value: exp.Expr, kind: str) -> exp.Expr:
    """Give a value as another type; one that is of that type already stays as it is."""
    to = _type(kind)
    if isinstance(value, exp.Cast) and value.args["to"] == to:
        return value
    return exp.Cast(this=value, to=to)


def both(*parts: exp.Expr) -> exp.Expr:
    """Give the condition that all of some conditions hold."""
    return exp.and_(*parts, copy=False)


def either(*parts: exp.Expr) -> exp.Expr:
    """Give the condition that any of some conditions holds."""
    return exp.or_(*parts, copy=False)


def negated(part: exp.Expr) -> exp.Expr:
    """Give the condition that a condition does not hold."""
    return exp.Not(this=part)


def is_null(value: exp.Expr) -> exp.Expr:
    """Give the condition that a value is empty."""
    return exp.Is(this=value, expression=exp.null())


def paren(value: exp.Expr) -> exp.Paren:
    """Give a value in parentheses."""
    return exp.Paren(this=value)


def when(condition: exp.Expr, value: exp.Expr, otherwise: exp.Expr | None = None) -> exp.Expr:
    """Give a value where a condition holds, else another one, or none."""
    case = exp.Case(ifs=[exp.If(this=condition, true=value)])
    if otherwise is not None:
        case.set("default", otherwise)
    return case


def first_of(value: exp.Expr, *others: exp.Expr) -> exp.Expr:
    """Give the first of some values that is not empty."""
    return exp.Coalesce(this=value, expressions=list(others))


def or_zero(value: exp.Expr) -> exp.Expr:
    """Give a value, 0 where it is empty."""
    return first_of(value, number(0))


def number(value: int) -> exp.Expr:
    """Give a number."""
    return exp.Literal.number(value)


def named(value: exp.Expr, name: str) -> exp.Expr:
    """Give a value under a name."""
    return exp.Alias(this=value, alias=exp.to_identifier(name))


def written_out(tree: exp.Expr, derived: Mapping[str, exp.Expr]) -> exp.Expr:
    """Give a condition or sum with the values that a scan works out in the place of their names."""

    def written(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in derived:
            return exp.Paren(this=derived[node.name].copy())
        return node

    return tree.transform(written)


def as_text(tree: exp.Expr) -> exp.Expr:
    """Give a tree that stands as its text, so that no statement that it stands in writes it again.

    Only trees of the house become text, never words of a file or of a reader.
    """
    return exp.Var(this=tree.sql(dialect="duckdb"))


def aliased(name: str, alias: str) -> exp.Table:
    """Give a table, or a part of the query, under a short name."""
    return exp.Table(this=exp.to_identifier(name), alias=exp.TableAlias(this=exp.to_identifier(alias)))


@cache
def _type(kind: str) -> exp.DataType:
    return without_places(exp.DataType.build(kind, dialect="duckdb"))
