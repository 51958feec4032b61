"""Findings about results: behind pace and why, resting on few deals, too few deals to judge, and other flags."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Literal

import polars as pl

from kpi.card import Cell, Finding
from kpi.deviations.drivers import gap_parts
from kpi.deviations.facts import SEGMENTS, Facts
from kpi.rows import rows_behind
from kpi.shape import UNKNOWN
from kpi.value import GROUP
from kpi.words import counted, fraction_words, listed, number_word, percent
from organisation.thresholds import Rules

PACED = ("pace", "won_value", "attainment")  # one deviation, seen three ways
CENT = Decimal("0.01")
CLOSING = ("closing_in_period", "coverage")  # what should still close, as money and as so many times


def behind_pace(facts: Facts) -> Iterator[Finding]:
    """Give a finding for each region that is flagged against pace, with the segment that most of the gap is in."""
    for region in facts.regions:
        cell = facts.cells.get(("pace", region))
        if cell is None or cell.flag == "none" or cell.value.value is None:
            continue
        gap = facts.shortfall(region).quantize(CENT)
        behind = percent(1 - float(cell.value.value))
        driver = _segment_driver(facts, region, gap)
        yield Finding(
            kind="pace",
            region=region,
            kpi="pace",
            level=_level(cell),
            subject="won value against pace",
            distance=f"{behind} behind",
            sentence=f"{facts.name(region)} is {behind} behind pace{driver}.",
            money=gap,
            changeable=min(gap, facts.still_open(region)),
            query=(("region", region), ("kpi", "won_value")),
        )


def concentrated(facts: Facts) -> Iterator[Finding]:
    """Give a finding where most of what should still close is in a few deals, each pushed twice or more."""
    asking = facts.asking
    rows = rows_behind(
        asking.engine,
        asking.organisation,
        asking.definitions,
        asking.asked,
        asking.scope,
        "closing_in_period",
    )
    for region in facts.regions:
        rules = asking.rules_of(region)
        deals = rows.filter(pl.col("region") == region).sort("value", descending=True, nulls_last=True)
        few = _few_pushed(deals, rules)
        total = Decimal(str(deals["value"].sum() or 0))
        if few.is_empty() or total <= 0 or deals.height <= few.height:
            continue
        value = Decimal(str(few["value"].sum() or 0))
        share = float(value / total)
        if share < rules.few_watch:
            continue
        yield _concentration(facts, region, few, (value, share))


def too_few_to_judge(facts: Facts) -> Iterator[Finding]:
    """Give a note where a region is far off plan and yet not flagged, because it rests on too few deals."""
    if "pace" not in facts.asking.definitions.kpis:
        return
    for region in facts.regions:
        kpi = facts.asking.in_force.kpi("pace", region)
        act = kpi.flag.act
        if act is None:
            continue
        cell = facts.cells.get(("pace", region))
        if cell is None or cell.value.value is None or cell.flag != "none":
            continue
        if cell.value.n >= kpi.needs_at_least or float(cell.value.value) >= act.by:
            continue
        behind = percent(1 - float(cell.value.value))
        deals = counted(cell.value.n, "won deal")
        yield Finding(
            kind="small_n",
            region=region,
            kpi="pace",
            level="note",
            subject="won value against pace, not flagged",
            distance=f"{behind} behind",
            sentence=f"{facts.name(region)} is {behind} behind pace on {deals}: too few to judge "
            f"(from {kpi.needs_at_least} on), one deal more or less would change the picture.",
            query=(("region", region), ("kpi", "won_value")),
        )


def other_flags(facts: Facts) -> Iterator[Finding]:
    """Give a finding for every other flagged figure of a region; only what should still close carries money."""
    late = {feed.region for feed in facts.feeds if feed.is_late}
    for (name, region), cell in facts.cells.items():
        if region == GROUP or cell.flag == "none" or name in PACED or (name == "freshness" and region in late):
            continue
        kpi = facts.asking.definitions.kpis[name]
        stake = _shortfall(facts, cell) if name in CLOSING else None
        yield Finding(
            kind="flag",
            region=region,
            kpi=name,
            level=_level(cell),
            subject=kpi.label[0].lower() + kpi.label[1:],
            distance="",
            sentence=f"{facts.name(region)}: {kpi.label}: {cell.why}",
            favourable=False,
            money=stake,
            changeable=None if stake is None else min(stake, facts.still_open(region)),
            query=(("region", region), ("kpi", name)),
        )


def _shortfall(facts: Facts, cell: Cell) -> Decimal | None:
    """Give what a thin pipeline costs: its distance from the usual, times what of it is usually won in the period.

    Coverage divides what should still close by what is still to be won, so both lack the same share of the usual.
    """
    region, value = cell.value.region, cell.value.value
    usual = facts.usual.get((cell.value.kpi, region))
    share = facts.yields.get(region)
    if not value or not usual or share is None or float(value) >= usual:
        return None
    lacking = facts.still_open(region) * Decimal(str(round(usual / float(value) - 1, 6)))
    return (lacking * Decimal(str(round(share, 6)))).quantize(CENT)


def _segment_driver(facts: Facts, region: str, gap: Decimal) -> str:
    gaps = segment_gaps(facts, region)
    if not gaps or gap <= 0:
        return ""
    segment, largest = max(gaps.items(), key=lambda part: part[1])
    if largest <= 0:
        return ""
    name = SEGMENTS.get(segment, "deals without a segment" if segment == UNKNOWN else segment)
    share = float(largest / gap)
    part = f"{fraction_words(share)} of the gap is {name}" if share < 1 else f"the whole gap is {name}"
    moved = facts.moved.get((region, segment))
    if moved is None or not moved.deals:
        return f"; {part}"
    return f"; {part}: {counted(moved.deals, 'deal')} worth {facts.in_words(moved.value)} pushed to a later quarter"


def segment_gaps(facts: Facts, region: str) -> dict[str, Decimal]:
    """Give a region's gap to pace by segment; the parts add up to expected less won, to the cent."""
    expected = facts.amount("expected_won", region)
    if expected is None or facts.amount("won_value", region) is None:
        return {}
    usual, now = facts.usual_by_segment.get(region, {}), facts.won_by_segment.get(region, {})
    return {segment: -gap for segment, gap in gap_parts(expected, now, usual).items()}


