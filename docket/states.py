"""The states of a deviation, and what may be done in each."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

State = Literal["open", "acknowledged", "in_action", "resolved", "verified", "without_effect", "recovered"]
Verb = Literal["acknowledge", "assign", "promise", "snooze", "resolve", "reopen"]
ENDED: tuple[State, ...] = ("verified", "without_effect", "recovered")
ALLOWED: dict[Verb, tuple[State, ...]] = {
    "acknowledge": ("open",),
    "assign": ("open", "acknowledged", "in_action"),
    "promise": ("open", "acknowledged", "in_action"),
    "snooze": ("open", "acknowledged", "in_action"),
    "resolve": ("acknowledged", "in_action"),
    "reopen": ("resolved",),
}
WORDS: dict[State, str] = {
    "open": "open",
    "acknowledged": "acknowledged",
    "in_action": "in action",
    "resolved": "resolved, not yet verified",
    "verified": "verified by the data",
    "without_effect": "closed without effect",
    "recovered": "recovered by itself",
}


@dataclass(frozen=True)
class Actor:
    """Who does something, as that person says of himself: there is no log-in yet."""

    person: str
    role: str


@dataclass(frozen=True)
class Moment:
    """When something happens (UTC), on which day in the group's zone, and which snapshot of the warehouse was seen."""

    at: datetime
    day: date
    snapshot: int
