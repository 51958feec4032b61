"""The rows behind a figure as a plain table: text stays text, and each row names its file and line."""

from collections.abc import Mapping
from decimal import Decimal

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from kpi.definition import Kpi
from kpi.value import Value
from ui.escape import text
from ui.formats import counted, value_text

# Columns in reading order with their headings; a column that is not here is not shown.
LABELS = {
    "account": "Account",
    "number": "Number",
    "scope": "Forecast for",
    "scope_id": "Which",
    "category": "Category",
    "submitted_by_role": "Stated by",
    "forecast_value": "Was said",
    "actual_value": "Was won",
    "stage_raw": "Stage",
    "status": "Status",
    "period_from": "Period from",
    "became": "Became",
    "is_worked": "Sold or offered",
    "has_target": "Target",
    "has_actions": "Actions",
    "plan_updated_on": "Plan seen on",
    "regions_at_work": "Regions at work",
    "days_in_stage": "Days in stage",
    "days_since_activity": "Days idle",
    "value": "Counts as",
    "weight": "of",
    "currency": "Currency",
    "sla_due_at": "Due by",
    "first_touch_at": "First contact",
    "sql_at": "Qualified",
    "expected_close_on": "Expected close",
    "won_on": "Won on",
    "times_pushed": "Moves",
    "file": "File",
    "line": "Line",
    "amount": "Amount",
    "amount_then": "Amount by then",
    "segment": "Segment",
    "lead_source": "Source",
    "product": "Product",
    "marked_by": "Marked by",
    "marked_on": "Marked on",
    "created_at": "Created",
    "closed_on": "Closed",
}
NOUNS = {  # by a column that only they have
    "sla_due_at": "lead",
    "has_target": "key account",
    "is_worked": "cell",
    "forecast_value": "forecast",
}
CHANGES = {
    "bar": "Step",
    "account": "Account",
    "number": "Number",
    "counts": "Counts as",
    "amount_before": "Amount was",
    "amount_after": "Amount is",
    "currency": "Currency",
    "closes_before": "Close was",
    "closes_after": "Close is",
    "stage_before": "Stage was",
    "stage_after": "Stage is",
    "owner": "Owner",
    "region": "Region",
    "file": "File",
    "line": "Line",
}
WIDTHS = {"account": 190, "number": 105, "stage_raw": 95, "currency": 70, "times_pushed": 62, "line": 62, "file": 205}


def rows_words(kpi: Kpi, value: Value, rows: pl.DataFrame | None) -> tuple[str, str]:
    """The heading above the rows and a note that says how they give the figure again."""
    if rows is None and kpi.of_persons:
        return f"Behind {kpi.label}", "This figure rests on people, who are not listed one by one."
    if rows is None:
        return f"Behind {kpi.label}", "This figure rests on the loads themselves; see Freshness."
    title = f"The {counted(rows.height, noun_of(rows))} behind {kpi.label}"
    return title, " ".join(
        filter(None, (_sum_words(value, rows), _then_words(rows), "Each line names its file and line."))
    )


def noun_of(rows: pl.DataFrame) -> str:
    """Give what one row is in people's words."""
    return next((noun for column, noun in NOUNS.items() if column in rows.columns), "deal")


def rows_table(rows: pl.DataFrame, *, label: str) -> None:
    """Draw the rows with people's words as headings; amounts with thousands, dates with their year."""
    shown = shown_rows(rows)
    st.dataframe(
        shown,
        key="rows",
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * max(shown.height, 1), 456),
        column_config={name: _column(name, shown[name].dtype) for name in shown.columns},
        placeholder="–",
        alt=label,
    )


def shown_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the columns that are shown, in reading order, without those that no row fills; facts as yes and no."""
    shown = rows.select([name for name in LABELS if name in rows.columns and rows[name].null_count() < rows.height])
    facts = pl.col(pl.Boolean).replace_strict({True: "yes", False: "no"}, return_dtype=pl.String)
    words = [pl.col("category").str.replace_all("_", " ")] if "category" in shown.columns else []
    return shown.with_columns(facts).with_columns(words)


def changes_table(deals: pl.DataFrame, title: str, note: str, *, names: Mapping[str, str]) -> None:
    """Draw the changes list under its title: each deal as it was and as it is; names: each region's name by its id."""
    deals = deals.with_columns(region=pl.col("region").replace(dict(names)))
    st.html(f'<h2 class="chart-title">{text(title)}<small>{text(note)}</small></h2>')
    shown = deals.select([name for name in CHANGES if deals[name].null_count() < deals.height])
    config = {name: _column(name, shown[name].dtype, CHANGES) for name in shown.columns}
    st.dataframe(
        shown,
        key="changes",
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * max(shown.height, 1), 456),
        column_config=config,
        placeholder="–",
        alt="The deals behind the steps",
    )


def _then_words(rows: pl.DataFrame) -> str:
    """Say of which time the rows are, where it is not today."""
    if "became" in rows.columns:
        return "Each deal stands as it was at that point of its period, beside what it became."
    return "Each deal counts in the past period that it is listed under." if "period_from" in rows.columns else ""


def _sum_words(value: Value, rows: pl.DataFrame) -> str:
    figure = value_text(value.value, value.unit, value.currency)
    if value.value is None or rows.is_empty():
        return "There is no figure, so no row counts."
    if rows["weight"].null_count() < rows.height:
        above, below = (rows[name].sum() for name in ("value", "weight"))
        return f"Sum of “counts as” ÷ sum of “of” = {_digits(above)} ÷ {_digits(below)} = {figure}."
    total = float(rows["value"].sum())
    if abs(total - float(value.value)) < max(0.005, abs(total) * 1e-9):
        return f"Together {value_text(total, value.unit, value.currency)}: the figure above."
    return f"The figure {figure} is made from these rows."


def _digits(total: float | Decimal) -> str:
    """Give a sum to the cent, without zeros that say nothing."""
    return f"{total:,.2f}".removesuffix(".00")


def _column(name: str, kind: pl.DataType, labels: Mapping[str, str] = LABELS) -> ColumnConfig:
    title, width = labels[name], WIDTHS.get(name, 95)
    if kind.is_integer():
        return st.column_config.NumberColumn(title, width=width, format="plain")
    if kind.is_numeric():
        return st.column_config.NumberColumn(title, width=width, format="localized")
    if kind == pl.Date or kind == pl.Datetime:
        return st.column_config.DateColumn(title, width=width, format="D MMM YYYY")
    return st.column_config.TextColumn(title, width=width)
