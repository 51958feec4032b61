"""Funnel limits: wide for few cases and for regions that lie apart, and exact where they can be reckoned by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.deviations.funnel import funnel, shifted

LEVEL = 0.002
ALIKE = [(42, 200), (63, 300), (84, 400), (105, 500)]  # 21 % each


def test_a_rate_far_below_four_that_agree_lies_outside_of_limits_near_theirs() -> None:
    found = funnel((41, 340), ALIKE, level=LEVEL)
    assert found.centre == pytest.approx(0.21)
    assert 0.12 < found.low < 0.16
    assert 0.26 < found.high < 0.31
    assert found.low > 41 / 340
    assert found.score < np.log10(LEVEL)


def test_limits_are_wide_for_few_cases() -> None:
    few, many = (funnel((tried // 10, tried), ALIKE, level=LEVEL) for tried in (20, 340))
    assert few.low < many.low < many.high < few.high
    assert abs(few.score) < -np.log10(LEVEL)


def test_regions_that_lie_apart_leave_more_room() -> None:
    """
    others   20 of 200, 90 of 300, 60 of 400, 170 of 500: 24 % together, from 10 to 34 %
    12 % of 340 is nothing special among them.
    """
    apart = funnel((41, 340), [(20, 200), (90, 300), (60, 400), (170, 500)], level=LEVEL)
    assert apart.low < 41 / 340
    assert abs(apart.score) < -np.log10(LEVEL)


def test_two_cases_are_reckoned_by_hand() -> None:
    """
    The others: 1 of 2 twice; centre 1/2, no further apart than chance. Of the centre itself 4 cases are known, so the
    precision is 4 - 1 = 3 and the beta has 1.5 and 1.5. Of two cases: P(0) = B(1.5, 3.5) / B(1.5, 1.5) = 5/16.
    """
    found = funnel((0, 2), [(1, 2), (1, 2)], level=LEVEL)
    assert found.score == pytest.approx(np.log10(2 * (5 / 16) / 2))


def test_a_region_that_always_lay_there_is_as_far_off_as_usual() -> None:
    """24 % against 42 %; in the past 22 % against 40 %: at that distance 24 % would be expected."""
    level = funnel((34, 140), [(42, 100)] * 4, level=LEVEL)
    usual = shifted((34, 140), level, ((66, 300), (400, 1000)), level=LEVEL)
    assert level.score < np.log10(LEVEL)
    assert usual.centre == pytest.approx(0.237, abs=0.005)
    assert abs(usual.score) < 1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=6), st.integers(1, 60))
def test_limits_hold_the_centre_for_any_regions(parts: list[tuple[int, int]], tried: int) -> None:
    others = [(won, won + lost) for won, lost in parts if won + lost]
    if len(others) < 2:
        return
    found = funnel((tried // 2, tried), others, level=LEVEL)
    assert 0 <= found.low <= found.high <= 1
    assert found.low <= found.centre + 1 / tried
    assert found.high >= found.centre - 1 / tried


def test_chance_alone_is_called_as_rarely_as_stated() -> None:
    """Six regions with one true rate, 400 times: 2 in a thousand are stated, so of 2400 about five."""
    chance = np.random.default_rng(11)
    called = 0
    for _ in range(400):
        won = chance.binomial(100, 0.3, 6)
        for place in range(6):
            others = [(int(each), 100) for at, each in enumerate(won) if at != place]
            called += abs(funnel((int(won[place]), 100), others, level=LEVEL).score) >= -np.log10(LEVEL)
    assert called <= 12
