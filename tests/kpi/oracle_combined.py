"""KPIs made of others, over other days, and cohorts, in plain Python: what the period lands at, and what is missing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.kpi.oracle import (
    FIRST,
    LAST,
    TO_DATE,
    Deal,
    Lead,
    Number,
    World,
    average_won_deal,
    closing,
    largest_three,
    local_day,
    sales_cycle,
    share,
    win_rate,
    win_rate_by_value,
    worth,
)
from tests.kpi.oracle_bases import (
    DAY,
    ENOUGH,
    after_same_point,
    at_same_point,
    created_yield,
    midnight_after,
    periods_known,
    pipe_yield,
    won_after_point,
    won_of_base,
)
from tests.kpi.oracle_expected import STAGES, of_stages, weighted_in_period

# The months of the own fiscal quarter that the group's fourth quarter ends in: east's begins in November.
MONTHS = {region: (date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)) for region in ("north", "south")}
MONTHS["east"] = (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))
YEAR_BEFORE = (date(2025, 10, 1), date(2025, 12, 31))


def exactly(*numbers: Number) -> list[Fraction] | None:
    """Give some numbers as fractions; None where any of them is none."""
    known = [Fraction(one) for one in numbers if one is not None]
    return known if len(known) == len(numbers) else None


def of_regions(own: Callable[[World], Number]) -> Callable[[World], Number]:
    """Give the sum of what each region has of its own; none where one has none."""

    def total(world: World) -> Number:
        each = exactly(*(own(world.within([region])) for region in world.working_days))
        return None if each is None else sum(each, Fraction(0))

    return total


def target(world: World) -> Number:
    """What is planned for the whole period."""
    return sum(world.targets.values(), Decimal(0))


def won_between(world: World, first: date, last: date) -> list[Deal]:
    """What was won on some days, the first and the last included."""
    return [deal for deal in world.known if deal.outcome == "won" and deal.won_on and first <= deal.won_on <= last]


def month_share(place: int) -> Callable[[World], Number]:
    """Give which share of what each region's own quarter has won was won in a month of it."""

    def shared(world: World) -> Number:
        own, whole = list[Deal](), list[Deal]()
        for region, months in MONTHS.items():
            won = won_between(world.within([region] if region in world.working_days else []), months[0], TO_DATE)
            after = months[place + 1] if place < 2 else LAST + 366 * DAY
            whole += won
            own += [deal for deal in won if deal.won_on is not None and months[place] <= deal.won_on < after]
        return share(worth(own), worth(whole))

    return shared


def won_a_year_before(world: World) -> Number:
    """What each region had won a year before, by as many of its working days as have passed now."""
    total = Decimal(0)
    for region, working in world.working_days.items():
        passed = len([day for day in working if FIRST <= day <= TO_DATE])
        before = [day for day in working if YEAR_BEFORE[0] <= day <= YEAR_BEFORE[1]]
        last = before[passed - 1] if passed < len(before) else YEAR_BEFORE[1]
        total += worth(won_between(world.within([region]), YEAR_BEFORE[0], last))
    return total


def growth(world: World) -> Number:
    """How much more was won than a year before."""
    before = Fraction(won_a_year_before(world) or 0)
    return Fraction(worth(world.won())) / before - 1 if before else None


def open_at_start(world: World) -> Decimal:
    """What was open when the period began, at what it was worth then."""
    deals = [
        deal
        for deal in world.deals
        for at in (midnight_after(FIRST - DAY, deal.region),)
        if deal.known_from <= at and (deal.known_until is None or deal.known_until > at)
    ]
    return worth([deal for deal in deals if deal.outcome == "open" and not deal.is_deleted])


def usual_late_wins(world: World) -> Number:
    """What an average past period won after this point beyond what was likely to close in it."""
    known = exactly(won_after_point(world), won_of_base(world))
    return None if known is None else known[0] - known[1]


def won_after_points(world: World) -> Number:
    """What all past periods together won after this point."""
    won = [deal for deal, _ in after_same_point(world, lambda deal: deal.won_on) if deal.outcome == "won"]
    return worth(won) if periods_known(world) >= ENOUGH else None


