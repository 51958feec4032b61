"""A reading: one KPI of one region held against one rule, whether it deviates or not."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from kpi.card import Mark

Kind = Literal["data", "goal", "history", "peers", "process"]
DEVIATES = 1.0  # the severity from which on a reading is a deviation


class Key(NamedTuple):
    """What makes two readings the same deviation; segment is empty where it is about the whole region."""

    kpi: str
    region: str
    segment: str
    rule: str


@dataclass(frozen=True)
class Reading:
    """How far a KPI is off by one rule, and in which words.

    severity: the distance from what was expected as a share of the distance that is flagged; DEVIATES and more is a
    deviation. value, expected, low and high are in the KPI's unit; low to high is the expected band. money (at stake)
    and changeable are in the group's currency at budget rates. certainty: 0 to 1. driver: one sentence, no person.
    weeks: how many finished weeks were tested together; None where it is the period to date.
    """

    key: Key
    kind: Kind
    severity: float
    level: Mark
    sentence: str
    distance: str = ""
    driver: str = ""
    unit: str = ""
    currency: str | None = None
    value: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    money: Decimal | None = None
    changeable: Decimal | None = None
    certainty: float = 1.0
    weeks: int | None = None

    @property
    def deviates(self) -> bool:
        """Whether the rule calls it a deviation."""
        return self.severity >= DEVIATES

    def is_calm(self, below: float) -> bool:
        """Whether it is so close to what was expected that a deviation may end; below: of the flagged distance."""
        return self.severity < below
