"""The forms of the weekly review: who acts, the way through the agenda, and decisions beside their number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import streamlit as st

from docket.agenda import AGENDA
from docket.docket import Ref
from docket.errors import DocketError
from docket.meetings import Decision, Kind, Meeting, check
from docket.minutes import minutes_of
from docket.pack.agenda_parts import Deviation
from docket.states import Actor
from kpi.calls import StatedCall
from organisation.requests import ask
from ui.choice import parts_of
from ui.decide import EVERYWHERE, roles
from ui.docket import actors
from ui.formats import money
from ui.review import Review, exact_moment
from ui.review_deviations import subject
from ui.review_lead import ask_for_lead, ask_for_no_lead
from ui.view import View

A_WEEK = timedelta(days=7)
CATEGORIES = {"call": "Call", "commit": "Commit", "best_case": "Best case"}
_SAID, _ACTING = "review_said", "review_acting"
Doing = Callable[[Actor], object]


@dataclass(frozen=True)
class About:
    """What a decision form is about; key: its widgets' own."""

    key: str
    item: str
    title: str
    question: str = "What we do"
    kind: Kind = "action"
    owner: str = EVERYWHERE
    region: str | None = None
    kpi: str | None = None
    number: str | None = None
    value_then: float | None = None
    deviation: Ref | None = None
    can_leave: bool = False
    asking: Callable[[Actor], str] | None = None  # asks the loader for rows, and gives the request's id


def review_said() -> tuple[str, str] | None:
    """What the last form led to, once: a kind of notice and its words."""
    found: tuple[str, str] | None = st.session_state.pop(_SAID, None)
    return found


def acting(view: View) -> Actor:
    """Who acts, chosen once for the page; self-declared, as long as there is no log-in."""
    known = actors(view)
    told = "There is no log-in yet: the trail says that you declared yourself."
    chosen = st.selectbox("You are", list(known), key=_ACTING, help=told, width=320)
    return known[str(chosen)]


def way(review: Review, by: Actor) -> None:
    """The button that leads on: start, the next item, or the end with its minutes."""
    meeting = review.meeting
    if meeting.state == "prepared":
        _button(
            "Start the review",
            review,
            lambda actor: review.meetings.start(meeting.ref, actor, exact_moment(review.view)),
            by,
        )
    elif meeting.state == "running":
        place = [item.name for item in AGENDA].index(meeting.item)
        if place + 1 < len(AGENDA):
            item = AGENDA[place + 1]
            _button(
                f"Next: {item.words}", review,
                lambda actor: review.meetings.turn_to(meeting.ref, item.name, actor, exact_moment(review.view)), by,
            )  # fmt: skip
        else:
            st.button("Read back and close", type="primary", on_click=_open, args=("close",))
    if st.session_state.pop("review_open", None) == "close":
        st.dialog("The decisions, read back", width="large")(_close)(review, by)


def decision_form(review: Review, about: About, by: Actor) -> None:
    """A decision with its owner and its day; it names what was read when the form was drawn: nothing is overwritten."""
    known = roles(review.view)
    with st.form(about.key, border=True):
        st.markdown(
            f"**{about.title}**  \n<small>is written beside the number and read back at the end</small>",
            unsafe_allow_html=True,
        )
        st.text_input(about.question, max_chars=300, key=f"{about.key}_words")
        left, right = st.columns([1.6, 1])
        place = known.index(about.owner) if about.owner in known else 0
        left.selectbox("Owner, a role", known, index=place, key=f"{about.key}_owner")
        first = review.meeting.held_on
        right.date_input(
            "Due", first + A_WEEK, min_value=first + timedelta(days=1), key=f"{about.key}_due", format="YYYY-MM-DD"
        )
        with st.container(horizontal=True):
            st.form_submit_button("Record decision", type="primary", on_click=_record, args=(review, about, by))
            if about.can_leave:
                st.form_submit_button("No action, with reason", on_click=_leave, args=(review, about, by))


def deviation_form(review: Review, deviation: Deviation, by: Actor) -> None:
    """The decision on a deviation: it becomes a promise on the docket, verified when its number is back in its band."""
    item = review.items.get(deviation.item)
    regions = review.view.organisation.regions
    owner = (item.owner if item else None) or (
        regions[deviation.region].manager if deviation.region in regions else EVERYWHERE
    )
    is_open = item is not None and item.state in ("open", "acknowledged", "in_action")
    about = About(
        key=f"decide_{review.meeting.id}_{deviation.item}",
        item="deviations",
        title="Decision",
        owner=owner,
        region=deviation.region,
        kpi=deviation.kpi,
        number=f"{subject(review, deviation)}{f', {deviation.distance}' if deviation.distance else ''}",
        value_then=float(deviation.value) if deviation.value is not None else None,
        deviation=Ref(item.id, item.version) if item and is_open else None,
        can_leave=True,
    )
    decision_form(review, about, by)


