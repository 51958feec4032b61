"""A cumulative line against the path it was expected to take, with every line named at its end."""

from dataclasses import dataclass
from math import ceil, floor, log10

from ui.escape import text

_HEIGHT = 100.0


@dataclass(frozen=True)
class Trend:
    """One point a week from the period's start: what came (None for weeks to come), what was expected, the plan.

    The words name the ends of the lines; `tips` says each week in one sentence.
    """

    weeks: tuple[str, ...]
    actual: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    plan: float | None
    actual_words: str
    expected_words: str
    plan_words: str
    tips: tuple[str, ...]
    worse: bool = False
    label: str = ""


def trend_chart(trend: Trend) -> str:
    """The chart as a figure that scales with its column; words are HTML over the drawing, so they stay sharp."""
    levels = [level for level in (*trend.actual, *trend.expected, trend.plan) if level is not None]
    top, step = nice_scale(max([*levels, 1e-9]))
    lines = _drawing(trend, top, step)
    return (
        f'<figure class="trend" role="img" aria-label="{text(trend.label)}">'
        f'<div class="plot">{lines}{_ticks(top, step)}{_ends(trend, top)}{_hover(trend)}</div>'
        f'<div class="weeks" aria-hidden="true">{_week_names(trend)}</div></figure>'
    )


def _drawing(trend: Trend, top: float, step: float) -> str:
    count = len(trend.weeks)
    grid = "".join(
        f'<line class="grid" x1="0" x2="100" y1="{y_at(step * n, top):.2f}" y2="{y_at(step * n, top):.2f}"/>'
        for n in range(round(top / step) + 1)
        if n
    )
    plan = (
        ""
        if trend.plan is None
        else (f'<line class="plan" x1="0" x2="100" y1="{y_at(trend.plan, top):.2f}" y2="{y_at(trend.plan, top):.2f}"/>')
    )
    expected = _line("expected", trend.expected, count, top)
    done = [level for level in trend.actual if level is not None]
    closed = _line("actual", (*done[:-1],) if len(done) > 1 else tuple(done), count, top)
    now = ""
    if len(done) > 1:
        before, last = y_at(done[-2], top), y_at(done[-1], top)
        points = f"{_x(len(done) - 1, count):.2f},{before:.2f} {_x(len(done), count):.2f},{last:.2f}"
        now = f'<polyline class="actual now" points="{points}"/>'
    return (
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        f'{grid}{plan}{expected}{closed}{now}<line class="axis" x1="0" x2="100" y1="100" y2="100"/></svg>'
    )


def _line(kind: str, levels: tuple[float | None, ...], count: int, top: float) -> str:
    points = ["0,100"] + [
        f"{_x(at + 1, count):.2f},{y_at(level, top):.2f}" for at, level in enumerate(levels) if level is not None
    ]
    return f'<polyline class="{kind}" points="{" ".join(points)}"/>' if len(points) > 1 else ""


def _ticks(top: float, step: float) -> str:
    return "".join(
        f'<span class="tick" style="top:{y_at(step * n, top):.2f}%">{tick_word(step * n)}</span>'
        for n in range(round(top / step) + 1)
    )


def _ends(trend: Trend, top: float) -> str:
    count = len(trend.weeks)
    done = [level for level in trend.actual if level is not None]
    parts = []
    if trend.plan is not None:
        parts.append(_word("plan", (None, y_at(trend.plan, top)), trend.plan_words))
    if done:
        left, level = _x(len(done), count), y_at(done[-1], top)
        tone = " worse" if trend.worse else ""
        parts.append(f'<i class="dot{tone}" style="left:{left:.2f}%;top:{level:.2f}%"></i>')
        parts.append(_word(f"now{tone}{' left' if left > 78 else ''}", (left, level), trend.actual_words))
        goal = trend.expected[len(done) - 1] if len(trend.expected) >= len(done) else None
        if goal is not None and trend.expected_words:
            under = " under" if goal < done[-1] else ""
            parts.append(_word(f"goal{under}", (left, y_at(goal, top)), trend.expected_words))
    return "".join(parts)


def _word(kind: str, place: tuple[float | None, float], words: str) -> str:
    left = "" if place[0] is None else f"left:{place[0]:.2f}%;"
    return f'<span class="word {kind}" style="{left}top:{place[1]:.2f}%">{text(words)}</span>'


def _hover(trend: Trend) -> str:
    half = len(trend.weeks) / 2
    return "".join(
        f'<span class="week tip{" end" if at > half else ""}" {_column(trend, at)} data-tip="{text(tip)}"></span>'
        for at, tip in enumerate(trend.tips)
        if tip
    )


def _week_names(trend: Trend) -> str:
    shown = {0, len(trend.weeks) - 1, len([level for level in trend.actual if level is not None]) - 1}
    return "".join(
        f"<span {_column(trend, at)}{'' if at in shown else ' class=minor'}>{text(name)}</span>"
        for at, name in enumerate(trend.weeks)
    )


def _column(trend: Trend, at: int) -> str:
    width = 100 / len(trend.weeks)
    return f'style="left:{at * width:.2f}%;width:{width:.2f}%"'


def _x(at: int, count: int) -> float:
    return 100.0 * at / count


def y_at(level: float, top: float) -> float:
    """Give the place of a level from above, in per cent of the drawing; top: the level of its upper edge."""
    return _HEIGHT * (1 - level / top)


def nice_scale(highest: float) -> tuple[float, float]:
    """Give the upper edge of a scale from zero that holds a level, and the step between its ticks."""
    rough = highest / 4
    size = 10 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough)
    return step * ceil(highest * 1.04 / step), step


def tick_word(level: float) -> str:
    """Give a tick of money or a count, short."""
    for limit, word in ((1e9, " bn"), (1e6, ""), (1e3, " k")):
        if level >= limit or (word == "" and level == 0):
            return f"{level / limit:g}{word}"
    return f"{level:g}"
