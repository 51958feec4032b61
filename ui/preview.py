"""What a page shows while its comparisons are computed: the figures themselves, at once, and no verdict on them."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import streamlit as st

from kpi.card import Cell, Headline, Scorecard
from kpi.slice import Slice
from kpi.value import GROUP, Value
from ui.view import View

_LAST = "card_shown"
WAITING = Headline(
    "Reading the newest data …", "The figures are there; what they are compared with follows in a moment."
)


def remember(card: Scorecard, view: View) -> None:
    """Keep the scorecard that a reader sees, so that newer figures can take the place of its own."""
    st.session_state[_LAST] = (view.choice, card)


def preview(view: View, question: Slice) -> tuple[Scorecard, Headline | None]:
    """Give a scorecard with the newest figures: in the one that was shown before, else bare and without a verdict.

    The headline is None where the one that was shown before still stands.
    """
    names = tuple(kpi.name for kpi in view.definitions.shown)
    values = {(value.kpi, value.region): value for value in view.values(question, names)}
    if question.currency == "local":
        whole = view.values(replace(question, currency="group"), names)
        values |= {(value.kpi, value.region): value for value in whole if value.region == GROUP}
    kept = st.session_state.get(_LAST)
    if kept is not None and kept[0] == view.choice:
        return _with_values(kept[1], values, question), None
    return _bare(view, question, values), WAITING


def _with_values(card: Scorecard, values: Mapping[tuple[str, str], Value], question: Slice) -> Scorecard:
    cells = {key: replace(cell, value=values.get(key, cell.value)) for key, cell in card.cells.items()}
    return replace(card, cells=cells, as_of=question.as_of, period=question.period)


def _bare(view: View, question: Slice, values: Mapping[tuple[str, str], Value]) -> Scorecard:
    """A scorecard of figures alone: nothing is flagged, nothing is compared, no money is at stake."""
    nothing = Decimal(0)
    regions = question.regions or tuple(view.organisation.regions)
    return Scorecard(
        period=question.period,
        as_of=question.as_of,
        compare=view.choice.against,
        currency=view.organisation.group.currency,
        regions=regions,
        kpis=tuple(kpi.name for kpi in view.definitions.shown),
        cells={key: Cell(value, why="being compared …") for key, value in values.items()},
        at_stake=nothing,
        changeable=nothing,
        stake_of={},
        findings=(),
        calm=0,
        missing=tuple(region for region in view.late if region in regions),
    )
