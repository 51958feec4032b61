"""From the house's SQL, which is DuckDB's, to another engine's: what all translations share.

A translation is a tree turned node by node. Names of parameters become marks, which each engine fills in its own way.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from kpi.errors import KpiError
from warehouse.schema import tables

MARK = re.compile("⟦(\\w+)⟧")
Turn = Callable[[exp.Expr], exp.Expr]


class UntranslatableError(KpiError):
    """A statement holds what no translation to an engine knows."""


def parsed(sql: str) -> exp.Query:
    """Give a statement of the house as a tree, each parameter a mark."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    if not isinstance(tree, exp.Query):
        raise UntranslatableError(f"only a query can be asked of another engine, not: {sql[:80]}")
    for node in list(tree.find_all(exp.Placeholder, exp.Parameter)):
        node.replace(exp.var(f"⟦{node.name}⟧"))
    for node in list(tree.find_all(exp.Add)):
        if (later := _later(node)) is not None:
            node.replace(later)
    return tree


def _later(node: exp.Add) -> exp.Expr | None:
    """Give a day plus so many months or days that a column says, as a node that each dialect has words for."""
    length = node.expression
    if not isinstance(length, exp.Interval) or isinstance(length.this, exp.Literal) or length.this is None:
        return None
    return exp.DateAdd(this=node.this.copy(), expression=length.this.unnest().copy(), unit=length.args["unit"])


def turned(tree: exp.Query, turn: Turn) -> exp.Query:
    """Give a tree with every node turned, the inner ones first."""
    for node in reversed(list(tree.walk())):
        other = turn(node)
        if other is not node:
            node.replace(other)
    return tree


def filled(text: str, word: Callable[[str], str]) -> str:
    """Give a translated statement with each parameter's mark replaced by the engine's own word for it."""
    return MARK.sub(lambda found: word(found[1]), text)


def marks(node: exp.Expr) -> list[str]:
    """Give the names of the parameters below a node."""
    return [found[1] for var in node.find_all(exp.Var) for found in MARK.finditer(var.name)]


def unions_by_name(tree: exp.Query) -> list[exp.Subquery]:
    """Give the outermost subqueries whose selects are united by the names of their columns."""
    found = [node for node in tree.find_all(exp.Subquery) if _is_by_name(node.this)]
    return [node for node in found if not any(_is_by_name(above) for above in _above(node))]


def united(node: exp.Expr) -> list[exp.Select]:
    """Give the selects that a union puts together, in their order."""
    if isinstance(node, exp.Subquery):
        return united(node.this)
    if isinstance(node, exp.Union):
        return [*united(node.left), *united(node.right)]
    if isinstance(node, exp.Select):
        return [node]
    raise UntranslatableError(f"a union of {type(node).__name__}")


def lined_up(selects: list[exp.Select]) -> exp.Query:
    """Give a union of selects by place: each has every column, null where it lacks it."""
    names = list(dict.fromkeys(name for select in selects for name in select.named_selects))
    for select in selects:
        own: Mapping[str, exp.Expr] = {column.alias_or_name: column for column in select.expressions}
        columns = [own[name] if name in own else exp.null().as_(name) for name in names]
        select.set("expressions", columns)
    query: exp.Query = selects[0]
    for select in selects[1:]:
        query = exp.Union(this=query, expression=select, distinct=False)
    return query


def without_stars(tree: exp.Query) -> exp.Query:
    """Write out the columns of one table among several joined ones (d.*)."""
    known = {name: [column.name for column in table.columns] for name, table in tables().items()}
    with_ = tree.args.get("with_")
    for cte in with_.expressions if with_ is not None else ():
        for select in list(cte.this.find_all(exp.Select)):
            sources = {table.alias_or_name: table.name for table in _own_tables(select)}
            written: list[exp.Expr] = []
            for column in select.expressions:
                is_star = isinstance(column, exp.Column) and isinstance(column.this, exp.Star)
                if is_star and sources.get(column.table) in known:
                    names = known[sources[column.table]]
                    written += [exp.column(name, table=column.table, quoted=name == "at") for name in names]
                else:
                    written.append(column)
            select.set("expressions", written)
        first = cte.this.find(exp.Select)
        known[cte.alias] = [name for column in first.expressions for name in _names_of(column, first, known)]
    return tree


def without_all(tree: exp.Query) -> exp.Query:
    """Write out the columns that GROUP BY ALL stands for: those that nothing is counted or summed in."""
    for group in list(tree.find_all(exp.Group)):
        if group.args.get("all"):
            select = group.find_ancestor(exp.Select)
            columns = [column.unalias() for column in select.expressions] if select is not None else []
            group.set("all", None)
            group.set("expressions", [column.copy() for column in columns if not column.find(exp.AggFunc)])
    return tree


