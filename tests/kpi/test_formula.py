"""Formulas: what is on the list is read, what is not is refused by name, and nothing forged gets through."""

import os

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from kpi.arithmetic import safe_divisions
from kpi.formula import (
    ALLOWED,
    MAX_LENGTH,
    MIDDLE,
    MOST_OF_LARGEST,
    FormulaError,
    LargestSum,
    aggregate_formula,
    combination,
    row_condition,
)
from kpi.relations import NEVER, relations

DEAL = relations()["opportunity"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("count(*)", ()),
        ("count(distinct account_ref)", ("account_ref",)),
        ("sum(amount) filter (where outcome = 'won')", ("amount", "outcome")),
        ("sum_of_largest(amount, 3) filter (where outcome = 'open')", ("amount", "outcome")),
        ("median(days_between(created_at, won_on))", ("created_at", "won_on")),
        ("count(*) filter (where closed_on between period_start and period_end)", ("closed_on",)),
        ("percentile(days_between(created_at, won_on), 0.9)", ("created_at", "won_on")),
        ("median(coalesce(term_months, never))", ("term_months",)),
        ("sum(case when outcome = 'won' then 1 else 0 end) / count(*)", ("outcome",)),
    ],
)
def test_a_formula_names_the_columns_it_touches(text: str, columns: tuple[str, ...]) -> None:
    assert set(aggregate_formula(text, DEAL).columns) == set(columns)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(select max(amount) from opportunity)", "Subquery"),
        ("count(*) filter (where owner_ref in (select 1))", "must list the values"),
        ("count(*) over ()", "Window"),
        ("sum(amount) from x", "cannot be read|may not stand"),
        ("read_csv('/etc/passwd')", "ReadCSV"),
        ("count(*) filter (where getenv('HOME') = 'x')", 'no function "getenv"'),
        ("count(x.amount)", "plain column name"),
        ("count(*) -- all", "no comment"),
        ("count(*); drop table load", "no comment, semicolon"),
        ("sum($amount)", "placeholder"),
        ('sum("amount")', "quoted name"),
        ("sum(sum(amount))", "already counted"),
        ("amount", "counts or sums nothing"),
        ("sum(amount) + amount", "stands outside"),
        ("max(amount)", "not compared"),
        ("sum(amount * first_amount)", "mixes two amounts"),
        ("percentile(amount)", 'no function "percentile"'),
        ("percentile(amount, 90)", "place between 0 and 1"),
        ("percentile(amount, probability)", "place between 0 and 1"),
        ("sum(never)", "missing value in a median"),
        ("sum(amuont)", 'Did you mean "amount"'),
        ("cast(count(*) as varchar)", "Cast"),
        ("count(*) filter (where name like '%x%')", "Like"),
        ("count(*) + " * 200 + "count(*)", "characters long"),
        ("approx_top_k(amount, 3)", 'no function "approx_top_k"'),
        ("sum_of_largest(amount, 99)", "at most 10"),
        ("sum_of_largest(amount, stage)", "must say how many"),
        ("(" * 40 + "count(*)" + ")" * 40, "nests deeper"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        aggregate_formula(text, DEAL)


def test_a_condition_counts_nothing() -> None:
    assert row_condition("reached_develop and on_hold is not true", DEAL).columns == ("reached_develop", "on_hold")
    with pytest.raises(FormulaError, match="without count or sum"):
        row_condition("count(*) > 1", DEAL)


def test_kpis_are_combined_by_arithmetic_alone() -> None:
    known = frozenset({"won_value", "target"})
    assert combination("won_value / (target - won_value)", known).columns == ("won_value", "target")
    with pytest.raises(FormulaError, match='Did you mean "target"'):
        combination("won_value / targett", known)
    with pytest.raises(FormulaError, match="cannot stand between KPIs"):
        combination("coalesce(won_value, 1)", known)


PIECES = st.sampled_from(
    "count(*) sum( amount ) filter (where outcome = 'won' ) / + - ( , select from opportunity read_csv('x') union all "
    "over () :: int [1] {'a': 1} * distinct interval '1' day as_of case when then end in (1) not is null lambda x -> "
    "count(distinct amount) pragma attach copy getenv( current_setting( \\ \x00 || ~ ^ % @ # ! within group cast( as"
    " percentile( never , 0.9 ) 1.5 quantile_cont( never) 0.9) coalesce( abs( greatest( least( min( max("
    " sum_of_largest( , 3 ) sum_of_largest(amount, 3) 99 -1 approx_top_k( local_day( percentile_cont( =>"
    " second_month third_month period_start period_end won_on < >= renewal_due_on between <> true null"
    " median( days_between( created_at won_on t.amount \"amount\" 'x' 1e999 exists( values struct_pack( unnest(".split(
        " "
    )
)


@settings(
    max_examples=100_000 if os.environ.get("DENOMINATOR_FULL") else 400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(PIECES, min_size=1, max_size=14))
def test_no_forged_formula_holds_what_is_not_on_the_list(pieces: list[str]) -> None:
    text = " ".join(pieces)
    try:
        formula = aggregate_formula(text, DEAL)
    except FormulaError:
        return
    assert len(text) <= MAX_LENGTH
    assert all(type(node) in ALLOWED for node in formula.tree.walk())
    assert not formula.tree.find(exp.Select, exp.Subquery, exp.Window, exp.Cast, exp.Parameter, exp.Placeholder)
    places = [node.args["expression"] for node in formula.tree.find_all(exp.PercentileCont)]
    assert all(0 < float(place.name) < 1 for place in places)
    counts = [node.args["expression"] for node in formula.tree.find_all(LargestSum)]
    assert all(1 <= int(count.name) <= MOST_OF_LARGEST for count in counts)
    assert all(column.find_ancestor(*MIDDLE) for column in formula.tree.find_all(exp.Column) if column.name == NEVER)
    assert all(not column.table for column in formula.tree.find_all(exp.Column))
    assert all(column in DEAL.columns for column in formula.columns)


def test_greatest_of_what_is_not_known_is_not_known() -> None:
    """Engines skip an unknown side: greatest(target - landing, 0) would call a region without a landing on plan."""
    tree = safe_divisions(combination("greatest(won_value - target, 0)", frozenset({"won_value", "target"})).tree)
    given = {"won_value": None, "target": 5}
    sql = f"SELECT {tree.sql(dialect='duckdb')} FROM (SELECT $won_value::INT AS won_value, $target::INT AS target)"
    assert duckdb.execute(sql, given).fetchone() == (None,)
    assert duckdb.execute(sql, given | {"won_value": 3}).fetchone() == (0,)


def test_a_division_within_a_division_is_safe_too() -> None:
    tree = safe_divisions(combination("won_value / (won_value / target)", frozenset({"won_value", "target"})).tree)
    assert duckdb.execute(
        f"SELECT {tree.sql(dialect='duckdb')} FROM (SELECT 3 AS won_value, 0 AS target)"
    ).fetchone() == (None,)
