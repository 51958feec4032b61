"""Detection of weekly deviations: recall by size, false alarms, delay and time, beside simple rules in the same run."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kpi.deviations.detect import scores
from kpi.deviations.rates import rate_scores

Array = NDArray[np.float64]
Weeks = NDArray[np.datetime64]
YEAR = 52
EARLY = 13  # weeks before a mean says anything
WARM = 78  # weeks that are not judged; half of a shorter panel
LASTS = 8  # weeks of an injected deviation
WITHIN = 6  # weeks in which it must be found
AT_ONCE = 6  # every sixth series is injected in one replay
A_YEAR = 1.0  # false alarms a series and year at which methods are compared
FIRST_WEEK = np.datetime64("2021-01-04")
SHAPES: Mapping[str, Callable[[Array], Array]] = {
    "−20 %": lambda week: np.full_like(week, 0.8),
    "−30 %": lambda week: np.full_like(week, 0.7),
    "−50 %": lambda week: np.full_like(week, 0.5),
    "+30 %": lambda week: np.full_like(week, 1.3),
    "ramp to −40 % in six weeks": lambda week: 1 - 0.4 * np.minimum((week + 1) / 6, 1),
    "zero": lambda week: np.zeros_like(week),
    "missing": lambda week: np.full_like(week, np.nan),
}


@dataclass(frozen=True)
class Panel:
    """Weekly series of one KPI, [weeks, series]; counted: whether its values are whole numbers.

    has_peers: whether the series are of one kind; totals are not.
    """

    name: str
    values: Array
    weeks: Weeks
    counted: bool = False
    has_peers: bool = True

    @property
    def judged_from(self) -> int:
        """The first row that counts."""
        return min(WARM, len(self.values) // 2)

    @property
    def series_years(self) -> float:
        """How many series and years are judged."""
        return float(self.values.shape[1] * (len(self.values) - self.judged_from) / YEAR)


Detector = Callable[[Panel], Array]


@dataclass(frozen=True)
class Found:
    """What a method reached on a panel; recall by shape, at the threshold that gives A_YEAR false alarms or fewer."""

    panel: str
    method: str
    alarms: float
    recall: Mapping[str, float]
    delay: float
    milliseconds: float


def measure_deviations(series: Path | None, replays: int) -> list[Found]:
    """Give what each method reaches on each panel; series: a Parquet file of real panels, beside the generated ones.

    Columns of the file: panel, kpi, sid, week, value.
    """
    panels = [*(real_panels(series) if series else []), *generated_panels(), totals()]
    return [_measured(panel, name, detector, replays) for panel in panels for name, detector in METHODS.items()]


def measure_rates(replays: int, seed: int = 5) -> tuple[float, float]:
    """Give the false alarms a series and year of a rate, and the share of halved rates found within eight weeks.

    Six regions that close 12 deals a week and win three of ten, for three years.
    """
    chance = np.random.default_rng(seed)
    trials = chance.poisson(12, (3 * YEAR, 6)).astype(float)
    won = chance.binomial(trials.astype(int), 0.3).astype(float)
    panel = Panel("rates", won, FIRST_WEEK + 7 * np.arange(len(won)))
    alarms = false_alarms(panel, rate_scores(won, trials))
    found = 0
    for _ in range(replays):
        begins, region = int(chance.integers(WARM, len(won) - LASTS)), int(chance.integers(6))
        halved = won[: begins + LASTS].copy()
        halved[begins:, region] = chance.binomial(trials[begins : begins + LASTS, region].astype(int), 0.15)
        found += bool((rate_scores(halved, trials[: begins + LASTS])[begins:, region] <= -1).any())
    return alarms, found / replays


def measure_scan(series: int = 1200) -> float:
    """Give the milliseconds a series that a replay of three years takes over many series at once."""
    chance = np.random.default_rng(3)
    values = np.exp(chance.normal(7, 0.1, (3 * YEAR, series)))
    began = time.perf_counter()
    scores(values, FIRST_WEEK + 7 * np.arange(3 * YEAR))
    return 1000 * (time.perf_counter() - began) / series


def real_panels(file: Path) -> list[Panel]:
    """Give the panels of a Parquet file."""
    frame = pl.read_parquet(file)
    panels = []
    for (name, kpi), part in frame.group_by("panel", "kpi", maintain_order=True):
        wide = part.pivot("sid", index="week", values="value").sort("week")
        values = wide.drop("week").to_numpy().astype(float)
        weeks = wide["week"].to_numpy().astype("datetime64[D]")
        panels.append(Panel(f"{name}, {kpi}", values, weeks, bool(np.all(np.nan_to_num(values) % 1 == 0))))
    return panels


def generated_panels(seed: int = 7) -> list[Panel]:
    """Give sales series: calm ones, ones with quarter-end peaks, counts, and six unlike regions."""
    chance = np.random.default_rng(seed)
    return [
        _generated("calm, 8 regions", chance, regions=8, noise=0.06, level=1000, peaks=0.0),
        _generated("quarter-end peaks, 8 regions", chance, regions=8, noise=0.10, level=1000, peaks=0.5),
        _generated("counts, 10 regions", chance, regions=10, noise=0.08, level=40, peaks=0.2),
        _generated("six noisy regions", chance, regions=6, noise=0.15, level=5000, peaks=0.4),
    ]


def totals(seed: int = 11) -> Panel:
    """Give totals over eight regions each: a fall that all regions share is seen there, and only there."""
    chance = np.random.default_rng(seed)
    groups = [_generated("", chance, regions=8, noise=0.10, level=1000, peaks=0.3) for _ in range(6)]
    values = np.stack([group.values.sum(axis=1) for group in groups], axis=1)
    return Panel("totals, fall shared by all", values, groups[0].weeks, has_peers=False)


def false_alarms(panel: Panel, score: Array, threshold: float = 1.0) -> float:
    """Give the alarms a series and year on a panel without injected deviations; weeks in a row are one alarm."""
    flags = np.nan_to_num(np.abs(score[panel.judged_from :])) >= threshold
    begun = flags.copy()
    begun[1:] &= ~flags[:-1]
    return float(begun.sum() / panel.series_years)


def _generated(
    name: str, chance: np.random.Generator, *, regions: int, noise: float, level: float, peaks: float
) -> Panel:
    week = np.arange(3 * YEAR)
    shared = chance.normal(0, noise, len(week))
    holidays = np.where((week % YEAR == YEAR - 1) | (week % YEAR == 0), -0.5, 0.0)
    quarter_end = np.exp(-((12 - week % 13) / 1.5))
    columns = []
    for _ in range(regions):
        drift = np.cumsum(chance.normal(0, noise / 10, len(week)))
        season = 0.2 * np.sin(2 * np.pi * week / YEAR + chance.uniform(0, 0.6))
        own = chance.normal(0, noise, len(week)) + peaks * chance.uniform(0.7, 1.3) * quarter_end
        columns.append(level * chance.uniform(0.5, 2) * np.exp(drift + season + own + shared / 2 + holidays))
    values = np.stack(columns, axis=1)
    counted = level < 200
    return Panel(name, chance.poisson(values).astype(float) if counted else values, FIRST_WEEK + 7 * week, counted)


def _measured(panel: Panel, name: str, detector: Detector, replays: int) -> Found:
    began = time.perf_counter()
    clean = detector(panel)
    milliseconds = 1000 * (time.perf_counter() - began) / panel.values.shape[1]
    threshold = _threshold(panel, clean)
    recall, delays = {}, list[int]()
    for shape in SHAPES:
        found = _found(panel, shape, detector, (threshold, replays))
        recall[shape] = sum(week is not None for week in found) / len(found)
        delays += [week for week in found if week is not None and shape == "−20 %"]
    delay = float(np.median(delays)) if delays else float("nan")
    return Found(panel.name, name, false_alarms(panel, clean), recall, delay, milliseconds)


def _threshold(panel: Panel, clean: Array) -> float:
    """Give the lowest threshold that raises at most A_YEAR false alarms; methods are compared at the same number."""
    steps = np.geomspace(0.4, 10, 200)
    return next((float(step) for step in steps if false_alarms(panel, clean, step) <= A_YEAR), float(steps[-1]))


def _found(panel: Panel, shape: str, detector: Detector, asked: tuple[float, int]) -> list[int | None]:
    """Give the week in which each injected deviation was found, None where it was not; the same for every method."""
    threshold, replays = asked
    chance = np.random.default_rng(len(shape))
    rows, series = panel.values.shape
    sign = 1 if shape.startswith("+") else -1
    found: list[int | None] = []
    for _ in range(replays):
        begins = int(chance.integers(panel.judged_from, rows - LASTS + 1))
        which = chance.choice(series, max(1, series // AT_ONCE), replace=False)
        given = panel.values[: begins + LASTS].copy()
        changed = given[begins:, which] * SHAPES[shape](np.arange(LASTS, dtype=float))[:, None]
        given[begins:, which] = np.floor(changed + chance.random(changed.shape)) if panel.counted else changed
        replayed = replace(panel, values=given, weeks=panel.weeks[: begins + LASTS])
        score = detector(replayed)[begins : begins + WITHIN, which]
        hits = np.nan_to_num(score * sign) >= threshold
        found += [int(np.argmax(column)) if column.any() else None for column in hits.T]
    return found


def _against_target(share: float) -> Detector:
    """A week so far off the last year's mean: the fixed per cent of most dashboards."""

    def detect(panel: Panel) -> Array:
        return (panel.values / _mean_before(panel.values, YEAR) - 1) / share

    return detect


