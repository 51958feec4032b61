"""Formulas: one line of text becomes a checked tree; what is not on the list of what is allowed is refused."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kpi.errors import KpiError
from kpi.relations import NEVER, PARAMETERS, Relation
from kpi.trees import without_places
from organisation import nearest

MAX_LENGTH = 1000
MAX_DEPTH = 24
LARGEST = "sum_of_largest"
MOST_OF_LARGEST = 10

LargestSum = exp.ApproxTopK  # stands for sum_of_largest: sqlglot's own nodes are compiled and take no sister
COUNTING = (exp.Count, exp.Sum, exp.Min, exp.Max, exp.Median, exp.PercentileCont, LargestSum)
MIDDLE = (exp.Median, exp.PercentileCont)  # what lies at a place among the rows in order
OWN_FUNCTIONS = {"days_between": 2, "local_day": 1}
ALLOWED: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Paren, exp.Literal, exp.Boolean, exp.Null),
        *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE),
        *(exp.In, exp.Between, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Case, exp.If, exp.Coalesce),
        *(exp.Abs, exp.Greatest, exp.Least, exp.Interval, exp.Var, exp.Column, exp.Identifier),
        *(exp.Star, exp.Filter, exp.Where, exp.Distinct, exp.Anonymous, *COUNTING),
    }
)
WORDS = (
    "count",
    "sum",
    "min",
    "max",
    "median",
    "percentile",
    "coalesce",
    "abs",
    "greatest",
    "least",
    LARGEST,
    *OWN_FUNCTIONS,
)
UNITS = frozenset({"DAY", "HOUR", "MINUTE", "WEEK", "MONTH"})


class FormulaError(KpiError):
    """A formula says something that formulas may not say, or names what does not exist."""


@dataclass(frozen=True)
class Formula:
    """A checked formula. columns: those it touches, parameters left out. aggregates: its counts and sums in order."""

    text: str
    tree: exp.Expr
    columns: tuple[str, ...]
    aggregates: tuple[exp.Expr, ...]

    @property
    def denominator(self) -> exp.Expr | None:
        """What a ratio divides by; None where the formula is no ratio."""
        tree = self.tree.unnest()
        return tree.expression.unnest() if isinstance(tree, exp.Div) else None

    @property
    def numerator(self) -> exp.Expr | None:
        """What a ratio divides; None where the formula is no ratio."""
        tree = self.tree.unnest()
        return tree.this.unnest() if isinstance(tree, exp.Div) else None


@lru_cache(maxsize=1024)
def aggregate_formula(text: str, relation: Relation) -> Formula:
    """Give a formula over the rows of a table: counts, sums and medians, and arithmetic between them."""
    tree = _parsed(text)
    columns = _checked(tree, relation)
    aggregates = tuple(_outermost_aggregates(tree))
    if not aggregates:
        raise FormulaError(f'"{text}" counts or sums nothing. Write for example count(*) or sum(amount)')
    for column in tree.find_all(exp.Column):
        if not _inside(column, (*COUNTING, exp.Filter)):
            raise FormulaError(f'"{column.name}" stands outside of count, sum, min, max, median or percentile')
    for aggregate in aggregates:
        _check_aggregate(aggregate, relation)
    return Formula(text, tree, columns, aggregates)


@lru_cache(maxsize=1024)
def row_condition(text: str, relation: Relation) -> Formula:
    """Give a condition on one row: no counts or sums."""
    tree = _parsed(text)
    columns = _checked(tree, relation)
    if tree.find(*COUNTING, exp.Filter, exp.Star):
        raise FormulaError(f'"{text}" must be a condition on one row, without count or sum')
    _refuse_never(tree)
    return Formula(text, tree, columns, ())


@lru_cache(maxsize=1024)
def combination(text: str, known: frozenset[str]) -> Formula:
    """Give arithmetic between KPIs; known are the KPIs there are."""
    tree = _parsed(text)
    numbers = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Paren, exp.Literal)
    allowed = (*numbers, exp.Greatest, exp.Least, exp.Column, exp.Identifier)
    for node in tree.walk():
        if type(node) not in allowed or (isinstance(node, exp.Literal) and node.is_string):
            raise FormulaError(
                f'"{node.sql()}" cannot stand between KPIs; only + - * /, greatest, least and numbers can'
            )
    names = _names(tree)
    for name in names:
        if name not in known:
            raise FormulaError(_unknown("KPI", name, known))
    if not names:
        raise FormulaError(f'"{text}" names no KPI')
    return Formula(text, tree, names, ())


def _parsed(text: str) -> exp.Expr:
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"is {len(text)} characters long; at most {MAX_LENGTH} are read")
    if any(mark in text for mark in ("--", "/*", "*/", ";", "$", "?", '"', "\\", "\x00")) or not text.isprintable():
        raise FormulaError("may hold no comment, semicolon, placeholder, quoted name or control character")
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise FormulaError(f'"{text}" cannot be read as a formula') from error
    if not isinstance(tree, exp.Expr):
        raise FormulaError(f'"{text}" cannot be read as a formula')
    return without_places(tree.transform(_of_two, copy=False))


def _of_two(node: exp.Expr) -> exp.Expr:
    """Give percentile(value, 0.9) and sum_of_largest(value, 3) as what they are."""
    if isinstance(node, LargestSum):
        raise FormulaError(_unknown("function", "approx_top_k", WORDS))
    name = str(node.this).lower() if isinstance(node, exp.Anonymous) and len(node.expressions) == 2 else ""
    kinds: dict[str, type[exp.Expr]] = {"percentile": exp.PercentileCont, LARGEST: LargestSum}
    return kinds[name](this=node.expressions[0], expression=node.expressions[1]) if name in kinds else node


def _checked(tree: exp.Expr, relation: Relation) -> tuple[str, ...]:
    """Check every node against the list and give the columns touched."""
    for node, depth in _walk(tree):
        if depth > MAX_DEPTH:
            raise FormulaError(f"nests deeper than {MAX_DEPTH} levels")
        if type(node) not in ALLOWED:
            raise FormulaError(f'"{_short(node)}" ({type(node).__name__}) may not stand in a formula')
        _check_node(node)
    names = _names(tree)
    for name in names:
        if name not in relation.columns and name not in PARAMETERS:
            raise FormulaError(_unknown(f"column of {relation.name}", name, (*relation.columns, *PARAMETERS)))
    return tuple(name for name in names if name not in PARAMETERS)


def _check_node(node: exp.Expr) -> None:
    if isinstance(node, exp.Anonymous):
        name = str(node.this).lower()
        if len(node.expressions) != OWN_FUNCTIONS.get(name):
            raise FormulaError(_unknown("function", name, WORDS))
    elif isinstance(node, exp.Column) and (len(node.parts) != 1 or not isinstance(node.this, exp.Identifier)):
        raise FormulaError(f'"{_short(node)}" must be a plain column name')
    elif isinstance(node, exp.In) and (not node.expressions or node.args.get("query") or node.args.get("unnest")):
        raise FormulaError(f'"{_short(node)}" must list the values')
    elif isinstance(node, exp.Star) and (not isinstance(node.parent, exp.Count) or any(node.args.values())):
        raise FormulaError("* may only stand in count(*)")
    elif isinstance(node, exp.Interval):
        _check_interval(node)
    elif isinstance(node, exp.Var) and not isinstance(node.parent, exp.Interval):
        raise FormulaError(f'"{_short(node)}" may not stand in a formula')
    elif isinstance(node, exp.PercentileCont):
        _check_place(node)
    elif isinstance(node, LargestSum) and not _is_few(node.expression):
        raise FormulaError(f'"{_short(node)}" must say how many: {LARGEST}(amount, 3), at most {MOST_OF_LARGEST}')
    elif isinstance(node, exp.Distinct) and not isinstance(node.parent, exp.Count):
        raise FormulaError("distinct may only stand in count(distinct …)")


def _check_place(node: exp.PercentileCont) -> None:
    place = node.args.get("expression")
    if not (isinstance(place, exp.Literal) and not place.is_string and re.fullmatch(r"0?\.\d{1,4}", place.name)):
        raise FormulaError(f'"{_short(node)}" must name a place between 0 and 1, such as percentile(value, 0.9)')


def _refuse_never(tree: exp.Expr | None) -> None:
    """Refuse the word where it would be a number like any other."""
    if tree is not None and any(column.name.lower() == NEVER for column in tree.find_all(exp.Column)):
        raise FormulaError(f'"{NEVER}" may only stand for a missing value in a median or percentile')


def _is_few(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and str(node.this).isdigit() and 1 <= int(node.this) <= MOST_OF_LARGEST


def _check_interval(node: exp.Interval) -> None:
    unit = node.args.get("unit")
    plain = isinstance(node.this, exp.Literal) and str(node.this.this).isdigit()
    if not plain or not isinstance(unit, exp.Var) or unit.name.upper().rstrip("S") not in UNITS:
        raise FormulaError(f"\"{_short(node)}\" must be written like interval '30' day")


def _check_aggregate(node: exp.Expr, relation: Relation) -> None:
    aggregate = node.this if isinstance(node, exp.Filter) else node
    if not isinstance(aggregate, COUNTING):
        raise FormulaError(f'"{_short(node)}": filter belongs to count, sum, min, max, median or percentile')
    for part in (aggregate.this, *aggregate.expressions):
        if part is not None and part.find(*COUNTING):
            raise FormulaError(f'"{_short(node)}" counts or sums what is already counted')
    condition = node.args.get("expression") if isinstance(node, exp.Filter) else None
    if condition is not None and condition.find(*COUNTING):
        raise FormulaError(f'"{_short(node)}": its filter must be a condition on one row')
    _refuse_never(condition)
    if not isinstance(aggregate, MIDDLE):
        _refuse_never(aggregate)
    money = [column for column in aggregate.find_all(exp.Column) if column.name.lower() in relation.money]
    if len(money) > 1:
        raise FormulaError(f'"{_short(node)}" mixes two amounts; sum them apart')
    if money and not isinstance(aggregate, (exp.Sum, exp.Count, LargestSum, *MIDDLE)):
        raise FormulaError(f'"{_short(node)}": amounts in several currencies can be summed, not compared')


def _outermost_aggregates(tree: exp.Expr) -> Iterator[exp.Expr]:
    for node in tree.find_all(exp.Filter, *COUNTING):
        if not _inside(node, (exp.Filter, *COUNTING)):
            yield node


def _inside(node: exp.Expr, kinds: tuple[type[exp.Expr], ...]) -> bool:
    parent = node.parent
    while parent is not None:
        if isinstance(parent, kinds):
            return True
        parent = parent.parent
    return False


def _walk(tree: exp.Expr, depth: int = 0) -> Iterator[tuple[exp.Expr, int]]:
    pending = [(tree, depth)]
    while pending:
        node, level = pending.pop()
        yield node, level
        if level <= MAX_DEPTH:
            pending.extend((child, level + 1) for child in node.iter_expressions())


def _names(tree: exp.Expr) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column.name.lower() for column in tree.find_all(exp.Column)))


def _short(node: exp.Expr) -> str:
    text = node.sql(dialect="duckdb")
    return text if len(text) <= 60 else f"{text[:57]}…"


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return f'there is no {kind} "{name}".' + (f' Did you mean "{near}"?' if near else "")