def call_form(review: Review, stated: Mapping[tuple[str, str], StatedCall], by: Actor) -> None:
    """A region's call, commit or best case: a canonical row that the loader is asked for, with its reason."""
    names = {review.name(region.id): region.id for region in review.content.head.regions}
    st.html('<h2 class="chart-title">State a forecast<small>becomes a row with who, when and why</small></h2>')
    left, right = st.columns(2)
    region = names[str(left.selectbox("Region", list(names), key="call_region"))]
    words = {label: name for name, label in CATEGORIES.items()}
    category = words[str(right.selectbox("Forecast", list(words), key="call_category"))]
    before = stated.get((region, category))
    currency = review.view.organisation.regions[region].currency
    key = f"call_{region}_{category}"
    with st.form(key, border=True):
        was = (
            f"{money(before.value, currency)}, {before.role}, {before.locked_on:%a %d %b}" if before else "nothing yet"
        )
        st.caption(f"Stated so far: {was}")
        value = float(before.value) if before else 0.0
        st.number_input(
            f"{CATEGORIES[category]} in {currency}",
            min_value=0.0,
            value=value,
            step=10_000.0,
            format="%.0f",
            key=f"{key}_value",
        )
        st.text_input("Why? A changed figure needs its reason.", max_chars=300, key=f"{key}_why")
        st.form_submit_button(
            "State it", type="primary", on_click=_state, args=(review, (region, category), before, by)
        )


def lead_form(review: Review, by: Actor) -> None:
    """Which region leads at a customer that several work on: rows of its account plan, from today on."""
    open_ones = [each for each in review.content.shared_customers if each.lead_region is None]
    if not open_ones:
        return
    name = st.selectbox("Customer", [each.name for each in open_ones], key="lead_customer")
    customer = next(each for each in open_ones if each.name == name)
    names = {review.name(region): region for region in customer.regions}
    region = names[str(st.selectbox("Who leads?", list(names), key="lead_region"))]
    known = review.view.organisation.regions
    about = About(
        key=f"lead_{region}",
        item="accounts",
        title=f"{review.name(region)} leads at {customer.name}",
        kind="lead_region",
        question="What does the lead do first?",
        owner=known[region].manager if region in known else EVERYWHERE,
        region=region,
        number=f"{review.name(region)} leads at {customer.name}",
        asking=lambda actor: ask_for_lead(review, customer, region, actor),
    )
    decision_form(review, about, by)


def act_in_review(address: str | None, review: Review, by: Actor) -> bool:
    """Open the dialog that a clicked link of the review asks for; False where it asks for something else."""
    _, query = parts_of(address) if address else ("", {})
    do = {"take-back": ("Take a decision back", _take_back), "done": ("It is done", _done)}.get(query.get("do", ""))
    if do is None or not (query.get("decision", "") + query.get("version", "")).isdigit():
        return False
    st.dialog(do[0])(do[1])(review, Ref(int(query["decision"]), int(query["version"])), by)
    return True


def minutes_text(review: Review, meeting: Meeting) -> str:
    """The minutes: as they were read back, before that as they stand."""
    head = review.content.head
    return meeting.minutes or minutes_of(
        meeting, review.name, ZoneInfo(review.view.zone), [head.headline, head.detail.replace("**", "")]
    )


def _button(label: str, review: Review, doing: Doing, by: Actor) -> None:
    st.button(label, type="primary", on_click=_press, args=(doing, by))


def _open(what: str) -> None:
    st.session_state["review_open"] = what


def _press(doing: Doing, by: Actor) -> None:
    _try(doing, by, "")


def _try(doing: Doing, by: Actor, words: str) -> bool:
    """Do it and remember what to say; False where it was refused."""
    try:
        doing(by)
    except DocketError as error:
        said = str(error)
        st.session_state[_SAID] = ("fault", f"{said[0].upper()}{said[1:]}")
        return False
    if words:
        st.session_state[_SAID] = ("note", words)
    return True


def _record(review: Review, about: About, by: Actor) -> None:
    state = st.session_state
    decision = _decision(about, about.kind, state[f"{about.key}_words"])
    decision = replace(decision, owner=state[f"{about.key}_owner"], due_on=_day(state[f"{about.key}_due"]))
    _decide(review, about, decision, by)


def _leave(review: Review, about: About, by: Actor) -> None:
    words = st.session_state[f"{about.key}_words"]
    left = _decision(about, "no_action", f"Nothing is done about {about.number}" if about.number else "Nothing is done")
    _decide(review, about, replace(left, reason=words, deviation=None), by)


