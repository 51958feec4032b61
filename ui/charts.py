"""Charts that a person explores: hover, zoom, pan. The only home of plotly."""

from datetime import date

import plotly.graph_objects as go
import streamlit as st

from kpi.card import Cell
from kpi.change.waterfall import Waterfall
from kpi.period import last_weeks
from ui.escape import text
from ui.formats import money, symbol, value_text

# Middle tones that stand on the light and on the dark page alike.
LINE, BAND, GOAL = "#7F8796", "rgba(127, 135, 150, 0.16)", "#8A919D"
WORSE, BETTER = "#E0701F", "#4A8FD6"
INK = "#5F6878"
HEIGHT = 230


def weeks_chart(cell: Cell, label: str, day: date) -> None:
    """Draw the thirteen weeks of a figure with its usual range and its agreed level; nothing without two weeks."""
    if sum(level is not None for level in cell.series) < 2:
        return
    figure = weeks_figure(cell, day)
    guides = "shaded: its usual range" if cell.band is not None else ""
    guides += "; dashed: what was agreed" if cell.target is not None else ""
    st.html(f'<h2 class="chart-title">{text(label)}, thirteen weeks<small>{text(guides.strip("; "))}</small></h2>')
    words = f"{label}, the last thirteen weeks; the running week is the last point"
    st.plotly_chart(figure, key="weeks", config={"displayModeBar": False, "scrollZoom": False}, alt=words)


def weeks_figure(cell: Cell, day: date) -> go.Figure:
    """Give the figure: closed weeks as a line, the running week as a dotted end, range and level behind them."""
    weeks = [week.start for week in last_weeks(day, len(cell.series))]
    unit, currency = cell.value.unit, cell.value.currency
    shown = [value_text(level, unit, currency) for level in cell.series]
    colour = LINE if cell.flag == "none" else BETTER if cell.favourable else WORSE
    figure = go.Figure()
    if cell.band is not None:
        figure.add_hrect(y0=cell.band[0], y1=cell.band[1], fillcolor=BAND, line_width=0, layer="below")
    if cell.target is not None:
        figure.add_hline(y=cell.target, line={"color": GOAL, "width": 1, "dash": "dash"})
    for part, dash in ((slice(0, -1), "solid"), (slice(-2, None), "dot")):
        figure.add_scatter(
            x=weeks[part],
            y=list(cell.series[part]),
            text=shown[part],
            mode="lines+markers",
            line={"color": LINE, "width": 2, "dash": dash},
            marker={"size": 5, "color": LINE},
            hovertemplate="week of %{x|%-d %b}: %{text}<extra></extra>",
        )
    figure.add_scatter(
        x=weeks[-1:], y=list(cell.series[-1:]), mode="markers", marker={"size": 9, "color": colour}, hoverinfo="skip"
    )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 48, "r": 16, "t": 8, "b": 28},
        showlegend=False,
        hovermode="closest",
        xaxis={"tickformat": "%-d %b", "showgrid": False, "nticks": 13},
        yaxis={
            "tickformat": ".0%" if unit == "percent" else "~s",
            "tickprefix": symbol(currency) if unit == "money" else "",
            "zeroline": False,
            "nticks": 5,
        },
    )
    return figure


def waterfall_chart(found: Waterfall) -> None:
    """Draw the bars between start and end, one row a step; nothing where nothing changed."""
    if not found.bars:
        return
    words = "The waterfall; the table below says the same in full figures"
    figure = waterfall_figure(found)
    st.plotly_chart(figure, key="waterfall", config={"displayModeBar": False, "scrollZoom": False}, alt=words)


def waterfall_figure(found: Waterfall) -> go.Figure:
    """Give the figure: start and end as ticks, so that its axis may begin above zero, and each bar from level to level.

    What was won left the pipeline as it should: it is dark. Exchange rates and moves between regions are nobody's
    doing: they are grey.
    """
    level, rows = float(found.start), []
    for bar in found.bars:
        quiet = bar.name in ("fx", "moved")
        colour = INK if bar.name == "won" else LINE if quiet else BETTER if bar.amount > 0 else WORSE
        rows.append((bar.label, level, float(bar.amount), colour))
        level += float(bar.amount)
    labels, bases, amounts, colours = (list(column) for column in zip(*rows, strict=True))
    shown = [money(amount, found.currency, signed=True) for amount in amounts]
    figure = go.Figure()
    figure.add_bar(
        y=labels, x=amounts, base=bases, orientation="h", marker={"color": colours}, width=0.56, text=shown,
        textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        y=["Start", "End"],
        x=[float(found.start), float(found.end)],
        text=[money(float(one), found.currency) for one in (found.start, found.end)],
        mode="markers+text",
        textposition="middle right",
        marker={"symbol": "line-ns", "size": 22, "color": LINE, "line": {"width": 3, "color": LINE}},
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    edges = [float(found.start), float(found.end), *bases, level]
    room = (max(edges) - min(edges)) * 0.24
    figure.update_layout(
        height=70 + 34 * (len(rows) + 2),
        margin={"l": 8, "r": 8, "t": 8, "b": 28},
        showlegend=False,
        xaxis={
            "tickformat": "~s",
            "tickprefix": symbol(found.currency),
            "nticks": 6,
            "zeroline": False,
            "range": [min(edges) - room, max(edges) + room],
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": ["End", *reversed(labels), "Start"],
            "automargin": True,
            "showgrid": False,
        },
    )
    return figure
