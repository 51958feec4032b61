"""Rates: chance alone is left alone, a halved rate is found; the tail is compared with exact arithmetic."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from kpi.deviations.rates import _tail, rate_scores
from kpi.deviations.rolling import Array


def history(rate: float, count: int = 60, trials: int = 12, seed: int = 4) -> tuple[Array, Array]:
    chance = np.random.default_rng(seed)
    tried = np.full((count, 3), float(trials))
    return chance.binomial(trials, rate, tried.shape).astype(float), tried


def test_an_unchanged_rate_is_rarely_called() -> None:
    won, tried = history(0.3, count=260)
    assert (np.abs(rate_scores(won, tried)) >= 1).mean() < 0.02


def test_a_rate_that_fell_to_nothing_is_called_down() -> None:
    won, tried = history(0.4)
    won[56:, 1] = 0
    assert rate_scores(won, tried)[59, 1] <= -1


def test_two_closed_deals_call_nobody() -> None:
    won, tried = history(0.5, trials=2)
    won[59, 0] = 0
    assert abs(rate_scores(won, tried)[59, 0]) < 1


def test_without_past_trials_nothing_is_judged() -> None:
    assert np.all(rate_scores(np.zeros((5, 1)), np.full((5, 1), 3.0)) == 0)


def test_more_won_than_closed_is_refused() -> None:
    with pytest.raises(ValueError, match="no success without its trial"):
        rate_scores(np.full((2, 1), 3.0), np.full((2, 1), 2.0))


def test_the_tail_is_the_beta_binomial() -> None:
    """Of 5 trials with prior (2, 3): P(X = k) = C(5, k) B(k + 2, 8 - k) / B(2, 3), in whole fractions."""

    def beta(a: int, b: int) -> Fraction:
        return Fraction(1, (a + b - 1) * comb(a + b - 2, a - 1))

    exact = [comb(5, k) * beta(k + 2, 8 - k) / beta(2, 3) for k in range(6)]
    assert sum(exact) == 1
    below, equal = _tail(3, 5, (2.0, 3.0))
    assert below == pytest.approx(float(sum(exact[:3])))
    assert equal == pytest.approx(float(exact[3]))
