"""Which weeks of a series are off what it and its peers made probable. Causal: a row depends on the rows before it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kpi.deviations.rolling import Array, centred_median, median_of_others, remembered, spread_before
from organisation.thresholds import DEFAULT_RULES

YEAR = 52
EARLY = 13  # observations that set a series' offset; before them nothing is judged
OFFSET = 0.02  # of the early median, so that a zero has a logarithm
SEASON_WINDOW = 13
SEASONS = (0.0, 0.5)  # shares of last year's departure that a forecast may take over
MEMORIES = (0.1, 0.25, 0.5, 0.85)  # weights of the newest week in a level
WINDOWS = (1, 2, 4)  # weeks that are tested together
CLIPPED = 3.0  # sigmas of a surprise that may move a level
MEAN_TO_SIGMA = 1.25  # of a mean absolute deviation, for a normal distribution
FORGETS = 1 / 26
FIRST_ERROR = 0.12
TRUST = 6.0  # how much a better forecast outweighs a worse one
FEWEST_PEERS = 4
MOST_PEER_SHARE = 1.2
HISTORY = 52
FEWEST = 10  # values a scale needs
NARROWEST = DEFAULT_RULES.week_floor  # nothing less is a deviation in business
FLAGGED = DEFAULT_RULES.week_flag  # sigmas; about one false alarm a series and year
REGULAR = DEFAULT_RULES.silent_after  # weeks without a gap or a zero after which one of them is an alarm of its own
SILENT = 2.0  # the score of a series that stops


@dataclass(frozen=True)
class Test:
    """One window of weeks held against its forecast, in logarithms: the mean departure, its usual middle and scale."""

    departure: Array
    middle: Array
    scale: Array

    @property
    def sigmas(self) -> Array:
        """How many sigmas off, NaN where there is too little history."""
        return (self.departure - self.middle) / self.scale


@dataclass(frozen=True)
class Limits:
    """One for all, or [series]. flagged: from how many sigmas on a week is off; floor: the least scale, as a share.

    regular: weeks without a gap or a zero after which one of them is an alarm of its own.
    """

    flagged: Array
    floor: Array
    regular: Array = field(default_factory=lambda: np.array(REGULAR))


USUAL = Limits(np.array(FLAGGED), np.array(NARROWEST))


@dataclass(frozen=True)
class Newest:
    """The newest week of each series: arrays of [series], NaN where it cannot be judged.

    score as in scores; window: the weeks tested together that are furthest off; mean: of those weeks, as a geometric
    mean; expected, low and high: what had been probable for it. smallest: the smallest lasting change that could show.
    """

    score: Array
    window: NDArray[np.intp]
    mean: Array
    expected: Array
    low: Array
    high: Array
    smallest: Array


def newest(values: Array, weeks: NDArray[np.datetime64], *, peers: bool = True, limits: Limits = USUAL) -> Newest:
    """Give what scores says of the last week, and what it is held against; the arguments are those of scores.

    limits: from where on a series is off, one for each series or the same for all.
    """
    given = _checked(values, weeks)
    tests = _tests(given, peers=peers, floor=limits.floor)
    sigmas = np.stack([test.sigmas[-1] for test in tests])
    known = ~np.isnan(sigmas).all(axis=0)
    furthest = np.argmax(np.abs(np.nan_to_num(sigmas)), axis=0)
    pick = (furthest, np.arange(given.shape[1]))
    window = np.asarray(WINDOWS)[furthest]
    logs = _logs(given)
    with np.errstate(all="ignore"):
        offset = np.exp(logs[-1]) - np.maximum(given[-1], 0)
    middle = np.stack([np.nanmean(logs[-size:], axis=0) if known.any() else logs[-1] for size in WINDOWS])[pick]
    off = np.stack([test.departure[-1] - test.middle[-1] for test in tests])[pick]
    flagged = np.broadcast_to(limits.flagged, given.shape[1:])
    scale = flagged * np.stack([test.scale[-1] for test in tests])
    edge = scale[pick]
    score = np.where(known, sigmas[pick] / flagged, np.nan)

    def back(of: Array) -> Array:
        return np.asarray(np.maximum(np.exp(of) - offset, 0))

    return Newest(
        score=np.where(_stopped(given, limits.regular)[-1], -SILENT, score),
        window=window,
        mean=back(middle),
        expected=back(middle - off),
        low=back(middle - off - edge),
        high=back(middle - off + edge),
        smallest=np.expm1(np.where(np.isnan(scale).all(axis=0), np.nan, np.fmin.reduce(scale))),
    )


def scores(values: Array, weeks: NDArray[np.datetime64], *, peers: bool = True) -> Array:
    """Give how unusual each week of each series is: |score| >= 1 flags, the sign is the direction.

    values: [weeks, series], NaN = no data, not below zero; weeks: their first days, a week apart. Row t depends on
    rows 0 … t only. peers: whether what most series of the panel share is no deviation of one of them; a total is
    scored without, since peers hide a fall that all share. A regular series that has no data or a zero scores
    -SILENT. A week that cannot be judged scores 0, one without data otherwise NaN. Raises ValueError where the weeks
    are not those of the values.
    """
    given = _checked(values, weeks)
    worst = np.zeros_like(given)
    for test in _tests(given, peers=peers, floor=USUAL.floor):
        sigmas = np.nan_to_num(test.sigmas)
        worst = np.where(np.abs(sigmas) > np.abs(worst), sigmas, worst)
    score = np.where(np.isnan(given), np.nan, worst / FLAGGED)
    return np.where(_stopped(given, USUAL.regular), -SILENT, score)


def smallest_change(values: Array, weeks: NDArray[np.datetime64], *, peers: bool = True) -> Array:
    """Give, for each series, the smallest lasting change that its newest week could show, as a fraction; NaN: none."""
    return newest(values, weeks, peers=peers).smallest


def _checked(values: Array, weeks: NDArray[np.datetime64]) -> Array:
    given = np.asarray(values, dtype=float)
    days = np.asarray(weeks, dtype="datetime64[D]")
    if given.ndim != 2 or days.shape != given.shape[:1]:
        raise ValueError(f"values are {given.shape}, weeks {days.shape}; expected [weeks, series] and [weeks]")
    if np.any(np.diff(days) != np.timedelta64(7, "D")):
        raise ValueError("the weeks are not seven days apart; a week without data is a row of NaN")
    return given


def _tests(given: Array, *, peers: bool, floor: Array) -> list[Test]:
    logs = _logs(given)
    forecasts = _Forecasts.of(logs)
    among = peers and given.shape[1] > FEWEST_PEERS
    return [_test(forecasts, window, peers=among, floor=floor) for window in WINDOWS]


def _logs(given: Array) -> Array:
    """Give log(y + offset); a series with fewer than EARLY observations has none."""
    early = (np.cumsum(~np.isnan(given), axis=0) <= EARLY) & ~np.isnan(given)
    enough = early.sum(axis=0) == EARLY
    known = np.where(early & enough, np.abs(given), np.nan)
    with np.errstate(all="ignore"):
        middle, mean = (np.full(given.shape[1], np.nan) for _ in range(2))
        middle[enough], mean[enough] = np.nanmedian(known[:, enough], axis=0), np.nanmean(known[:, enough], axis=0)
        offset = OFFSET * np.where(middle > 0, middle, np.maximum(mean, 1e-9))
        return np.asarray(np.log(np.maximum(given, 0) + offset))


@dataclass(frozen=True)
class _Forecasts:
    """Several ways to expect the next weeks: columns are way by way, each with all series."""

    logs: Array
    level: Array
    series: int

    @classmethod
    def of(cls, logs: Array) -> "_Forecasts":
        """Give the levels of each memory, with and without last year's season taken off."""
        series = logs.shape[1]
        season = _season(logs)
        seasons = np.repeat(SEASONS, len(MEMORIES) * series)
        memory = np.repeat(np.tile(MEMORIES, len(SEASONS)), series)
        ways = len(SEASONS) * len(MEMORIES)
        plain = np.tile(logs, (1, ways)) - seasons * np.tile(season, (1, ways))
        return cls(plain, _levels(plain, memory), series)

    def departures(self, window: int) -> Array:
        """Give the mean of the last window weeks less the level before them: [weeks, ways, series]."""
        total = self.logs.copy()
        for back in range(1, window):
            total[back:] += self.logs[:-back]
        found = np.full_like(total, np.nan)
        found[window:] = total[window:] / window - self.level[:-window]
        return found.reshape(len(found), -1, self.series)


