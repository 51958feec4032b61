"""The common denominator over the weeks, as a stepped line with what joined and what was lost."""

from collections.abc import Sequence
from itertools import pairwise

from kpi.comparability_weeks import CommonWeek
from ui.escape import text
from ui.formats import counted, full_day, listed
from ui.headline import section
from ui.view import View

WIDTH, HEIGHT, MARGIN = 340.0, 64.0, 6.0
SHOWN_CHANGES = 4
NAMED = 3


def weeks_block(weeks: Sequence[CommonWeek], view: View) -> str:
    """How many KPIs all regions could measure in each noted week, and the last changes of that; nothing before any."""
    if not weeks:
        return ""
    now = f"{len(weeks[-1].common)} of {weeks[-1].kpis}"
    if len(weeks) < 2:
        words = f"<p class='quiet'>This week {now}. The line begins with the second week.</p>"
        return section("Over the weeks") + words
    since = f"{len(weeks[0].common)} of {weeks[0].kpis} in the week of {full_day(weeks[0].starts)}"
    spoken = f"KPIs that all regions could measure: {since}, {now} now"
    return (
        section("Over the weeks", "KPIs that all could measure")
        + f'<figure class="weeks" role="img" aria-label="{text(spoken)}">{_line(weeks)}'
        + f"<figcaption><span>{text(_short(weeks[0]))}</span><b>{len(weeks[-1].common)}</b></figcaption></figure>"
        + _changes(weeks, view)
    )


def _line(weeks: Sequence[CommonWeek]) -> str:
    counts = [len(week.common) for week in weeks]
    low, high = min(counts) - 1, max(counts) + 1
    step = (WIDTH - 2 * MARGIN) / len(counts)
    points = []
    for at, count in enumerate(counts):
        y = MARGIN + (HEIGHT - 2 * MARGIN) * (1 - (count - low) / (high - low))
        points += [f"{MARGIN + at * step:.1f},{y:.1f}", f"{MARGIN + (at + 1) * step:.1f},{y:.1f}"]
    zones = "".join(
        f'<rect x="{MARGIN + at * step:.1f}" y="0" width="{step:.1f}" height="{HEIGHT:.0f}"><title>'
        f"{text(_told(week))}</title></rect>"
        for at, week in enumerate(weeks)
    )
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" preserveAspectRatio="none">'
        f'<polyline points="{" ".join(points)}"/>{zones}</svg>'
    )


def _changes(weeks: Sequence[CommonWeek], view: View) -> str:
    found = []
    for before, after in pairwise(weeks):
        joined = _labels(after.common - before.common, view)
        lost = _labels(before.common - after.common, view)
        told = [f"+ {_named(joined)}"] if joined else []
        told += [f"− {_named(lost)}"] if lost else []
        if told:
            found.append((after, "; ".join(told)))
    lines = "".join(
        f"<li><span>{text(_short(week))}</span>{text(words)}</li>" for week, words in reversed(found[-SHOWN_CHANGES:])
    )
    return f'<ul class="changes">{lines}</ul>' if lines else '<p class="quiet">Nothing joined and nothing was lost.</p>'


def _told(week: CommonWeek) -> str:
    regions = counted(week.regions, "region")
    return f"Week of {full_day(week.starts)}: {len(week.common)} of {week.kpis} KPIs, {regions}"


def _labels(names: frozenset[str], view: View) -> list[str]:
    known = view.definitions.kpis
    return [known[name].label if name in known else name for name in sorted(names)]


def _named(labels: Sequence[str]) -> str:
    """The KPIs by name; of many, as when KPIs were defined anew, some and how many more."""
    more = len(labels) - NAMED
    return listed([*labels[:NAMED], f"{more} more"] if more > 1 else list(labels))


def _short(week: CommonWeek) -> str:
    return f"{week.starts.day} {week.starts:%b}"
