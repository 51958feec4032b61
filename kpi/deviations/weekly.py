"""The weeks of KPIs held against their own past and that of the other regions; one statement for all series."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from math import log10
from zoneinfo import ZoneInfo

import numpy as np

from kpi.asking import Asking
from kpi.definition import Kpi
from kpi.deviations.detect import EARLY, HISTORY, YEAR, Limits, newest
from kpi.deviations.lateness import completeness
from kpi.deviations.rates import FLAGGED, newest_rates
from kpi.deviations.rates import HISTORY as RATE_HISTORY
from kpi.deviations.reading import DEVIATES, Key, Reading
from kpi.deviations.rolling import Array
from kpi.evaluate import evaluate
from kpi.ledger import Feed
from kpi.period import Period, last_weeks
from kpi.value import GROUP, IMMATURE, NO_DATA, NO_HISTORY, Value
from kpi.words import counted, percent, value_words

RULE = "weekly"
WEEKS = YEAR + HISTORY + EARLY  # what a forecast with last year's season looks back on
USUAL = 13  # weeks whose cases say how many a week has
GROUP_WORD = "The group"


@dataclass(frozen=True)
class Series:
    """One KPI's weeks: arrays of [weeks, series], NaN = not known; above and below are those of a rate."""

    kpi: Kpi
    regions: tuple[str, ...]
    values: Array
    cases: Array
    above: Array
    below: Array


@dataclass(frozen=True)
class Judged:
    """The newest weeks of one series: how far off, over how many weeks, and what had been probable."""

    score: float
    window: int
    value: float
    expected: float
    low: float | None = None
    high: float | None = None
    smallest: float | None = None


def weekly_readings(asking: Asking, feeds: Sequence[Feed]) -> tuple[Reading, ...]:
    """Give the readings of the newest finished week of each KPI under "weekly", of each region and of the group.

    A region whose data do not reach the end of the week is not read, nor is the group then; nor is a series with
    fewer cases than its KPI needs. A total is judged without the regions, which hide a fall that all share.
    """
    names = [name for name in asking.definitions.rules.weekly if asking.definitions.kpis[name].formula]
    weeks = last_weeks(asking.asked.period.to_date, WEEKS + 1)[:-1]
    if not names:
        return ()
    found = _values(asking, names, weeks)
    readings: list[Reading] = []
    for name in names:
        kpi = asking.definitions.kpis[name]
        until = _until(asking, kpi, feeds)
        covered = {region for region, moment in until.items() if moment >= _end(asking, weeks[-1])}
        shown = (
            *(one for one in asking.regions if one in covered),
            *([GROUP] if covered >= set(asking.regions) else []),
        )
        series = _series(kpi, shown, weeks, found)
        readings += _readings(asking, series, weeks, until)
    return tuple(readings)


def _values(asking: Asking, names: Sequence[str], weeks: Sequence[Period]) -> dict[tuple[str, str], dict[str, Value]]:
    """Give each week's own value by KPI and region and the week's first day."""
    alone = {name: replace(kpi, weekly="alone") for name, kpi in asking.definitions.kpis.items()}
    span = Period(weeks[0].start, weeks[-1].end, "weeks", GROUP, weeks[-1].end)
    day = asking.asked.rates_on or asking.asked.period.to_date
    asked = replace(asking.asked, period=span, own_periods=(), grain="week", rates_on=day)
    found: dict[tuple[str, str], dict[str, Value]] = {}
    definitions = replace(asking.definitions, kpis=alone)
    for value in evaluate(asking.engine, asking.organisation, definitions, asked, asking.scope, names):
        found.setdefault((value.kpi, value.region), {})[value.bucket[0]] = value
    return found


def _until(asking: Asking, kpi: Kpi, feeds: Sequence[Feed]) -> dict[str, datetime]:
    """Give the moment up to which a KPI's table is known in each region that has delivered it."""
    known: dict[str, datetime] = {}
    for feed in feeds:
        if feed.table == kpi.table and feed.data_until is not None and feed.region in asking.regions:
            known[feed.region] = min(feed.data_until, known.get(feed.region, feed.data_until))
    return known


def _end(asking: Asking, week: Period) -> datetime:
    zone = ZoneInfo(asking.organisation.group.timezone)
    return datetime.combine(week.end + timedelta(days=1), time(), zone).astimezone(UTC)


def _series(
    kpi: Kpi,
    regions: tuple[str, ...],
    weeks: Sequence[Period],
    found: Mapping[tuple[str, str], Mapping[str, Value]],
) -> Series:
    columns = [[found.get((kpi.name, one), {}).get(week.start.isoformat()) for week in weeks] for one in regions]

    def table(read: Callable[[Value | None], float]) -> Array:
        rows = [[read(value) for value in column] for column in columns]
        return np.array(rows, dtype=float).reshape(len(regions), len(weeks)).T

    return Series(
        kpi,
        regions,
        values=table(_number),
        cases=table(lambda value: float(value.n) if value else 0.0),
        above=table(lambda value: _part(value, value.numerator if value else None)),
        below=table(lambda value: _part(value, value.denominator if value else None)),
    )


def _readings(
    asking: Asking, series: Series, weeks: Sequence[Period], until: Mapping[str, datetime]
) -> Iterator[Reading]:
    judged = _rates(asking, series) if series.kpi.unit == "percent" else _sums(asking, series, weeks, until)
    for place, region in enumerate(series.regions):
        found = judged.get(place)
        if found is None:
            continue
        usual = float(np.median(series.cases[-USUAL:, place])) * found.window
        if usual >= series.kpi.needs_at_least:
            yield _reading(asking, series.kpi, region, found)


