"""A weekly review as its page sees it: the meeting, its frozen pack, and the docket that it decides on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from docket.agenda import ITEM
from docket.docket import Docket
from docket.items import Item
from docket.meetings import Decided, Meeting, Meetings
from docket.pack.content import Content
from docket.pack.scope import seen_by
from docket.pack.shelf import Shelf
from docket.states import Moment
from ui.docket import docket_of
from ui.formats import value_text
from ui.view import View

PAGE = "weekly"
LOOKED_BACK = timedelta(days=92)


@dataclass(frozen=True)
class Review:
    """The review of a page: figures are those of the pack, states of deviations those of the docket now.

    at: the agenda item that is shown; last: the closed review before; items: the docket by item number.
    """

    view: View
    docket: Docket
    meetings: Meetings
    meeting: Meeting
    content: Content
    at: str
    last: Meeting | None
    items: Mapping[int, Item]

    @property
    def is_running(self) -> bool:
        """Whether decisions can be written down."""
        return self.meeting.state == "running"

    @property
    def currency(self) -> str:
        """The group's currency, as it was when the pack was frozen."""
        return self.content.head.currency

    def link(self, **more: str) -> str:
        """An address of this page that keeps its agenda item."""
        return self.view.choice.link(PAGE, **{"at": self.at, **more})

    def name(self, region: str) -> str:
        """A region's name as the pack has it."""
        return self.content.head.name(region)

    def shown(self, value: object, unit: str, currency: str | None) -> str:
        """A value with its unit, or "no data"."""
        return value_text(None if value is None else float(str(value)), unit, currency)

    def carried(self) -> tuple[Decided, ...]:
        """What the last review decided that is no promise on the docket: it has a role and a day, and still holds."""
        decided = self.last.decisions if self.last else ()
        return tuple(
            one for one in decided
            if one.decision.due_on and one.decision.deviation is None and one.taken_back is None
        )  # fmt: skip


def meetings_of(view: View) -> Meetings:
    """The reviews of the view's workspace under its reader's scope."""
    docket = docket_of(view)
    return Meetings(docket.database, docket.scope)


def shelf_of(view: View) -> Shelf:
    """The frozen packs of the view's workspace."""
    return Shelf(view.organisation.workspace.packs)


def exact_moment(view: View) -> Moment:
    """This very moment: the timer of a meeting counts seconds."""
    now = view.organisation.workspace.now()
    return Moment(now, now.astimezone(ZoneInfo(view.zone)).date(), view.known.snapshot)


def todays_meeting(view: View) -> Meeting | None:
    """The review that is under way or of today or later; None where one has to be prepared."""
    newest = meetings_of(view).newest()
    if newest is None or newest.pack is None:
        return None
    return newest if newest.state != "closed" or newest.held_on >= exact_moment(view).day else None


def review_of(view: View, meeting: Meeting, at: str | None) -> Review:
    """Give the review of a meeting; raises PackDamaged where its pack is not what was frozen."""
    docket = docket_of(view)
    meetings = meetings_of(view)
    content = seen_by(_content(str(view.organisation.workspace.packs), str(meeting.pack)), view.scope)
    items = docket.items(ended_since=meeting.held_on - LOOKED_BACK)
    return Review(
        view=view,
        docket=docket,
        meetings=meetings,
        meeting=meeting,
        content=content,
        at=at if at in ITEM else meeting.item,
        last=meetings.closed_before(meeting.held_on),
        items={item.id: item for item in items},
    )


def long_day(day: date) -> str:
    """ "24 November 2026"."""
    return f"{day.day} {day:%B %Y}"


@st.cache_resource(max_entries=4, show_spinner=False)
def _content(folder: str, pack: str) -> Content:
    return Shelf(Path(folder)).get(pack)
