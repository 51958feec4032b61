"""The way to more common KPIs: which gaps to close next so that one more of them means the same in every region."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kpi.comparability import Verdict, common
from kpi.gap import Gap, effort

Verdicts = Mapping[tuple[str, str], Verdict]
Gaps = frozenset[Gap]


@dataclass(frozen=True)
class Step:
    """The cheapest set of gaps that brings at least one more KPI into the common set.

    kpis: all that join by it; reached: how many KPIs are common then.
    """

    gaps: Gaps
    kpis: tuple[str, ...]
    reached: int


@dataclass(frozen=True)
class Gain:
    """What closing one gap alone brings: KPIs that join the common set, and KPIs that its own region can answer."""

    gap: Gap
    joins: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Roadmap:
    """From today's common KPIs to all that can be reached; names of KPIs, in the order of the definitions.

    shared: KPI -> in how many regions it is comparable; beyond: KPIs that no closing brings, with the gaps that bar
    them; gains: of each gap, the most useful first.
    """

    regions: int
    common: tuple[str, ...]
    steps: tuple[Step, ...]
    gains: tuple[Gain, ...]
    beyond: Mapping[str, Gaps]
    shared: Mapping[str, int]


def roadmap(verdicts: Verdicts, kpis: Collection[str], regions: Collection[str]) -> Roadmap:
    """Give the way from what all regions can answer to what they could.

    A KPI is common once every gap of every region is closed, so the cheapest set that brings the next one in is the
    smallest of the sets still open, over all KPIs: exact for any number of KPIs, fields and regions, and each step
    costs one pass over them. Small is: fewest gaps, then fewest rows to fill, then most KPIs, then the definitions'
    order. Closing a gap is taken to leave what was measured of the other fields as it is.
    """
    today = tuple(name for name in common(verdicts, regions) if name in kpis)
    barred = {name: _gaps(verdicts, name, regions) for name in kpis if name not in today}
    beyond = {name: _uncloseable(gaps) for name, gaps in barred.items() if _uncloseable(gaps)}
    open_sets = {name: gaps for name, gaps in barred.items() if name not in beyond}
    return Roadmap(
        regions=len(regions),
        common=today,
        steps=_steps(open_sets, len(today)),
        gains=_gains(verdicts, open_sets, kpis),
        beyond=beyond,
        shared={name: sum(verdicts[name, region].comparable != "no" for region in regions) for name in kpis},
    )


def _gaps(verdicts: Verdicts, name: str, regions: Collection[str]) -> Gaps:
    return frozenset[Gap]().union(*(verdicts[name, region].gaps for region in regions))


def _uncloseable(gaps: Gaps) -> Gaps:
    return frozenset(gap for gap in gaps if not gap.can_be_closed)


def _steps(open_sets: Mapping[str, Gaps], reached: int) -> tuple[Step, ...]:
    left, steps = dict(open_sets), []
    while left:
        cheapest = min(left.values(), key=lambda gaps: (*effort(gaps), -len(_covered(left, gaps))))
        joining = _covered(left, cheapest)
        reached += len(joining)
        steps.append(Step(cheapest, joining, reached))
        left = {name: gaps - cheapest for name, gaps in left.items() if name not in joining}
    return tuple(steps)


def _covered(left: Mapping[str, Gaps], closed: Gaps) -> tuple[str, ...]:
    return tuple(name for name, gaps in left.items() if gaps <= closed)


def _gains(verdicts: Verdicts, open_sets: Mapping[str, Gaps], kpis: Collection[str]) -> tuple[Gain, ...]:
    """Give the gain of each gap; those that alone bring nothing are given too, since others wait for them."""
    gaps = sorted(frozenset[Gap]().union(*(verdict.gaps for (name, _), verdict in verdicts.items() if name in kpis)))
    found = [
        Gain(
            gap,
            joins=_covered(open_sets, frozenset({gap})),
            answers=tuple(name for name in kpis if verdicts[name, gap.region].gaps == {gap}),
        )
        for gap in gaps
        if gap.can_be_closed
    ]
    return tuple(sorted(found, key=lambda gain: (-len(gain.joins), -len(gain.answers), gain.gap.rows_to_fill)))
