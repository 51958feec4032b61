"""The weekly reviews: prepared with a frozen pack, held along the agenda, closed with their minutes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from docket.agenda import AGENDA, ITEM
from docket.database import Database
from docket.docket import Docket, Promised, Ref
from docket.errors import NoSuchItem, NotPossible, Overtaken
from docket.states import Actor, Moment
from docket.tables import AgendaRow, DecisionRow, MeetingRow, MeetingTrailRow
from kpi.scope import Scope, required

MeetingState = Literal["prepared", "running", "closed"]
Kind = Literal["action", "no_action", "call", "lead_region", "improvement"]
STATE_WORDS: dict[str, str] = {"prepared": "prepared", "running": "under way", "closed": "closed"}
PROMISING: tuple[Kind, ...] = ("action", "lead_region", "improvement")


@dataclass(frozen=True)
class Decision:
    """What is decided, and the number it stands beside.

    number: the figure as it was read out; value_then: the same as a number, in the KPI's unit. deviation: the item of
    the docket that it is a promise on. amount: money in currency, where a call is stated; request: what asks the
    loader for it.
    """

    item: str
    kind: Kind
    words: str
    owner: str | None = None
    due_on: date | None = None
    reason: str | None = None
    region: str | None = None
    kpi: str | None = None
    number: str | None = None
    value_then: float | None = None
    deviation: Ref | None = None
    amount_before: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    request: str | None = None


@dataclass(frozen=True)
class Decided:
    """A decision as it is kept; the acting person is self-declared. taken_back: why it no longer holds."""

    id: int
    version: int
    decision: Decision
    at: datetime
    snapshot: int | None
    person: str
    role: str
    done_at: datetime | None
    taken_back: str | None


@dataclass(frozen=True)
class MeetingEntry:
    """One line of a meeting's trail."""

    at: datetime
    person: str
    role: str
    what: str
    words: str


@dataclass(frozen=True)
class Meeting:
    """A weekly review; item: where it is; begun: when it turned to each item last; minutes: as they were read back."""

    id: int
    version: int
    held_on: date
    pack: str | None
    state: MeetingState
    item: str
    prepared_at: datetime
    started_at: datetime | None
    closed_at: datetime | None
    minutes: str | None
    begun: dict[str, datetime]
    decisions: tuple[Decided, ...]
    trail: tuple[MeetingEntry, ...]

    @property
    def ref(self) -> Ref:
        """What a change of it has to name."""
        return Ref(self.id, self.version)