def won_of_bases(world: World) -> Number:
    """The part of it that was likely to close in them at this point."""
    won = [
        one.worth_later
        for one in at_same_point(world)
        if one.is_likely and one.became == "won" and one.later and one.later.won_on and one.later.won_on > one.at.cut
    ]
    return sum(won, Decimal(0)) if periods_known(world) >= ENOUGH else None


def late_share(world: World) -> Number:
    """The part of it that nobody had in the pipeline at this point."""
    known = exactly(won_after_points(world), won_of_bases(world))
    return None if known is None or not known[0] else (known[0] - known[1]) / known[0]


def coverage(world: World) -> Number:
    """What is to close over what is still to be won; none once the target is reached."""
    left = Fraction(target(world) or 0) - Fraction(worth(world.won()))
    return Fraction(worth(closing(world))) / left if left > 0 else None


def coverage_required(world: World) -> Number:
    """By the yield of past periods; by the win rate where there is none."""
    known = exactly(late_share(world), pipe_yield(world))
    if known is not None and known[1]:
        return (1 - known[0]) / known[1]
    rate = win_rate_by_value(world)
    return 1 / Fraction(rate) if rate else None


def coverage_gap(world: World) -> Number:
    """The coverage beyond what is required."""
    known = exactly(coverage(world), coverage_required(world))
    return None if known is None else known[0] - known[1]


def landing(world: World) -> Number:
    """Won, what is to close at its yield, and what usually comes late."""
    known = exactly(worth(world.won()), weighted_in_period(world), of_regions(usual_late_wins)(world))
    return None if known is None else sum(known, Fraction(0))


def gap(world: World) -> Number:
    """What the landing lacks to the target."""
    known = exactly(target(world), landing(world))
    return None if known is None else known[0] - known[1]


def gap_of_the_short(world: World) -> Number:
    """The gap where there is one."""
    lacking = gap(world)
    return None if lacking is None else max(Fraction(lacking), Fraction(0))


def pipeline_needed(world: World) -> Number:
    """What would have to be created to close the gap."""
    known = exactly(gap_of_the_short(world), created_yield(world))
    return known[0] / known[1] if known is not None and known[1] else None


def weighted_eventual(world: World) -> Number:
    """What is open, each stage at the share that past periods won of it by now."""

    def amount(region: str, stage: str) -> Decimal:
        return worth([deal for deal in world.open() if (deal.region, deal.stage) == (region, stage)])

    def is_decided(later: Deal | None) -> bool:
        return later is None or later.outcome in ("won", "lost", "dropped")

    def won(later: Deal | None) -> bool:
        return later is not None and later.outcome == "won"

    if periods_known(world.everyone) < ENOUGH:
        return None
    each = [
        of_stages(
            amount(region, stage),
            *(
                [one for one in at_same_point(seen) if one.then.stage == stage and is_decided(one.later)]
                for seen in (world.within([region]), world.everyone)
            ),
            is_won=lambda one: won(one.later),
        )
        for region in world.working_days
        for stage in STAGES
    ]
    known = exactly(*each)
    return None if known is None else sum(known, Fraction(0))


def concentration(world: World) -> Number:
    """The three largest of what is to close, at its yield, in the landing."""
    known = exactly(largest_three(world), weighted_in_period(world), worth(closing(world)), landing(world))
    return known[0] * known[1] / (known[2] * known[3]) if known is not None and known[2] * known[3] else None


def qualified(world: World) -> list[Deal]:
    """What is open and reached develop, renewals apart."""
    return [deal for deal in world.open() if deal.reached_develop and deal.business_type != "renewal"]


def velocity(world: World) -> Number:
    """Deals times value times rate, by days."""
    days = sales_cycle(world)
    known = exactly(len(qualified(world)), average_won_deal(world), win_rate(world))
    return known[0] * known[1] * known[2] / Fraction(days) if known is not None and days else None


