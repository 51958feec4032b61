"""The contract read from schema.sql: columns, kinds, keys, types and rules."""

import polars as pl
import pytest

from etl.contract import columns_of, conformed_schema, exported_columns, keys_of, rules_of

TABLES = (
    "opportunity",
    "lead",
    "activity",
    "account",
    "person",
    "target",
    "order_intake",
    "fx_rate",
    "pipeline_stage",
    "opportunity_change",
    "opportunity_merge",
    "qualification_rule",
    "account_match",
    "account_plan",
    "account_potential",
    "opportunity_credit",
    "same_deal",
    "forecast",
)
REGION_IN_KEY = (
    "order_intake",
    "qualification_rule",
    "account_plan",
    "account_potential",
    "opportunity_credit",
    "forecast",
)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_a_source_a_key_and_a_region(table: str) -> None:
    columns = columns_of(table)
    assert columns["source"].kind == "key"
    assert columns["region"].kind == ("key" if table in REGION_IN_KEY else "derived")
    assert keys_of(table)
    assert [columns[name].kind for name in ("row_hash", "load_id", "line", "known_from")] == ["loader"] * 4


def test_kinds_and_types_are_those_of_the_schema() -> None:
    deal = columns_of("opportunity")
    assert deal["amount"].kind == "core"
    assert deal["amount"].dtype == pl.Decimal(18, 2)
    assert deal["owner_ref"].person
    assert not deal["name"].person
    assert columns_of("activity")["at"].dtype == pl.Datetime("us", "UTC")
    assert keys_of("target") == ("scope", "scope_id", "month", "kpi", "kind")


def test_what_only_history_knows_is_not_asked_of_an_export() -> None:
    assert "times_pushed" not in conformed_schema("opportunity")
    assert "stage" in conformed_schema("opportunity")
    assert "stage" not in exported_columns("opportunity")


@pytest.mark.parametrize("table", TABLES)
def test_rules_are_named_as_truths_about_columns_there_are(table: str) -> None:
    for rule in rules_of(table):
        assert rule.column in exported_columns(table)
        assert " " not in rule.name
