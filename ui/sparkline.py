"""A series of weeks as a small line: closed weeks solid, the running week lighter, the end as a dot."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ui.marks import tone

Level = float | Decimal


@dataclass(frozen=True)
class Guides:
    """What a sparkline is read against: the expected band and the target, both in the series' unit."""

    band: tuple[Level, Level] | None = None
    target: Level | None = None


@dataclass(frozen=True)
class _Frame:
    width: float
    height: float
    low: float
    high: float
    count: int

    def x(self, index: int) -> float:
        return 3 + (self.width - 6) * (index / max(1, self.count - 1))

    def y(self, value: float) -> float:
        return 3 + (self.height - 6) * (1 - (value - self.low) / (self.high - self.low))


def small_sparkline(series: Sequence[Level | None], flag: str, favourable: bool | None) -> str:
    """A line of 44 × 18 for a table cell; an empty box of that size where fewer than two weeks have a value."""
    frame = _frame(series, Guides(), 44, 18)
    if frame is None:
        return '<svg class="sp" viewBox="0 0 44 18" aria-hidden="true"></svg>'
    last = _last(series)
    at = f'cx="{frame.x(last[0]):.1f}" cy="{frame.y(last[1]):.1f}"'
    dot = f'<circle class="end {_dot_tone(flag, favourable)}" {at} r="1.9"/>'
    return f'<svg class="sp" viewBox="0 0 44 18" aria-hidden="true">{_lines(series, frame)}{dot}</svg>'


def week_line(shares: Sequence[float | None], *, fallen: bool) -> str:
    """A line of 44 × 18 of shares of closed weeks, on a scale of a tenth or more so that noise stays flat."""
    known = [share for share in shares if share is not None]
    middle = (min(known) + max(known)) / 2 if known else 0.0
    frame = _frame(shares, Guides(band=(middle - 0.05, middle + 0.05)), 44, 18)
    if frame is None:
        return '<svg class="sp" viewBox="0 0 44 18" aria-hidden="true"></svg>'
    at, share = _last(shares)
    dot = f'<circle class="end {"worse" if fallen else ""}" cx="{frame.x(at):.1f}" cy="{frame.y(share):.1f}" r="1.9"/>'
    lines = _lines([*shares, None], frame)  # the last week is closed too, so nothing is drawn lighter
    return f'<svg class="sp" viewBox="0 0 44 18" aria-hidden="true">{lines}{dot}</svg>'


def wide_sparkline(series: Sequence[Level | None], flag: str, favourable: bool | None, guides: Guides) -> str:
    """A line as wide as its place and 40 px high, with the expected band and the dashed target behind it."""
    frame = _frame(series, guides, 200, 40)
    if frame is None:
        words = "too few weeks for a line" if series else ""
        return f'<div class="spark none"><span>{words}</span></div>'
    last = _last(series)
    left, top = frame.x(last[0]) / 2, frame.y(last[1]) / 0.4
    return (
        '<div class="spark"><svg viewBox="0 0 200 40" preserveAspectRatio="none" aria-hidden="true">'
        f"{_guides(frame, guides)}{_lines(series, frame)}</svg>"
        f'<i class="{_dot_tone(flag, favourable)}" style="left:{left:.1f}%;top:{top:.1f}%"></i></div>'
    )


def _frame(series: Sequence[Level | None], guides: Guides, width: float, height: float) -> _Frame | None:
    known = [float(value) for value in series if value is not None]
    if len(known) < 2:
        return None
    levels = known + [float(level) for level in guides.band or ()]
    levels += [float(guides.target)] if guides.target is not None else []
    low, high = min(levels), max(levels)
    if high - low < 1e-12:
        low, high = low - 1, high + 1
    return _Frame(width, height, low, high, len(series))


def _guides(frame: _Frame, guides: Guides) -> str:
    parts = []
    if guides.band is not None:
        top, bottom = frame.y(float(guides.band[1])), frame.y(float(guides.band[0]))
        parts.append(f'<rect class="band" x="0" y="{top:.1f}" width="{frame.width}" height="{bottom - top:.1f}"/>')
    if guides.target is not None:
        level = frame.y(float(guides.target))
        parts.append(f'<line class="goal" x1="0" x2="{frame.width}" y1="{level:.1f}" y2="{level:.1f}"/>')
    return "".join(parts)


def _lines(series: Sequence[Level | None], frame: _Frame) -> str:
    points = [None if value is None else (frame.x(at), frame.y(float(value))) for at, value in enumerate(series)]
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points[:-1]:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    solid = "".join(f'<polyline class="line" points="{_points(run)}"/>' for run in runs if len(run) > 1)
    before, now = points[-2], points[-1]
    running = f'<polyline class="line now" points="{_points([before, now])}"/>' if before and now else ""
    return solid + running


def _points(run: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in run)


def _last(series: Sequence[Level | None]) -> tuple[int, float]:
    return next((at, float(value)) for at, value in reversed(list(enumerate(series))) if value is not None)


def _dot_tone(flag: str, favourable: bool | None) -> str:
    return tone(favourable) if flag in ("watch", "act") else ""
