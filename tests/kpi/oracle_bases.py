"""What was open at a moment and what became of it, in plain Python: the first day, and points of eight periods."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.kpi.oracle import (
    AS_OF,
    FIRST,
    LAST,
    RATES,
    TO_DATE,
    ZONES,
    Deal,
    Number,
    World,
    local_day,
    share,
    worth,
)

DAY = timedelta(days=1)
PERIODS, ENOUGH = 8, 4


@dataclass(frozen=True)
class Moment:
    """The end of a day in a period: the state of each deal then is compared with what is known as of now."""

    lo: date
    cut: date
    hi: date
    until: date


@dataclass(frozen=True)
class Followed:
    """An open deal at a moment beside its newest state; later is None where nobody exports it any more."""

    then: Deal
    later: Deal | None
    at: Moment

    @property
    def became(self) -> str:
        later, by = self.later, self.at.hi
        if later is None:
            return "gone"
        if later.outcome == "won" and later.won_on is not None and later.won_on <= by:
            return "won"
        if later.outcome in ("lost", "dropped") and later.closed_on is not None and later.closed_on <= by:
            return later.outcome
        is_over = by >= self.at.until
        return "pushed" if is_over or not later.expected_close_on or later.expected_close_on > self.at.until else "open"

    @property
    def worth(self) -> Decimal:
        return self.then.worth or Decimal(0)

    @property
    def worth_later(self) -> Decimal:
        return (self.later.worth if self.later else None) or Decimal(0)

    @property
    def was_to_close(self) -> bool:
        expected = self.then.expected_close_on
        return expected is not None and self.at.lo <= expected <= self.at.until

    @property
    def is_likely(self) -> bool:
        return self.was_to_close and self.then.reached_develop is True and self.then.on_hold is not True


def at_start(world: World) -> list[Followed]:
    """Give what was open when the period began and was to close in it."""
    start = [Moment(FIRST, FIRST - DAY, TO_DATE, LAST)]
    return [one for one in followed(world, dict.fromkeys(world.working_days, start)) if one.was_to_close]


def at_same_point(world: World) -> list[Followed]:
    """Give what was open in each of the last eight quarters when as large a share of its working days had passed."""
    return list(followed(world, same_points(world)))


def followed(world: World, moments: Mapping[str, list[Moment]]) -> Iterator[Followed]:
    """Give the deals that were open at moments of their region."""
    now = {(deal.region, deal.number): deal for deal in world.known}
    for deal in world.deals:
        for moment in moments[deal.region]:
            at = midnight_after(moment.cut, deal.region)
            was_there = deal.known_from <= at and (deal.known_until is None or deal.known_until > at)
            if was_there and deal.outcome == "open" and not deal.is_deleted:
                yield Followed(deal, now.get((deal.region, deal.number)), moment)


def same_points(world: World) -> dict[str, list[Moment]]:
    """Give the last eight quarters of each region, the nearest first, as far back as it had delivered any deal."""

    def was_there(region: str, at: Moment) -> bool:
        by = midnight_after(at.cut, region)
        return any(deal.region == region and deal.known_from <= by for deal in world.deals)

    return {
        region: [at for at in quarters_before(days) if was_there(region, at)]
        for region, days in world.working_days.items()
    }


def quarters_before(working: Sequence[date]) -> Iterator[Moment]:
    """Give the last eight quarters, each up to the same share of its working days, the nearest first."""

    def between(first: date, last: date) -> list[date]:
        return [day for day in working if first <= day <= last]

    passed, lo = Fraction(len(between(FIRST, TO_DATE)), len(between(FIRST, LAST))), FIRST
    for _ in range(PERIODS):
        hi, lo = lo - DAY, date(lo.year - (lo.month == 1), (lo.month - 4) % 12 + 1, 1)
        days = between(lo, hi)
        yield Moment(lo, days[round(passed * len(days))] - DAY, hi, hi)


def has_come(world: World, region: str) -> Fraction:
    """Give the share of a region's working days of the period that have come."""
    days = world.working_days[region]
    come = [day for day in days if FIRST <= day <= TO_DATE]
    return Fraction(len(come), len([day for day in days if FIRST <= day <= LAST]))


def periods_known(world: World) -> int:
    """Give how many of the last eight periods any of the regions has a history of."""
    return len({moment.lo for moments in same_points(world).values() for moment in moments})


