"""Medians and spreads of the last rows, gaps left out; arrays are [weeks, series], NaN = no data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Counts = NDArray[np.intp]
TO_SIGMA = 1.4826  # of a median absolute deviation, for a normal distribution
TAIL, TAIL_TO_SIGMA = 0.85, 1.4395  # the 85th percentile of |x| of a normal distribution, in sigmas


@dataclass(frozen=True)
class Spread:
    """Median, scale and number of the values in a window that ends before each row."""

    middle: Array
    scale: Array
    known: Counts


def spread_before(values: Array, window: int, lag: int) -> Spread:
    """Give the spread of rows t-lag-window+1 … t-lag for each row t; nothing of the last lag rows is in it.

    The scale is the mean of two robust ones, of the middle and of the flanks: series with regular peaks have a narrow
    middle and would be called unusual at every peak by the first alone.
    """
    rows, series = values.shape
    padded = np.full((rows + window + lag - 1, series), np.nan)
    padded[window + lag - 1 :] = values
    held = np.sort(np.lib.stride_tricks.sliding_window_view(padded, window, axis=0)[:rows], axis=-1)
    known = np.sum(~np.isnan(held), axis=-1)
    middle = _middle(held, known)
    apart = np.sort(np.abs(held - middle[..., None]), axis=-1)
    flank = _at(apart, np.ceil(TAIL * known).astype(np.intp) - 1)
    scale = (TO_SIGMA * _middle(apart, known) + flank / TAIL_TO_SIGMA) / 2
    return Spread(middle, np.where(known > 0, scale, np.nan), known)


def centred_median(values: Array, window: int) -> Array:
    """Give the median of the window around each row; at the edges of what there is."""
    half = window // 2
    padded = np.pad(values, ((half, half), (0, 0)), constant_values=np.nan)
    held = np.sort(np.lib.stride_tricks.sliding_window_view(padded, window, axis=0), axis=-1)
    return _middle(held, np.sum(~np.isnan(held), axis=-1))


def median_of_others(values: Array, fewest: int) -> Array:
    """Give the median of the other series for each series and row; NaN where fewer than fewest of them have a value."""
    order = np.sort(values, axis=1)
    filled = np.where(np.isnan(values), np.inf, values)
    rank = np.argsort(np.argsort(filled, axis=1, kind="stable"), axis=1, kind="stable")
    others = np.sum(~np.isnan(values), axis=1, keepdims=True) - 1
    last = values.shape[1] - 1

    def without_self(place: Counts) -> Array:
        skipped = np.where(place >= rank, place + 1, np.broadcast_to(place, rank.shape))
        return np.take_along_axis(order, np.clip(skipped, 0, last), axis=1)

    middle = (without_self((others - 1) // 2) + without_self(others // 2)) / 2
    return np.where((others >= fewest) & ~np.isnan(values), middle, np.nan)


def remembered(values: Array, start: float, share: float, step: Callable[[Array, Array], Array]) -> Array:
    """Give a running mean that forgets: each row adds its share of what step makes of (row, mean so far)."""
    mean = np.full(values.shape[1], start)
    found = np.empty_like(values)
    for row, value in enumerate(values):
        new = step(value, mean)
        mean = np.where(np.isnan(new), mean, mean + share * (new - mean))
        found[row] = mean
    return found


def _middle(held: Array, known: Counts) -> Array:
    return np.where(known > 0, (_at(held, (known - 1) // 2) + _at(held, known // 2)) / 2, np.nan)


def _at(held: Array, place: Counts) -> Array:
    inside = np.clip(place, 0, held.shape[-1] - 1)[..., None]
    return np.asarray(np.take_along_axis(held, inside, axis=-1)[..., 0])
