"""One KPI as kpi_definitions.yaml states it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from organisation.flag_levels import NEVER, Flag

Unit = Literal["money", "percent", "days", "hours", "months", "count", "ratio"]
Better = Literal["higher", "lower", "level"]
Weekly = Literal["alone", "quarter to date", "last 4 weeks", "last 13 weeks"]
Taken = Literal[
    "start of period",
    "won before the period",
    "same point of last 8 periods",
    "after same point of last 8 periods",
]
Shown = Literal["overview", "pages", "nowhere"]
HABITS = ("REGISTERED_LATE", "LOSSES_NOT_RECORDED", "STALE_OPEN")
AT_START, YEAR_BEFORE, OWN_QUARTER = "start of period", "a year before", "own fiscal quarter"
# What makes an international sales organisation effective: the seven measures that KPIs serve.
MEASURES = {
    1: "Leads by an agreement between marketing and sales",
    2: "Cooperation around international accounts",
    3: "Account planning",
    4: "Change that is managed",
    5: "Mavericks who are helped",
    6: "Openness and transparency",
    7: "Clear goals and structured processes",
}
GROUPS = ("Result", "Forecast", "Pipeline", "Process", "Care of deals", "Leads", "Accounts", "Data")


@dataclass(frozen=True)
class Kpi:
    """A definition, ready to be compiled.

    Exactly one of formula (over the rows of table), combine (over other KPIs), of (another KPI over a window), paced (a
    plan spread by the region's own curve) and weighted (another KPI, each stage times its yield) is set. window: the
    days that count instead of the period's. one_rate: all amounts at the rates of one day. taken: the
    moments at which deals are looked at. averaged: per period of those, so of_regions too, since
    histories of unlike length have no average in common. of_regions: the group is its regions' sum.
    fallback: reason code -> arithmetic used where the first has no value. needs: (table, column) pairs touched.
    matures_at: share of the rows that must be resolved, by the condition of that name, before there is a value.
    reservations: reason code -> condition on the rows it rests on. distorted_by: codes of the habits of a region's CRM
    that make the KPI look better or worse than it is, its parts' included. of_persons: about persons, so off unless
    a region switched it on, and never about fewer than five. shown: on the overview too, on the pages that hold all
    KPIs, or nowhere, as a part of others. compare_with: the KPI that says how much of it is enough. at_stake: the one
    that says what is at stake where it is flagged. measure: which of the seven it serves.
    """

    name: str
    label: str
    heading: str
    question: str
    unit: Unit
    better: Better
    owner: str
    needs_at_least: int
    line: int
    formula: str | None = None
    combine: str | None = None
    of: str | None = None
    paced: str | None = None
    by_curve_of: str | None = None
    weighted: str | None = None
    by_yield_of: str | None = None
    fallback: Mapping[str, str] = field(default_factory=dict)
    taken: Taken | None = None
    averaged: bool = False
    of_regions: bool = False
    ranged: bool = False
    window: str | None = None
    where: str | None = None
    table: str | None = None
    counted_on: str | None = None
    is_stock: bool = False
    spread: bool = False
    weekly: Weekly = "alone"
    matures_after: timedelta | None = None
    resolved: str | None = None
    matures_at: float | None = None
    stale_after: timedelta = timedelta(days=8)
    rates: Literal["budget"] | None = None
    one_rate: bool = False
    without_denominator: str = "ZERO_DENOMINATOR"
    reservations: Mapping[str, str] = field(default_factory=dict)
    distorted_by: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    flag: Flag = NEVER
    compare_with: str | None = None
    at_stake: str | None = None
    measure: int | None = None
    agreed: Mapping[str, str] = field(default_factory=dict)
    is_not: str = ""
    of_persons: bool = False
    shown: Shown = "pages"
    valid_from: date | None = None
    versions: "tuple[Kpi, ...]" = ()
    needs: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ()

    def on(self, day: date) -> "Kpi":
        """Give the version that holds on a day: the newest one valid by then, else the oldest."""
        held = [
            version for version in (self, *self.versions) if version.valid_from is None or version.valid_from <= day
        ]
        return held[0] if held else (self, *self.versions)[-1]

    @property
    def is_from_start(self) -> bool:
        """Whether the KPI asks what deals were when the period began, and what has become of them since."""
        return self.taken in ("start of period", "won before the period") or self.window == AT_START

    @property
    def higher_is_better(self) -> bool | None:
        """Whether a rise is good; None where neither is."""
        return None if self.better == "level" else self.better == "higher"

    @property
    def status(self) -> str:
        """agreed where every region that is asked agreed, else proposed."""
        return "agreed" if self.agreed and "open" not in self.agreed.values() else "proposed"
