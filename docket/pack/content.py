"""What a frozen pack holds: the agenda's numbers and sentences as plain values, independent of store and definitions.

Money is exact decimals in the currency that stands beside it, percent a fraction; instants are UTC. A region is given
by its id, "group" is the total. No person is named: owners are roles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

FORMAT = 1
Effect = Literal["worked", "without_effect", "too_early", "overdue"]


@dataclass(frozen=True)
class Figure:
    """One KPI of one region: its value with all it rests on, and beside it what it is compared with.

    why: one plain sentence. before: the value at the last review, None where it is not asked or was none. series: 13
    weeks, the last is the running one. change_unit: percent, points (both fractions), days, hours or ratio.
    """

    kpi: str
    region: str
    value: Decimal | None
    n: int
    unit: str
    currency: str | None
    comparable: str = "yes"
    reasons: tuple[str, ...] = ()
    why: str = ""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    compared_with: Decimal | None = None
    change: Decimal | None = None
    change_unit: str = "percent"
    flag: str = "none"
    favourable: bool | None = None
    before: Decimal | None = None
    missing_regions: tuple[str, ...] = ()
    series: tuple[Decimal | None, ...] = ()
    target: Decimal | None = None
    band: tuple[Decimal, Decimal] | None = None


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
class PromiseKept:
    """A promise, and whether the number moved; values in the KPI's unit, money in the currency.

    value_now: when it was judged, else at the freezing. moved_well: whether it went where it should, None where that
    cannot be said. sentence: all of it in words.
    """

    item: int
    kpi: str
    region: str
    what: str
    owner: str
    promised_at: datetime
    due_on: date
    unit: str
    currency: str | None
    value_then: Decimal | None
    value_now: Decimal | None
    moved_well: bool | None
    effect: Effect
    state: str
    sentence: str


@dataclass(frozen=True)
class Stated:
    """What somebody stated for the period as call, commit or best case, in the region's currency, and why."""

    category: str
    value: Decimal
    currency: str
    role: str
    locked_on: date
    reason: str | None
    before: Decimal | None


@dataclass(frozen=True)
class Call:
    """What a region, or the group, calls for the period; each figure has its value of the last review in before.

    stated: the newest forecast of each category that the region itself gave; of the group none.
    """

    region: str
    currency: str
    won: Figure
    commit: Figure
    best_case: Figure
    landing: Figure
    target: Figure
    expected: Figure
    pace: Figure
    stated: tuple[Stated, ...] = ()


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall, in whole cents; start and steps give the end."""

    name: str
    label: str
    amount: Decimal
    deals: int


@dataclass(frozen=True)
class Bridge:
    """How the open pipeline came from its start to its end."""

    region: str
    currency: str
    start: Decimal
    end: Decimal
    start_deals: int
    end_deals: int
    steps: tuple[Step, ...]
    unrated: int = 0


@dataclass(frozen=True)
class DealChange:
    """A deal that is or was dated in the period, of which something changed. Amounts in its own currency.

    kinds: new, gone, amount, period, stage, category, outcome. counts: by how much the open value dated in the period
    changed by it, in the group's currency at budget rates; None without a rate. No person is named.
    """

    region: str
    account: str | None
    source: str
    number: str
    currency: str | None
    kinds: tuple[str, ...]
    counts: Decimal | None
    amount_before: Decimal | None
    amount_after: Decimal | None
    closes_before: date | None
    closes_after: date | None
    stage_before: str | None
    stage_after: str | None
    category_before: str | None
    category_after: str | None
    has_next_step: bool | None
    times_pushed: int | None
    file: str | None
    line: int | None


@dataclass(frozen=True)
class Deviation:
    """An item of the docket as it stood; money and changeable in the group's currency at budget rates.

    quiet_because: why it is on the suppressed list; nothing where it is on the agenda.
    """

    item: int
    kpi: str
    region: str
    level: str
    state: str
    owner: str | None
    due_on: date | None
    sentence: str
    distance: str
    driver: str
    unit: str
    currency: str | None
    value: Decimal | None
    expected: Decimal | None
    low: Decimal | None
    high: Decimal | None
    money: Decimal | None
    changeable: Decimal | None
    opened_at: datetime
    version: int
    quiet_because: str = ""


@dataclass(frozen=True)
class Ahead:
    """A quarter to come in the group's calendar: coverage against what is required, by region and for the group."""

    code: str
    label: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class SharedCustomer:
    """A customer with open deals in several regions; value in the group's currency at budget rates."""

    name: str
    regions: tuple[str, ...]
    deals: int
    value: Decimal | None
    since: date | None
    lead_region: str | None


@dataclass(frozen=True)
class Improvement:
    """The cheapest way to one more common KPI: what is to do, what it takes, and what it brings."""

    what: str
    takes: str
    kpis: tuple[str, ...]
    regions: tuple[str, ...]
    common: int
    reached: int
    total: int


@dataclass(frozen=True)
class Restated:
    """A closed deal of the past that is told otherwise now; change in the group's currency, None without a rate."""

    region: str
    account: str | None
    source: str
    number: str
    changes: tuple[tuple[str, str | None, str | None], ...]
    cause: str
    change: Decimal | None
    file: str | None
    line: int | None


@dataclass(frozen=True)
class Past:
    """What changed in the past since the last review; note: what could not be looked at."""

    since: datetime
    deals: tuple[Restated, ...] = ()
    note: str = ""


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
