"""The rows behind a figure: every column has people's words, or is left out on purpose."""

import polars as pl

from kpi.records import MADE, RECORDS
from tests.kpi.conftest import shipped
from tests.ui.figures import value
from ui.rows_table import LABELS, noun_of, rows_words, shown_rows

# Told by another column (the stage as the region calls it, the account), or by the value itself.
LEFT_OUT = {"name", "stage", "outcome", "business_type", "response_work_hours"}


def test_every_column_of_a_row_has_a_heading_or_is_left_out_on_purpose() -> None:
    given = {name for record in RECORDS.values() for name in record.shown} | {
        name for made in MADE.values() for name in made
    }
    given |= {"number", "account", "value", "weight", "file", "line", "period_from"}
    assert given - set(LABELS) == LEFT_OUT
    assert not [heading for heading in LABELS.values() if "_" in heading]


def test_facts_are_told_as_yes_and_no_and_empty_columns_are_left_out() -> None:
    rows = pl.DataFrame(
        {"number": ["1", "2"], "has_target": [True, False], "plan_updated_on": [None, None], "row_hash": ["a", "b"]}
    )
    assert shown_rows(rows).to_dicts() == [{"number": "1", "has_target": "yes"}, {"number": "2", "has_target": "no"}]
    assert noun_of(rows) == "key account"


def test_a_category_of_a_forecast_is_told_in_words() -> None:
    rows = pl.DataFrame({"category": ["best_case"], "forecast_value": [1.0]})
    assert shown_rows(rows)["category"].to_list() == ["best case"]
    assert noun_of(rows) == "forecast"


def test_sums_of_money_are_told_to_the_cent() -> None:
    rows = pl.DataFrame({"value": ["10.5000000000"], "weight": ["42.0000000000"], "became": ["pushed"]})
    exact = rows.with_columns(pl.col("value", "weight").cast(pl.Decimal(38, 10)))
    title, note = rows_words(shipped().kpis["slippage"], value(0.25, unit="percent"), exact)
    assert title == "The 1 deal behind Slippage"
    assert "= 10.50 ÷ 42 = 25.0%." in note
    assert "as it was at that point of its period" in note
