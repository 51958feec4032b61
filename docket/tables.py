"""The docket's tables; a schema change is a new file in migrations/versions."""

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import Dialect, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime, TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A UTC instant; SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the instant without its zone; raises ValueError for one that has none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the stored instant in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Exact(TypeDecorator[Decimal]):
    """Money as text: SQLite has no decimals, and nothing may be rounded on the way."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Give the amount's plain digits."""
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Give the amount."""
        return None if value is None else Decimal(value)


class Table(DeclarativeBase):
    """The base of the docket's tables."""

    type_annotation_map = {datetime: Instant, Decimal: Exact}  # noqa: RUF012 — the form SQLAlchemy asks for


class DeviationRow(Table):
    """A deviation from its opening to its end; version counts its changes, so that no update is lost."""

    __tablename__ = "deviation"
    __table_args__ = (
        Index(
            "deviation_is_open_once",
            *("kpi", "region", "segment", "rule"),
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    kpi: Mapped[str]
    region: Mapped[str]
    segment: Mapped[str]
    rule: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    level: Mapped[str]
    severity: Mapped[float]
    certainty: Mapped[float]
    sentence: Mapped[str] = mapped_column(Text)
    distance: Mapped[str]
    driver: Mapped[str] = mapped_column(Text)
    unit: Mapped[str]
    currency: Mapped[str | None]
    value: Mapped[float | None]
    expected: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    weeks: Mapped[int | None]
    money: Mapped[Decimal | None]
    changeable: Mapped[Decimal | None]
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    snapshot: Mapped[int]
    calm_since: Mapped[date | None]
    snoozed_until: Mapped[date | None]
    silenced_by: Mapped[int | None] = mapped_column(ForeignKey("planned_event.id"))
    owner: Mapped[str | None]
    due_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    follows: Mapped[int | None] = mapped_column(ForeignKey("deviation.id"))

    trail: Mapped[list["TrailRow"]] = relationship(order_by="TrailRow.id", cascade="all, delete-orphan")
    actions: Mapped[list["ActionRow"]] = relationship(order_by="ActionRow.id", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 — the form SQLAlchemy asks for


class TrailRow(Table):
    """One thing that happened to a deviation: who, when, on which snapshot; who is empty where the data did it."""

    __tablename__ = "trail"

    id: Mapped[int] = mapped_column(primary_key=True)
    deviation_id: Mapped[int] = mapped_column(ForeignKey("deviation.id"), index=True)
    at: Mapped[datetime]
    snapshot: Mapped[int | None]
    person: Mapped[str | None]
    role: Mapped[str | None]
    what: Mapped[str]
    state: Mapped[str]
    words: Mapped[str] = mapped_column(Text)


class ActionRow(Table):
    """A promise: what is done, by which role, by when, and where the KPI stood when it was made and when it was due."""

    __tablename__ = "action"

    id: Mapped[int] = mapped_column(primary_key=True)
    deviation_id: Mapped[int] = mapped_column(ForeignKey("deviation.id"), index=True)
    what: Mapped[str] = mapped_column(Text)
    owner: Mapped[str]
    due_on: Mapped[date]
    promised_at: Mapped[datetime]
    value_then: Mapped[float | None]
    done_at: Mapped[datetime | None]
    judged_at: Mapped[datetime | None]
    value_when_judged: Mapped[float | None]
    had_effect: Mapped[bool | None]


class PlannedEventRow(Table):
    """Something known beforehand that explains a deviation and silences it: a campaign, a price change, a holiday."""

    __tablename__ = "planned_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str | None]
    kpi: Mapped[str | None]
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    person: Mapped[str]
    role: Mapped[str]
    planned_at: Mapped[datetime]


class NoticeRow(Table):
    """A message to one person over one channel: what it says, and what became of it."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str]
    channel: Mapped[str]
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    message: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(index=True)
    tries: Mapped[int]
    next_at: Mapped[datetime]
    may_have_arrived: Mapped[bool]
    ended_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(Text)


class ToldRow(Table):
    """A line of the trail that a person has been told over a channel: told once, whatever else happens."""

    __tablename__ = "told"
    __table_args__ = (UniqueConstraint("person", "channel", "trail_id", name="told_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str]
    channel: Mapped[str]
    trail_id: Mapped[int] = mapped_column(ForeignKey("trail.id"))
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)


class DigestRow(Table):
    """The last digest hour of a person and channel that was seen to, whether there was anything to tell or not."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("person", "channel", name="digest_of_a_person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str]
    channel: Mapped[str]
    hour: Mapped[datetime]


class MeetingRow(Table):
    """A weekly review: the day it is held, the frozen pack it works from, and what was said at its end."""

    __tablename__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    held_on: Mapped[date] = mapped_column(unique=True)
    pack: Mapped[str | None]
    state: Mapped[str]
    item: Mapped[str]
    prepared_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    minutes: Mapped[str | None] = mapped_column(Text)

    agenda: Mapped[list["AgendaRow"]] = relationship(order_by="AgendaRow.id", cascade="all, delete-orphan")
    decisions: Mapped[list["DecisionRow"]] = relationship(order_by="DecisionRow.id", cascade="all, delete-orphan")
    trail: Mapped[list["MeetingTrailRow"]] = relationship(order_by="MeetingTrailRow.id", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 — the form SQLAlchemy asks for


class AgendaRow(Table):
    """An item of a meeting's agenda: its minutes, and when the meeting turned to it last."""

    __tablename__ = "agenda_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    name: Mapped[str]
    minutes: Mapped[int]
    begun_at: Mapped[datetime | None]


class DecisionRow(Table):
    """What a meeting decided, beside the number it is about; an amount is money in currency, as a call states it."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    item: Mapped[str]
    kind: Mapped[str]
    words: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None]
    due_on: Mapped[date | None]
    region: Mapped[str | None]
    kpi: Mapped[str | None]
    number: Mapped[str | None]
    value_then: Mapped[float | None]
    amount_before: Mapped[Decimal | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None]
    deviation_id: Mapped[int | None] = mapped_column(ForeignKey("deviation.id"))
    request: Mapped[str | None]
    at: Mapped[datetime]
    snapshot: Mapped[int | None]
    person: Mapped[str]
    role: Mapped[str]
    done_at: Mapped[datetime | None]
    taken_back: Mapped[str | None] = mapped_column(Text)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 — the form SQLAlchemy asks for


class MeetingTrailRow(Table):
    """One thing that was done in or with a meeting: who, when, on which snapshot."""

    __tablename__ = "meeting_trail"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    at: Mapped[datetime]
    snapshot: Mapped[int | None]
    person: Mapped[str]
    role: Mapped[str]
    what: Mapped[str]
    words: Mapped[str] = mapped_column(Text)
