"""The weeks around a deviation: each week's figure, which of them were tested, and the band that was expected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kpi.asking import Asking
from kpi.definition import Kpi
from kpi.deviations.weekly import RULE as WEEKLY
from kpi.period import Period, last_weeks
from kpi.value import Value
from organisation.flag_levels import Level

SHOWN = 26  # weeks, the running one last
ON_SCALE = ("percent", "ratio", "days", "hours", "months")
Band = tuple[float | None, float | None]


@dataclass(frozen=True)
class Judged:
    """What a deviation was judged by: its KPI, region and rule, the weeks that were tested, and what was expected.

    weeks: how many finished weeks; None where it is the period to date. expected, low and high: in the KPI's unit.
    """

    kpi: str
    region: str
    rule: str
    weeks: int | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class WeeksTested:
    """Weeks by their first day, each with its figure (None: there is none); the running one is the last.

    first, last: the places of the first and last week that were tested. band: the expected one, in the figures' own
    scale; an end that is None lies as far as the figures go. what: what a week's figure stands for, in words.
    """

    weeks: tuple[date, ...]
    values: tuple[float | None, ...]
    first: int
    last: int
    band: Band | None
    expected: float | None
    what: str


def weeks_tested(asking: Asking, judged: Judged) -> WeeksTested | None:
    """Give the weeks around a deviation of the running period; None where its KPI has no two weekly figures.

    A figure that was tested week by week is shown so; another one as its weekly line stands everywhere. A total of
    the period has another scale than its weeks: the band is left out there.
    """
    kpi = asking.definitions.kpis.get(judged.kpi)
    if kpi is None:
        return None
    shown = replace(kpi, weekly="alone") if judged.rule == WEEKLY else kpi
    weeks = last_weeks(asking.asked.period.to_date, SHOWN)
    values = _values(asking, shown, judged.region, weeks)
    if sum(value is not None for value in values) < 2:
        return None
    first, last = _window(asking, judged, weeks)
    fits = judged.rule == WEEKLY or kpi.unit in ON_SCALE or kpi.is_stock or kpi.weekly == "quarter to date"
    return WeeksTested(
        tuple(week.start for week in weeks),
        values,
        first,
        last,
        _band(asking.in_force.kpi(kpi.name, judged.region), judged) if fits else None,
        judged.expected if fits else None,
        _what(shown),
    )


def _values(asking: Asking, kpi: Kpi, region: str, weeks: Sequence[Period]) -> tuple[float | None, ...]:
    span = Period(weeks[0].start, weeks[-1].end, "weeks", "group", asking.asked.period.to_date)
    asked = replace(asking.asked, regions=(), period=span, own_periods=(), by=("region",), grain="week")
    definitions = replace(asking.definitions, kpis={**asking.definitions.kpis, kpi.name: kpi})
    found: dict[str, Value] = {
        value.bucket[0]: value
        for value in replace(asking, definitions=definitions).values(asked, [kpi.name])
        if value.region == region and value.bucket
    }
    return tuple(_number(found.get(week.start.isoformat())) for week in weeks)


def _number(value: Value | None) -> float | None:
    return None if value is None or value.value is None else float(value.value)


def _window(asking: Asking, judged: Judged, weeks: Sequence[Period]) -> tuple[int, int]:
    """Give the places of the weeks that were tested: finished ones before the running week, or the period's own."""
    newest = len(weeks) - 1
    if judged.weeks is not None:
        return max(0, newest - judged.weeks), newest - 1
    start = asking.asked.period_of(judged.region).start
    return next((place for place, week in enumerate(weeks) if week.end >= start), 0), newest


def _band(kpi: Kpi, judged: Judged) -> Band | None:
    if judged.low is not None and judged.high is not None:
        return judged.low, judged.high
    level: Level | None = kpi.flag.watch or kpi.flag.act
    if level is None or level.against != "agreement":
        return None
    return (level.by, None) if level.direction == "below" else (None, level.by)


def _what(kpi: Kpi) -> str:
    if kpi.is_stock:
        return "at the end of each week"
    return {
        "alone": "week by week",
        "quarter to date": "the quarter to date at the end of each week",
        "last 4 weeks": "the last 4 weeks at each",
        "last 13 weeks": "the last 13 weeks at each",
    }[kpi.weekly]