def _decision(about: About, kind: Kind, words: str) -> Decision:
    return Decision(
        about.item, kind, " ".join(str(words).split()), region=about.region, kpi=about.kpi, number=about.number,
        value_then=about.value_then, deviation=about.deviation,
    )  # fmt: skip


def _decide(review: Review, about: About, decision: Decision, by: Actor) -> None:
    moment, asking = exact_moment(review.view), about.asking

    def doing(actor: Actor) -> object:
        check(decision, moment.day)
        asked = replace(decision, request=asking(actor)) if asking else decision
        return review.meetings.decide(review.meeting.id, asked, actor, moment)

    said = "It stands in the minutes; the loader is asked for its rows." if asking else "It stands in the minutes."
    if _try(doing, by, said):
        st.session_state[f"{about.key}_words"] = ""


def _state(review: Review, of: tuple[str, str], before: StatedCall | None, by: Actor) -> None:
    region, category = of
    key, state, moment = f"call_{region}_{category}", st.session_state, exact_moment(review.view)
    value, why = Decimal(f"{state[f'{key}_value']:.2f}"), " ".join(str(state[f"{key}_why"]).split())
    was = before.value if before else None
    currency = review.view.organisation.regions[region].currency
    label = f"{CATEGORIES[category]} of {review.name(region)}"
    words = f"{label} stands at {money(value, currency)}" if value == was else f"{label}: {money(value, currency)}"
    number = f"was {money(was, currency)}" if was is not None and value != was else None
    decision = Decision(
        "call",
        "call",
        words,
        reason=why or None,
        region=region,
        number=number,
        amount_before=was,
        amount=value,
        currency=currency,
    )

    def doing(actor: Actor) -> object:
        check(decision, moment.day)
        request = None if value == was else _asked(review, of, before, (value, why), actor)
        return review.meetings.decide(review.meeting.id, replace(decision, request=request), actor, moment)

    if _try(
        doing,
        by,
        "It stands in the minutes; the loader is asked for its row." if value != was else "It stands in the minutes.",
    ):
        state[f"{key}_why"] = ""


def _asked(review: Review, of: tuple[str, str], before: StatedCall | None, said: tuple[Decimal, str], by: Actor) -> str:
    organisation, (region, category) = review.view.organisation, of
    quarter = organisation.fiscal_calendar(region).quarter_of(review.content.head.period.to_date)
    starts, ends = (before.starts_on, before.ends_on) if before else (quarter.start, quarter.end)
    arguments = {
        "region": region, "category": category, "starts_on": starts.isoformat(), "ends_on": ends.isoformat(),
        "locked_on": exact_moment(review.view).day.isoformat(), "value": f"{said[0]:f}",
        "currency": organisation.regions[region].currency, "why": said[1],
    }  # fmt: skip
    return ask(organisation.workspace, "state_forecast", who=by.role, arguments=arguments).id


def _close(review: Review, by: Actor) -> None:
    moment = exact_moment(review.view)
    text = minutes_text(review, replace(review.meeting, closed_at=moment.at))
    st.markdown(text)
    if st.button("Close the review", type="primary"):
        if _try(
            lambda actor: review.meetings.close(review.meeting.ref, text, actor, moment), by, "The review is closed."
        ):
            st.query_params.pop("at", None)
        st.rerun()


def _take_back(review: Review, ref: Ref, by: Actor) -> None:
    words = " ".join(st.text_input("Why does it no longer hold?", max_chars=300).split())
    if st.button("Take it back", type="primary", disabled=not words):
        moment = exact_moment(review.view)
        taken = next((one for one in review.meeting.decisions if one.id == ref.id), None)

        def doing(actor: Actor) -> object:
            found = review.meetings.take_back(review.meeting.id, ref, actor, moment, words=words)
            if taken is not None and taken.decision.kind == "lead_region" and taken.decision.request:
                ask_for_no_lead(review.view.organisation.workspace, taken.decision.request, actor)
            return found

        _try(doing, by, "It is taken back.")
        st.rerun()


def _done(review: Review, ref: Ref, by: Actor) -> None:
    last = review.last
    words = " ".join(st.text_input("What was done?", max_chars=300).split())
    if st.button("Write it down", type="primary") and last is not None:
        moment = exact_moment(review.view)
        _try(lambda actor: review.meetings.done(last.id, ref, actor, moment, words=words), by, "It is done.")
        st.rerun()


def _day(chosen: object) -> date:
    if not isinstance(chosen, date):
        raise TypeError("a day was expected")
    return chosen
