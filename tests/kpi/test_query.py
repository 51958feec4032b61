"""The SQL of each query shape, kept as text: set DENOMINATOR_WRITE_GOLDEN=1 to write it anew."""

import os
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from kpi.atoms import Atoms, Branch, ByDay
from kpi.branches import BranchWriter
from kpi.daily import Daily, daily
from kpi.definitions import Definitions
from kpi.query import compile_query, forget_parts
from kpi.scope import Scope
from kpi.shape import Shape
from warehouse.schema import tables

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SHIPPED = Definitions.read(Path(__file__).resolve().parents[2] / "kpi_definitions.yaml")
OF_REGIONS = {name for name, table in tables().items() if any(one.name == "region" for one in table.columns)}
ALL = tuple(kpi.name for kpi in SHIPPED.overview)


def shape(*names: str, weekly: bool = False, local: bool = False, by: tuple[str, ...] = ()) -> Shape:
    return Shape(names, by, weekly, local, "budget", False, not by, Scope.everything())


SHAPES = {
    "flow": shape("won_value"),
    "flow_in_local_currency": shape("won_value", local=True),
    "flow_by_team": shape("won_value", by=("team",)),
    "ratio_by_week": shape("win_rate", weekly=True),
    "stock": shape("open_pipeline"),
    "cohort": shape("lead_qualified_30d"),
    "median": shape("sales_cycle"),
    "combined": shape("coverage"),
    "base": shape("slippage"),
    "base_of_past_periods": shape("coverage_required"),
    "paced": shape("pace"),
    "feed": shape("freshness"),
    "cells": shape("data_completeness"),
    "scoped": Shape(("lead_sla",), (), False, False, "budget", False, False, Scope.of_regions("north")),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_sql_of_a_shape_is_as_agreed(name: str) -> None:
    sql = compile_query(SHIPPED, SHAPES[name]).sql
    pretty = sqlglot.parse_one(sql, dialect="duckdb").sql(dialect="duckdb", pretty=True) + "\n"
    file = GOLDEN / f"{name}.sql"
    if os.environ.get("DENOMINATOR_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(pretty, encoding="utf-8")
    assert pretty == file.read_text(encoding="utf-8")


def test_a_question_whose_parts_are_known_is_put_together_from_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No text is read by a parser again, and no scan of a branch written again: both were most of the time."""
    compile_query.cache_clear()
    forget_parts()
    every = compile_query(SHIPPED, shape(*ALL)).sql

    def refused(*given: object, **more: object) -> None:
        raise AssertionError(f"done again: {given}")

    monkeypatch.setattr(BranchWriter, "_frame_of_rows", refused)
    monkeypatch.setattr(BranchWriter, "_frame_of_days", refused)
    assert compile_query(SHIPPED, shape(*reversed(ALL))).sql
    monkeypatch.setattr(sqlglot, "parse_one", refused)
    compile_query.cache_clear()
    assert compile_query(SHIPPED, shape(*ALL)).sql == every


def test_a_statement_is_the_same_whatever_was_asked_before() -> None:
    """KPIs share what they are made of; the parts of one question leave no trace in the next, and in no tree."""
    compile_query.cache_clear()
    forget_parts()
    alone = compile_query(SHIPPED, shape("win_rate")).sql
    first = compile_query(SHIPPED, shape("win_rate", *ALL)).sql
    compile_query.cache_clear()
    forget_parts()
    for name in ("sales_cycle", "won_value", "average_won_deal", "lead_sla"):
        compile_query(SHIPPED, shape(name))
    compile_query(SHIPPED, shape(*ALL, "landing"))
    together = compile_query(SHIPPED, shape("win_rate", *ALL)).sql
    assert together == first
    assert compile_query(SHIPPED, shape("win_rate")).sql == alone
    compile_query.cache_clear()
    assert compile_query(SHIPPED, shape("win_rate", *ALL)).sql == together


def test_a_table_is_scanned_once_for_all_its_kpis() -> None:
    tree = sqlglot.parse_one(compile_query(SHIPPED, shape(*ALL)).sql, dialect="duckdb")
    scans = [
        table
        for table in tree.find_all(exp.Table)
        if table.name == "opportunity_version" and "MIN" not in table.find_ancestor(exp.Select).sql()  # type: ignore[union-attr]
    ]
    named = [table.find_ancestor(exp.CTE).alias for table in scans]  # type: ignore[union-attr]
    # The present once; what was open at earlier moments once, and what became of it once.
    assert sorted(named) == ["opportunity_later", "opportunity_states", "opportunity_was"]


def test_a_count_asked_twice_is_one_atom() -> None:
    one = compile_query(SHIPPED, shape("win_rate")).sql
    two = compile_query(SHIPPED, shape("win_rate", "pushed_share", "win_rate")).sql
    assert two.count("outcome IN ('won', 'lost')") == one.count("outcome IN ('won', 'lost')")


OF_NO_REGION = {"fx_rate_version", "calendar"}  # the group's rates, and each region's working hours


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("seen", [("north",), ()])
def test_the_scope_is_part_of_every_scan_of_records(name: str, seen: tuple[str, ...]) -> None:
    """The condition stands in each SELECT that reads a table with a region, not around their result."""
    scoped = Shape((name,), (), False, False, "budget", False, False, Scope.of_regions(*seen))
    tree = sqlglot.parse_one(compile_query(SHIPPED, scoped).sql, dialect="duckdb")
    scans = [table for table in tree.find_all(exp.Table) if table.name in OF_REGIONS - OF_NO_REGION]
    assert scans
    for scan in scans:
        select = scan.find_ancestor(exp.Select)
        parts = [select.args.get("where"), *(select.args.get("joins") or [])] if select else []
        told = " ".join(part.sql() for part in parts if part is not None)
        assert ("scope_regions" if seen else "FALSE") in told, f"{scan.name} is read whatever the scope"


def test_values_are_parameters() -> None:
    sql = compile_query(SHIPPED, SHAPES["scoped"]).sql
    assert "north" not in sql
    assert "2026" not in sql


@pytest.mark.parametrize("name", ALL)
def test_every_join_keeps_the_number_of_rows(name: str) -> None:
    tree = sqlglot.parse_one(compile_query(SHIPPED, shape(name, by=())).sql, dialect="duckdb")
    for cte in tree.find_all(exp.CTE):
        if cte.alias == "survivors":
            cte.set("this", exp.select("1"))  # has its own joins, and gives one row an account: test_accounts.py
    joined = {join.this.name for join in tree.find_all(exp.Join)}
    # One row a region, cell, moment, deal known then, rate and day, person, account, load, usual amount, working day:
    # nothing that can multiply.
    assert joined <= {
        "regions",
        "spine",
        "past",
        "points",
        "opportunity_later",
        "rates",
        "persons",
        "survivors",
        "load_region",
        "told",
        "arrivals",
        "usual",
        "calendar",
        "",
    }


def test_a_sum_by_day_has_one_name_for_questions_put_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second question comes while the first is working the sum out: both write the same name."""
    atoms, others = Atoms(local=False), list[ByDay | None]()
    name = atoms.add(Branch("opportunity", "flow", "alone", "won_on"), exp.Count(this=exp.Star())).name

    def interrupted(aggregate: exp.Expr) -> Daily | None:
        if not others:
            others.append(None)
            others[0] = atoms.by_day(name)
        return daily(aggregate)

    monkeypatch.setattr("kpi.atoms.daily", interrupted)
    assert atoms.by_day(name) is others[0]
    assert atoms.by_day(name) is others[0] is not None