def _rates(asking: Asking, series: Series) -> dict[int, Judged]:
    """Give what is to be said of rates; the total is one series of its own panel."""
    found: dict[int, Judged] = {}
    for places in _panels(series.regions):
        fewest = [asking.rules_of(series.regions[place]).rate_needs for place in places]
        scores, windows = newest_rates(series.above[:, places], series.below[:, places], fewest=fewest)
        for at, place in enumerate(places):
            size = int(windows[at])
            above, below = (np.nansum(part[-size:, place]) for part in (series.above, series.below))
            past_above, past_below = (
                np.nansum(part[:-size, place][-RATE_HISTORY:]) for part in (series.above, series.below)
            )
            if below and past_below and not np.isnan(series.below[-1, place]):
                share = FLAGGED / -log10(asking.rules_of(series.regions[place]).rate_beyond)
                score = float(scores[at]) * share
                found[place] = Judged(score, size, float(above / below), float(past_above / past_below))
    return found


def _sums(asking: Asking, series: Series, weeks: Sequence[Period], until: Mapping[str, datetime]) -> dict[int, Judged]:
    """Give what is to be said of sums, after dividing young weeks by what has usually arrived of them by then."""
    kpi = series.kpi
    ends = [_end(asking, week) for week in weeks[-4:]]
    shares = completeness(asking, str(kpi.table), str(kpi.counted_on), until, ends)
    values = series.values.copy()
    thin = set()
    for (region, back), share in shares.items():
        if region in series.regions:
            place = series.regions.index(region)
            values[-1 - back, place] /= share
            thin |= {place} if back == 0 and share < asking.rules_of(region).too_thin else set()
    if GROUP in series.regions:
        place = series.regions.index(GROUP)
        values[-4:, place] += np.nansum((values - series.values)[-4:, :place], axis=1)
    values[np.nancumsum(values, axis=0) == 0] = np.nan  # before its first case a series has not begun
    first_days = np.array([week.start for week in weeks], dtype="datetime64[D]")
    found: dict[int, Judged] = {}
    for places in _panels(series.regions):
        if not places:
            continue
        rules = [asking.rules_of(series.regions[place]) for place in places]
        limits = Limits(
            *(np.array([getattr(one, key) for one in rules]) for key in ("week_flag", "week_floor", "silent_after"))
        )
        seen = newest(values[:, places], first_days, peers=len(places) > 1, limits=limits)
        for at, place in enumerate(places):
            if place in thin or np.isnan(seen.score[at]) or np.isnan(seen.expected[at]):
                continue
            found[place] = Judged(
                score=float(seen.score[at]),
                window=int(seen.window[at]),
                value=float(seen.mean[at]),
                expected=float(seen.expected[at]),
                low=float(seen.low[at]),
                high=float(seen.high[at]),
                smallest=float(seen.smallest[at]),
            )
    return found


def _panels(regions: Sequence[str]) -> list[list[int]]:
    """Give the places of the regions, and that of the total apart from them."""
    of_total = [place for place, region in enumerate(regions) if region == GROUP]
    return [panel for panel in ([place for place in range(len(regions)) if place not in of_total], of_total) if panel]


def _reading(asking: Asking, kpi: Kpi, region: str, found: Judged) -> Reading:
    worse = -1 if kpi.higher_is_better else 1 if kpi.higher_is_better is False else 0
    severity = found.score * worse if worse else abs(found.score)
    deviates = severity >= DEVIATES
    acts = severity >= asking.rules_of(region).act_from
    currency = asking.organisation.group.currency if kpi.unit == "money" else None
    change = found.value / found.expected - 1 if found.expected else 0.0
    return Reading(
        key=Key(kpi.name, region, "", RULE),
        kind="history",
        severity=max(0.0, severity),
        level="none" if not deviates else "act" if acts else "watch",
        sentence=_sentence(asking, kpi, region, found),
        distance=f"{percent(abs(change))} {'below' if change < 0 else 'above'}",
        unit=kpi.unit,
        currency=currency,
        value=found.value,
        expected=found.expected,
        low=found.low,
        high=found.high,
        weeks=found.window,
    )


def _sentence(asking: Asking, kpi: Kpi, region: str, found: Judged) -> str:
    name = GROUP_WORD if region == GROUP else asking.organisation.regions[region].name
    currency = asking.organisation.group.currency if kpi.unit == "money" else None
    value, expected = (value_words(one, kpi.unit, currency) for one in (found.value, found.expected))
    when = "in the last finished week" if found.window == 1 else f"a week over the last {counted(found.window, 'week')}"
    if kpi.unit == "percent" and found.window > 1:
        when = f"over the last {counted(found.window, 'week')}"
    shows = ""
    if found.smallest is not None:
        shows = f" The smallest lasting change that these weeks could show is {percent(found.smallest)}."
    return f"{name}: {kpi.label}: {value} {when}; {expected} was to be expected.{shows}"


def _number(value: Value | None) -> float:
    """Give a week's sum; a week without any case is nothing, one that is not known is NaN."""
    if value is None or NO_DATA in value.reasons or IMMATURE in value.reasons:
        return float("nan")
    if value.value is None:
        return 0.0 if value.n == 0 and NO_HISTORY not in value.reasons else float("nan")
    return float(value.value) if value.is_measure else float("nan")


def _part(value: Value | None, part: object) -> float:
    if value is None or value.value is None or part is None or not value.is_measure or IMMATURE in value.reasons:
        return float("nan")
    return float(str(part))
