"""The deviations of the agenda, at most five by money, and the suppressed list."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from docket.budget import within_budget
from docket.items import Item
from docket.pack.agenda_parts import Deviation
from docket.pack.figures import exact
from kpi.deviations.reading import Reading
from kpi.formats import full_day

Readings = Mapping[tuple[str, str, str, str], Reading]


def deviations(
    items: Iterable[Item], readings: Readings, day: date, budget: int
) -> tuple[tuple[Deviation, ...], tuple[Deviation, ...]]:
    """Give those of the agenda, at most as many as the budget, and the rest, each with why it is quiet.

    The numbers are those at the cut-off where they deviate there, else the docket's own of when it last looked.
    """
    shown = within_budget([_at_cut_off(item, readings) for item in items], day, budget)
    agenda, later = shown.calling[:budget], shown.calling[budget:]
    over = f"Beyond the {budget} of the agenda."
    return (
        tuple(_deviation(item) for item in agenda),
        tuple(_deviation(item, _why_quiet(item, day) or over) for item in (*later, *shown.suppressed)),
    )


def _at_cut_off(item: Item, readings: Readings) -> Item:
    read = readings.get((item.kpi, item.region, item.segment, item.rule))
    if read is None or not read.deviates or item.is_over:
        return item
    names = "sentence distance driver unit currency value expected low high money changeable certainty".split()
    return replace(item, **{name: getattr(read, name) for name in names})


def _deviation(item: Item, quiet_because: str = "") -> Deviation:
    return Deviation(
        item=item.id,
        kpi=item.kpi,
        region=item.region,
        level=item.level,
        state=item.state,
        owner=item.owner,
        due_on=item.due_on,
        sentence=item.sentence,
        distance=item.distance,
        driver=item.driver,
        unit=item.unit,
        currency=item.currency,
        value=exact(item.value),
        expected=exact(item.expected),
        low=exact(item.low),
        high=exact(item.high),
        money=item.money,
        changeable=item.changeable,
        opened_at=item.opened_at,
        version=item.version,
        quiet_because=quiet_because,
    )


def _why_quiet(item: Item, day: date) -> str:
    if item.silenced_because is not None:
        return f"Explained: {item.silenced_because}"
    if item.snoozed_until is not None and day < item.snoozed_until:
        return f"Put off until {full_day(item.snoozed_until)}."
    return ""