def _against_last_week(panel: Panel) -> Array:
    values = panel.values
    found = np.zeros_like(values)
    found[1:] = (values[1:] / np.maximum(values[:-1], 1e-9) - 1) / 0.2
    return found


def _three_sigma(panel: Panel) -> Array:
    values = panel.values
    mean = _mean_before(values, YEAR)
    spread = np.sqrt(np.maximum(_mean_before(values**2, YEAR) - mean**2, 1e-12))
    return (values - mean) / spread / 3


def _moving_range(panel: Panel) -> Array:
    """XmR chart (Shewhart; Wheeler): natural process limits are 2.66 mean moving ranges from the mean."""
    values = panel.values
    ranges = np.full_like(values, np.nan)
    ranges[1:] = np.abs(np.diff(values, axis=0))
    return (values - _mean_before(values, YEAR)) / np.maximum(2.66 * _mean_before(ranges, YEAR), 1e-9)


def _conformal(panel: Panel) -> Array:
    """The departure from the same week of last year beside the 98th percentile of such departures before it."""
    values = panel.values
    logs = np.log(np.maximum(values, 0) + 0.02 * np.maximum(_mean_before(values, YEAR)[EARLY], 0.05))
    season = YEAR if len(values) > YEAR + 26 else 13
    apart = np.full_like(values, np.nan)
    apart[season:] = logs[season:] - logs[:-season]
    found = np.zeros_like(values)
    for row in range(season + 13, len(values)):
        usual = np.quantile(np.nan_to_num(np.abs(apart[season:row])), 0.98, axis=0)
        found[row] = apart[row] / np.maximum(usual, 1e-3)
    return found


def _mean_before(values: Array, window: int) -> Array:
    found = np.full_like(values, np.nan)
    known, filled = ~np.isnan(values), np.nan_to_num(values)
    for row in range(EARLY, len(values)):
        before = slice(max(0, row - window), row)
        found[row] = filled[before].sum(axis=0) / np.maximum(known[before].sum(axis=0), 1)
    return found


METHODS: Mapping[str, Detector] = {
    "Denominator": lambda panel: scores(panel.values, panel.weeks, peers=panel.has_peers),
    "conformal over the same week last year": _conformal,
    "3 σ of the last year": _three_sigma,
    "XmR chart": _moving_range,
    "±10 % of the last year": _against_target(0.1),
    "±20 % of the last year": _against_target(0.2),
    "±20 % of last week": _against_last_week,
}
