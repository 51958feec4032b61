"""The weekly review before its pack is frozen: what freezing does, and what the last review left."""

from datetime import date

import streamlit as st

from docket.docket import Docket
from docket.errors import DocketError, PackError
from docket.meetings import Meeting, Meetings
from docket.pack.asking import meeting_of
from docket.pack.freezing import freeze
from docket.states import Actor
from ui.escape import text
from ui.formats import day_text
from ui.headline import headline, notice, section
from ui.review import exact_moment, long_day
from ui.review_forms import review_said
from ui.view import View

WORDS = (
    "Freezing takes the figures, sentences, deviations and promises as they are known at each region’s cut-off, the "
    "evening before in its own zone. The review works from them even while new exports are loaded; what comes later is "
    "told next week."
)


def empty_blocks(view: View, last: Meeting | None) -> tuple[str, ...]:
    """The sentence, what freezing does, and the last review with what it decided."""
    day = meeting_of(view.organisation, exact_moment(view).at).day
    told = review_said()
    return (
        headline(f"No pack is frozen for the review of {long_day(day)}.", WORDS),
        notice("Not done", told[1], kind="fault") if told else "",
        _last(last),
    )


def freeze_button(view: View, docket: Docket, meetings: Meetings, by: Actor) -> None:
    """Freeze the pack and put it before the review of a day; it takes some seconds."""
    moment = exact_moment(view)
    usual = meeting_of(view.organisation, moment.at).day
    day = st.date_input("Held on", usual, min_value=moment.day, format="YYYY-MM-DD", width=150)
    if not st.button("Freeze the pack", type="primary") or not isinstance(day, date):
        return
    with st.spinner("Freezing the pack: every figure of every region, once …"):
        try:
            content = freeze(view.organisation, view.definitions, docket, made_at=moment.at, day=day)
            meetings.prepare(day, content.head.id, by, moment)
        except DocketError as error:
            st.error(f"{str(error)[0].upper()}{str(error)[1:]}")
            return
    st.rerun()


def damaged_block(meeting: Meeting, error: PackError) -> str:
    """What to say of a pack that is not what was frozen: no figure of it is shown."""
    words = f"{error} Put data/packs/{meeting.pack} back from a backup: no figure of a damaged pack is shown."
    return headline(f"Weekly review, {long_day(meeting.held_on)}") + notice(
        "The pack of this review is damaged", words, kind="fault"
    )


def _last(last: Meeting | None) -> str:
    if last is None:
        return section("The last review") + "<p>There was none yet.</p>"
    standing = [one for one in last.decisions if one.taken_back is None]
    rows = "".join(
        f'<li><div><p><b>{text(one.decision.words)}</b></p><p class="who">{text(one.decision.owner or one.role)}'
        f"{f', by {day_text(one.decision.due_on)}' if one.decision.due_on else ''}</p></div></li>"
        for one in standing
    )
    body = f'<ul class="promises plain">{rows}</ul>' if rows else "<p>It decided nothing.</p>"
    return section("The last review", day_text(last.held_on)) + body
