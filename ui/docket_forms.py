"""The forms by which somebody acts on an item: what was read is named, so that nobody overwrites anybody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from docket.docket import Docket, PlannedEvent, Ref
from docket.errors import DocketError
from docket.items import Item
from docket.states import Actor
from ui.choice import parts_of
from ui.decide import roles
from ui.docket import actors, moment_of
from ui.docket_blocks import NOTE, OFFERED
from ui.view import View

A_WEEK = timedelta(days=7)
ALL_REGIONS = "Every region"
_SAID = "docket_said"
_QUESTIONS = {
    "promise": "What is done?",
    "snooze": "Why is it put off?",
    "resolve": "What was done?",
    "reopen": "What is left to do?",
    "note": "What do you want to say?",
}
Act = Callable[[Actor], Item]


@dataclass(frozen=True)
class _Asking:
    """What a form is about."""

    view: View
    docket: Docket
    item: Item


def act_on(address: str | None, view: View, docket: Docket) -> bool:
    """Open the form that a clicked link asks for; False where the link leads somewhere else."""
    _, query = parts_of(address) if address else ("", {})
    verb = query.get("do", "")
    if verb == "plan":
        st.dialog("Plan an event")(_plan)(view, docket)
        return True
    if verb not in (*OFFERED, "note") or not query.get("item", "").isdigit():
        return False
    item = docket.item(int(query["item"]))
    title = NOTE if verb == "note" else next(words for known, words in OFFERED.items() if known == verb)
    st.dialog(title)(_form)(verb, _Asking(view, docket, item))
    return True


def said() -> str | None:
    """What the last form led to, once."""
    words = st.session_state.pop(_SAID, None)
    return str(words) if words else None


def _form(verb: str, asking: _Asking) -> None:
    known = actors(asking.view)
    st.caption("There is no log-in yet: the trail says that you declared yourself.")
    who = known[str(st.selectbox("You are", list(known)))]
    act = _asked(verb, asking)
    if st.button("Write it down", type="primary"):
        if act is None:
            st.error("Say it in a few words; the trail keeps them.")
            return
        try:
            act(who)
        except DocketError as error:
            st.error(_sentence(error))
            return
        st.session_state[_SAID] = "It stands in the trail."
        st.rerun()


def _plan(view: View, docket: Docket) -> None:
    """Ask for an event that explains deviations: an offer, a price change, a holiday."""
    st.caption("Deviations of its region and KPI are listed as explained while it lasts, and call nobody.")
    known, today = actors(view), moment_of(view).day
    who = known[str(st.selectbox("You are", list(known)))]
    reason = _words("What happens?")
    regions = {ALL_REGIONS: None} | {view.name(region): region for region in view.organisation.regions}
    kpis = {"Every KPI": None} | {kpi.label: kpi.name for kpi in view.definitions.overview}
    region, kpi = regions[str(st.selectbox("Where?", list(regions)))], kpis[str(st.selectbox("Which KPI?", list(kpis)))]
    first = st.date_input("From", today)
    last = st.date_input("Until", today + 2 * A_WEEK)
    if not st.button("Plan it", type="primary"):
        return
    if not reason:
        st.error("Say in a few words what happens; it is shown as the reason.")
        return
    try:
        docket.plan(PlannedEvent(reason, first, last, region, kpi), who, moment_of(view))
    except DocketError as error:
        st.error(_sentence(error))
        return
    st.session_state[_SAID] = "The event is planned; it explains deviations from the next load on."
    st.rerun()


def _sentence(error: DocketError) -> str:
    words = str(error)
    return f"{words[0].upper()}{words[1:]}"


def _asked(verb: str, asking: _Asking) -> Act | None:
    """Ask for what the verb needs; gives what is to be done, None while something is missing."""
    docket, ref, moment = asking.docket, Ref(asking.item.id, asking.item.version), moment_of(asking.view)
    if verb in ("acknowledge", "assign"):
        owner = _owner(asking)
        hand_over = docket.acknowledge if verb == "acknowledge" else docket.assign
        return lambda by: hand_over(ref, by, moment, owner=owner)
    words = _words(_QUESTIONS[verb])
    if verb == "promise":
        owner = _owner(asking)
        due = st.date_input("Until when? The number is looked at on that day.", moment.day + 2 * A_WEEK)
        act: Act = lambda by: docket.promise(ref, by, moment, what=words, owner=owner, due_on=due)  # noqa: E731
    elif verb == "snooze":
        until = st.date_input("Until when?", moment.day + A_WEEK, help="At most three months.")
        act = lambda by: docket.snooze(ref, by, moment, until=until, reason=words)  # noqa: E731
    elif verb == "note":
        act = lambda by: docket.note(asking.item.id, by, moment, words=words)  # noqa: E731
    else:
        tell = docket.resolve if verb == "resolve" else docket.reopen
        act = lambda by: tell(ref, by, moment, words=words)  # noqa: E731
    return act if words else None


def _owner(asking: _Asking) -> str:
    known, regions = roles(asking.view), asking.view.organisation.regions
    own = regions[asking.item.region].manager if asking.item.region in regions else known[0]
    chosen = asking.item.owner or own
    return str(st.selectbox("Which role owns it?", known, index=known.index(chosen) if chosen in known else 0))


def _words(label: str) -> str:
    return " ".join(st.text_input(label, max_chars=300).split())
