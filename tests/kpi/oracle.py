"""The common KPIs once more, in plain Python over lists of rows: slow, obvious, and knowing nothing of the compiler."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median
from zoneinfo import ZoneInfo

Number = Fraction | Decimal | float | int | None
FIRST, TO_DATE, LAST = date(2026, 10, 1), date(2026, 11, 24), date(2026, 12, 31)
AS_OF = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
RATES = {"EUR": Decimal(1), "USD": Decimal("0.5"), "JPY": Decimal("0.01")}
ZONES = {"north": "Europe/Berlin", "south": "America/New_York", "east": "Asia/Tokyo"}


@dataclass(frozen=True)
class Deal:
    """One state of a deal."""

    number: str
    region: str
    amount: Decimal | None
    first_amount: Decimal | None
    currency: str
    outcome: str
    stage: str
    created_at: datetime
    expected_close_on: date | None
    closed_on: date | None
    won_on: date | None
    reached_develop: bool | None
    business_type: str | None
    times_pushed: int | None
    on_hold: bool | None
    account_ref: str | None
    forecast_category: str | None
    is_deleted: bool
    known_from: datetime
    known_until: datetime | None

    @property
    def worth(self) -> Decimal | None:
        return None if self.amount is None else self.amount * RATES[self.currency]

    @property
    def counts_for_rates(self) -> bool:
        return self.reached_develop is not False and self.business_type != "renewal"


@dataclass(frozen=True)
class Lead:
    """One lead; told_until: the newest export of its region's leads, which tells what has become of it."""

    number: str
    region: str
    created_at: datetime
    sla_due_at: datetime | None
    first_touch_at: datetime | None
    sql_at: datetime | None
    told_until: datetime
    response_work_hours: float | None


@dataclass(frozen=True)
class Call:
    """What a role said at a day that a past quarter of a region would bring, in the region's currency."""

    region: str
    starts: date
    ends: date
    locked_on: date
    amount: Decimal
    currency: str

    @property
    def worth(self) -> Decimal:
        return self.amount * RATES[self.currency]


@dataclass(frozen=True)
class World:
    """The last known states, of some regions; whole: that of all, where it is not all itself."""

    deals: Sequence[Deal]
    leads: Sequence[Lead]
    targets: Mapping[str, Decimal]
    working_days: Mapping[str, Sequence[date]]
    calls: Sequence[Call] = ()
    whole: "World | None" = None

    @property
    def everyone(self) -> "World":
        return self.whole or self

    def within(self, regions: Sequence[str]) -> "World":
        """Give the part of the world that lies in some regions."""
        return World(
            [deal for deal in self.deals if deal.region in regions],
            [lead for lead in self.leads if lead.region in regions],
            {region: plan for region, plan in self.targets.items() if region in regions},
            {region: days for region, days in self.working_days.items() if region in regions},
            [call for call in self.calls if call.region in regions],
            self.everyone,
        )

    @property
    def known(self) -> list[Deal]:
        return [
            deal
            for deal in self.deals
            if deal.known_from <= AS_OF
            and (deal.known_until is None or deal.known_until > AS_OF)
            and not deal.is_deleted
        ]

    def won(self) -> list[Deal]:
        return [deal for deal in self.known if deal.outcome == "won" and _in_period(deal.won_on)]

    def closed(self) -> list[Deal]:
        return [
            deal
            for deal in self.known
            if deal.outcome in ("won", "lost") and _in_period(deal.closed_on) and deal.counts_for_rates
        ]

    def open(self) -> list[Deal]:
        return [deal for deal in self.known if deal.outcome == "open"]

    def won_business(self) -> list[Deal]:
        return [deal for deal in self.won() if deal.reached_develop and deal.business_type != "renewal"]

    def due(self) -> list[Lead]:
        return [
            lead
            for lead in self.leads
            if lead.sla_due_at is not None
            and lead.sla_due_at <= lead.told_until
            and _in_period(local_day(lead.sla_due_at, lead.region))
        ]

    def mature(self) -> list[Lead]:
        return [
            lead
            for lead in self.leads
            if _in_period(local_day(lead.created_at, lead.region))
            and lead.created_at + timedelta(days=30) <= lead.told_until
        ]


def win_rate(world: World) -> Number:
    """Won over closed."""
    closed = world.closed()
    return share(sum(deal.outcome == "won" for deal in closed), len(closed))


def win_rate_by_value(world: World) -> Number:
    """Won value over closed value."""
    closed = [deal for deal in world.closed() if deal.worth is not None]
    return share(worth([deal for deal in closed if deal.outcome == "won"]), worth(closed))


