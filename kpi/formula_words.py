"""A KPI's formula as a sentence: what is summed or counted, of which rows, divided by what."""

from collections.abc import Callable

import sqlglot
from sqlglot import exp

from kpi.definition import AT_START, YEAR_BEFORE, Kpi
from kpi.definitions import Definitions
from kpi.formula import LARGEST

# What people call a table's rows and a column; a column that is not here is said by its own name.
ROWS = {
    "opportunity": "deals",
    "opportunity_base": "deals",
    "lead": "leads",
    "activity": "activities",
    "account": "accounts",
    "cell_fill": "open deals",
    "feed": "feeds",
    "forecast_result": "forecasts",
    "open_deal": "open deals",
    "seller": "sellers",
    "target": "targets",
}
COLUMNS = {
    "accepted_at": "the acceptance by sales",
    "amount_recurring_annual": "the yearly value",
    "amount_then": "the amount in the end",
    "became": "what became of it",
    "business_type": "the business type",
    "closed_on": "the day of its end",
    "created_at": "the day it was created",
    "expected_close_on": "the expected close",
    "first_amount": "the first amount",
    "first_touch_at": "the first contact",
    "handed_over_at": "the hand-over to sales",
    "kind": "the kind",
    "next_step_at": "the next step",
    "number": "the number",
    "outcome": "the outcome",
    "outcome_now": "the outcome by now",
    "owner_ref": "the owner",
    "response_work_hours": "the working hours until an answer",
    "sla_due_at": "the moment an answer is due",
    "sql_at": "the qualification",
    "status": "the status",
    "table_name": "the export",
    "taken_on": "the day it was looked at",
    "term_months": "the term",
    "times_pushed": "the number of pushes",
    "won_on": "the day it was won",
    "won_on_then": "the day it was won",
    "work_hours_behind": "the working hours since its export",
}
FLAGS = {
    "reached_develop": ("reached the stage develop", "did not reach the stage develop"),
    "on_hold": ("is on hold", "is not on hold"),
}
MOMENTS = {
    "period_start": "the start of the period",
    "period_end": "the end of the period",
    "as_of": "now",
    "never": "for ever",
    "second_month": "the second month of the fiscal quarter",
    "third_month": "the third month of the fiscal quarter",
}
WINDOWS = {AT_START: "as it was at the start of the period", YEAR_BEFORE: "a year before, by as many working days"}
LARGER: dict[type[exp.Expr], str] = {exp.Greatest: "the larger of", exp.Least: "the smaller of"}
TIMES = ("_at", "_on", "_then")


def in_words(kpi: Kpi, definitions: Definitions) -> str:
    """Give how a KPI is computed as one or two sentences, in the names that people use."""
    said = _said(kpi, definitions)
    only = f" Only {_rows(kpi)} where {_Words(_rows(kpi)).condition(_tree(kpi.where))}." if kpi.where else ""
    return f"{said[:1].upper()}{said[1:]}.{only}"


def _said(kpi: Kpi, definitions: Definitions) -> str:
    if kpi.combine:
        return _combined(_tree(kpi.combine), definitions)
    if kpi.paced:
        return f"{_label(kpi.paced, definitions)}, spread along the path on which each region usually reaches it"
    if kpi.weighted:
        return f"{_label(kpi.weighted, definitions)}, each stage times its usual yield"
    if kpi.of:
        return f"{_label(kpi.of, definitions)}, {WINDOWS.get(kpi.window or '', f'of the {kpi.window}')}"
    return _Words(_rows(kpi)).value(_tree(kpi.formula or "0"))


def _rows(kpi: Kpi) -> str:
    return ROWS.get(kpi.table or "", "rows")


def _tree(formula: str | None) -> exp.Expr:
    return sqlglot.parse_one(formula or "true", dialect="duckdb")


def _label(name: str, definitions: Definitions) -> str:
    found = definitions.kpis.get(name)
    return found.label if found else name


def _combined(tree: exp.Expr, definitions: Definitions) -> str:
    signs = {exp.Div: "divided by", exp.Mul: "times", exp.Add: "plus", exp.Sub: "less"}
    if isinstance(tree, exp.Binary) and type(tree) in signs:
        left, right = _combined(tree.this, definitions), _combined(tree.expression, definitions)
        return f"{left} {signs[type(tree)]} {right}"
    if type(tree) in LARGER:
        parts = [_combined(part, definitions) for part in (tree.this, *tree.expressions)]
        return f"{LARGER[type(tree)]} {' and '.join(parts)}"
    if isinstance(tree, exp.Paren):
        return f"({_combined(tree.this, definitions)})"
    return f"“{_label(tree.name, definitions)}”" if isinstance(tree, exp.Column) else tree.sql()


