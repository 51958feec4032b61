"""What is new for a reader: items whose state has changed since they were last told of."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from docket.budget import within_budget
from docket.items import Entry, Item

BY_DATA = ("opened", "raised", "eased", "woke", "recovered", "verified", "without_effect")
CALLS_AT_ONCE = ("opened", "raised")


@dataclass(frozen=True)
class New:
    """An item and the lines of its trail, oldest first, that its reader has not been told."""

    item: Item
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class News:
    """What a reader is told, the most urgent first; more: items that call nobody by the budget or are put off."""

    items: tuple[New, ...]
    more: int

    @property
    def entries(self) -> frozenset[int]:
        """The lines of the trails that are told by it."""
        return frozenset(entry.id for new in self.items for entry in new.entries)


def news_of(items: Iterable[Item], told: Collection[int], day: date) -> News:
    """Give what a digest tells: what calls its reader on a day and has changed, then what has ended.

    What the alarm budget keeps back, what is put off and what is explained is told when it calls. An end is told to
    who was told of the beginning.
    """
    known = tuple(items)
    shown = within_budget(known, day)
    ended = (item for item in known if item.is_over and any(entry.id in told for entry in item.trail))
    candidates = (New(item, _untold(item, told)) for item in (*shown.calling, *ended))
    return News(tuple(new for new in candidates if new.entries), len(shown.suppressed))


def urgent(news: News) -> News:
    """Give what is told at once: what is to be acted on, and has opened or been raised since."""
    called = (new for new in news.items if new.item.level == "act" and not new.item.is_over)
    return News(tuple(new for new in called if any(entry.what in CALLS_AT_ONCE for entry in new.entries)), news.more)


def _untold(item: Item, told: Collection[int]) -> tuple[Entry, ...]:
    return tuple(entry for entry in item.trail if entry.role is None and entry.what in BY_DATA and entry.id not in told)
