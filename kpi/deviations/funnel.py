"""Funnel limits: how far the rate of one region may lie from that of the others before chance explains it no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log10

import numpy as np

from kpi.deviations.rates import RATE_FLOOR, chances

Trials = tuple[int, int]  # how often it came out, of how many


@dataclass(frozen=True)
class Limits:
    """The others' pooled rate, and between which rates chance would leave one region of that size; all are fractions.

    score: -log10 of the two-sided mid-p, below zero where the region lies below.
    """

    centre: float
    low: float
    high: float
    score: float


def funnel(own: Trials, others: Sequence[Trials], *, level: float) -> Limits:
    """Give the limits for a region beside at least two others, each with trials.

    The region's own cases are beta-binomial around the others' pooled rate: the rates of regions lie apart (as the
    others do, by the method of moments of Kleinman 1973), and the pooled rate itself rests on few cases. level: how
    unlikely, on both sides together, what lies beyond the limits is.
    """
    won, tried = (sum(part) for part in zip(*others, strict=True))
    centre = min(max(won / tried, RATE_FLOOR), 1 - RATE_FLOOR)
    apart = _apart(others, centre)
    precision = max(1 / min(apart + 1 / tried, 0.5) - 1, 1.0)
    return _limits(own, centre, precision, level)


def shifted(own: Trials, around: Limits, past: tuple[Trials, Trials], *, level: float) -> Limits:
    """Give the limits for a region that usually lies as far from the others as its past and theirs say.

    past: the region's own, and the others' pooled cases. The distance is one of log odds, so that it fits any rate.
    """
    (won, tried), (others_won, others_tried) = past
    distance = _log_odds(won, tried) - _log_odds(others_won, others_tried)
    odds = around.centre / (1 - around.centre) * float(np.exp(distance))
    centre = min(max(odds / (1 + odds), RATE_FLOOR), 1 - RATE_FLOOR)
    return _limits(own, centre, max(1 / (1 / tried + 1 / others_tried) - 1, 1.0), level)


def _limits(own: Trials, centre: float, precision: float, level: float) -> Limits:
    won, tried = own
    terms = chances(tried, (centre * precision, (1 - centre) * precision))
    below = np.cumsum(terms) - terms / 2  # the mid-p of each number and fewer
    inside = np.flatnonzero((below >= level / 2) & (1 - below >= level / 2))
    share = max(2 * min(below[won], 1 - below[won]), 1e-300)
    towards = -1.0 if below[won] < 0.5 else 1.0
    return Limits(centre, float(inside[0]) / tried, float(inside[-1]) / tried, -towards * log10(share))


def _apart(others: Sequence[Trials], centre: float) -> float:
    """Give the correlation of cases within a region: 0 where the others lie no further apart than chance alone puts."""
    tried = sum(each for _, each in others)
    distance = sum(each * (won / each - centre) ** 2 for won, each in others) / (centre * (1 - centre))
    room = tried - sum(each * each for _, each in others) / tried - (len(others) - 1)
    return max(0.0, (distance - (len(others) - 1)) / room) if room > 0 else 0.0


def _log_odds(won: int, tried: int) -> float:
    return log((won + 0.5) / (tried - won + 0.5))
