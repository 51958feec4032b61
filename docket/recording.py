"""What the data say: readings open deviations, keep them up to date, and judge what was promised."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from docket.database import Database
from docket.states import Moment
from docket.tables import DeviationRow, PlannedEventRow, TrailRow
from kpi.deviations.reading import Key, Reading
from organisation.thresholds import DEFAULT_RULES, Rules

WAITS_TO_RECOVER = ("open", "acknowledged")  # who promised something is answered on the day it is due
RulesOf = Callable[[str], Rules]  # of a region
What = Literal["opened", "raised", "eased", "woke", "recovered", "verified", "without_effect"]


@dataclass(frozen=True)
class Change:
    """A deviation that changed its state because of the data; what people did is in the trail alone."""

    deviation: int
    key: Key
    what: What
    level: str


def record(
    database: Database,
    readings: Iterable[Reading],
    moment: Moment,
    *,
    rules_of: RulesOf = lambda _region: DEFAULT_RULES,
) -> tuple[Change, ...]:
    """Store what was read at a moment; gives the changes of state. The same readings twice change nothing.

    A reading that deviates opens a deviation, unless one with its key is open; a planned event silences it. Calm
    for as long as its region asks (calm_below, calm_for) it has recovered. A resolved one is verified, or closed
    without effect, when its promise is due; what is still off then is opened anew at once. Readings of an older
    snapshot than the newest recorded one are passed over.
    """
    with database.session() as session:
        found = session.scalars(select(DeviationRow).where(DeviationRow.ended_at.is_(None)))
        under_way = {Key(row.kpi, row.region, row.segment, row.rule): row for row in found}
        events = _events_on(session, moment.day)
        changes: list[Change] = []
        for reading in readings:
            row = under_way.get(reading.key)
            if row is None and reading.deviates:
                changes.append(_opened(session, reading, moment, events))
            elif row is not None and moment.snapshot >= row.snapshot:
                changes += _seen(row, reading, (moment, rules_of(reading.key.region)), events)
                if row.state == "without_effect":  # it is still off, and never off the docket
                    changes.append(_opened(session, reading, moment, events))
        return tuple(changes)


def _opened(session: Session, reading: Reading, moment: Moment, events: Sequence[PlannedEventRow]) -> Change:
    before = session.scalars(
        select(DeviationRow)
        .filter_by(**reading.key._asdict())
        .where(DeviationRow.ended_at.is_not(None))
        .order_by(DeviationRow.id.desc())
        .limit(1)
    ).first()
    row = DeviationRow(
        **reading.key._asdict(), state="open", opened_at=moment.at, follows=before.id if before else None
    )
    _update(row, reading, moment)
    row.silenced_by = _explaining(events, reading.key)
    session.add(row)
    again = " It was on the docket before." if before else ""
    _tell(row, moment, "opened", reading.sentence + again)
    session.flush()
    return Change(row.id, reading.key, "opened", row.level)


def _seen(
    row: DeviationRow, reading: Reading, when: tuple[Moment, Rules], events: Sequence[PlannedEventRow]
) -> Iterable[Change]:
    moment, before = when[0], row.level
    _update(row, reading, moment)
    row.silenced_by = _explaining(events, reading.key)
    for what, words in _changes(row, reading, when, before):
        _tell(row, moment, what, words)
        yield Change(row.id, reading.key, what, row.level)


def _changes(
    row: DeviationRow, reading: Reading, when: tuple[Moment, Rules], before: str
) -> Iterable[tuple[What, str]]:
    moment, rules = when
    if reading.deviates and row.level != before:
        raised = row.level == "act"
        yield ("raised" if raised else "eased"), f"From {before} to {row.level}: {reading.sentence}"
    if row.snoozed_until is not None and moment.day >= row.snoozed_until:
        row.snoozed_until = None
        yield "woke", "The time it was put off for is over."
    _judge_promises(row, reading, moment)
    row.calm_since = (row.calm_since or moment.day) if reading.is_calm(rules.calm_below) else None
    ended = _end(row, reading, moment.day, rules.calm_for)
    if ended is not None:
        what, words = ended
        row.state, row.ended_at = what, moment.at
        yield what, words


def _end(
    row: DeviationRow, reading: Reading, day: date, calm_for: timedelta
) -> tuple[Literal["recovered", "verified", "without_effect"], str] | None:
    if row.state == "resolved" and row.due_on is not None and day >= row.due_on:
        if reading.deviates:
            return "without_effect", f"Due on {row.due_on}, and still off: {reading.sentence}"
        return "verified", f"Due on {row.due_on}, and back within what was expected."
    is_over = row.calm_since is not None and day - row.calm_since >= calm_for
    if is_over and row.state in WAITS_TO_RECOVER:
        return "recovered", f"Within what was expected since {row.calm_since}."
    return None


def _judge_promises(row: DeviationRow, reading: Reading, moment: Moment) -> None:
    for action in row.actions:
        if action.judged_at is None and moment.day >= action.due_on:
            action.judged_at, action.value_when_judged = moment.at, reading.value
            action.had_effect = not reading.deviates


def _update(row: DeviationRow, reading: Reading, moment: Moment) -> None:
    for name in (
        "kind severity certainty sentence distance driver unit currency value expected low high money changeable weeks"
    ).split():
        setattr(row, name, getattr(reading, name))
    if reading.deviates:
        row.level = reading.level
    row.seen_at, row.snapshot = moment.at, moment.snapshot


def _tell(row: DeviationRow, moment: Moment, what: str, words: str) -> None:
    row.trail.append(TrailRow(at=moment.at, snapshot=moment.snapshot, what=what, state=row.state, words=words))


def _events_on(session: Session, day: date) -> Sequence[PlannedEventRow]:
    held = select(PlannedEventRow).where(PlannedEventRow.first_day <= day, PlannedEventRow.last_day >= day)
    return session.scalars(held.order_by(PlannedEventRow.id)).all()


def _explaining(events: Sequence[PlannedEventRow], key: Key) -> int | None:
    """Give the first planned event that speaks of a deviation's region and KPI."""
    for event in events:
        if event.region in (None, key.region) and event.kpi in (None, key.kpi):
            return event.id
    return None
