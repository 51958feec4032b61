"""Charts to explore: what hover says, and what is never a line."""

from dataclasses import replace
from datetime import date

from tests.ui.figures import cell, value
from ui.charts import weeks_figure

TODAY = date(2026, 11, 24)


def test_hover_says_the_week_and_the_figure_with_its_unit() -> None:
    figure = weeks_figure(cell(value()), TODAY)
    closed = figure.data[0]
    assert closed.text[0] == "€13.0"
    assert str(closed.x[0]) == "2026-08-31"
    assert "week of" in closed.hovertemplate


def test_the_running_week_is_dotted() -> None:
    figure = weeks_figure(cell(value()), TODAY)
    assert [part.line.dash for part in figure.data[:2]] == ["solid", "dot"]


def test_a_week_without_data_stays_a_gap() -> None:
    shown = replace(cell(value()), series=(1.0, None, 3.0, 4.0))
    assert list(weeks_figure(shown, TODAY).data[0].y) == [1.0, None, 3.0]
