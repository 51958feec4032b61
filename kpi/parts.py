"""Parts: what a query answers for one KPI, as expressions over its atoms."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from sqlglot import exp

from kpi.atoms import Branch, Kind
from kpi.definition import AT_START, YEAR_BEFORE, Kpi
from kpi.formula import row_condition
from kpi.money import RateKind
from kpi.relations import BASE, FORECAST, relations
from kpi.trees import both, cast, is_null, negated, number, paren, when

POINT_OF = {"start of period": "start", "won before the period": "won"}


@dataclass(frozen=True)
class Parts:
    """What the query answers for one KPI, as expressions over its atoms."""

    value: exp.Expr
    n: exp.Expr
    numerator: exp.Expr | None = None
    denominator: exp.Expr | None = None
    left_out: exp.Expr | None = None
    left_out_value: exp.Expr | None = None
    unrated: exp.Expr | None = None
    immature: exp.Expr | None = None
    mature: exp.Expr | None = None
    linear: exp.Expr | None = None
    plans: exp.Expr | None = None
    periods: exp.Expr | None = None
    borrowed: exp.Expr | None = None
    reached: exp.Expr | None = None
    endless: exp.Expr | None = None
    twice: exp.Expr | None = None
    low: exp.Expr | None = None
    high: exp.Expr | None = None
    reservations: Mapping[str, exp.Expr] = field(default_factory=dict)

    def columns(self) -> dict[str, exp.Expr]:
        """Give the expressions by the suffix of their column in the answer; the value's is empty."""
        stated = [one.name for one in fields(self) if one.name != "reservations"]
        named: dict[str, exp.Expr | None] = {name: getattr(self, name) for name in stated}
        named = {"": named.pop("value")} | named
        named |= {f"if_{code.lower()}": condition for code, condition in self.reservations.items()}
        return {suffix: expression for suffix, expression in named.items() if expression is not None}


@dataclass(frozen=True)
class Way:
    """How a KPI and all its parts are computed: at which rates, over which window, without which regions."""

    rates: RateKind
    frame: str
    without: exp.Expr | None
    only: str | None = None
    back: int | None = None
    one_rate: bool = False


def column_name(kpi: str, suffix: str) -> str:
    """Give the column of the answer that holds a part of a KPI."""
    return f"{kpi}__{suffix}" if suffix else kpi


def is_group() -> exp.Expr:
    """Give whether a cell is the total."""
    return exp.EQ(this=exp.column("region"), expression=exp.Literal.string("group"))


def summed(parts: list[exp.Expr]) -> exp.Expr | None:
    """Give the sum of some values; None where there are none."""
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total


def sum_of_regions(name: str, *, strict: bool = False) -> exp.Expr:
    """Give the sum of the regions' values; strict: none where any region has none."""
    own = when(negated(paren(is_group())), exp.column(name))
    total = exp.Window(this=exp.Sum(this=own), partition_by=[exp.column("bucket")])
    if not strict:
        return total
    lacks = both(negated(paren(is_group())), is_null(exp.column(name)))
    lacking = exp.Sum(this=when(lacks, number(1), number(0)))
    complete = exp.EQ(this=exp.Window(this=lacking, partition_by=[exp.column("bucket")]), expression=number(0))
    return when(complete, total)


def double(value: exp.Expr) -> exp.Expr:
    """Give a value in DOUBLE."""
    return cast(paren(value), "DOUBLE")


def condition_of(kpi: Kpi, more: str | None) -> exp.Expr | None:
    """Give the condition on all rows of a KPI, and one more; None where every row is meant."""
    relation = relations()[kpi.table or ""]
    texts = [text for text in (kpi.where, more) if text]
    trees = [row_condition(text, relation).tree for text in texts]
    return both(*trees) if trees else None


def mature(kpi: Kpi) -> str | None:
    """Give the condition of the rows of a cohort that are old enough; None where none is."""
    if kpi.matures_after is None:
        return None
    return f"{kpi.counted_on} + interval '{kpi.matures_after.days}' day <= as_of"


def window_of(kpi: Kpi, frame: str) -> str:
    """Give the window whose days a KPI counts, where its whole counts those of a frame."""
    if kpi.window is None:
        return frame
    return f"{frame}, {kpi.window}" if kpi.window in (AT_START, YEAR_BEFORE) else kpi.window


def branch_of(kpi: Kpi, frame: str, *, one_rate: bool) -> Branch:
    """Give the rows that a KPI with a formula counts, by the window of a frame."""
    kind: Kind = "stock" if kpi.is_stock else "spread" if kpi.spread else "flow"
    if kpi.table == FORECAST:
        return Branch(FORECAST, "past", frame)
    if kpi.taken is not None:
        kind = "base" if kpi.table == BASE else "after"
    taken = None if kpi.taken is None else POINT_OF.get(kpi.taken, "past")
    return Branch(kpi.table or "", kind, frame, kpi.counted_on, kpi.cells, taken, one_rate=one_rate)
