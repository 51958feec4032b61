"""The call of the quarter, the two quarters after it, and what has to fill them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from docket.pack.agenda_parts import Ahead, Call, Figure, SharedCustomer, Stated
from docket.pack.asking import Questions
from docket.pack.content import Content
from docket.pack.figures import exact, none_of, of_value
from kpi.asking import Answers
from kpi.calls import StatedCall, stated_calls
from kpi.customers import shared_customers
from kpi.slice import Currency, Slice
from kpi.value import GROUP

CENT = Decimal("0.01")
CALLED = {
    "won": "won_value",
    "commit": "commit",
    "best_case": "best_case",
    "landing": "landing",
    "target": "target",
    "expected": "expected_won",
    "pace": "pace",
}
COMING = ("target", "closing_in_period", "coverage", "coverage_required", "coverage_gap", "pipeline_needed")
FILLING = (
    "pipeline_created net_pipeline_change leads_received leads_pace lead_sla lead_response_median "
    "lead_leak lead_acceptance"
).split()
ACCOUNTS = ("parallel_work", "parallel_value", "plan_coverage", "plan_attainment", "white_space")


def calls(questions: Questions, currency: Currency) -> tuple[Call, ...]:
    """Give the call of each region, and in the group's currency of the group; before is what the last pack said."""
    asked = replace(questions.asked, currency=currency)
    found = questions.answers(asked, tuple(CALLED.values()))
    before = _as_called_before(questions.previous, currency) or _a_week_ago(questions, currency)
    regions = [*questions.organisation.regions, *([GROUP] if currency == "group" else [])]
    given = stated_calls(questions.once, questions.meeting.until, questions.as_of, questions.scope)
    return tuple(replace(_call(questions, region, found, before), stated=_stated(given, region)) for region in regions)


def ahead(questions: Questions) -> tuple[Ahead, ...]:
    """Give the next two quarters of the group's calendar."""
    coming = [questions.quarter(later) for later in (1, 2)]
    return tuple(
        Ahead(period.code, period.label, _figures(questions, replace(questions.asked, period=period), COMING))
        for period in coming
    )


def filling(questions: Questions) -> tuple[Figure, ...]:
    """Give the figures of pipeline and leads in the running quarter."""
    return _figures(questions, questions.asked, FILLING)


def account_figures(questions: Questions) -> tuple[Figure, ...]:
    """Give the figures of the international accounts."""
    return _figures(questions, questions.asked, ACCOUNTS)


def customers_shared(questions: Questions) -> tuple[SharedCustomer, ...]:
    """Give the customers on whom several regions work at the cut-off, the largest first."""
    group = questions.organisation.group.currency
    found = shared_customers(questions.once, group, questions.as_of, questions.meeting.until, questions.scope)
    return tuple(
        SharedCustomer(
            name=row["name"],
            regions=tuple(row["regions"]),
            deals=row["deals"],
            value=None if row["value"] is None else row["value"].quantize(CENT),
            since=row["since"],
            lead_region=row["lead_region"],
        )
        for row in found.iter_rows(named=True)
    )


def _figures(questions: Questions, asked: Slice, names: Sequence[str]) -> tuple[Figure, ...]:
    found = questions.answers(asked, names)
    order = [*questions.organisation.regions, GROUP]
    return tuple(of_value(found[name, region]) for name in names for region in order if (name, region) in found)


def _call(questions: Questions, region: str, found: Answers, before: Mapping[tuple[str, str], Decimal | None]) -> Call:
    group = questions.organisation.group.currency
    own = questions.organisation.regions[region].currency if region != GROUP else group
    currency = (found[CALLED["won"], region].currency if (CALLED["won"], region) in found else own) or group

    def figure(part: str) -> Figure:
        kpi = CALLED[part]
        if (kpi, region) not in found:
            return none_of(kpi, region, "percent" if part == "pace" else "money", currency)
        return of_value(found[kpi, region], before.get((kpi, region)))

    return Call(
        region=region,
        currency=currency,
        won=figure("won"),
        commit=figure("commit"),
        best_case=figure("best_case"),
        landing=figure("landing"),
        target=figure("target"),
        expected=figure("expected"),
        pace=figure("pace"),
    )


def _stated(given: Mapping[tuple[str, str], StatedCall], region: str) -> tuple[Stated, ...]:
    return tuple(
        Stated(each.category, each.value, each.currency, each.role, each.locked_on, each.reason, each.before)
        for (name, _), each in sorted(given.items())
        if name == region
    )


def _as_called_before(previous: Content | None, currency: Currency) -> dict[tuple[str, str], Decimal | None]:
    if previous is None:
        return {}
    told = previous.calls if currency == "group" else previous.own_calls
    return {
        (figure.kpi, call.region): figure.value for call in told for part in CALLED if (figure := getattr(call, part))
    }


def _a_week_ago(questions: Questions, currency: Currency) -> dict[tuple[str, str], Decimal | None]:
    """Give what stood a week earlier, where no pack was made then; nothing where that was another quarter."""
    period = questions.asked.period
    if questions.since < period.start:
        return {}
    asked = replace(
        questions.asked,
        currency=currency,
        period=replace(period, to_date=questions.since),
        as_of=questions.known_before,
    )
    return {key: exact(value.value) for key, value in questions.answers(asked, tuple(CALLED.values())).items()}