def _own_tables(select: exp.Select) -> Iterator[exp.Table]:
    """Give the tables that a select names itself, not those of the selects within it."""
    joins = [join.this for join in select.args.get("joins") or ()]
    for source in (*([select.args["from_"].this] if select.args.get("from_") else ()), *joins):
        if isinstance(source, exp.Table):
            yield source


def _names_of(column: exp.Expr, select: exp.Select, known: Mapping[str, list[str]]) -> list[str]:
    if not isinstance(column, exp.Star):
        return [column.alias_or_name]
    return [name for table in select.find_all(exp.Table) for name in known.get(table.name, ())]


def quantile(node: exp.Expr) -> tuple[exp.Expr, str] | None:
    """Give what a quantile is taken of, and which (0 to 1); None for any other node."""
    if isinstance(node, exp.Median):
        return node.this.copy(), "0.5"
    if isinstance(node, exp.PercentileCont | exp.Quantile) and isinstance(place := _place(node), exp.Literal):
        return node.this.copy(), str(place.this)
    return None


def largest_sum(node: exp.Expr, text: str, dialect: str) -> exp.Expr | None:
    """Give the sum of the few largest values in an engine's own words; None for any other node.

    text: those words, with each_value, how_many and where_it_counts in the places of what differs.
    """
    if not isinstance(node, exp.Anonymous) or node.name.upper() != "LIST_SUM":
        return None
    held = node.expressions[0]
    largest, counts = (held.this, held.expression.this) if isinstance(held, exp.Filter) else (held, exp.true())
    few = largest.args.get("count") or largest.expressions[0]
    parts = {"each_value": largest.this, "how_many": few, "where_it_counts": counts}
    found = exp.paren(sqlglot.parse_one(text, dialect=dialect), copy=False)
    for column in list(found.find_all(exp.Column)):
        if column.name in parts:
            column.replace(exp.paren(parts[column.name].copy()) if column.name != "how_many" else few.copy())
    return found


def _place(node: exp.Expr) -> exp.Expr | None:
    found = node.args.get("quantile") or node.args.get("expression")
    return found if isinstance(found, exp.Expr) else None


def _above(node: exp.Expr) -> Iterator[exp.Expr]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _is_by_name(node: exp.Expr) -> bool:
    return isinstance(node, exp.Union) and bool(node.args.get("by_name"))


def listed_rows(tree: exp.Query, rows_of: Callable[[dict[str, str]], exp.Query]) -> None:
    """Replace each select that unfolds lists side by side; rows_of makes the engine's own of column -> mark."""
    for select in list(tree.find_all(exp.Select)):
        lists = {column.alias: column.this.this for column in select.expressions if _unfolds(column)}
        if lists and len(lists) == len(select.expressions):
            select.replace(rows_of({name: mark.name for name, mark in lists.items()}))


@dataclass(frozen=True)
class Growing:
    """A recursion of a statement: its first rows, and those that follow from the ones that are there (by its name)."""

    name: str
    first: exp.Select
    following: exp.Select

    @property
    def grown(self) -> exp.Union:
        """The rows that are there and those that follow from them, each once."""
        there = exp.select("*").from_(self.name)
        return exp.Union(this=there, expression=self.following.copy(), distinct=True)


def in_a_row(tree: exp.Query) -> exp.Query:
    """Move what a recursive part defines for itself before it, named after it: no part holds others then."""
    with_ = tree.args.get("with_")
    parts = []
    for cte in with_.expressions if with_ is not None else ():
        own = cte.this.args.get("with_")
        if own is not None and own.args.get("recursive"):
            names = {inner.alias: f"{cte.alias}_{inner.alias}" for inner in own.expressions}
            for table in list(cte.this.find_all(exp.Table)):
                if table.name in names:
                    table.replace(exp.to_table(names[table.name]).as_(table.alias_or_name))
            for inner in own.expressions:
                inner.set("alias", exp.TableAlias(this=exp.to_identifier(names[inner.alias])))
                parts.append(inner)
            cte.this.set("with_", None)
        parts.append(cte)
    if with_ is not None:
        with_.set("expressions", parts)
    return tree


def growing(cte: exp.CTE) -> Growing | None:
    """Give the recursion that a part is; None where it is none."""
    union = cte.this
    if not isinstance(union, exp.Union) or not any(table.name == cte.alias for table in union.find_all(exp.Table)):
        return None
    first, following = union.left, union.right
    if not union.args.get("distinct") or not isinstance(first, exp.Select) or not isinstance(following, exp.Select):
        raise UntranslatableError("a recursion of other than two selects whose rows are each there once")
    return Growing(cte.alias, first, following)


def _unfolds(column: exp.Expr) -> bool:
    return isinstance(column, exp.Alias) and isinstance(column.this, exp.Explode | exp.Unnest) and bool(marks(column))
