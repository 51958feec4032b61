"""Peers: rates of a region outside of the funnel limits of the others, and further from them than they usually lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import log10

from kpi.asking import Answers, Asking
from kpi.definition import Kpi
from kpi.deviations.funnel import Limits, Trials, funnel, shifted
from kpi.deviations.reading import DEVIATES, Key, Reading
from kpi.evaluate import evaluate_together
from kpi.scope import Scope
from kpi.words import number_word, percent

RULE = "peers"
Past = tuple[Trials, Trials]  # the region's own cases, and those of the others


@dataclass(frozen=True)
class Held:
    """A region's rate held against the others: funnel limits now, and what its usual distance makes of them."""

    own: Trials
    others: int
    limits: Limits
    usual: Limits | None

    @property
    def score(self) -> float:
        """The lesser of the two scores; 0 where they point to different sides: it is off one of them only."""
        if self.usual is None:
            return self.limits.score
        if self.limits.score * self.usual.score <= 0:
            return 0.0
        return min((self.limits.score, self.usual.score), key=abs)


def peer_readings(asking: Asking) -> tuple[Reading, ...]:
    """Give the readings of the KPIs under "peers", of each region in view that has enough cases.

    The rates of regions are open to every reader, their rows are not: all regions are read whatever the reader may
    see, and of the others nothing is told but their pooled rate, where there are peers_from of them or more. A rate
    that lay as far from them in its own last four periods is no deviation: markets differ.
    """
    kpis = [asking.definitions.kpis[name] for name in asking.definitions.rules.peers]
    if not kpis:
        return ()
    asked = replace(asking.asked, regions=(), by=("region",), grain="total")
    everywhere = replace(asking, asked=asked, scope=Scope.everything())
    now, *past = _together(everywhere, [kpi.name for kpi in kpis])
    return tuple(
        _reading(asking, kpi, region, held)
        for kpi in kpis
        for region, held in _held(asking, kpi, now, past)
        if region in asking.regions
    )


def _together(asking: Asking, names: Sequence[str]) -> list[Answers]:
    questions = [replace(one, rates_on=asking.asked.period.to_date) for one in (asking.asked, *asking.past())]
    given = (asking.engine, asking.organisation, asking.definitions)
    found = evaluate_together(*given, questions, asking.scope, names)
    return [{(value.kpi, value.region): value for value in values} for values in found]


def _held(asking: Asking, kpi: Kpi, now: Answers, past: Sequence[Answers]) -> Iterator[tuple[str, Held]]:
    fewest = asking.definitions.rules.peers_from
    cases = {region: trials for region in asking.organisation.regions if (trials := _trials(kpi, now, region))}
    for region, own in cases.items():
        others = [trials for name, trials in cases.items() if name != region]
        if len(others) < fewest:
            continue
        beyond = asking.rules_of(region).peers_beyond
        limits = funnel(own, others, level=beyond)
        before = _before(kpi, past, region, set(cases))
        usual = shifted(own, limits, before, level=beyond) if before else None
        yield region, Held(own, len(others), limits, usual)


def _trials(kpi: Kpi, answers: Answers, region: str, *, fewest: int | None = None) -> Trials | None:
    """Give how many cases came out and how many there are; None with fewer than the KPI needs."""
    value = answers.get((kpi.name, region))
    if value is None or not value.is_measure or value.numerator is None or not value.denominator:
        return None
    tried = int(value.denominator)
    return (int(value.numerator), tried) if tried >= (kpi.needs_at_least if fewest is None else fewest) else None


def _before(kpi: Kpi, past: Sequence[Answers], region: str, known: set[str]) -> Past | None:
    """Give the cases of the periods before, pooled; None where the region or the others have too few."""
    own, others = [0, 0], [0, 0]
    for answers in past:
        for name in known:
            trials = _trials(kpi, answers, name, fewest=1)
            into = own if name == region else others
            into[0] += trials[0] if trials else 0
            into[1] += trials[1] if trials else 0
    enough = min(own[1], others[1]) >= kpi.needs_at_least
    return ((own[0], own[1]), (others[0], others[1])) if enough else None


def _reading(asking: Asking, kpi: Kpi, region: str, held: Held) -> Reading:
    rules = asking.rules_of(region)
    worse = -1 if kpi.higher_is_better else 1 if kpi.higher_is_better is False else 0
    size = held.score / -log10(rules.peers_beyond)
    severity = max(0.0, size * worse) if worse else abs(size)
    deviates = severity >= DEVIATES
    rate = held.own[0] / held.own[1]
    away = abs(rate - held.limits.centre) * 100
    return Reading(
        key=Key(kpi.name, region, "", RULE),
        kind="peers",
        severity=severity,
        level="none" if not deviates else "act" if severity >= rules.act_from else "watch",
        sentence=_sentence(asking, kpi, region, held),
        distance=f"{away:.0f} points {'below' if rate < held.limits.centre else 'above'}",
        unit=kpi.unit,
        value=rate,
        expected=held.limits.centre,
        low=held.limits.low,
        high=held.limits.high,
    )


def _sentence(asking: Asking, kpi: Kpi, region: str, held: Held) -> str:
    name = asking.organisation.regions[region].name
    own, limits = percent(held.own[0] / held.own[1]), held.limits
    usual = ""
    if held.usual is not None:
        usual = f" At its usual distance from them it would be {percent(held.usual.centre)}."
    return (
        f"{name}: {kpi.label}: {own} of {held.own[1]:,} against {percent(limits.centre)} of the other "
        f"{number_word(held.others)}; limits {percent(limits.low)} to {percent(limits.high)} at this n.{usual}"
    )
