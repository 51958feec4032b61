"""The chart of a deviation: its tested weeks and its band are marked, and a gap stays a gap."""

from datetime import date, timedelta

from kpi.deviations.tested import WeeksTested
from ui.deviation_chart import deviation_chart

FOUR = tuple(date(2026, 11, 2) + timedelta(days=7 * week) for week in range(4))


def drawn(*values: float | None, band: tuple[float | None, float | None] | None = (40.0, 60.0)) -> str:
    return deviation_chart(WeeksTested(FOUR, values, 1, 2, band, 50.0, "week by week"), "count", None)


def test_the_tested_weeks_and_the_band_are_marked_and_named() -> None:
    """Of four weeks the second and third were tested: from a quarter on, half of the width. 40 to 60 of 80."""
    chart = drawn(50, 20, 20, 5)
    assert '<i class="window" style="left:25.00%;width:50.00%">' in chart
    assert '<i class="band" style="top:25.00%;height:25.00%">' in chart
    assert ">tested</span>" in chart
    assert ">expected</span>" in chart
    assert "tested from the week of Mon 9 Nov" in chart
    assert "Week of Mon 23 Nov, still running: 5" in chart


def test_a_band_without_an_upper_end_reaches_the_top() -> None:
    assert '<i class="band" style="top:0.00%;height:50.00%">' in drawn(50, 20, 20, 75, band=(40.0, None))


def test_a_week_without_a_figure_is_a_gap_and_says_so() -> None:
    chart = drawn(50, None, 20, 5)
    assert chart.count('<polyline class="actual"') == 0, "single weeks are no line"
    assert "Week of Mon 9 Nov: no figure (tested)" in chart


def test_without_anything_expected_only_the_weeks_are_drawn() -> None:
    chart = deviation_chart(WeeksTested(FOUR, (1, 2, 3, 4), 1, 2, None, None, "week by week"), "count", None)
    assert "expected" not in chart
