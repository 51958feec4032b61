"""The rows behind a figure as a plain table: text stays text, and each row names its file and line."""

import polars as pl
import streamlit as st

LABELS = {
    "account": "Account",
    "name": "Name",
    "number": "Number",
    "stage": "Stage",
    "segment": "Segment",
    "team": "Team",
    "amount": "Amount",
    "currency": "Currency",
    "created_on": "Created",
    "closed_on": "Closed",
    "won_on": "Won on",
    "expected_close_on": "Expected close",
    "times_pushed": "Moves",
    "counts_as": "Counts as",
    "contribution": "Counts as",
    "file": "File",
    "line": "Line",
}


def rows_table(rows: pl.DataFrame, *, key: str, label: str) -> None:
    """Draw the rows with people's words as headings; amounts with thousands, dates with their year."""
    st.dataframe(
        rows,
        key=key,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * max(rows.height, 1), 420),
        column_config={name: _column(name, rows[name].dtype) for name in rows.columns},
        alt=label,
    )


def _column(name: str, kind: pl.DataType) -> object:
    title = LABELS.get(name, name.replace("_", " ").capitalize())
    if kind.is_integer():
        return st.column_config.NumberColumn(title, format="plain")
    if kind.is_numeric():
        return st.column_config.NumberColumn(title, format="localized")
    if kind == pl.Date:
        return st.column_config.DateColumn(title, format="D MMM YYYY")
    return st.column_config.TextColumn(title)
