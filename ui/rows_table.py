"""The rows behind a figure as a plain table: text stays text, and each row names its file and line."""

from collections.abc import Mapping

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from kpi.card import Cell
from kpi.definition import Kpi
from ui.escape import text
from ui.formats import counted, value_text

# Columns in reading order with their headings; a column that is not here is not shown.
LABELS = {
    "account": "Account",
    "number": "Number",
    "stage_raw": "Stage",
    "status": "Status",
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
    "segment": "Segment",
    "lead_source": "Source",
    "product": "Product",
    "created_at": "Created",
    "closed_on": "Closed",
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


def rows_words(kpi: Kpi, cell: Cell, rows: pl.DataFrame | None) -> tuple[str, str]:
    """The heading above the rows and a note that says how they give the figure again."""
    if rows is None:
        return f"Behind {kpi.label}", "This figure rests on the loads themselves; see Freshness."
    noun = "lead" if "sla_due_at" in rows.columns else "deal"
    title = f"The {counted(rows.height, noun)} behind {kpi.label}"
    return title, f"{_sum_words(cell, rows)} Each line names its file and line."


def rows_table(rows: pl.DataFrame, *, label: str) -> None:
    """Draw the rows with people's words as headings; amounts with thousands, dates with their year."""
    shown = rows.select([name for name in LABELS if name in rows.columns and rows[name].null_count() < rows.height])
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


def _sum_words(cell: Cell, rows: pl.DataFrame) -> str:
    value = cell.value
    figure = value_text(value.value, value.unit, value.currency)
    if value.value is None or rows.is_empty():
        return "There is no figure, so no row counts."
    if rows["weight"].null_count() < rows.height:
        above, below = (rows[name].sum() for name in ("value", "weight"))
        return f"Sum of “counts as” ÷ sum of “of” = {above:,} ÷ {below:,} = {figure}."
    total = float(rows["value"].sum())
    if abs(total - float(value.value)) < max(0.005, abs(total) * 1e-9):
        return f"Together {value_text(total, value.unit, value.currency)}: the figure above."
    return f"The figure {figure} is made from these rows."


def _column(name: str, kind: pl.DataType, labels: Mapping[str, str] = LABELS) -> ColumnConfig:
    title, width = labels[name], WIDTHS.get(name, 95)
    if kind.is_integer():
        return st.column_config.NumberColumn(title, width=width, format="plain")
    if kind.is_numeric():
        return st.column_config.NumberColumn(title, width=width, format="localized")
    if kind == pl.Date or kind == pl.Datetime:
        return st.column_config.DateColumn(title, width=width, format="D MMM YYYY")
    return st.column_config.TextColumn(title, width=width)
