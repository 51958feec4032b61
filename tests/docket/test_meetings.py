"""The weekly reviews: frozen, held, decided in by several people at once, closed with their minutes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from docket.agenda import AGENDA
from docket.database import Database
from docket.docket import Docket, Ref
from docket.errors import NoSuchItem, NotPossible, Overtaken
from docket.meetings import Decision, Meeting, Meetings
from docket.recording import record
from kpi.scope import Scope
from tests.docket.conftest import DIRECTOR, MANAGER, on, reading, ref

NOW = on("2026-11-24")
HELD = date(2026, 11, 24)
ACTION = Decision(
    "deviations", "action", "Approve prices in two days.", "regional manager DACH", date(2026, 12, 1), region="dach",
    kpi="pace", number="82.0%", value_then=0.82,
)  # fmt: skip
CALL = Decision("call", "call", "Call lowered.", region="dach", amount_before=Decimal("4200000"), currency="EUR")


@pytest.fixture
def meetings(database: Database) -> Meetings:
    return Meetings(database, Scope.everything())


@pytest.fixture
def running(meetings: Meetings) -> Meeting:
    prepared = meetings.prepare(HELD, "2026-11-24-a", DIRECTOR, NOW)
    return meetings.start(prepared.ref, DIRECTOR, NOW)


def test_the_agenda_takes_45_minutes_without_a_gap() -> None:
    assert [item.begins for item in AGENDA[1:]] == [item.ends for item in AGENDA[:-1]]
    assert sum(item.minutes for item in AGENDA) == 45


def test_a_review_is_prepared_started_gone_through_and_closed(meetings: Meetings, running: Meeting) -> None:
    later = replace(NOW, at=NOW.at.replace(minute=5))
    at_call = meetings.turn_to(running.ref, "call", MANAGER, later)
    assert (running.item, at_call.item, at_call.begun["call"]) == ("promises", "call", later.at)
    decided = meetings.decide(at_call.id, ACTION, DIRECTOR, later)
    closed = meetings.close(decided.ref, "# Minutes", DIRECTOR, later)
    assert (closed.state, closed.minutes) == ("closed", "# Minutes")
    assert [entry.what for entry in closed.trail] == ["prepared", "started", "turned", "decided", "closed"]
    assert meetings.closed_before(date(2026, 12, 1)) == closed
    assert meetings.closed_before(HELD) is None


def test_a_pack_is_replaced_until_the_review_starts_and_never_after(meetings: Meetings) -> None:
    first = meetings.prepare(HELD, "a", DIRECTOR, NOW)
    again = meetings.prepare(HELD, "b", DIRECTOR, NOW)
    assert (again.id, again.pack) == (first.id, "b")
    meetings.start(again.ref, DIRECTOR, NOW)
    with pytest.raises(NotPossible, match="under way; it works from the pack it has"):
        meetings.prepare(HELD, "c", DIRECTOR, NOW)


def test_a_decision_on_a_deviation_is_a_promise_on_the_docket(
    meetings: Meetings, running: Meeting, docket: Docket, database: Database
) -> None:
    record(database, [reading(1.4)], on("2026-11-23"))
    meetings.decide(running.id, replace(ACTION, deviation=ref(docket.item(1))), DIRECTOR, NOW)
    item = docket.item(1)
    assert (item.state, item.owner, item.promises[0].what) == ("in_action", ACTION.owner, ACTION.words)


def test_a_decision_on_what_somebody_else_changed_is_written_nowhere(
    meetings: Meetings, running: Meeting, docket: Docket, database: Database
) -> None:
    record(database, [reading(1.4)], on("2026-11-23"))
    seen = ref(docket.item(1))
    docket.acknowledge(seen, MANAGER, NOW, owner="m")
    with pytest.raises(Overtaken, match="Nothing of yours was written"):
        meetings.decide(running.id, replace(ACTION, deviation=seen), DIRECTOR, NOW)
    assert meetings.meeting(running.id).decisions == ()
    assert docket.item(1).promises == ()


def test_two_people_decide_at_once_and_neither_is_lost(meetings: Meetings, running: Meeting) -> None:
    meetings.decide(running.id, ACTION, DIRECTOR, NOW)
    meetings.decide(running.id, replace(ACTION, words="Call all three."), MANAGER, NOW)
    decided = meetings.meeting(running.id).decisions
    assert [(one.decision.words, one.role) for one in decided] == [
        ("Approve prices in two days.", DIRECTOR.role),
        ("Call all three.", MANAGER.role),
    ]


def test_two_people_who_turn_the_agenda_at_once_are_told(meetings: Meetings, running: Meeting) -> None:
    meetings.turn_to(running.ref, "call", DIRECTOR, NOW)
    with pytest.raises(Overtaken, match="global sales director changed it"):
        meetings.turn_to(running.ref, "deviations", MANAGER, NOW)


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        (replace(ACTION, words=" "), "few words"),
        (replace(ACTION, owner=None), "needs the role that does it and the day"),
        (replace(ACTION, due_on=HELD), "not ahead"),
        (replace(ACTION, item="lunch"), "no item of the agenda"),
        (replace(CALL, amount=Decimal("4100000")), "a changed call needs a reason"),
        (Decision("deviations", "no_action", "Leave it.", region="dach"), "to do nothing needs a reason"),
    ],
)
def test_a_decision_without_what_it_needs_is_refused(
    meetings: Meetings, running: Meeting, decision: Decision, message: str
) -> None:
    with pytest.raises(NotPossible, match=message):
        meetings.decide(running.id, decision, DIRECTOR, NOW)
    assert meetings.meeting(running.id).decisions == ()


def test_a_call_that_stands_needs_no_reason(meetings: Meetings, running: Meeting) -> None:
    stands = replace(CALL, amount=CALL.amount_before, words="Call stands.")
    (decided,) = meetings.decide(running.id, stands, DIRECTOR, NOW).decisions
    assert (decided.decision.amount, decided.decision.reason) == (Decimal("4200000"), None)


def test_nothing_is_decided_before_the_start_or_after_the_end(meetings: Meetings) -> None:
    prepared = meetings.prepare(HELD, "a", DIRECTOR, NOW)
    with pytest.raises(NotPossible, match="prepared"):
        meetings.decide(prepared.id, ACTION, DIRECTOR, NOW)
    running = meetings.start(prepared.ref, DIRECTOR, NOW)
    meetings.close(running.ref, "", DIRECTOR, NOW)
    with pytest.raises(NotPossible, match="closed"):
        meetings.decide(prepared.id, ACTION, DIRECTOR, NOW)


def test_a_decision_that_is_taken_back_stays_readable(meetings: Meetings, running: Meeting) -> None:
    (decided,) = meetings.decide(running.id, ACTION, DIRECTOR, NOW).decisions
    seen = Ref(decided.id, decided.version)
    (after,) = meetings.take_back(running.id, seen, DIRECTOR, NOW, words="Already done.").decisions
    assert (after.decision.words, after.taken_back) == (ACTION.words, "Already done.")
    with pytest.raises(Overtaken):
        meetings.take_back(running.id, seen, DIRECTOR, NOW, words="Again.")


def test_what_was_decided_is_done_once(meetings: Meetings, running: Meeting) -> None:
    (decided,) = meetings.decide(running.id, ACTION, DIRECTOR, NOW).decisions
    (after,) = meetings.done(running.id, Ref(decided.id, 1), MANAGER, on("2026-11-30"), words="").decisions
    assert after.done_at == on("2026-11-30").at
    with pytest.raises(NotPossible, match="done already"):
        meetings.done(running.id, Ref(after.id, after.version), MANAGER, on("2026-11-30"), words="")


def test_a_reader_of_another_region_sees_no_decision_on_it(
    database: Database, meetings: Meetings, running: Meeting
) -> None:
    meetings.decide(running.id, ACTION, DIRECTOR, NOW)
    japan = Meetings(database, Scope.of_regions("japan"))
    seen = japan.meeting(running.id)
    assert seen.decisions == ()
    assert ACTION.words not in str(seen)
    with pytest.raises(NotPossible, match="may see"):
        japan.decide(running.id, ACTION, MANAGER, NOW)
    with pytest.raises(NoSuchItem):
        japan.take_back(running.id, Ref(1, 1), MANAGER, NOW, words="x")