@dataclass(frozen=True)
class Meetings:
    """The weekly reviews as one reader sees them: decisions on regions outside of the scope are not shown."""

    database: Database
    scope: Scope

    def __post_init__(self) -> None:
        required(self.scope)

    def newest(self) -> Meeting | None:
        """Give the review that is held last, whatever its state; None where there was none."""
        with self.database.session() as session:
            row = session.scalars(select(MeetingRow).order_by(MeetingRow.held_on.desc()).limit(1)).first()
            return self._copy(row) if row else None

    def closed_before(self, day: date) -> Meeting | None:
        """Give the newest closed review held before a day."""
        asked = select(MeetingRow).where(MeetingRow.held_on < day, MeetingRow.state == "closed")
        with self.database.session() as session:
            row = session.scalars(asked.order_by(MeetingRow.held_on.desc()).limit(1)).first()
            return self._copy(row) if row else None

    def meeting(self, number: int) -> Meeting:
        """Give one review; raises NoSuchItem."""
        with self.database.session() as session:
            return self._copy(_row(session, number))

    def prepare(self, held_on: date, pack: str | None, by: Actor, moment: Moment) -> Meeting:
        """Put a frozen pack, or None, before the review of a day; the pack of one that has not started is replaced.

        Raises NotPossible where the review of that day is under way or closed.
        """
        try:
            with self.database.session() as session:
                row = session.scalars(select(MeetingRow).filter_by(held_on=held_on)).first()
                if row is None:
                    row = MeetingRow(held_on=held_on, state="prepared", item=AGENDA[0].name, prepared_at=moment.at)
                    row.agenda = [AgendaRow(name=item.name, minutes=item.minutes) for item in AGENDA]
                    session.add(row)
                _check_prepared(row)
                row.pack = pack
                _tell(row, by, moment, "prepared", f"It works from pack {pack}." if pack else "No pack was frozen.")
                session.flush()
                number = row.id
        except (IntegrityError, StaleDataError) as error:
            raise Overtaken("somebody else prepared this review at the same moment; look at it again") from error
        return self.meeting(number)

    def check_prepared(self, held_on: date) -> None:
        """Raise NotPossible where the review of a day has begun: no other pack can be put before it."""
        with self.database.session() as session:
            row = session.scalars(select(MeetingRow).filter_by(held_on=held_on)).first()
            if row is not None:
                _check_prepared(row)

    def start(self, ref: Ref, by: Actor, moment: Moment) -> Meeting:
        """Begin the review with its first item. Raises Overtaken, NotPossible, NoSuchItem."""
        with self._changing(ref, "prepared") as row:
            row.state, row.started_at = "running", moment.at
            row.agenda[0].begun_at = moment.at
            _tell(row, by, moment, "started", f"{AGENDA[0].words}.")
        return self.meeting(ref.id)

    def turn_to(self, ref: Ref, item: str, by: Actor, moment: Moment) -> Meeting:
        """Go to an item of the agenda. Raises Overtaken, NotPossible, NoSuchItem."""
        with self._changing(ref, "running") as row:
            row.item = item
            for entry in row.agenda:
                if entry.name == item:
                    entry.begun_at = moment.at
            _tell(row, by, moment, "turned", f"To {ITEM[item].words}.")
        return self.meeting(ref.id)

    def decide(self, number: int, decision: Decision, by: Actor, moment: Moment) -> Meeting:
        """Write a decision down; one on a deviation becomes a promise on the docket, or neither is written.

        Several people may decide at once: nothing is overwritten, so no version of the review is asked; that of the
        deviation is. Raises NotPossible where the review is not under way or the decision lacks what it needs;
        Overtaken, NoSuchItem.
        """
        check(decision, moment.day)
        if decision.region and decision.region != "group" and not self.scope.allows(decision.region):
            raise NotPossible("a decision can be made for the regions only that its reader may see")
        with self.database.session() as session:
            row = _row(session, number)
            if row.state != "running":
                raise NotPossible(
                    f"the review is {STATE_WORDS[row.state]}; decisions are written while it is under way"
                )
            if decision.deviation and decision.kind == "action" and decision.owner and decision.due_on:
                promised = Promised(decision.words, decision.owner, decision.due_on)
                Docket(self.database, self.scope).promise_within(session, decision.deviation, by, moment, promised)
            row.decisions.append(_decision_row(decision, by, moment))
            _tell(row, by, moment, "decided", decision.words)
        return self.meeting(number)

    def take_back(self, number: int, ref: Ref, by: Actor, moment: Moment, *, words: str) -> Meeting:
        """Say that a decision no longer holds; it stays readable. Raises Overtaken, NotPossible, NoSuchItem."""
        with self._changing_decision(number, ref) as (row, decided):
            if row.state != "running":
                raise NotPossible(f"the review is {STATE_WORDS[row.state]}; what it decided stands")
            if decided.deviation_id is not None:
                raise NotPossible("it is a promise on the docket; change it there, where its trail is")
            decided.taken_back = words
            _tell(row, by, moment, "taken back", f"{decided.words} {words}")
        return self.meeting(number)

    def done(self, number: int, ref: Ref, by: Actor, moment: Moment, *, words: str) -> Meeting:
        """Say that what an earlier review decided is done. Raises Overtaken, NotPossible, NoSuchItem."""
        with self._changing_decision(number, ref) as (row, decided):
            if decided.done_at is not None or decided.kind not in PROMISING:
                raise NotPossible("it is done already" if decided.done_at else "nothing was promised by it")
            decided.done_at = moment.at
            _tell(row, by, moment, "done", f"{decided.words} {words}".strip())
        return self.meeting(number)

    def close(self, ref: Ref, minutes: str, by: Actor, moment: Moment) -> Meeting:
        """End the review with its minutes as they were read back. Raises Overtaken, NotPossible, NoSuchItem."""
        with self._changing(ref, "running") as row:
            row.state, row.closed_at, row.minutes = "closed", moment.at, minutes
            _tell(row, by, moment, "closed", "The decisions were read back.")
        return self.meeting(ref.id)

    @contextmanager
    def _changing(self, ref: Ref, state: MeetingState) -> Iterator[MeetingRow]:
        try:
            with self.database.session() as session:
                row = _row(session, ref.id)
                if row.version != ref.version:
                    raise _overtaken(row)
                if row.state != state:
                    raise NotPossible(f"the review is {STATE_WORDS[row.state]}; this is for one that is {state}")
                yield row
        except StaleDataError as error:
            raise Overtaken("somebody else changed this at the same moment; look at it again") from error

    @contextmanager
    def _changing_decision(self, number: int, ref: Ref) -> Iterator[tuple[MeetingRow, DecisionRow]]:
        try:
            with self.database.session() as session:
                row = _row(session, number)
                found = next((one for one in row.decisions if one.id == ref.id and self._sees(one)), None)
                if found is None:
                    raise NoSuchItem(f"the review has no decision {ref.id}")
                if found.version != ref.version:
                    raise _overtaken(row)
                yield row, found
        except StaleDataError as error:
            raise Overtaken("somebody else changed this at the same moment; look at it again") from error

    def _copy(self, row: MeetingRow) -> Meeting:
        seen = [one for one in row.decisions if self._sees(one)]
        hidden = {one.words for one in row.decisions if not self._sees(one)}
        columns = {name: getattr(row, name) for name in Meeting.__dataclass_fields__ if hasattr(MeetingRow, name)}
        kept = {name: value for name, value in columns.items() if name not in ("decisions", "trail")}
        return Meeting(
            **kept,
            begun={entry.name: entry.begun_at for entry in row.agenda if entry.begun_at},
            decisions=tuple(_decided(one) for one in seen),
            trail=tuple(
                MeetingEntry(one.at, one.person, one.role, one.what, one.words)
                for one in row.trail
                if not any(one.words.startswith(words) for words in hidden)
            ),
        )

    def _sees(self, row: DecisionRow) -> bool:
        return row.region in (None, "group") or self.scope.allows(str(row.region))


