"""Which weeks of a rate are off what its own past and the panel made probable: won of closed, answered of due."""

from collections.abc import Sequence
from math import log10

import numpy as np
from numpy.typing import NDArray

from kpi.deviations.rolling import Array
from organisation.thresholds import DEFAULT_RULES

WINDOWS = (1, 2, 4, 8)
HISTORY = 39  # weeks before the window that say what is usual
PANEL_TRIALS = 20.0  # what the panel's rate weighs beside a series' own trials
MOST_CERTAIN = 400.0  # trials: no rate is known better, since rates drift
FLAGGED = -log10(DEFAULT_RULES.rate_beyond)  # of the two-sided mid-p
FEWEST = DEFAULT_RULES.rate_needs  # trials of its own before a series is judged
RATE_FLOOR = 1e-3


def rate_scores(successes: Array, trials: Array) -> Array:
    """Give how unusual each week's rate is: |score| >= 1 flags, the sign is the direction.

    Both are [weeks, series], NaN = no data, successes at most the trials. The last 1, 2, 4 and 8 weeks are held
    against a beta-binomial of the weeks before them (prior: the panel's rate); the score is -log10 of the two-sided
    mid-p as a share of FLAGGED. Row t depends on rows 0 … t only. Raises ValueError where the two do not fit.
    """
    sums = _sums(successes, trials)
    found = np.stack([_furthest(sums, row, [FEWEST] * sums[0].shape[1])[0] for row in range(len(sums[0]) - 1)])
    return np.where(np.isnan(np.asarray(trials, dtype=float)), np.nan, found)


def newest_rates(
    successes: Array, trials: Array, *, fewest: Sequence[int] | None = None
) -> tuple[Array, NDArray[np.intp]]:
    """Give what rate_scores says of the last week, and how many weeks were tested together: both are [series].

    fewest: past trials of its own before a series is judged, one a series.
    """
    sums = _sums(successes, trials)
    return _furthest(sums, len(sums[0]) - 2, fewest or [FEWEST] * sums[0].shape[1])


def _sums(successes: Array, trials: Array) -> list[Array]:
    """Give the running sums of both, from nothing on."""
    won, tried = (np.nan_to_num(np.asarray(given, dtype=float)) for given in (successes, trials))
    if won.shape != tried.shape or won.ndim != 2 or np.any(won > tried):
        raise ValueError("successes and trials must be two [weeks, series] arrays, no success without its trial")
    return [np.vstack([np.zeros(each.shape[1]), np.cumsum(each, axis=0)]) for each in (won, tried)]


def _furthest(sums: list[Array], row: int, fewest: Sequence[int]) -> tuple[Array, NDArray[np.intp]]:
    """Give the score of the window that is furthest off in a row, and its weeks."""
    count = sums[0].shape[1]
    found, weeks = np.zeros(count), np.ones(count, dtype=np.intp)
    for window in (size for size in WINDOWS if size <= row):
        for series in range(count):
            score = _score(sums, (row, series), window, fewest[series])
            if abs(score) > abs(found[series]):
                found[series], weeks[series] = score, window
    return found, weeks


def _score(sums: list[Array], place: tuple[int, int], window: int, fewest: int) -> float:
    row, series = place
    begin, early = row + 1 - window, max(0, row + 1 - window - HISTORY)
    (won, past_won, panel_won), (tried, past_tried, panel_tried) = (
        (each[row + 1, series] - each[begin, series], each[begin, series] - each[early, series],
         float(np.sum(each[begin] - each[early])))
        for each in sums
    )  # fmt: skip
    if past_tried < fewest or tried < 1:
        return 0.0
    panel = panel_won / panel_tried if panel_tried else 0.5
    usual = (past_won + PANEL_TRIALS * panel) / (past_tried + PANEL_TRIALS)
    usual = min(max(usual, RATE_FLOOR), 1 - RATE_FLOOR)
    certain = min(MOST_CERTAIN, past_tried + PANEL_TRIALS)
    below, equal = _tail(round(won), round(tried), (usual * certain, (1 - usual) * certain))
    low, high = below + equal / 2, 1 - below - equal / 2
    size = -np.log10(max(2 * min(low, high), 1e-300)) / FLAGGED
    return float(-size if low < high else size)


def chances(tried: int, prior: tuple[float, float]) -> Array:
    """Give the chance of each number from 0 to tried of a beta-binomial, from the ratios of its neighbouring terms."""
    place = np.arange(tried, dtype=float)
    ratios = np.log((tried - place) / (place + 1) * (prior[0] + place) / (prior[1] + tried - place - 1))
    logs: NDArray[np.float64] = np.concatenate([[0.0], np.cumsum(ratios)])
    terms = np.exp(logs - logs.max())
    return np.asarray(terms / terms.sum())


def _tail(won: int, tried: int, prior: tuple[float, float]) -> tuple[float, float]:
    """Give P(X < won) and P(X = won) of a beta-binomial."""
    terms = chances(tried, prior)
    return float(terms[:won].sum()), float(terms[won])
