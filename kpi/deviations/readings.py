"""The readings of a scorecard: every figure that a rule can judge, whether it deviates or is calm."""

from collections.abc import Iterable, Iterator
from datetime import date

from kpi.card import Cell, Finding, Scorecard
from kpi.definition import Kpi
from kpi.deviations.reading import DEVIATES, Key, Kind, Reading
from kpi.in_force import InForce
from organisation.flag_levels import Level

OF_THE_FIGURE = ("pace", "flag")  # findings that a figure's own flag made; others call on it for reasons of theirs
SEEN_AS_PACE = ("won_value", "attainment")  # the same deviation, seen another way
JUST_CALM = 0.99  # what no rule flags is below DEVIATES, however far off: no threshold, only the side it stands on
MONDAY = 0
ORDER: tuple[Kind, ...] = ("data", "goal", "history", "peers", "process")
RULES = {"plan": "plan", "pace": "pace", "own last 4 quarters": "own past", "agreement": "agreement"}
KINDS: dict[str, Kind] = {"plan": "goal", "pace": "goal", "own past": "history", "agreement": "process"}


def readings(card: Scorecard, in_force: InForce, day: date) -> tuple[Reading, ...]:
    """Give the readings of a scorecard at budget rates in the group's currency; of the regions, not of the group.

    A figure without a value, or resting on fewer cases than its KPI needs, is read by no rule: it neither deviates
    nor is it calm. On a Monday the verdicts against plan and pace stand: the last days of a week are often entered
    on it, so nothing is flagged by them and nothing recovers.
    """
    leading = {(one.kpi, one.region): one for one in card.findings if one.level != "note"}
    judged = [
        _of_cell(kpi, cell, leading.get((kpi.name, cell.value.region)), in_force.rules(cell.value.region).agreed_margin)
        for kpi, cell in _judged(card, in_force)
    ]
    found = (*judged, *_concentrations(card, in_force), *_late(card))
    return tuple(one for one in found if one.kind != "goal" or day.weekday() != MONDAY)


def seen_once(found: Iterable[Reading]) -> tuple[Reading, ...]:
    """Give the readings without those that say of a KPI and region once more what a rule before them has said.

    The order is ORDER: a fault of the data first, then what was promised, the own past, the others, the process.
    """
    kept: dict[tuple[str, str], Key] = {}
    every = list(found)
    for one in sorted(every, key=lambda one: ORDER.index(one.kind)):
        if one.deviates:
            kept.setdefault((one.key.kpi, one.key.region), one.key)
    return tuple(one for one in every if not one.deviates or kept[one.key.kpi, one.key.region] == one.key)


def _judged(card: Scorecard, in_force: InForce) -> Iterator[tuple[Kpi, Cell]]:
    for (name, region), cell in card.cells.items():
        kpi = in_force.kpi(name, region)
        level = kpi.flag.watch or kpi.flag.act
        if region not in card.regions or level is None or name in SEEN_AS_PACE or name == "freshness":
            continue
        if cell.value.value is not None and (cell.value.n >= kpi.needs_at_least or kpi.needs_at_least <= 1):
            yield kpi, cell


def _of_cell(kpi: Kpi, cell: Cell, finding: Finding | None, margin: float) -> Reading:
    level = kpi.flag.watch or kpi.flag.act
    if level is None:
        raise TypeError(f"{kpi.name} has no level")
    rule = "pace" if kpi.name == "pace" else RULES[level.against]
    value = float(cell.value.value or 0)
    expected = 1.0 if kpi.name == "pace" else level.by if level.against == "agreement" else cell.compared_with
    behind = (1 - value) / (1 - level.by) if kpi.name == "pace" else severity_of(level, value, expected, margin)
    flagged = cell.flag != "none" and (finding is None or finding.kind in OF_THE_FIGURE)
    severity = max(DEVIATES, behind) if flagged else min(max(0.0, behind), JUST_CALM)
    return Reading(
        key=Key(kpi.name, cell.value.region, "", rule),
        kind=KINDS[rule],
        severity=severity,
        level=cell.flag if flagged else "none",
        sentence=finding.sentence if finding and finding.kind == "pace" else f"{kpi.label}: {cell.why}",
        distance=finding.distance if finding else "",
        driver=finding.sentence.partition("; ")[2] if finding and finding.kind == "pace" else "",
        unit=kpi.unit,
        currency=cell.value.currency,
        value=value,
        expected=expected,
        low=cell.band[0] if cell.band and rule == "own past" else None,
        high=cell.band[1] if cell.band and rule == "own past" else None,
        money=finding.money if finding and flagged else None,
        changeable=finding.changeable if finding and flagged else None,
    )


def severity_of(level: Level, value: float, expected: float | None, margin: float) -> float:
    """Give the distance as a share of the flagged one; a figure on the good side of an agreement counts down from it.

    Where there should be none at all, each one counts. Without anything to compare with there is nothing to be off
    from. margin: so far on the good side of an agreement, a figure has nothing of a deviation.
    """
    if level.against == "agreement" and level.direction == "above" and level.by == 0:
        return max(0.0, value)
    if not expected:
        return 0.0
    change = value / expected - 1
    towards = change if level.direction == "above" else -change if level.direction == "below" else abs(change)
    if level.against == "agreement":
        return max(0.0, 1 + towards / margin)
    return max(0.0, towards / level.by)


def _concentrations(card: Scorecard, in_force: InForce) -> Iterator[Reading]:
    """Few deals that carry the period are a question of process; a region without them is calm."""
    found = {one.region: one for one in card.findings if one.kind == "concentration"}
    for region in card.regions:
        finding = found.get(region)
        key = Key("closing_in_period", region, "", "concentration")
        if finding is None:
            yield Reading(key, "process", 0.0, "none", "What should still close rests on many deals.")
            continue
        yield Reading(
            key=key,
            kind="process",
            severity=DEVIATES if finding.level == "watch" else in_force.rules(region).act_from,
            level="act" if finding.level == "act" else "watch",
            sentence=finding.sentence,
            distance=finding.distance,
            money=finding.money,
            changeable=finding.changeable,
        )


def _late(card: Scorecard) -> Iterator[Reading]:
    """A late feed is a problem of the data, never of the region's performance, and carries no money."""
    late = {one.region: one for one in card.findings if one.kind == "late_feed"}
    for region in card.regions:
        finding = late.get(region)
        yield Reading(
            key=Key("freshness", region, "", "late feed"),
            kind="data",
            severity=DEVIATES if finding else 0.0,
            level="watch" if finding else "none",
            sentence=finding.sentence if finding else "Every export has arrived in time.",
            distance=finding.distance if finding else "",
        )
