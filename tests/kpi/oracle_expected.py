"""What is to be expected, in plain Python: plans by a curve, pipelines by the yield of their stages, and forecasts."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

from tests.kpi.oracle import Call, Deal, Number, World, closing, share, worth
from tests.kpi.oracle_bases import ENOUGH, Followed, at_same_point, has_come, periods_known, quarters_before

STAGES = ("qualify", "develop", "propose", "close")
ENOUGH_DEALS = 20  # in a stage of a region, to know its own yield


def expected_won(world: World) -> Number:
    """Each region's plan times the share that past quarters had won by the same point, else that of its days."""
    return sum((Fraction(plan) * _won_by_now(world, region) for region, plan in world.targets.items()), Fraction(0))


def pace(world: World) -> Number:
    """Won over expected."""
    expected = Fraction(expected_won(world) or 0)
    return Fraction(worth(world.won())) / expected if expected else None


def weighted_in_period(world: World) -> Number:
    """What is to close, each stage at its yield; none where a stage with deals has no yield anywhere."""
    if periods_known(world.everyone) < ENOUGH:
        return None
    each = [_weighted(world, region, stage) for region in world.working_days for stage in STAGES]
    known = [one for one in each if one is not None]
    return sum(known, Fraction(0)) if len(known) == len(each) else None


def forecast_accuracy(world: World) -> Number:
    """What was won less all errors, over what was won."""
    pairs = _beside_outcome(world)
    won = sum((actual for _, actual in pairs), Decimal(0))
    missed = sum((abs(said - actual) for said, actual in pairs), Decimal(0))
    return share(won - missed, won) if _quarters_said(world) >= ENOUGH else None


def forecast_bias(world: World) -> Number:
    """What was said too much, over what was won."""
    pairs = _beside_outcome(world)
    won = sum((actual for _, actual in pairs), Decimal(0))
    said = sum((said for said, _ in pairs), Decimal(0))
    return share(said - won, won) if _quarters_said(world) >= ENOUGH else None


def of_stages(
    amount: Decimal, own: list[Followed], everyone: list[Followed], *, is_won: Callable[[Followed], bool]
) -> Fraction | None:
    """Give an amount times what was won of its stage at past points, everyone's where a region has too few deals."""
    if not amount:
        return Fraction(0)
    counted = [one for one in own if one.then.worth is not None]
    base = own if len(counted) >= ENOUGH_DEALS else everyone
    won = sum((one.worth_later for one in base if is_won(one)), Decimal(0))
    taken = share(won, sum((one.worth for one in base), Decimal(0)))
    return None if taken is None else Fraction(amount) * taken


EXPECTED: Mapping[str, Callable[[World], Number]] = {
    "expected_won": expected_won,
    "pace": pace,
    "weighted_in_period": weighted_in_period,
    "forecast_accuracy": forecast_accuracy,
    "forecast_bias": forecast_bias,
}


def _won_by_now(world: World, region: str) -> Fraction:
    won = [deal for deal in world.known if deal.region == region and deal.outcome == "won" and deal.won_on]
    held = [
        (deal, at)
        for at in quarters_before(world.working_days[region])
        for deal in won
        if deal.won_on is not None and at.lo <= deal.won_on <= at.hi
    ]
    whole = worth([deal for deal, _ in held])
    if len({at.lo for _, at in held}) < ENOUGH or whole <= 0:
        return has_come(world, region)
    by_cut = worth([deal for deal, at in held if deal.won_on is not None and deal.won_on <= at.cut])
    return Fraction(by_cut) / Fraction(whole)


def _weighted(world: World, region: str, stage: str) -> Fraction | None:
    amount = worth([deal for deal in closing(world) if (deal.region, deal.stage) == (region, stage)])
    bases = (_of_stage(seen, stage) for seen in (world.within([region]), world.everyone))
    return of_stages(amount, *bases, is_won=lambda one: one.became == "won")


def _of_stage(world: World, stage: str) -> list[Followed]:
    return [one for one in at_same_point(world) if one.is_likely and one.then.stage == stage]


def _beside_outcome(world: World) -> list[tuple[Decimal, Decimal]]:
    return [(call.worth, _came(world, call)) for call in _last_calls(world)]


def _came(world: World, call: Call) -> Decimal:
    won: list[Deal] = [deal for deal in world.known if deal.region == call.region and deal.outcome == "won"]
    return worth([deal for deal in won if deal.won_on is not None and call.starts <= deal.won_on <= call.ends])


def _last_calls(world: World) -> list[Call]:
    """Give for each past quarter of a region the last call up to the same point of it."""
    found: dict[tuple[str, object], Call] = {}
    for region, days in world.working_days.items():
        for at in quarters_before(days):
            calls = [
                call
                for call in world.calls
                if (call.region, call.starts, call.ends) == (region, at.lo, at.hi) and call.locked_on <= at.cut
            ]
            if calls:
                found[region, at.lo] = max(calls, key=lambda call: call.locked_on)
    return list(found.values())


def _quarters_said(world: World) -> int:
    return len({call.starts for call in _last_calls(world)})
