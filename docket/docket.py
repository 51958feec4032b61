"""What people do on the docket: acknowledge, promise, put off, resolve; each leaves its line in the trail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from docket.database import Database
from docket.errors import NoSuchItem, NotPossible, Overtaken
from docket.items import Item, item_of
from docket.states import ALLOWED, WORDS, Actor, Moment, State, Verb
from docket.tables import ActionRow, DeviationRow, PlannedEventRow, TrailRow
from kpi.scope import Scope, required
from organisation.thresholds import DEFAULT_RULES, Rules


@dataclass(frozen=True)
class Ref:
    """An item as it was read: id and version."""

    id: int
    version: int


@dataclass(frozen=True)
class PlannedEvent:
    """A campaign, a price change, a holiday; region or kpi None: all of them. The days count inclusively."""

    reason: str
    first_day: date
    last_day: date
    region: str | None = None
    kpi: str | None = None


@dataclass(frozen=True)
class Promised:
    """What is done, by which role, until when."""

    what: str
    owner: str
    due_on: date


@dataclass(frozen=True)
class Docket:
    """The docket as one reader sees it: items of regions outside of the scope do not exist for that reader.

    rules: the group's thresholds; they say how long something may be put off, and when the data verify it.
    """

    database: Database
    scope: Scope
    rules: Rules = DEFAULT_RULES

    def __post_init__(self) -> None:
        required(self.scope)

    def items(self, *, ended_since: date | None = None) -> tuple[Item, ...]:
        """Give the items under way, and those that ended since a day; the newest first."""
        asked = select(DeviationRow).where(DeviationRow.ended_at.is_(None))
        if ended_since is not None:
            asked = select(DeviationRow)
        with self.database.session() as session:
            rows = [row for row in session.scalars(asked.order_by(DeviationRow.id.desc())) if self._sees(row)]
            kept = [row for row in rows if row.ended_at is None or row.ended_at.date() >= (ended_since or date.max)]
            return tuple(_item(session, row) for row in kept)

    def item(self, number: int) -> Item:
        """Give one item; raises NoSuchItem."""
        with self.database.session() as session:
            return _item(session, self._row(session, number))

    def acknowledge(self, ref: Ref, by: Actor, moment: Moment, *, owner: str) -> Item:
        """Say that somebody has seen it, and which role owns it. Raises Overtaken, NotPossible, NoSuchItem."""
        with self._changing(ref, "acknowledge") as row:
            row.state, row.owner = "acknowledged", owner
            _tell(row, by, moment, "acknowledged", f"Owned by {owner}.")
        return self.item(ref.id)

    def assign(self, ref: Ref, by: Actor, moment: Moment, *, owner: str) -> Item:
        """Give it to another role. Raises Overtaken, NotPossible, NoSuchItem."""
        with self._changing(ref, "assign") as row:
            before, row.owner = row.owner, owner
            row.state = "acknowledged" if row.state == "open" else row.state
            _tell(row, by, moment, "assigned", f"From {before or 'nobody'} to {owner}.")
        return self.item(ref.id)

    def promise(self, ref: Ref, by: Actor, moment: Moment, *, what: str, owner: str, due_on: date) -> Item:
        """Say what is done, by which role, until when; the KPI is looked at on that day.

        Raises NotPossible for a day that is not ahead, too; Overtaken, NoSuchItem.
        """
        with self._changing(ref, "promise") as row:
            _promise(row, by, moment, Promised(what, owner, due_on))
        return self.item(ref.id)

    def promise_within(self, session: Session, ref: Ref, by: Actor, moment: Moment, promised: Promised) -> None:
        """Promise in a transaction that stores more than that: all of it, or nothing. Raises what promise raises."""
        _promise(self._changeable(session, ref, "promise"), by, moment, promised)

    def snooze(self, ref: Ref, by: Actor, moment: Moment, *, until: date, reason: str) -> Item:
        """Put it off until a day, with a reason. Raises NotPossible for a day that is not ahead or too far, too."""
        longest = self.rules.longest_snooze
        if not moment.day < until <= moment.day + longest:
            raise NotPossible(f"{until} is no day of the next {longest.days} days; nothing is put off for longer")
        with self._changing(ref, "snooze") as row:
            row.snoozed_until = until
            _tell(row, by, moment, "snoozed", f"Until {until}: {reason}")
        return self.item(ref.id)

    def resolve(self, ref: Ref, by: Actor, moment: Moment, *, words: str) -> Item:
        """Say that it is done; the data verify it on the day it was promised for, or after verify_within."""
        with self._changing(ref, "resolve") as row:
            row.state = "resolved"
            row.due_on = row.due_on or moment.day + self.rules.verify_within
            for action in row.actions:
                action.done_at = action.done_at or moment.at
            _tell(row, by, moment, "resolved", words)
        return self.item(ref.id)

    def reopen(self, ref: Ref, by: Actor, moment: Moment, *, words: str) -> Item:
        """Take a resolution back. Raises Overtaken, NotPossible, NoSuchItem."""
        with self._changing(ref, "reopen") as row:
            row.state = "in_action" if row.actions else "acknowledged"
            for action in row.actions:
                action.done_at = None
            _tell(row, by, moment, "reopened", words)
        return self.item(ref.id)

    def note(self, number: int, by: Actor, moment: Moment, *, words: str) -> Item:
        """Add words to the trail; nobody's change is lost by it, so no version is asked. Raises NoSuchItem."""
        with self.database.session() as session:
            _tell(self._row(session, number), by, moment, "noted", words)
        return self.item(number)

    def plan(self, event: PlannedEvent, by: Actor, moment: Moment) -> None:
        """Note an event that explains deviations while it lasts. Raises NotPossible where it ends before it begins,
        or speaks of a region that the reader may not see.
        """
        if event.last_day < event.first_day:
            raise NotPossible(f"the event ends on {event.last_day}, before it begins on {event.first_day}")
        if not (self.scope.allows(event.region) if event.region else self.scope.regions is None):
            raise NotPossible("an event can be planned for the regions only that its reader may see")
        with self.database.session() as session:
            session.add(PlannedEventRow(**vars(event), person=by.person, role=by.role, planned_at=moment.at))

    def planned(self, since: date) -> tuple[PlannedEvent, ...]:
        """Give the events that last until a day or beyond, the earliest first; those of all regions are everybody's."""
        asked = select(PlannedEventRow).where(PlannedEventRow.last_day >= since).order_by(PlannedEventRow.first_day)
        with self.database.session() as session:
            return tuple(
                PlannedEvent(row.reason, row.first_day, row.last_day, row.region, row.kpi)
                for row in session.scalars(asked)
                if row.region is None or self.scope.allows(row.region)
            )

    def _row(self, session: Session, number: int) -> DeviationRow:
        row = session.get(DeviationRow, number)
        if row is None or not self._sees(row):
            raise NoSuchItem(f"there is no item {number}")
        return row

    def _sees(self, row: DeviationRow) -> bool:
        return self.scope.allows(row.region) if row.region != "group" else True

    @contextmanager
    def _changing(self, ref: Ref, verb: Verb) -> Iterator[DeviationRow]:
        try:
            with self.database.session() as session:
                yield self._changeable(session, ref, verb)
        except StaleDataError as error:
            raise Overtaken("somebody else changed this at the same moment; look at it again") from error

    def _changeable(self, session: Session, ref: Ref, verb: Verb) -> DeviationRow:
        row = self._row(session, ref.id)
        if row.version != ref.version:
            raise _overtaken(row)
        if row.state not in ALLOWED[verb]:
            raise NotPossible(_why_not(verb, row.state))
        return row


