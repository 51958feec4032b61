"""The last thirteen weeks of every KPI, the running week last, with the range they usually move in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kpi.asking import Asking
from kpi.definition import Kpi
from kpi.period import Period, last_weeks
from kpi.value import Value

WEEKS = 13
SETTLED = 6  # finished weeks needed before a range is drawn
Key = tuple[str, str]


@dataclass(frozen=True)
class Series:
    """Thirteen weekly values, None where a week has none; band holds the middle half of the finished weeks."""

    values: tuple[float | None, ...]
    band: tuple[float, float] | None


def weekly_series(asking: Asking, names: Sequence[str]) -> dict[Key, Series]:
    """Give the series of each KPI and region up to the day that the page's period has reached; one statement."""
    weeks = last_weeks(asking.asked.period.to_date, WEEKS)
    span = Period(weeks[0].start, weeks[-1].end, "last 13 weeks", "group", asking.asked.period.to_date)
    asked = replace(asking.asked, period=span, own_periods=(), grain="week")
    place = {week.start.isoformat(): number for number, week in enumerate(weeks)}
    found: dict[Key, list[Value | None]] = {}
    for value in asking.values(asked, names):
        row = found.setdefault((value.kpi, value.region), [None] * WEEKS)
        if value.bucket and value.bucket[0] in place:
            row[place[value.bucket[0]]] = value
    return {key: Series(tuple(_number(value) for value in row), _band(row)) for key, row in found.items()}


def promised(kpi: Kpi) -> float | None:
    """Give the level that a KPI's agreement promises, as a line for its series; None where none is agreed."""
    level = kpi.flag.watch or kpi.flag.act
    return level.by if level is not None and level.against == "agreement" else None


def _number(value: Value | None) -> float | None:
    return None if value is None or value.value is None else float(value.value)


def _band(row: Sequence[Value | None]) -> tuple[float, float] | None:
    finished = sorted(float(value.value or 0) for value in row[:-1] if value is not None and value.is_measure)
    if len(finished) < SETTLED:
        return None
    return finished[len(finished) // 4], finished[-1 - len(finished) // 4]