class _Words:
    """The words of one formula over the rows of a table."""

    def __init__(self, rows: str) -> None:
        self.rows = rows
        self._of: dict[type[exp.Expr], Callable[[exp.Expr], str]] = {
            exp.Count: self._count,
            exp.Filter: lambda tree: f"{self.value(tree.this)} where {self.condition(tree.expression.this)}",
            exp.Sum: lambda tree: f"the sum of {self._plain(tree.this)} of the {self.rows}",
            exp.Median: lambda tree: f"the median of {self._plain(tree.this)} of the {self.rows}",
            exp.Max: lambda tree: f"the largest of {self._plain(tree.this)} of the {self.rows}",
            exp.Min: lambda tree: f"the smallest of {self._plain(tree.this)} of the {self.rows}",
            exp.Div: lambda tree: f"{self.value(tree.this)}, divided by {self.value(tree.expression)}",
            exp.Mul: lambda tree: f"{self.value(tree.this)} times {self.value(tree.expression)}",
            exp.Add: lambda tree: f"{self.value(tree.this)} plus {self.value(tree.expression)}",
            exp.Sub: lambda tree: f"{self.value(tree.this)} less {self.value(tree.expression)}",
            exp.Paren: lambda tree: self.value(tree.this),
            exp.Interval: lambda tree: f"{tree.this.name} {str(tree.args['unit']).lower()}s",
            exp.Coalesce: self._coalesce,
        }
        self._conditions: dict[type[exp.Expr], Callable[[exp.Expr], str]] = {
            exp.And: lambda tree: f"{self.condition(tree.this)} and {self.condition(tree.expression)}",
            exp.Or: lambda tree: f"{self.condition(tree.this)} or {self.condition(tree.expression)}",
            exp.Paren: lambda tree: self.condition(tree.this),
            exp.Not: self._not,
            exp.Is: self._is,
            exp.EQ: lambda tree: f"{self.value(tree.this)} is {self.value(tree.expression)}",
            exp.NEQ: lambda tree: f"{self.value(tree.this)} is not {self.value(tree.expression)}",
            exp.NullSafeEQ: lambda tree: f"{self.value(tree.this)} is {self.value(tree.expression)}",
            exp.NullSafeNEQ: self._differs,
            exp.In: self._in,
            exp.Between: self._between,
            exp.GTE: lambda tree: self._compared(tree, "is at least", "is not before"),
            exp.LTE: lambda tree: self._compared(tree, "is at most", "is not after"),
            exp.GT: lambda tree: self._compared(tree, "is more than", "is after"),
            exp.LT: lambda tree: self._compared(tree, "is less than", "is before"),
        }

    def value(self, tree: exp.Expr) -> str:
        """Give an expression in words; what has none is given as it is written."""
        if isinstance(tree, exp.Column):
            return MOMENTS.get(tree.name, COLUMNS.get(tree.name, tree.name.replace("_", " ")))
        if isinstance(tree, exp.Literal):
            return tree.name
        if isinstance(tree, exp.Anonymous) and tree.name.lower() == LARGEST:
            amounts, count = tree.expressions
            return f"the sum of the {count.name} largest of {self._plain(amounts)} of the {self.rows}"
        if isinstance(tree, exp.Anonymous):
            return f"the {tree.name.lower()} of {' and '.join(self._plain(each) for each in tree.expressions)}"
        found = self._of.get(type(tree))
        return found(tree) if found else tree.sql().replace("_", " ")

    def condition(self, tree: exp.Expr) -> str:
        """Give a condition in words."""
        if isinstance(tree, exp.Column) and tree.name in FLAGS:
            return f"it {FLAGS[tree.name][0]}"
        found = self._conditions.get(type(tree))
        return found(tree) if found else self.value(tree)

    def _plain(self, tree: exp.Expr) -> str:
        if isinstance(tree, exp.Anonymous) and tree.name == "days_between":
            return f"the days from {self.value(tree.expressions[0])} to {self.value(tree.expressions[1])}"
        words = self.value(tree)
        return words if words.startswith("the ") or isinstance(tree, exp.Literal) else f"the {words}"

    def _count(self, tree: exp.Expr) -> str:
        counted = "" if isinstance(tree.this, exp.Star) else f" with {self._plain(tree.this)}"
        return f"the number of {self.rows}{counted}"

    def _coalesce(self, tree: exp.Expr) -> str:
        return f"{self._plain(tree.this)} (where there is none, {self.value(tree.expressions[0])})"

    def _compared(self, tree: exp.Expr, of_number: str, of_time: str) -> str:
        is_time = isinstance(tree.this, exp.Column) and tree.this.name.endswith(TIMES)
        return f"{self.value(tree.this)} {of_time if is_time else of_number} {self.value(tree.expression)}"

    def _not(self, tree: exp.Expr) -> str:
        inner = tree.this
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            return f"{self._plain(inner.this)} is known"
        if isinstance(inner, exp.Is) and inner.this.name in FLAGS:
            return f"it {FLAGS[inner.this.name][1]}"
        return f"it is not so that {self.condition(inner)}"

    def _is(self, tree: exp.Expr) -> str:
        if isinstance(tree.expression, exp.Null):
            return f"{self._plain(tree.this)} is not known"
        return f"{self.value(tree.this)} is {self.value(tree.expression).lower()}"

    def _differs(self, tree: exp.Expr) -> str:
        if isinstance(tree.expression, exp.Boolean) and tree.this.name in FLAGS:
            return f"it {FLAGS[tree.this.name][bool(tree.expression.this)]}, or that is not known"
        return f"{self.value(tree.this)} is not {self.value(tree.expression)}"

    def _in(self, tree: exp.Expr) -> str:
        words = [self.value(each) for each in tree.expressions]
        return f"{self.value(tree.this)} is {', '.join(words[:-1])} or {words[-1]}"

    def _between(self, tree: exp.Expr) -> str:
        low, high = tree.args["low"], tree.args["high"]
        if (low.name, high.name) == ("period_start", "period_end"):
            return f"{self.value(tree.this)} lies in the period"
        return f"{self.value(tree.this)} lies between {self.value(low)} and {self.value(high)}"
