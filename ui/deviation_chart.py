"""The weeks of a deviation as a line: the expected band behind it, the tested weeks tinted, every line named."""

from itertools import groupby

from kpi.deviations.tested import WeeksTested
from ui.escape import text
from ui.formats import day_text, value_text
from ui.trend import nice_scale, tick_word, y_at

NAMED = 5  # weeks between two that are named below the chart


def deviation_chart(tested: WeeksTested, unit: str, currency: str | None, *, worse: bool = True) -> str:
    """The chart as a figure that scales with its column; words are HTML over the drawing, so they stay sharp."""
    levels = [level for level in (*tested.values, *(tested.band or ()), tested.expected) if level is not None]
    top, step = nice_scale(max([*levels, 1e-9]))
    if unit == "percent" and max(levels) <= 1:
        top = min(top, 1.0)
    shown = [tested.values[place] for place in range(len(tested.values))]
    words = [value_text(level, unit, currency) if level is not None else "no figure" for level in shown]
    return (
        f'<figure class="trend tested" role="img" aria-label="{text(_alt(tested, words))}">'
        f'<div class="plot">{_band(tested, top)}{_window(tested)}{_drawing(tested, top, step)}'
        f"{_ticks(top, step, unit)}{_ends(tested, top, words, worse=worse)}{_hover(tested, words)}</div>"
        f'<div class="weeks" aria-hidden="true">{_names(tested)}</div></figure>'
    )


def _alt(tested: WeeksTested, words: list[str]) -> str:
    known = [place for place, level in enumerate(tested.values) if level is not None]
    first, last = known[0], known[-1]
    begins, ends, since = (day_text(tested.weeks[place]) for place in (first, last, tested.first))
    return (
        f"{len(tested.weeks)} weeks, from {words[first]} in the week of {begins} to {words[last]} in the week of "
        f"{ends}; tested from the week of {since}"
    )


def _band(tested: WeeksTested, top: float) -> str:
    if tested.band is None:
        return ""
    low, high = tested.band
    upper = y_at(min(top if high is None else high, top), top)
    lower = y_at(0.0 if low is None else low, top)
    return f'<i class="band" style="top:{upper:.2f}%;height:{max(0.6, lower - upper):.2f}%"></i>'


def _window(tested: WeeksTested) -> str:
    count = len(tested.weeks)
    left, width = 100 * tested.first / count, 100 * (tested.last + 1 - tested.first) / count
    return f'<i class="window" style="left:{left:.2f}%;width:{width:.2f}%"></i>'


def _drawing(tested: WeeksTested, top: float, step: float) -> str:
    grid = "".join(
        f'<line class="grid" x1="0" x2="100" y1="{y_at(step * n, top):.2f}" y2="{y_at(step * n, top):.2f}"/>'
        for n in range(1, int(top / step + 1e-9) + 1)
    )
    expected = ""
    if tested.expected is not None:
        level = y_at(tested.expected, top)
        expected = f'<line class="expected" x1="0" x2="100" y1="{level:.2f}" y2="{level:.2f}"/>'
    return (
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        f'{grid}{expected}{_lines(tested, top)}<line class="axis" x1="0" x2="100" y1="100" y2="100"/></svg>'
    )


def _lines(tested: WeeksTested, top: float) -> str:
    """One line for each run of weeks that have a figure; the running week at half strength."""
    closed = list(enumerate(tested.values))[:-1]
    runs = [list(run) for known, run in groupby(closed, key=lambda week: week[1] is not None) if known]
    drawn = "".join(f'<polyline class="actual" points="{_points(tested, run, top)}"/>' for run in runs if len(run) > 1)
    last = list(enumerate(tested.values))[-2:]
    if all(level is not None for _, level in last):
        drawn += f'<polyline class="actual now" points="{_points(tested, last, top)}"/>'
    return drawn


def _points(tested: WeeksTested, run: list[tuple[int, float | None]], top: float) -> str:
    return " ".join(f"{_x(tested, place):.2f},{y_at(level or 0.0, top):.2f}" for place, level in run)


def _ticks(top: float, step: float, unit: str) -> str:
    return "".join(
        f'<span class="tick" style="top:{y_at(step * n, top):.2f}%">{_tick(step * n, unit)}</span>'
        for n in range(int(top / step + 1e-9) + 1)
    )


def _tick(level: float, unit: str) -> str:
    return f"{level * 100:g}%" if unit == "percent" else tick_word(level)


def _ends(tested: WeeksTested, top: float, words: list[str], *, worse: bool) -> str:
    """The names of band, window and the newest tested week."""
    parts = [f'<span class="word window" style="left:{100 * tested.first / len(tested.weeks):.2f}%">tested</span>']
    if tested.band is not None:
        level = top if tested.band[1] is None else tested.band[1]
        parts.append(f'<span class="word band" style="top:{y_at(min(level, top), top):.2f}%">expected</span>')
    elif tested.expected is not None:
        parts.append(f'<span class="word band" style="top:{y_at(tested.expected, top):.2f}%">expected</span>')
    known = [place for place in range(tested.last + 1) if tested.values[place] is not None]
    if known:
        place = known[-1]
        left, level = _x(tested, place), y_at(tested.values[place] or 0.0, top)
        tone = " worse" if worse else ""
        parts.append(f'<i class="dot{tone}" style="left:{left:.2f}%;top:{level:.2f}%"></i>')
        parts.append(
            f'<span class="word now left{tone}" style="left:{left:.2f}%;top:{level:.2f}%">{text(words[place])}</span>'
        )
    return "".join(parts)


def _hover(tested: WeeksTested, words: list[str]) -> str:
    half, width = len(tested.weeks) / 2, 100 / len(tested.weeks)
    tips = []
    for place, (day, said) in enumerate(zip(tested.weeks, words, strict=True)):
        running = ", still running" if place == len(tested.weeks) - 1 else ""
        was = " (tested)" if tested.first <= place <= tested.last else ""
        tip = f"Week of {day_text(day)}{running}: {said}{was}"
        end = " end" if place > half else ""
        tips.append(
            f'<span class="week tip{end}" style="left:{place * width:.2f}%;width:{width:.2f}%" data-tip="{text(tip)}">'
            "</span>"
        )
    return "".join(tips)


def _names(tested: WeeksTested) -> str:
    count = len(tested.weeks)
    width = 100 / count
    return "".join(
        f'<span{" class=minor" if 0 < place < count - 1 else ""} style="left:{place * width:.2f}%;'
        f'width:{width:.2f}%">{day.day} {day:%b}</span>'
        for place, day in enumerate(tested.weeks)
        if place % NAMED == 0
    )


def _x(tested: WeeksTested, place: int) -> float:
    return 100 * (place + 0.5) / len(tested.weeks)
