"""Last week's promises: what was said, and whether the number moved."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from docket.items import Item, Promise
from docket.pack.agenda_parts import Effect, PromiseKept
from docket.pack.figures import exact
from docket.states import WORDS
from kpi.definitions import Definitions
from kpi.deviations.reading import Reading
from kpi.formats import full_day, value_text

Readings = Mapping[tuple[str, str, str, str], Reading]
EFFECTS: Mapping[Effect, str] = {
    "worked": "Kept, and it worked",
    "without_effect": "Due, and without effect",
    "overdue": "Due, and not yet looked at",
    "too_early": "Not due yet",
}


def promises(
    items: Iterable[Item], definitions: Definitions, readings: Readings, since: datetime, day: date
) -> tuple[PromiseKept, ...]:
    """Give the promises that are under way, and those judged since the last review; what is due first stands first.

    readings: the figures at the cut-off, by the key of a deviation.
    """
    found = [
        _kept(item, promise, definitions, readings, day)
        for item in items
        for promise in item.promises
        if (promise.judged_at >= since if promise.judged_at is not None else not item.is_over)
    ]
    return tuple(sorted(found, key=lambda each: (each.due_on, each.item)))


def _kept(item: Item, promise: Promise, definitions: Definitions, readings: Readings, day: date) -> PromiseKept:
    read = readings.get((item.kpi, item.region, item.segment, item.rule))
    now = promise.value_when_judged if promise.had_effect is not None else read.value if read else item.value
    effect = _effect(promise, day)
    moved = _moved_well(item, promise.value_then, now, definitions)
    return PromiseKept(
        item=item.id,
        kpi=item.kpi,
        region=item.region,
        what=promise.what,
        owner=promise.owner,
        promised_at=promise.promised_at,
        due_on=promise.due_on,
        unit=item.unit,
        currency=item.currency,
        value_then=exact(promise.value_then),
        value_now=exact(now),
        moved_well=moved,
        effect=effect,
        state=WORDS[item.state],
        sentence=_sentence(item, promise, now, moved, effect),
    )


def _effect(promise: Promise, day: date) -> Effect:
    if promise.had_effect is not None:
        return "worked" if promise.had_effect else "without_effect"
    return "overdue" if promise.due_on < day else "too_early"


def _moved_well(item: Item, then: float | None, now: float | None, definitions: Definitions) -> bool | None:
    kpi = definitions.kpis.get(item.kpi)
    if then is None or now is None or kpi is None or kpi.higher_is_better is None:
        return None
    return now != then and (now > then) == kpi.higher_is_better


def _sentence(item: Item, promise: Promise, now: float | None, moved: bool | None, effect: Effect) -> str:
    then_text, now_text = (value_text(value, item.unit, item.currency) for value in (promise.value_then, now))
    told = f"{EFFECTS[effect]} (due {full_day(promise.due_on)})."
    if promise.value_then is None or now is None:
        return f"{told} Whether the number moved cannot be said."
    if then_text == now_text:
        return f"{told} The number stands at {now_text}."
    way = "the right way" if moved else "the wrong way" if moved is False else "from there"
    return f"{told} The number moved {way}: {then_text} → {now_text}."
