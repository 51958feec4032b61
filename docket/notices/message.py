"""A message in words: subject, a paragraph an item with the way back to it, and how to stop such messages."""

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from docket.notices.news import New, News
from kpi.words import money
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
        subject = _call(news) if at_once else f"Deviations: {_count(news)}"
        return Message(subject, paragraphs, self._closing(person, news, now))

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
            sentences.append(f"Owner: {item.owner}." if item.owner else "Nobody owns it yet.")
        level = "" if item.is_over else f", {item.level}"
        heading = f"{self._region(item.region)}: {HAPPENED[last.what]}{level}"
        return Paragraph(heading, tuple(map(_one_line, sentences)), f"{self.address}/deviations?item={item.id}")

    def _stake(self, at_stake: Decimal, changeable: Decimal | None) -> str:
        currency = self.organisation.group.currency
        stake = f"{money(at_stake, currency)} at stake"
        if not changeable:
            return f"{stake}."
        if changeable == at_stake:
            return f"{stake}, all of which can still be changed."
        return f"{stake}, of which {money(changeable, currency)} can still be changed."

    def _region(self, region: str) -> str:
        known = self.organisation.regions.get(region)
        return known.name if known else self.organisation.group.name

    def _closing(self, person: Person, news: News, now: datetime) -> tuple[str, ...]:
        local = now.astimezone(ZoneInfo(person.timezone))
        more = f"{news.more} more on the docket call nobody now. " if news.more else ""
        return (
            f"{more}All of them: {self.address}/deviations",
            f"As of {local:%d %b %Y %H:%M} ({person.timezone}), for {person.role}; told once for each change.",
            'To stop these messages: "digest: off" for this role in people.yaml, or denominator notices stop.',
        )


def _call(news: News) -> str:
    """Give the subject of what is to be acted on: the first clause of the most urgent sentence."""
    first = _one_line(news.items[0].item.sentence).partition("; ")[0].rstrip(".")
    return f"To act on: {first}" if len(news.items) == 1 else f"To act on: {len(news.items)} deviations, first {first}"


def _count(news: News) -> str:
    found = Counter(HAPPENED[new.entries[-1].what] for new in news.items)
    return ", ".join(f"{found[word]} {word}" for word in HAPPENED.values() if found[word])


def _one_line(text: str) -> str:
    """Give a text without line breaks; the spaces inside of an amount stay unbreakable."""
    return re.sub(r"[^\S\u00a0\u202f]+", " ", text).strip()
