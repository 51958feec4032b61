"""Freezing from the weekly review's page: it is asked of the loader, and every reader sees that it is under way."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from docket.pack.asking import meeting_of
from docket.states import Actor
from organisation import Workspace
from organisation.requests import Request, answer_of, ask, is_taken, seconds_waited, waiting_requests
from ui.decide import LOOK_SECONDS, SILENT_SECONDS
from ui.headline import notice
from ui.review import exact_moment, long_day
from ui.view import View

FREEZE = "freeze_pack"
_ASKED = "freeze_asked"


def freezing(view: View) -> tuple[Request, ...]:
    """Give the packs that are being frozen, whoever asked for them."""
    return tuple(one for one in waiting_requests(view.organisation.workspace) if one.what == FREEZE)


def freezing_blocks(view: View, waiting: Sequence[Request]) -> str:
    """What is being frozen and by whom, or why what this reader asked for was not; nothing where nothing is to say."""
    workspace = view.organisation.workspace
    if waiting:
        return _waiting_notice(workspace, waiting[-1])
    asked = str(st.session_state.get(_ASKED, ""))
    answer = answer_of(workspace, asked) if asked else None
    return notice("Not frozen", answer.message, kind="fault") if answer and not answer.done else ""


def freeze_form(view: View, by: Actor) -> None:
    """The day of the review, and the button that asks the loader for its pack."""
    moment = exact_moment(view)
    usual = meeting_of(view.organisation, moment.at).day
    day = st.date_input("Held on", usual, min_value=moment.day, format="YYYY-MM-DD", width=160)
    if st.button("Freeze the pack", type="primary") and isinstance(day, date):
        arguments = {"held_on": day.isoformat(), "person": by.person}
        request = ask(view.organisation.workspace, FREEZE, who=by.role, arguments=arguments)
        st.session_state[_ASKED] = request.id
        st.rerun()


@st.fragment(run_every=LOOK_SECONDS)
def watch_freezing(view: View, shown: str, waiting: Sequence[Request]) -> None:
    """Draw the page again as soon as the pack is there, or when there is something else to say than what is `shown`."""
    now = freezing(view)
    if now != tuple(waiting) or freezing_blocks(view, now) != shown:
        st.rerun()


def _waiting_notice(workspace: Workspace, request: Request) -> str:
    day = _day_words(request.arguments.get("held_on", ""))
    who = request.who[:1].upper() + request.who[1:]
    if not is_taken(workspace, request) and seconds_waited(workspace, request) > SILENT_SECONDS:
        words = (
            f"{who} asked for it, and the loader has not taken it up. It does once **denominator run** or "
            "**denominator watch** runs."
        )
        return notice(f"The pack of {day} waits", words, kind="fault")
    words = (
        f"{who} asked for it. Every figure of every region is computed once, which takes about a minute; the review "
        "opens here by itself. You may leave the page meanwhile."
    )
    return notice(f"The pack of {day} is being frozen …", words)


def _day_words(held_on: str) -> str:
    """The day as the page says it; as it was asked where it is none, which is what the loader answers."""
    try:
        return long_day(date.fromisoformat(held_on))
    except ValueError:
        return held_on
