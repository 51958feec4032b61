"""What the overview shows, as one frozen object: cells, findings, and the sentence above them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from kpi.period import Period
from kpi.value import Value

Compare = Literal["plan", "last_year", "last_week"]
Mark = Literal["none", "watch", "act"]
ChangeUnit = Literal["percent", "points", "days", "hours", "ratio"]


@dataclass(frozen=True)
class Cell:
    """One KPI of one region, or of the group: its value beside what it is compared with.

    change: value against compared_with, in change_unit (percent and points are fractions: 0.05 = 5 % or 5 points).
    favourable: whether the change is good; None where neither direction is. why: one plain sentence.
    series: 13 weeks, the last is the running one. target and band: in the series' own unit.
    """

    value: Value
    compared_with: float | None = None
    change: float | None = None
    change_unit: ChangeUnit = "percent"
    flag: Mark = "none"
    favourable: bool | None = None
    why: str = ""
    series: tuple[float | None, ...] = ()
    target: float | None = None
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Finding:
    """Something a person should know, in words; money and changeable are in the group's currency at budget rates.

    kind: pace, concentration, currency, small_n, late_feed, mix, not_comparable, unmapped_stage, flag.
    level: act and watch need somebody; note is only to be known. page and query: where its rows are.
    """

    kind: str
    region: str
    kpi: str
    level: Literal["act", "watch", "note"]
    subject: str
    distance: str
    sentence: str
    favourable: bool = False
    money: Decimal | None = None
    changeable: Decimal | None = None
    page: str = "region"
    query: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Scorecard:
    """Everything the overview needs at one snapshot.

    regions: worst by money at stake first, without "group". at_stake and changeable: the group's currency at budget
    rates, each region's money once. calm: figures that need nobody. missing: regions whose newest export is late.
    """

    period: Period
    as_of: datetime
    compare: Compare
    currency: str
    regions: tuple[str, ...]
    kpis: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    at_stake: Decimal
    changeable: Decimal
    stake_of: Mapping[str, Decimal]
    findings: tuple[Finding, ...]
    calm: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Headline:
    """The sentence above the overview, and the quiet one below it; **bold** parts stand between asterisks.

    at_stake and changeable: the total that the detail tells, in the group's currency at budget rates.
    """

    sentence: str
    detail: str
    at_stake: Decimal = Decimal(0)
    changeable: Decimal = Decimal(0)
