"""The docket as a page sees it: opened once for a workspace, under the reader's scope, at the view's moment."""

from zoneinfo import ZoneInfo

import streamlit as st

from docket.database import Database, address_of
from docket.docket import Docket
from docket.errors import DocketError
from docket.items import Item, unrecorded
from docket.states import Actor, Moment
from kpi.card import Scorecard
from kpi.deviations.reading import Key
from kpi.deviations.readings import readings
from kpi.in_force import InForce
from kpi.period import current_quarter
from kpi.value import GROUP
from organisation import ConfigurationError
from organisation.people import read_people
from ui.decide import roles
from ui.view import View


def docket_of(view: View) -> Docket:
    """The docket of the view's workspace; raises DocketError where it cannot be opened."""
    return Docket(_database(address_of(view.organisation.workspace)), view.scope, view.definitions.rules)


def moment_of(view: View) -> Moment:
    """The moment at which somebody who looks at this view acts."""
    return Moment(view.now, view.now.astimezone(ZoneInfo(view.zone)).date(), view.known.snapshot)


def actors(view: View) -> dict[str, Actor]:
    """Who can act, by the words a list shows: the people of people.yaml, else the roles of the organisation."""
    try:
        people = read_people(view.organisation.workspace, frozenset(view.organisation.regions))
    except ConfigurationError:
        people = ()
    if not people:
        return {role: Actor(role, role) for role in roles(view)}
    return {f"{person.name}, {person.role}": Actor(person.id, person.role) for person in people}


def deviations_in(view: View, card: Scorecard) -> tuple[Item, ...]:
    """What deviates in the regions in view and has not ended: of the running quarter the docket's items and what a
    scorecard read since, of any other period what its scorecard reads.
    """
    day = moment_of(view).day
    on_docket = _items(view) if card.period == current_quarter(view.organisation, view.now) else ()
    known = {Key(item.kpi, item.region, item.segment, item.rule) for item in on_docket}
    in_force = InForce(view.definitions, view.organisation.regions)
    read = (one for one in readings(card, in_force, day) if one.deviates and one.key not in known)
    return (*on_docket, *(unrecorded(one, card.as_of, view.known.snapshot) for one in read))


def _items(view: View) -> tuple[Item, ...]:
    """The docket's items; none where it cannot be opened, for the figures are there without it."""
    try:
        items = docket_of(view).items()
    except DocketError:
        return ()
    return tuple(item for item in items if item.region in (*view.regions, GROUP))


@st.cache_resource(max_entries=4, show_spinner=False)
def _database(address: str) -> Database:
    return Database(address)
