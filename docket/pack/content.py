"""What a frozen pack holds: the agenda's numbers and sentences as plain values, independent of store and definitions.

Money is exact decimals in the currency that stands beside it, percent a fraction; instants are UTC. A region is given
by its id, "group" is the total. No person is named: owners are roles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from docket.pack.agenda_parts import (
    Ahead,
    Bridge,
    Call,
    DealChange,
    Deviation,
    Figure,
    Improvement,
    Past,
    PromiseKept,
    SharedCustomer,
)

FORMAT = 1


@dataclass(frozen=True)
class KpiWords:
    """How a KPI was defined when the pack was frozen."""

    name: str
    label: str
    heading: str
    question: str
    unit: str
    better: str
    formula: str
    is_not: str
    is_overview: bool


@dataclass(frozen=True)
class MissingFeed:
    """An export that was due by the region's cut-off and not there; exported_at: of the newest one before it."""

    source: str
    table: str
    due_at: datetime | None
    exported_at: datetime | None


@dataclass(frozen=True)
class RegionState:
    """A region as it entered the pack; cut_off: the evening before, in its own zone; data_until: how far it reports."""

    id: str
    name: str
    manager: str
    currency: str
    timezone: str
    cut_off: datetime
    data_until: datetime | None
    missing: tuple[MissingFeed, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether its deals or leads entered as missing, with their last figures."""
        return any(feed.table in ("opportunity", "lead") for feed in self.missing)


@dataclass(frozen=True)
class PeriodWords:
    """The period of the pack; to_date: the last day that counts."""

    code: str
    label: str
    start: date
    end: date
    to_date: date
    week_label: str


@dataclass(frozen=True)
class Previous:
    """The pack of the review before."""

    id: str
    snapshot: int
    as_of: datetime


@dataclass(frozen=True)
class Reader:
    """Who gets a page of their own: a role, and the regions it may see (None: all)."""

    id: str
    role: str
    regions: tuple[str, ...] | None


@dataclass(frozen=True)
class Head:
    """What the pack is of. since, until: changes are told from the end of one day to the end of the other.

    as_of: what had arrived by then counts; the latest of the regions' cut-offs. snapshot, snapshot_at: the state of
    the store, and when it was stored, so that another store's snapshot of the same number is not taken for it.
    at_stake, changeable: the group's currency at budget rates. request: the request that asked for it, if one did.
    """

    id: str
    made_at: datetime
    as_of: datetime
    snapshot: int
    snapshot_at: datetime | None
    group: str
    currency: str
    timezone: str
    period: PeriodWords
    since: date
    until: date
    headline: str
    detail: str
    at_stake: Decimal
    changeable: Decimal
    calm: int
    definitions_hash: str
    regions: tuple[RegionState, ...]
    readers: tuple[Reader, ...]
    kpis: tuple[KpiWords, ...]
    previous: Previous | None = None
    format: int = FORMAT
    request: str = ""

    def region(self, name: str) -> RegionState:
        """Give a region by its id; raises StopIteration where it is not in the pack."""
        return next(region for region in self.regions if region.id == name)

    def name(self, region: str) -> str:
        """Give a region's name, the group's own for "group"."""
        return next((each.name for each in self.regions if each.id == region), self.group)

    def label(self, kpi: str) -> str:
        """Give a KPI's label, its id where the pack has no words for it."""
        return next((each.label for each in self.kpis if each.name == kpi), kpi)


@dataclass(frozen=True)
class Content:
    """All of a pack, part by part; each part is one file of the frozen pack.

    figures: KPI × region in the group's currency; own_figures: the regions in their own. calls and own_calls likewise.
    bridges: region -> waterfall in the group's currency. pipeline, accounts: the figures of those agenda items.
    """

    head: Head
    promises: tuple[PromiseKept, ...]
    calls: tuple[Call, ...]
    own_calls: tuple[Call, ...]
    bridges: tuple[Bridge, ...]
    own_bridges: tuple[Bridge, ...]
    changes: tuple[DealChange, ...]
    deviations: tuple[Deviation, ...]
    suppressed: tuple[Deviation, ...]
    ahead: tuple[Ahead, ...]
    pipeline: tuple[Figure, ...]
    accounts: tuple[Figure, ...]
    shared_customers: tuple[SharedCustomer, ...]
    improvement: Improvement | None
    past: Past
    figures: tuple[Figure, ...]
    own_figures: tuple[Figure, ...]
    definitions: str
    profiles: Mapping[str, str] = field(default_factory=dict)

    def figure(self, kpi: str, region: str) -> Figure | None:
        """Give a figure of the scorecard; None where the pack has none."""
        return next((each for each in self.figures if (each.kpi, each.region) == (kpi, region)), None)

    def call(self, region: str) -> Call | None:
        """Give a region's call in the group's currency, or the group's; None where the pack has none."""
        return next((each for each in self.calls if each.region == region), None)

    def bridge(self, region: str) -> Bridge | None:
        """Give a region's waterfall, or the group's; None where the pack has none."""
        return next((each for each in self.bridges if each.region == region), None)
