"""Telling people: what is new is written into the outbox for each, and what is due there is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from docket.database import Database
from docket.docket import Docket
from docket.notices.forms import repeated
from docket.notices.hours import last_digest_hour
from docket.notices.message import Message, Writer
from docket.notices.news import News, news_of, urgent
from docket.notices.outbox import Claimed, Logged, Outbox
from docket.notices.transport import NotDelivered, post, send_mail
from kpi.scope import Scope
from organisation import Organisation
from organisation.notices import NoticeSettings
from organisation.people import Person, read_people

ENDED_WITHIN = timedelta(days=31)


@dataclass(frozen=True)
class Round:
    """What became of what was due: delivered, and not taken (which waits, or is given up)."""

    delivered: int
    troubled: tuple[Logged, ...]


@dataclass(frozen=True)
class Teller:
    """Tells the people of an organisation what is new on its docket."""

    organisation: Organisation
    database: Database
    settings: NoticeSettings

    def send_due(self, now: datetime) -> Round:
        """Write what is new for each person, and try what is due once; a failure waits for a later call.

        Raises ConfigurationError for a faulty people.yaml.
        """
        people = people_of(self.organisation)
        for person in people.values():
            for channel in self._channels(person):
                self._write(person, channel, now)
        outbox, delivered, troubled = Outbox(self.database), 0, list[Logged]()
        for waiting in outbox.due(now):
            reader = people.get(waiting.person)
            if reader is None or waiting.channel not in self._channels(reader):
                outbox.withdraw(waiting.id, now)
            elif (claimed := outbox.claim(waiting.id, now)) is not None:
                trouble = self._deliver(reader, claimed, now)
                troubled += [trouble] if trouble else []
                delivered += trouble is None
        return Round(delivered, tuple(troubled))

    def _channels(self, person: Person) -> tuple[str, ...]:
        channels = [("email", person.email and self.settings.mail), ("webhook", person.webhook)]
        return tuple(name for name, is_there in channels if is_there and person.digest != "off")

    def _write(self, person: Person, channel: str, now: datetime) -> None:
        outbox, writer = Outbox(self.database), Writer(self.organisation, self.settings.address)
        hour = last_digest_hour(person, now)
        is_digest_due = hour is not None and outbox.is_due(person.id, channel, hour)
        news = news_for(self.organisation, self.database, person, channel, now=now)
        for kind, part in _parts(news, is_digest_due):
            message = writer.message(person, part, now, at_once=kind == "at once")
            outbox.put((person.id, channel), kind, message, part.entries, now)
        if is_digest_due and hour is not None:
            outbox.seen_to(person.id, channel, hour)

    def _deliver(self, person: Person, claimed: Claimed, now: datetime) -> Logged | None:
        """Give the message that was not taken, None where it was."""
        outbox = Outbox(self.database)
        message = repeated(claimed.message) if claimed.may_have_arrived else claimed.message
        try:
            if claimed.channel == "email" and self.settings.mail is not None:
                send_mail(self.settings.mail, person, claimed, message)
            else:
                post(person, message)
        except NotDelivered as error:
            return outbox.failed(claimed.id, now, str(error), may_have_arrived=error.may_have_arrived)
        outbox.delivered(claimed.id, now)
        return None


def people_of(organisation: Organisation) -> Mapping[str, Person]:
    """Give the people of an organisation by id; raises ConfigurationError."""
    return {person.id: person for person in read_people(organisation.workspace, frozenset(organisation.regions))}


def news_for(organisation: Organisation, database: Database, person: Person, channel: str, *, now: datetime) -> News:
    """Give what a person has not been told over a channel; only regions of that person's are looked at."""
    day = _day(organisation, now)
    items = Docket(database, Scope(person.regions)).items(ended_since=day - ENDED_WITHIN)
    return news_of(items, Outbox(database).told(person.id, channel), day)


def preview(organisation: Organisation, database: Database, person: Person, address: str) -> Message | None:
    """Give the digest that a person would get now, None where nothing is new; nothing is sent or noted."""
    now = organisation.workspace.now()
    channel = "webhook" if person.webhook and not person.email else "email"
    news = news_for(organisation, database, person, channel, now=now)
    return Writer(organisation, address).message(person, news, now, at_once=False) if news.items else None


def _parts(news: News, is_digest_due: bool) -> Iterator[tuple[str, News]]:
    if is_digest_due and news.items:
        yield "digest", news
    elif not is_digest_due and (now := urgent(news)).items:
        yield "at once", now


def _day(organisation: Organisation, now: datetime) -> date:
    return now.astimezone(ZoneInfo(organisation.group.timezone)).date()
