"""What the translations to other databases share: the house's SQL says the same without what only DuckDB has."""

import pytest
from sqlglot import exp

from kpi.engines.translation import UntranslatableError, growing, in_a_row, parsed, without_all, without_stars

CLOSURE = """
WITH chains AS (
    WITH RECURSIVE pairs AS (SELECT source, account_id AS one, merged_into AS other FROM account_version), reached AS (
        SELECT one, other FROM pairs
        UNION
        SELECT reached.one, p.other FROM reached JOIN pairs AS p ON p.one = reached.other
    )
    SELECT one, other FROM reached
)
SELECT one FROM chains
"""


def sql(tree: exp.Expr) -> str:
    return tree.sql(dialect="duckdb")


def test_what_a_recursive_part_defines_stands_before_it_under_a_name_of_its_own() -> None:
    tree = in_a_row(parsed(CLOSURE))
    assert [cte.alias for cte in tree.args["with_"].expressions] == ["chains_pairs", "chains_reached", "chains"]
    assert sql(tree.args["with_"].expressions[2].this) == "SELECT one, other FROM chains_reached AS reached"


def test_a_recursion_is_its_first_rows_and_those_that_follow() -> None:
    parts = in_a_row(parsed(CLOSURE)).args["with_"].expressions
    found = [growing(cte) for cte in parts]
    assert [one is not None for one in found] == [False, True, False]
    reached = found[1]
    assert reached is not None
    assert sql(reached.first) == "SELECT one, other FROM chains_pairs AS pairs"
    assert sql(reached.grown) == (
        "SELECT * FROM chains_reached UNION SELECT reached.one, p.other FROM chains_reached AS reached "
        "JOIN chains_pairs AS p ON p.one = reached.other"
    )


def test_a_recursion_that_may_never_end_is_refused() -> None:
    tree = in_a_row(parsed(CLOSURE.replace("UNION", "UNION ALL")))
    with pytest.raises(UntranslatableError, match="each there once"):
        growing(tree.args["with_"].expressions[1])


def test_group_by_all_names_what_nothing_is_counted_in() -> None:
    tree = without_all(parsed("SELECT a, b + 1 AS c, SUM(d) AS e, COUNT(*) > 0 AS f FROM t GROUP BY ALL"))
    assert sql(tree) == "SELECT a, b + 1 AS c, SUM(d) AS e, COUNT(*) > 0 AS f FROM t GROUP BY a, b + 1"


def test_the_columns_of_a_table_are_its_own_where_an_inner_select_gives_its_short_name_to_another() -> None:
    text = """
    WITH few AS (SELECT source, month FROM target_version), many AS (SELECT region FROM load),
    both AS (SELECT r.*, i.region FROM few AS r JOIN (SELECT r.region FROM many AS r) AS i ON TRUE)
    SELECT month FROM both
    """
    both = without_stars(parsed(text)).args["with_"].expressions[2].this
    assert [column.alias_or_name for column in both.expressions] == ["source", "month", "region"]
