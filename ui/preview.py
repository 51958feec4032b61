"""What a page shows while its comparisons are computed: the figures themselves, at once, and no verdict on them."""

from collections.abc import Mapping
from concurrent.futures import wait
from dataclasses import replace
from decimal import Decimal

import streamlit as st

from kpi.card import Cell, Headline, Scorecard
from kpi.slice import Slice
from kpi.value import GROUP, Value
from ui.choice import Choice
from ui.refresh import is_outdated
from ui.view import View

_LAST = "card_shown"
LOOK_SECONDS = 0.1
WAITING = Headline(
    "Reading the newest data …", "The figures are there; what they are compared with follows in a moment."
)


def shown_card(view: View, question: Slice) -> tuple[Scorecard, Headline | None]:
    """Give the scorecard of a page, or its figures alone; such a page ends with `await_rest`.

    The headline is None where the scorecard's own can be said.
    """
    if not view.knows(question):
        return preview(view, question)
    card = view.scorecard(question)
    st.session_state[_LAST] = (_place(view, question), card)
    return card, None


def await_rest(view: View, question: Slice) -> None:
    """Wait until the whole scorecard is there, then draw the page again; a click or newer data end the waiting."""
    if view.knows(question):
        return
    whole, sign_of_life = view.scorecard_beside(question), st.empty()
    while not wait([whole], timeout=LOOK_SECONDS).done:
        if is_outdated(view.organisation.workspace, view.known.snapshot):
            st.rerun()
        sign_of_life.empty()  # lets Streamlit stop the page here when the reader has chosen something else
    if not whole.cancelled():
        whole.result()
    st.rerun()


def preview(view: View, question: Slice) -> tuple[Scorecard, Headline | None]:
    """Give a scorecard with the newest figures: in the one that was shown before, else bare and without a verdict.

    The headline is None where the one that was shown before still stands.
    """
    names = tuple(kpi.name for kpi in view.definitions.overview)
    values = {(value.kpi, value.region): value for value in view.values(question, names)}
    if question.currency == "local":
        whole = view.values(replace(question, currency="group"), names)
        values |= {(value.kpi, value.region): value for value in whole if value.region == GROUP}
    kept = st.session_state.get(_LAST)
    if kept is not None and kept[0] == _place(view, question):
        return _with_values(kept[1], values, question), None
    return _bare(view, question, values), WAITING


def _place(view: View, question: Slice) -> tuple[Choice, str]:
    return view.choice, question.period.calendar


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
        kpis=tuple(kpi.name for kpi in view.definitions.overview),
        cells={key: Cell(value, why="being compared …") for key, value in values.items()},
        at_stake=nothing,
        changeable=nothing,
        stake_of={},
        findings=(),
        calm=0,
        missing=tuple(region for region in view.late if region in regions),
    )
