"""The parts of the region page, from a scorecard and a few breakdowns to HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kpi.card import Scorecard
from kpi.peers import Peers
from kpi.period import last_year
from kpi.slice import Slice
from kpi.value import Value
from ui.contributions import Part, contribution_list
from ui.escape import text
from ui.formats import NARROW, counted, in_millions, money, symbol
from ui.headline import section
from ui.kpi_table import KpiRow, kpi_table
from ui.marks import triangle
from ui.overview import alarm_of
from ui.trend import Trend, trend_chart
from ui.view import View
from ui.words import Words

AGAINST_HEADS = {
    "plan": "Against plan or own history",
    "last_year": "Against last year",
    "last_week": "Against last week",
}
SEGMENTS = {"enterprise": "Enterprise", "mid_market": "Mid-market", "small": "Small business"}


def markets(view: View, card: Scorecard | None, region: str) -> str:
    """The markets as links, each with the mark of its worst flag where the group's scorecard is there."""
    links = []
    for other in view.organisation.regions:
        mark = triangle(-1, alarm_of(card, other), False) if card else ""
        here = ' aria-current="page"' if other == region else ""
        address = text(view.choice.link("region", region=other, regions="", period=""))
        links.append(f'<a href="{address}" data-go{here}>{text(view.name(other))}{mark}</a>')
    return f'<nav class="markets" aria-label="Markets">{"".join(links)}</nav>'


def trend_block(words: Words, question: Slice, region: str) -> str:
    """Won value week by week, summed up, against the path that the region usually takes to its plan."""
    whole = replace(question, period=replace(question.period, to_date=question.period.end), grain="week")
    found = words.view.values(whole, ("won_value", "expected_won"))
    won, expected = _weekly(found, "won_value", region), _weekly(found, "expected_won", region)
    if not won:
        return ""
    week = question.period.week
    summed = _running_sum([float(value.value or 0) for value in won[:week]])
    path = [None if value.value is None else float(value.value) for value in expected]
    currency = won[0].currency
    behind = words.card.cells["pace", region]
    actual = money(summed[-1], currency) + " won"
    trend = Trend(
        weeks=tuple("week 1" if at == 0 else f"w{at + 1}" for at in range(len(won))),
        actual=(*summed, *(None for _ in won[week:])),
        expected=tuple(path),
        plan=path[-1] if path else None,
        actual_words=actual,
        expected_words=f"{money(path[week - 1] or 0, currency)} expected"
        if len(path) >= week and path[week - 1]
        else "",
        plan_words=f"{money(path[-1], currency)} plan" if path and path[-1] is not None else "",
        tips=tuple(_tip(at, summed, path, currency) for at in range(len(won))),
        worse=behind.flag != "none" and behind.favourable is False,
        label=f"Won value to date, {actual}; {behind.why}",
    )
    note = f"{symbol(currency)}{NARROW}M, summed up, against the path this region usually takes to its plan"
    return section("Won value to date", note) + trend_chart(trend)


def gap_block(words: Words, question: Slice, region: str) -> str:
    """Where won value lacks to its expected path, segment by segment; the parts add up to won less expected."""
    gaps = words.view.segment_gaps(question, region)
    if not gaps:
        return change_block(words, question, region)
    parts = [_gap_part(name, -float(gap)) for name, gap in sorted(gaps.items(), key=lambda item: -item[1])]
    currency = words.card.cells["won_value", region].value.currency
    title = section("Where the gap is", f"{symbol(currency)}{NARROW}M, won less expected to date")
    whole = -float(sum(gaps.values()))
    note = "A segment is expected to bring its share of what this region won in the last four quarters."
    return title + contribution_list(parts, "Gap to expected", _signed(whole)) + f'<p class="foot">{note}</p>'


def change_block(words: Words, question: Slice, region: str) -> str:
    """Won value by segment, this period to date less the same working days a year ago; the parts add up."""
    split = replace(question, by=("region", "segment"))
    before = replace(split, period=last_year(question.period, words.view.organisation, region))
    now_values = _by_segment(words.view.values(split, ("won_value",)), region)
    old_values = _by_segment(words.view.values(before, ("won_value",)), region)
    both = {**now_values, **old_values}
    sizes = {name: _amount(now_values.get(name)) - _amount(old_values.get(name)) for name in both}
    if not sizes:
        return ""
    parts = [
        Part(_segment(name), _deals(now_values.get(name), old_values.get(name)), size, _signed(size), size >= 0)
        for name, size in sorted(sizes.items(), key=lambda item: item[1])
    ]
    currency = next(iter(both.values())).currency
    title = section("What moved it", f"{symbol(currency)}{NARROW}M against the same working days last year")
    return title + contribution_list(parts, "Change", _signed(sum(sizes.values())))


def table_block(words: Words, others: Mapping[str, Peers], region: str, chosen: str) -> str:
    """The same KPIs as everywhere, against own plan, own history and the range of the other regions."""
    rows = [
        _kpi_row(words, others, name, (region, chosen))
        for name in words.card.kpis
        if (name, region) in words.card.cells
    ]
    ends = "" if words.view.organisation.group.peers == "quartiles" else "line = range, "
    note = f"other regions, unnamed: {ends}bar = middle half, tick = median; dot = this region"
    title = section(f"The same {len(rows)} figures", note)
    return title + kpi_table(rows, words.view.name(region), AGAINST_HEADS[words.card.compare])


def _kpi_row(words: Words, others: Mapping[str, Peers], name: str, place: tuple[str, str]) -> KpiRow:
    region, chosen = place
    cell, kpi = words.card.cells[name, region], words.kpi(name)
    return KpiRow(
        kpi=name,
        label=kpi.label,
        cell=cell,
        reason=words.reason(cell),
        counted=words.counted(cell.value),
        reservations=words.reservations(cell.value),
        why_not=words.why_not_sentence(cell.value),
        href=words.view.choice.link("region", region=region, kpi=name),
        explanation=words.explanation(cell.value),
        others=others.get(name),
        higher_is_better=kpi.higher_is_better,
        selected=name == chosen,
    )


def _weekly(found: Sequence[Value], kpi: str, region: str) -> list[Value]:
    return sorted(
        (value for value in found if value.kpi == kpi and value.region == region), key=lambda value: value.bucket
    )


def _running_sum(values: list[float]) -> list[float]:
    total, summed = 0.0, []
    for value in values:
        total += value
        summed.append(total)
    return summed


def _tip(at: int, summed: list[float], path: list[float | None], currency: str | None) -> str:
    goal = path[at] if at < len(path) else None
    expected = f"{money(goal, currency)} expected" if goal is not None else ""
    done = f"{money(summed[at], currency)} won" if at < len(summed) else ""
    return f"Week {at + 1}: {', '.join(part for part in (done, expected) if part)}" if done or expected else ""


def _by_segment(values: Sequence[Value], region: str) -> dict[str, Value]:
    return {str(value.bucket[-1] if value.bucket else "") or "": value for value in values if value.region == region}


def _amount(value: Value | None) -> float:
    return float(value.value) if value is not None and value.value is not None else 0.0


def _deals(now: Value | None, old: Value | None) -> str:
    return f"{counted(now.n if now else 0, 'deal')}, last year {old.n if old else 0}"


def _gap_part(name: str, gap: float) -> Part:
    return Part(_segment(name), "", gap, _signed(gap), gap >= 0)


def _segment(name: str) -> str:
    return SEGMENTS.get(name, name.replace("_", " ").strip("( )").capitalize() or "Not stated")


def _signed(size: float) -> str:
    words = in_millions(size)
    return f"+{words}" if size > 0 and words.strip("0.,") else words