def said(world: World, *categories: str) -> Decimal:
    """What is open in some categories and expected in the whole period."""
    return worth(
        [
            deal
            for deal in world.open()
            if deal.forecast_category in categories
            and deal.expected_close_on
            and FIRST <= deal.expected_close_on <= LAST
        ]
    )


def created(world: World) -> list[Deal]:
    """What was created in the period so far."""
    return [deal for deal in world.known if FIRST <= local_day(deal.created_at, deal.region) <= TO_DATE]


def cohort_close_rate(world: World) -> Number:
    """Won over all created, once nine of ten are decided."""
    cohort = created(world)
    decided = sum(deal.outcome != "open" for deal in cohort)
    is_mature = Fraction(decided) >= Fraction(9, 10) * len(cohort)
    return share(sum(deal.outcome == "won" for deal in cohort), len(cohort)) if is_mature else None


def arrived(world: World) -> list[Lead]:
    """The leads that arrived in the period so far."""
    return [lead for lead in world.leads if FIRST <= local_day(lead.created_at, lead.region) <= TO_DATE]


def _share_open(cohort: Sequence[Deal]) -> Number:
    return share(sum(deal.outcome == "open" for deal in cohort), len(cohort))


COMBINED: Mapping[str, Callable[[World], Number]] = {
    "target": target,
    "won_last_90_days": lambda world: worth(won_between(world, TO_DATE - 89 * DAY, TO_DATE)),
    **{f"linearity_m{place + 1}": month_share(place) for place in range(3)},
    "won_value_a_year_before": won_a_year_before,
    "growth": growth,
    "open_pipeline_at_start": open_at_start,
    "net_pipeline_change": lambda world: worth(world.open()) - open_at_start(world),
    "usual_late_wins": of_regions(usual_late_wins),
    "won_after_points": won_after_points,
    "won_of_bases": won_of_bases,
    "late_share": late_share,
    "coverage": coverage,
    "coverage_required": coverage_required,
    "coverage_gap": coverage_gap,
    "landing": landing,
    "gap": gap,
    "gap_of_short_regions": of_regions(gap_of_the_short),
    "pipeline_needed": pipeline_needed,
    "weighted_eventual": weighted_eventual,
    "concentration": concentration,
    "qualified_deals": lambda world: len(qualified(world)),
    "velocity": velocity,
    "open_commit": lambda world: said(world, "commit"),
    "open_best_case": lambda world: said(world, "commit", "best_case"),
    "commit": lambda world: worth(world.won()) + said(world, "commit"),
    "best_case": lambda world: worth(world.won()) + said(world, "commit", "best_case"),
    "cohort_close_rate": cohort_close_rate,
    "cohort_open_share": lambda world: _share_open(created(world)),
    "leads_received": lambda world: len(arrived(world)),
}
# What stands in no random company, so that its own hand-calculated tables alone hold it, by what a company lacks.
NOT_DRAWN: Mapping[str, str] = {
    "deals that are won and then reduced or cancelled": "cancelled_after_win",
    "terms and yearly amounts": "renewed_value due_for_renewal renewal_rate",
    "activities, stage days and people who left, from which the table of open deals is made": (
        "commit_overdue commit_overdue_value commit_overdue_at_stake stage_age adoption hygiene_deals hygiene_value"
    ),
    "the stage in which a deal began": (
        "stage_conversion_qualify stage_conversion_develop stage_conversion_propose stage_conversion_close"
    ),
    "people and when they started": "months_to_target ramp",
    "plans of leads, which are paced like those of won value": (
        "leads_target leads_expected leads_pace handover_target handover_expected handover_pace"
    ),
    "hand-overs, owners and scores of leads": (
        "lead_leak leads_handed_over lead_acceptance leads_rejected sql_rate_above sql_rate_below "
        "qualification_precision"
    ),
    "accounts, plans and products": (
        "parallel_work parallel_value parallel_closing parallel_at_stake plan_coverage account_target won_on_plan "
        "plan_attainment white_space"
    ),
    "shares of deals": "credited_value",
    "what exports lack and how old they are": "data_completeness freshness",
}