def _few_pushed(deals: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Give the largest deals from the top down, as long as each was pushed often; at most few_deals."""
    pushed = [(times or 0) >= rules.pushed_often for times in deals["times_pushed"].head(rules.few_deals)]
    count = next((place for place, often in enumerate(pushed) if not often), len(pushed))
    return deals.head(count)


def _concentration(facts: Facts, region: str, few: pl.DataFrame, size: tuple[Decimal, float]) -> Finding:
    value, share = size
    pace = facts.cells.get(("pace", region))
    watched = facts.asking.in_force.kpi("pace", region).flag.watch if pace is not None else None
    on_plan = pace is not None and pace.flag == "none" and pace.value.value is not None
    on_plan = on_plan and (watched is None or float(pace.value.value or 0) > watched.by)  # type: ignore[union-attr]
    count, times = few.height, min(int(times) for times in few["times_pushed"])
    named = listed([f"{row['account']} ({facts.in_words(Decimal(str(row['value'])))})" for row in few.to_dicts()])
    often = {2: "twice"}.get(times, f"{number_word(times)} times")
    each = f"{number_word(count)} deals, each pushed at least {often}" if count > 1 else f"one deal, pushed {often}"
    opening = f"{facts.name(region)} looks on plan, but" if on_plan else f"In {facts.name(region)}"
    stake = (value * Decimal(str(round(facts.yields.get(region, 1.0), 6)))).quantize(CENT)
    return Finding(
        kind="concentration",
        region=region,
        kpi="closing_in_period",
        level="act" if share >= facts.asking.rules_of(region).few_act else "watch",
        subject="what should still close",
        distance=f"{percent(share)} in {counted(count, 'deal')}",
        sentence=f"{opening} {percent(share)} of what should still close this period is {each}: {named}.",
        money=stake,
        changeable=min(stake, facts.still_open(region)),
        query=(("region", region), ("kpi", "closing_in_period")),
    )


def _level(cell: Cell) -> Literal["act", "watch", "note"]:
    return "act" if cell.flag == "act" else "watch"


def without_doubles(findings: list[Finding]) -> list[Finding]:
    """Give findings in which each region's money counts once: the largest leads, the others keep only their words."""
    seen: set[str] = set()
    kept = []
    for finding in sorted(findings, key=lambda one: -(one.money or Decimal(0))):
        counts = finding.money is not None and finding.level != "note" and finding.region not in seen
        if counts:
            seen.add(finding.region)
        kept.append(finding if counts or finding.level == "note" else replace(finding, money=None, changeable=None))
    return kept