def _season(logs: Array) -> Array:
    """Give last year's departure from its own quarter, half the series' own and half that of most series."""
    season = np.zeros_like(logs)
    if len(logs) <= YEAR + SEASON_WINDOW // 2:
        return season
    past = (logs - centred_median(logs, SEASON_WINDOW))[:-YEAR]
    past[: SEASON_WINDOW // 2] = np.nan
    shared = np.zeros((len(past), 1))
    known = ~np.isnan(past).all(axis=1)
    shared[known, 0] = np.nanmedian(past[known], axis=1)
    season[YEAR:] = np.where(np.isnan(past), 0.0, (past + shared) / 2)
    return season


def _levels(logs: Array, memory: Array) -> Array:
    """Give robust exponential levels: a surprise beyond CLIPPED sigmas moves them no further than that."""
    level = np.full(logs.shape[1], np.nan)
    error = np.full(logs.shape[1], FIRST_ERROR)
    found = np.empty_like(logs)
    for row, value in enumerate(logs):
        limit = CLIPPED * MEAN_TO_SIGMA * error
        surprise = np.clip(value - level, -limit, limit)
        known = ~np.isnan(surprise)
        level = np.where(known, level + memory * surprise, np.where(np.isnan(level), value, level))
        error = np.where(known, error + FORGETS * (np.abs(surprise) - error), error)
        found[row] = level
    return found


def _test(forecasts: _Forecasts, window: int, *, peers: bool, floor: Array) -> Test:
    """Give the test of a window: ways that were nearer in the past weigh more, and what peers share is taken off."""
    each = forecasts.departures(window)
    flat = each.reshape(len(each), -1)
    error = remembered(
        flat, FIRST_ERROR, FORGETS, lambda row, mean: np.minimum(np.abs(row), CLIPPED * MEAN_TO_SIGMA * mean)
    )
    past = np.full_like(flat, FIRST_ERROR)
    past[window:] = error[:-window]
    weight = (past.reshape(each.shape) + 0.01) ** -TRUST
    departure = np.sum(weight * each, axis=1) / np.sum(weight, axis=1)
    if peers:
        departure = departure - _shared(departure, window)
    usual = spread_before(departure, HISTORY, window)
    scale = np.maximum(usual.scale, floor) * (1 + 2 / np.maximum(usual.known, 1))
    enough = usual.known >= FEWEST
    return Test(departure, usual.middle, np.where(enough, scale, np.nan))


def _shared(departure: Array, window: int) -> Array:
    """Give what the other series' departures explain: a share of their median, learned from the rows before."""
    others = median_of_others(departure, FEWEST_PEERS)
    known = ~np.isnan(others)
    theirs, own = np.where(known, others, 0.0), np.where(known, departure, 0.0)

    def before(products: Array) -> Array:
        total = np.cumsum(products, axis=0)
        found = np.zeros_like(total)
        found[window:] = total[:-window]
        found[window + HISTORY :] -= total[: -window - HISTORY]
        return found

    together, squares = before(theirs * own), before(theirs * theirs)
    rows = np.clip(np.arange(len(departure)) - window + 1, 1, HISTORY)[:, None]
    ridge = 5 * squares / rows + 1e-6
    share = np.clip((together + 0.3 * ridge) / (squares + ridge), 0, MOST_PEER_SHARE)
    return share * theirs


def _stopped(given: Array, regular: Array) -> NDArray[np.bool_]:
    """Say where a series that had a value above zero in each of the last regular weeks has none."""
    runs = given > 0
    count = np.zeros(given.shape[1])
    found = np.zeros(given.shape, dtype=bool)
    for row, runs_now in enumerate(runs):
        found[row] = ~runs_now & (count >= regular)
        count = np.where(runs_now, count + 1, np.where(found[row], count, 0))
    return found
