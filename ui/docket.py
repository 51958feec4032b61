"""The docket as a page sees it: opened once for a workspace, under the reader's scope, at the view's moment."""

from zoneinfo import ZoneInfo

import streamlit as st

from docket.database import Database, address_of
from docket.docket import Docket
from docket.states import Actor, Moment
from organisation import ConfigurationError
from organisation.people import read_people
from ui.decide import roles
from ui.view import View


def docket_of(view: View) -> Docket:
    """The docket of the view's workspace; raises DocketError where it cannot be opened."""
    return Docket(_database(address_of(view.organisation.workspace)), view.scope)


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


@st.cache_resource(max_entries=4, show_spinner=False)
def _database(address: str) -> Database:
    return Database(address)
