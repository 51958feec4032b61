"""What a reader gets of the docket: frozen copies of its rows."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from docket.states import ENDED, State
from docket.tables import ActionRow, DeviationRow, TrailRow
from kpi.deviations.reading import Reading


@dataclass(frozen=True)
class Entry:
    """One line of the trail; person is None where the data did it."""

    id: int
    at: datetime
    what: str
    state: str
    words: str
    person: str | None
    role: str | None
    snapshot: int | None


@dataclass(frozen=True)
class Promise:
    """An action: what, by which role, until when; had_effect and judged_at are None until it was judged."""

    what: str
    owner: str
    due_on: date
    promised_at: datetime
    value_then: float | None
    value_when_judged: float | None
    had_effect: bool | None
    judged_at: datetime | None = None


@dataclass(frozen=True)
class Item:
    """A deviation on the docket; money and changeable in the group's currency, figures in the KPI's unit.

    weeks: how many finished weeks were tested together; None where it is the period to date.

    version: what a change must name, so that it is refused where somebody else was faster.
    """

    id: int
    version: int
    kpi: str
    region: str
    segment: str
    rule: str
    kind: str
    state: State
    level: str
    severity: float
    certainty: float
    sentence: str
    distance: str
    driver: str
    unit: str
    currency: str | None
    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    weeks: int | None
    money: Decimal | None
    changeable: Decimal | None
    opened_at: datetime
    seen_at: datetime
    snapshot: int
    snoozed_until: date | None
    silenced_because: str | None
    owner: str | None
    due_on: date | None
    ended_at: datetime | None
    follows: int | None
    trail: tuple[Entry, ...]
    promises: tuple[Promise, ...]

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in ENDED

    def is_silent(self, day: date) -> bool:
        """Whether it calls nobody on a day: snoozed, or explained by a planned event."""
        return self.silenced_because is not None or (self.snoozed_until is not None and day < self.snoozed_until)


def item_of(row: DeviationRow, silenced_because: str | None) -> Item:
    """Give the copy of a row with its trail and promises."""
    columns = {name: getattr(row, name) for name in Item.__dataclass_fields__ if hasattr(DeviationRow, name)}
    kept = {name: value for name, value in columns.items() if name not in ("trail", "promises")}
    return Item(
        **kept,
        silenced_because=silenced_because,
        trail=tuple(_entry(entry) for entry in row.trail),
        promises=tuple(_promise(action) for action in row.actions),
    )


def unrecorded(reading: Reading, at: datetime, snapshot: int) -> Item:
    """Give a deviation that was read at a moment and stands on no docket yet, as an open item of number 0."""
    figures = {name: getattr(reading, name) for name in Reading.__dataclass_fields__ if name != "key"}
    return Item(
        id=0,
        version=0,
        **reading.key._asdict(),
        **figures,
        state="open",
        opened_at=at,
        seen_at=at,
        snapshot=snapshot,
        snoozed_until=None,
        silenced_because=None,
        owner=None,
        due_on=None,
        ended_at=None,
        follows=None,
        trail=(),
        promises=(),
    )


def _entry(row: TrailRow) -> Entry:
    return Entry(row.id, row.at, row.what, row.state, row.words, row.person, row.role, row.snapshot)


def _promise(row: ActionRow) -> Promise:
    return Promise(
        what=row.what,
        owner=row.owner,
        due_on=row.due_on,
        promised_at=row.promised_at,
        value_then=row.value_then,
        value_when_judged=row.value_when_judged,
        had_effect=row.had_effect,
        judged_at=row.judged_at,
    )
