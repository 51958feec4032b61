"""What stands on a pack's agenda, item by item, as plain values: promises, calls, changes, deviations, outlook, past.

Money is exact decimals in the currency that stands beside it, percent a fraction; instants are UTC. A region is given
by its id, "group" is the total. No person is named: owners are roles.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

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