def _item(session: Session, row: DeviationRow) -> Item:
    event = session.get(PlannedEventRow, row.silenced_by) if row.silenced_by else None
    return item_of(row, event.reason if event else None)


def _promise(row: DeviationRow, by: Actor, moment: Moment, promised: Promised) -> None:
    if promised.due_on <= moment.day:
        raise NotPossible(f"{promised.due_on} is not ahead of {moment.day}; a promise needs a day to come")
    row.state, row.owner, row.due_on = "in_action", promised.owner, promised.due_on
    row.actions.append(ActionRow(**vars(promised), promised_at=moment.at, value_then=row.value))
    _tell(row, by, moment, "promised", f"{promised.what} ({promised.owner}, by {promised.due_on})")


def _tell(row: DeviationRow, by: Actor, moment: Moment, what: str, words: str) -> None:
    entry = TrailRow(
        at=moment.at, snapshot=moment.snapshot, person=by.person, role=by.role, what=what, state=row.state, words=words
    )
    row.trail.append(entry)


def _overtaken(row: DeviationRow) -> Overtaken:
    last = row.trail[-1]
    who = last.role or "the data"
    return Overtaken(
        f"since you opened it, {who} changed it ({last.what}, {last.at:%d %b %H:%M} UTC): {last.words} "
        "Nothing of yours was written; look at it again and decide anew."
    )


def _why_not(verb: Verb, state: str) -> str:
    allowed = [WORDS[one] for one in ALLOWED[verb]]
    return f"it is {WORDS[cast(State, state)]}; {verb} is for what is {' or '.join(allowed)}"
