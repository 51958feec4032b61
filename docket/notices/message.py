"""A message in words: subject, a paragraph an item with the way back to it, and how to stop such messages."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from docket.notices.news import New, News
from organisation import Organisation
from organisation.people import Person

HAPPENED = {
    "opened": "new",
    "raised": "raised",
    "eased": "eased to watch",
    "woke": "no longer put off",
    "recovered": "recovered",
    "verified": "verified by the data",
    "without_effect": "closed without effect",
}


@dataclass(frozen=True)
class Paragraph:
    """One item: what happened where, the sentences on it, and the address of its view."""

    heading: str
    sentences: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class Message:
    """What one person reads; names roles and no person."""

    subject: str
    paragraphs: tuple[Paragraph, ...]
    closing: tuple[str, ...]

    def stored(self) -> str:
        """Give it as the text that of_stored reads."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of_stored(cls, text: str) -> "Message":
        """Give the message that was stored as a text."""
        known = json.loads(text)
        paragraphs = (Paragraph(one["heading"], tuple(one["sentences"]), one["link"]) for one in known["paragraphs"])
        return cls(known["subject"], tuple(paragraphs), tuple(known["closing"]))


@dataclass(frozen=True)
class Writer:
    """Writes for the readers of one organisation; address: of the dashboard."""

    organisation: Organisation
    address: str

    def message(self, person: Person, news: News, now: datetime, *, at_once: bool) -> Message:
        """Give the message to a person about some news, which are not empty."""
        paragraphs = tuple(self._paragraph(new) for new in news.items)
        subject = f"To act on: {_one_line(news.items[0].item.sentence)}" if at_once else f"Deviations: {_count(news)}"
        if at_once and len(news.items) > 1:
            subject = f"To act on: {len(news.items)} deviations, first {_one_line(news.items[0].item.sentence)}"
        return Message(subject[:200], paragraphs, self._closing(person, news, now))

    def _paragraph(self, new: New) -> Paragraph:
        item, last = new.item, new.entries[-1]
        sentences = [item.sentence]
        if item.is_over:
            sentences.append(last.words)
        elif item.driver and item.driver not in item.sentence:
            sentences.append(item.driver)
        if item.follows is not None and last.what == "opened":
            sentences.append("It was on the docket before.")
        if item.money and not item.is_over:
            sentences.append(self._stake(item.money, item.changeable))
        if not item.is_over:
            sentences.append(f"Owned by the {item.owner}." if item.owner else "Nobody owns it yet.")
        level = "" if item.is_over else f", {item.level}"
        heading = f"{self._region(item.region)}: {HAPPENED[last.what]}{level}"
        return Paragraph(heading, tuple(map(_one_line, sentences)), f"{self.address}/deviations?item={item.id}")

    def _stake(self, money: Decimal, changeable: Decimal | None) -> str:
        currency = self.organisation.group.currency
        stake = f"{money:,.0f} {currency} at stake"
        return f"{stake}, of which {changeable:,.0f} can still be changed." if changeable else f"{stake}."

    def _region(self, region: str) -> str:
        known = self.organisation.regions.get(region)
        return known.name if known else self.organisation.group.name

    def _closing(self, person: Person, news: News, now: datetime) -> tuple[str, ...]:
        local = now.astimezone(ZoneInfo(person.timezone))
        more = f"{news.more} more on the docket call nobody now. " if news.more else ""
        return (
            f"{more}All of them: {self.address}/deviations",
            f"As of {local:%d %b %Y %H:%M} ({person.timezone}), for the {person.role}; told once for each change.",
            'To stop these messages: "digest: off" for this role in people.yaml, or denominator notices stop.',
        )


def _count(news: News) -> str:
    found = Counter(HAPPENED[new.entries[-1].what] for new in news.items)
    return ", ".join(f"{found[word]} {word}" for word in HAPPENED.values() if found[word])


def _one_line(text: str) -> str:
    return " ".join(text.split())