def average_won_deal(world: World) -> Number:
    """Won value over won deals with an amount."""
    won = [deal for deal in world.won_business() if deal.worth is not None]
    return share(worth(won), len(won))


def sales_cycle(world: World) -> Number:
    """The median of the days from the local day of creation to the day of the win."""
    days = [
        (deal.won_on - local_day(deal.created_at, deal.region)).days for deal in world.won_business() if deal.won_on
    ]
    return median(days) if days else None


def customers_won(world: World) -> Number:
    """The accounts that won deals belong to; an account that nobody named is none."""
    return len({deal.account_ref for deal in world.won() if deal.account_ref is not None})


def response(world: World, place: Fraction) -> Number:
    """The working hours within which a share of the leads due was answered; none while that share still waits."""
    hours = [lead.response_work_hours for lead in world.due()]
    return None if not hours else at_place([float("inf") if one is None else one for one in hours], place)


def at_place(values: Sequence[float], place: Fraction) -> Number:
    """The value at a place among values in order, between two of them in proportion."""
    ordered = sorted(values)
    below, part = divmod(place * (len(ordered) - 1), 1)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    found = low if part == 0 else low + (high - low) * float(part)
    return None if found == float("inf") else found


def median_won_deal(world: World) -> Number:
    """The middle amount of won business, in the group's currency."""
    amounts = [deal.worth for deal in world.won_business() if deal.worth is not None]
    return median(amounts) if amounts else None


def largest_three(world: World) -> Number:
    """The three largest of what is open, developed, not on hold and expected within the whole period."""
    amounts = [deal.worth for deal in closing(world) if deal.worth is not None]
    return sum(sorted(amounts, reverse=True)[:3], Decimal(0))


def closing(world: World) -> list[Deal]:
    """What is open, developed, not on hold and expected within the whole period."""
    return [
        deal
        for deal in world.open()
        if deal.reached_develop
        and deal.on_hold is not True
        and deal.expected_close_on
        and FIRST <= deal.expected_close_on <= LAST
    ]


def pushed_share(world: World) -> Number:
    """Open deals pushed twice or more over those whose pushes are known."""
    known = [deal for deal in world.open() if deal.times_pushed is not None]
    return share(sum((deal.times_pushed or 0) >= 2 for deal in known), len(known))


def pipeline_created(world: World) -> Number:
    """What the deals created in the period were worth when they were first seen."""
    created = [deal for deal in world.known if _in_period(local_day(deal.created_at, deal.region))]
    return sum(
        (deal.first_amount * RATES[deal.currency] for deal in created if deal.first_amount is not None), Decimal(0)
    )


ORACLE: Mapping[str, Callable[[World], Number]] = {
    "won_value": lambda world: worth(world.won()),
    "attainment": lambda world: share(worth(world.won()), sum(world.targets.values(), Decimal(0))),
    "average_won_deal": average_won_deal,
    "open_pipeline": lambda world: worth(world.open()),
    "closing_in_period": lambda world: worth(closing(world)),
    "largest_three": largest_three,
    "median_won_deal": median_won_deal,
    "customers_won": customers_won,
    "lead_response_median": lambda world: response(world, Fraction(1, 2)),
    "lead_response_p90": lambda world: response(world, Fraction(9, 10)),
    "pipeline_created": pipeline_created,
    "pushed_deals": lambda world: sum((deal.times_pushed or 0) >= 1 for deal in world.open()),
    "pushed_share": pushed_share,
    "win_rate": win_rate,
    "win_rate_by_value": win_rate_by_value,
    "sales_cycle": sales_cycle,
    "lead_sla": lambda world: share(
        sum(
            lead.first_touch_at is not None and lead.first_touch_at <= (lead.sla_due_at or AS_OF)
            for lead in world.due()
        ),
        len(world.due()),
    ),
    "lead_qualified_30d": lambda world: share(
        sum(lead.sql_at is not None and lead.sql_at <= lead.created_at + timedelta(days=30) for lead in world.mature()),
        len(world.mature()),
    ),
}


def _in_period(day: date | None) -> bool:
    return day is not None and FIRST <= day <= TO_DATE


def local_day(instant: datetime, region: str) -> date:
    return instant.astimezone(ZoneInfo(ZONES[region])).date()


def worth(deals: Sequence[Deal]) -> Decimal:
    return sum((deal.worth for deal in deals if deal.worth is not None), Decimal(0))


def share(above: Decimal | int, below: Decimal | int) -> Fraction | None:
    return Fraction(above) / Fraction(below) if below else None
