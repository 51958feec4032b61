"""What moved since the last review: the waterfalls of the open pipeline, and the deals behind the call."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from docket.pack.agenda_parts import Bridge, DealChange, Step
from docket.pack.asking import Questions
from kpi.change.dated import Changed, dated_changes
from kpi.change.waterfall import Waterfall, waterfalls
from kpi.slice import Currency

CENT = Decimal("0.01")


def bridges(questions: Questions, currency: Currency) -> tuple[Bridge, ...]:
    """Give the waterfall of each region, and in the group's currency of the group, in whole cents."""
    asked = questions.between(currency)
    found: Mapping[str, Waterfall] = waterfalls(questions.once, questions.organisation, asked, questions.scope)
    return tuple(_bridge(each) for each in found.values())


def changes(questions: Questions) -> tuple[DealChange, ...]:
    """Give the deals dated in the quarter of which something changed, the largest first."""
    asked = questions.between("group", questions.asked.period)
    found = dated_changes(questions.once, questions.organisation, asked, questions.scope)
    return tuple(_change(each) for each in found)


def _bridge(found: Waterfall) -> Bridge:
    start, bars, end = found.cents
    return Bridge(
        region=found.region,
        currency=found.currency,
        start=_cents(start),
        end=_cents(end),
        start_deals=found.start_deals,
        end_deals=found.end_deals,
        steps=tuple(Step(bar.name, bar.label, _cents(bar.amount), bar.deals) for bar in bars),
        unrated=found.unrated,
    )


def _cents(amount: Fraction) -> Decimal:
    return Decimal(int(amount * 100)) * CENT


def _change(found: Changed) -> DealChange:
    before, after, shown = found.before, found.after, found.shown
    return DealChange(
        region=found.region,
        account=shown.account,
        source=shown.source,
        number=shown.number,
        currency=shown.currency,
        kinds=found.kinds,
        counts=None if found.worth is None else found.worth.quantize(CENT),
        amount_before=before.amount if before else None,
        amount_after=after.amount if after else None,
        closes_before=before.closes if before else None,
        closes_after=after.closes if after else None,
        stage_before=before.stage if before else None,
        stage_after=after.stage if after else None,
        category_before=before.category if before else None,
        category_after=after.category if after else None,
        has_next_step=shown.has_next_step,
        times_pushed=shown.times_pushed,
        file=shown.file,
        line=shown.line,
    )
