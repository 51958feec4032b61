"""The alarm budget: no reader is called by more deviations a week than can be looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from docket.items import Item
from organisation.thresholds import DEFAULT_RULES


@dataclass(frozen=True)
class Shown:
    """The items of a reader's list: those that call, and those that are there to be looked up only."""

    calling: tuple[Item, ...]
    suppressed: tuple[Item, ...]


def within_budget(items: Iterable[Item], day: date, budget: int = DEFAULT_RULES.a_week) -> Shown:
    """Give the items that call a reader on a day, the most urgent first, and the suppressed rest.

    Urgent is money at stake × certainty × the share of it that can still be changed; what has no money follows, act
    before watch, by severity. An item that somebody owns has been called already and stays; only unowned ones share
    the budget. Snoozed and explained items call nobody.
    """
    ranked = sorted((item for item in items if not item.is_over), key=_place)
    calling: list[Item] = []
    suppressed: list[Item] = []
    left = budget
    for item in ranked:
        if item.is_silent(day):
            suppressed.append(item)
        elif item.state != "open":
            calling.append(item)
        elif left > 0:
            calling.append(item)
            left -= 1
        else:
            suppressed.append(item)
    return Shown(tuple(calling), tuple(suppressed))


def urgency(item: Item) -> Decimal:
    """Give money at stake × certainty × share that can be changed, which is the changeable money × certainty."""
    return (item.changeable or Decimal(0)) * Decimal(str(item.certainty))


def _place(item: Item) -> tuple[Decimal, bool, float]:
    return -urgency(item), item.level != "act", -item.severity
