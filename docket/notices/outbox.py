"""The outbox: what is to be told and what was, in the docket's database.

A message is written here, together with the lines of the trail that it tells, before anything is sent; a line is told
once to a person over a channel, which the table's own rule keeps. Before each attempt a message is claimed, after it
the outcome is written. Where the program dies between the two, nobody knows whether the message arrived. Of the two
evils the repeat is chosen: it is sent again once its claim has run out, under the same Message-ID, and says of itself
that it may be a repeat. So nothing is lost in silence, and nothing comes twice without saying so.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from docket.database import Database
from docket.notices.message import Message
from docket.tables import DigestRow, NoticeRow, ToldRow

CLAIM_FOR = timedelta(minutes=10)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 720, 720, 720))
UNDER_WAY = ("waiting", "sending")


@dataclass(frozen=True)
class Claimed:
    """A message that this program alone may send now; may_have_arrived: an earlier attempt ended without an answer."""

    id: int
    person: str
    channel: str
    key: str
    message: Message
    made_at: datetime
    may_have_arrived: bool


@dataclass(frozen=True)
class Logged:
    """A message of the log; state: waiting, sending, delivered, given up or withdrawn. No address, no secret."""

    id: int
    person: str
    channel: str
    kind: str
    subject: str
    made_at: datetime
    state: str
    tries: int
    next_at: datetime | None
    ended_at: datetime | None
    trouble: str | None


@dataclass(frozen=True)
class Outbox:
    """The messages of one docket."""

    database: Database

    def told(self, person: str, channel: str) -> frozenset[int]:
        """Give the lines of the trails that a person has been told over a channel."""
        asked = select(ToldRow.trail_id).where(ToldRow.person == person, ToldRow.channel == channel)
        with self.database.session() as session:
            return frozenset(session.scalars(asked))

    def is_due(self, person: str, channel: str, hour: datetime) -> bool:
        """Say whether a digest hour is still to be seen to; a person's first hour is noted, so the next one is due."""
        asked = select(DigestRow).where(DigestRow.person == person, DigestRow.channel == channel)
        with self.database.session() as session:
            row = session.scalars(asked).first()
            if row is None:
                session.add(DigestRow(person=person, channel=channel, hour=hour))
            return row is not None and row.hour < hour

    def seen_to(self, person: str, channel: str, hour: datetime) -> None:
        """Note that a digest hour is seen to."""
        asked = update(DigestRow).where(DigestRow.person == person, DigestRow.channel == channel)
        with self.database.session() as session:
            session.execute(asked.values(hour=hour))

    def put(self, to: tuple[str, str], kind: str, message: Message, tells: Collection[int], now: datetime) -> bool:
        """Put a message to a person over a channel into the outbox; False where another program told it meanwhile."""
        person, channel = to
        row = NoticeRow(
            person=person,
            channel=channel,
            kind=kind,
            key=uuid4().hex,
            message=message.stored(),
            made_at=now,
            state="waiting",
            tries=0,
            next_at=now,
            may_have_arrived=False,
        )
        try:
            with self.database.session() as session:
                session.add(row)
                session.flush()
                session.add_all(
                    ToldRow(person=person, channel=channel, trail_id=line, notice_id=row.id) for line in sorted(tells)
                )
        except IntegrityError:
            return False
        return True

    def due(self, now: datetime) -> tuple[Logged, ...]:
        """Give what is to be sent at an instant, the oldest first."""
        asked = select(NoticeRow).where(NoticeRow.state.in_(UNDER_WAY), NoticeRow.next_at <= now)
        with self.database.session() as session:
            return tuple(_logged(row) for row in session.scalars(asked.order_by(NoticeRow.id)))

    def claim(self, number: int, now: datetime) -> Claimed | None:
        """Give a message to send, to one program only; None where it is no longer due."""
        due = (NoticeRow.id == number, NoticeRow.state.in_(UNDER_WAY), NoticeRow.next_at <= now)
        unanswered = or_(NoticeRow.may_have_arrived, NoticeRow.state == "sending")
        claiming = update(NoticeRow).where(*due).returning(NoticeRow.id)
        values = {"state": "sending", "tries": NoticeRow.tries + 1, "next_at": now + CLAIM_FOR}
        with self.database.session() as session:
            if session.scalar(claiming.values(**values, may_have_arrived=unanswered)) is None:
                return None
            row = session.get_one(NoticeRow, number)
            message = Message.of_stored(row.message)
            return Claimed(row.id, row.person, row.channel, row.key, message, row.made_at, row.may_have_arrived)

    def delivered(self, number: int, now: datetime) -> None:
        """Note that a message was taken."""
        self._end(number, "delivered", now)

    def withdraw(self, number: int, now: datetime) -> None:
        """Note that a message is not sent any more: its reader is gone, or wants none."""
        self._end(number, "withdrawn", now)

    def failed(self, number: int, now: datetime, trouble: str, *, may_have_arrived: bool) -> Logged:
        """Note that a message was not taken, and when it is tried again; after the last pause it is given up."""
        with self.database.session() as session:
            row = session.get_one(NoticeRow, number)
            row.trouble, row.may_have_arrived = trouble, row.may_have_arrived or may_have_arrived
            if row.tries > len(PAUSES):
                row.state, row.ended_at = "given up", now
            else:
                row.state, row.next_at = "waiting", now + PAUSES[row.tries - 1]
            return _logged(row)

    def log(self, newest: int = 50) -> tuple[Logged, ...]:
        """Give the newest messages, the newest first."""
        asked = select(NoticeRow).order_by(NoticeRow.id.desc()).limit(newest)
        with self.database.session() as session:
            return tuple(_logged(row) for row in session.scalars(asked))

    def _end(self, number: int, state: str, now: datetime) -> None:
        with self.database.session() as session:
            row = session.get_one(NoticeRow, number)
            row.state, row.ended_at = state, now


def _logged(row: NoticeRow) -> Logged:
    return Logged(
        id=row.id,
        person=row.person,
        channel=row.channel,
        kind=row.kind,
        subject=Message.of_stored(row.message).subject,
        made_at=row.made_at,
        state=row.state,
        tries=row.tries,
        next_at=row.next_at if row.state in UNDER_WAY else None,
        ended_at=row.ended_at,
        trouble=row.trouble,
    )