def check(decision: Decision, day: date) -> None:
    """Raise NotPossible where a decision lacks what it needs; day: the day it is made on."""
    if decision.item not in ITEM:
        raise NotPossible(f'"{decision.item}" is no item of the agenda')
    if not decision.words.strip():
        raise NotPossible("say in a few words what is decided; the minutes keep them")
    if decision.kind in PROMISING and not (decision.owner and decision.due_on):
        raise NotPossible("a decision needs the role that does it and the day by which it is done")
    if decision.due_on is not None and decision.due_on <= day:
        raise NotPossible(f"{decision.due_on} is not ahead of {day}; a decision needs a day to come")
    is_changed = decision.kind == "call" and decision.amount != decision.amount_before
    if (is_changed or decision.kind == "no_action") and not (decision.reason or "").strip():
        what = "a changed call" if is_changed else "to do nothing"
        raise NotPossible(f"{what} needs a reason in writing")


def _check_prepared(row: MeetingRow) -> None:
    if row.state != "prepared":
        raise NotPossible(f"the review of {row.held_on} is {STATE_WORDS[row.state]}; it works from the pack it has")


def _row(session: Session, number: int) -> MeetingRow:
    row = session.get(MeetingRow, number)
    if row is None:
        raise NoSuchItem(f"there is no review {number}")
    return row


def _decision_row(decision: Decision, by: Actor, moment: Moment) -> DecisionRow:
    stated = {name: value for name, value in vars(decision).items() if name != "deviation"}
    return DecisionRow(
        **stated,
        deviation_id=decision.deviation.id if decision.deviation else None,
        at=moment.at,
        snapshot=moment.snapshot,
        person=by.person,
        role=by.role,
    )


def _decided(row: DecisionRow) -> Decided:
    stated = {name: getattr(row, name) for name in Decision.__dataclass_fields__ if name != "deviation"}
    decision = Decision(**stated)
    if row.deviation_id is not None:
        decision = replace(decision, deviation=Ref(row.deviation_id, 0))
    kept = {name: getattr(row, name) for name in Decided.__dataclass_fields__ if name != "decision"}
    return Decided(decision=decision, **kept)


def _tell(row: MeetingRow, by: Actor, moment: Moment, what: str, words: str) -> None:
    row.trail.append(
        MeetingTrailRow(at=moment.at, snapshot=moment.snapshot, person=by.person, role=by.role, what=what, words=words)
    )


def _overtaken(row: MeetingRow) -> Overtaken:
    last = row.trail[-1]
    return Overtaken(
        f"since you opened it, {last.role} changed it ({last.what}, {last.at:%d %b %H:%M} UTC): {last.words} "
        "Nothing of yours was written; look at it again and decide anew."
    )