def after_same_point(world: World, day_of: Callable[[Deal], date | None]) -> list[tuple[Deal, Moment]]:
    """Give the deals whose day lies after the same point of a past quarter of their region."""
    moments = same_points(world)
    return [
        (deal, moment)
        for deal in world.known
        for moment in moments[deal.region]
        for day in (day_of(deal),)
        if day is not None and moment.cut < day <= moment.hi
    ]


def midnight_after(day: date, region: str) -> datetime:
    """Give the instant at which a day ends in a region, no later than the as-of."""
    return min(datetime.combine(day + DAY, time(), ZoneInfo(ZONES[region])), AS_OF)


def _became(world: World, *kinds: str) -> Number:
    """Value that became one of some kinds, over all that was to close."""
    base = at_start(world)
    return share(_sum(one.worth for one in base if one.became in kinds), _sum(one.worth for one in base))


def _over_periods(world: World, value: Number) -> Number:
    return value if periods_known(world) >= ENOUGH else None


def pipe_yield(world: World) -> Number:
    """Value brought in by the end of past periods, over all that was likely to close in them."""
    base = [one for one in at_same_point(world) if one.is_likely]
    brought = _sum(one.worth_later for one in base if one.became == "won")
    return _over_periods(world, share(brought, _sum(one.worth for one in base)))


def eventual_yield(world: World) -> Number:
    """Value won by now of what was open at past points and is decided."""
    base = at_same_point(world)
    outcomes = [(one, one.later.outcome if one.later else "gone") for one in base]
    won = _sum(one.worth_later for one, outcome in outcomes if outcome == "won")
    return _over_periods(world, share(won, _sum(one.worth for one, outcome in outcomes if outcome != "open")))


def commit_conversion(world: World) -> Number:
    """Committed value that was won, over all that was committed."""
    base = _committed(world)
    won = _sum(one.worth for one in base if one.became == "won")
    return _over_periods(world, share(won, _sum(one.worth for one in base)))


def commit_value_kept(world: World) -> Number:
    """What won commits brought, over what they were committed at."""
    won = [one for one in _committed(world) if one.became == "won"]
    return _over_periods(world, share(_sum(one.worth_later for one in won), _sum(one.worth for one in won)))


def created_yield(world: World) -> Number:
    """Won in time of what past periods created after this point."""
    created = after_same_point(world, lambda deal: local_day(deal.created_at, deal.region))
    won = [
        deal
        for deal, moment in created
        if deal.outcome == "won" and deal.won_on is not None and deal.won_on <= moment.hi
    ]
    first = _sum(deal.first_amount * RATES[deal.currency] for deal, _ in created if deal.first_amount is not None)
    return _over_periods(world, share(worth(won), first))


def won_after_point(world: World) -> Number:
    """What an average past period won after this point."""
    won = [deal for deal, _ in after_same_point(world, lambda deal: deal.won_on) if deal.outcome == "won"]
    return _over_periods(world, share(worth(won), periods_known(world)))


def won_of_base(world: World) -> Number:
    """What an average past period won after this point of what was likely to close in it."""
    won = [
        one.worth_later
        for one in at_same_point(world)
        if one.is_likely and one.became == "won" and one.later and one.later.won_on and one.later.won_on > one.at.cut
    ]
    return _over_periods(world, share(_sum(won), periods_known(world)))


def _of_regions(average: Callable[[World], Number]) -> Callable[[World], Number]:
    """Give the sum of the regions' own averages: histories of unlike length have no average in common."""

    def total(world: World) -> Number:
        each = [average(world.within([region])) for region in world.working_days]
        known = [Fraction(one) for one in each if one is not None]
        return sum(known, Fraction(0)) if len(known) == len(each) else None

    return total


BASES: Mapping[str, Callable[[World], Number]] = {
    "slippage": lambda world: _became(world, "pushed"),
    "base_won": lambda world: _became(world, "won"),
    "base_lost": lambda world: _became(world, "lost", "dropped", "gone"),
    "base_open": lambda world: _became(world, "open"),
    "pipe_yield": pipe_yield,
    "eventual_yield": eventual_yield,
    "commit_conversion": commit_conversion,
    "commit_value_kept": commit_value_kept,
    "created_yield": created_yield,
    "won_after_point": _of_regions(won_after_point),
    "won_of_base": _of_regions(won_of_base),
}


def _committed(world: World) -> list[Followed]:
    return [one for one in at_same_point(world) if one.was_to_close and one.then.forecast_category == "commit"]


def _sum(values: Iterator[Decimal] | list[Decimal]) -> Decimal:
    return sum(values, Decimal(0))
