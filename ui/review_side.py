"""Beside the agenda item: last week's promises, the group's call, and what has been decided so far."""

from zoneinfo import ZoneInfo

import streamlit as st

from docket.agenda import ITEM
from docket.meetings import Decided
from organisation.requests import answer_of
from ui.decide import LOOK_SECONDS
from ui.escape import text
from ui.formats import day_text
from ui.headline import section
from ui.review import Review
from ui.review_call import call_beside
from ui.review_promises import promises_beside
from ui.view import View


def beside(review: Review) -> str:
    """The side column; what the agenda item itself shows is not shown twice."""
    parts = [
        promises_beside(review) if review.at != "promises" else "",
        call_beside(review) if review.at != "call" else "",
    ]
    return "".join(parts) + decided_block(review)


def decided_block(review: Review) -> str:
    """Every decision with its moment, its number and who wrote it down."""
    decided = review.meeting.decisions
    standing = sum(one.taken_back is None for one in decided)
    title = section(
        "Decided so far" if review.meeting.state != "closed" else "Decided", str(standing) if decided else ""
    )
    if not decided:
        return f"{title}<p>Nothing yet. A decision is written beside its number and read back at the end.</p>"
    rows = "".join(_decided(review, one) for one in decided)
    return f'{title}<ol class="decided">{rows}</ol>'


def _decided(review: Review, one: Decided) -> str:
    decision, zone = one.decision, ZoneInfo(review.view.zone)
    owner = f"{decision.owner}, by {day_text(decision.due_on)}" if decision.owner and decision.due_on else ""
    about = " · ".join(part for part in (decision.number, owner) if part)
    reason = f'<p class="who">Reason: {text(decision.reason)}</p>' if decision.reason else ""
    said = f"{ITEM[decision.item].words}; {one.role}, self-declared"
    gone = f'<p class="who">Taken back: {text(one.taken_back)}</p>' if one.taken_back else ""
    words = f"<s>{text(decision.words)}</s>" if one.taken_back else f"<b>{text(decision.words)}</b>"
    return (
        f"<li><time>{one.at.astimezone(zone):%H:%M}</time><div><p>{words}</p>"
        f'<p class="who">{text(about)}</p>{reason}{_loaded(review, one)}<p class="who">{text(said)}</p>'
        f"{gone}{_back(review, one)}</div></li>"
    )


def unanswered(review: Review) -> frozenset[str]:
    """Give the requests of the review's decisions that the loader has not answered; asked before they are drawn."""
    requests = {one.decision.request for one in review.meeting.decisions if one.decision.request}
    workspace = review.view.organisation.workspace
    return frozenset(request for request in requests if answer_of(workspace, request) is None)


@st.fragment(run_every=LOOK_SECONDS)
def watch_answers(view: View, waiting: frozenset[str]) -> None:
    """Draw the page again as soon as one of the requests that it shows as waiting is answered: the answer comes after
    the data that it is about.
    """
    if any(answer_of(view.organisation.workspace, request) is not None for request in waiting):
        st.rerun()


def _loaded(review: Review, one: Decided) -> str:
    """What the loader says to a stated forecast, or to an agreed lead region."""
    if not one.decision.request:
        return ""
    given = answer_of(review.view.organisation.workspace, one.decision.request)
    words = "Waits for the loader: it is stated once denominator run or watch runs." if given is None else given.message
    tone = "" if given is None or given.done else " worse"
    return f'<p class="who{tone}">{text(words)}</p>'


def _back(review: Review, one: Decided) -> str:
    if (
        not review.is_running
        or one.taken_back is not None
        or one.decision.deviation is not None
        or (one.decision.request and one.decision.kind != "lead_region")
    ):
        return ""
    address = review.link(do="take-back", decision=str(one.id), version=str(one.version))
    return f'<p class="verbs"><a data-go href="{text(address)}">Take it back</a></p>'
