"""The parts of the overview, from a scorecard to HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from docket.budget import Shown, within_budget
from docket.items import Item
from kpi.card import Finding, Scorecard
from kpi.value import GROUP, Value
from kpi.words import number_word
from ui.contributions import Part, contribution_list
from ui.docket import moment_of
from ui.escape import text
from ui.findings import FindingRow, deviation_rows, finding_list
from ui.formats import NARROW, are_thousands, counted, in_millions, moment_text, symbol, unit_word, value_text
from ui.headline import notice, section
from ui.matrix import Column, Row, Wording, matrix
from ui.tiles import Tile, tiles
from ui.words import Words, twice_words

# The six figures of the first row, and the KPI that stands beside the figure.
TILES = (
    ("won_value", "pace"),
    ("attainment", None),
    ("closing_in_period", "coverage"),
    ("win_rate", None),
    ("pushed_deals", None),
    ("lead_sla", None),
)


def tiles_block(words: Words) -> str:
    """The six figures of the group."""
    shown = [(name, beside) for name, beside in TILES if (name, GROUP) in words.card.cells]
    return tiles([_tile(words, name, beside) for name, beside in shown])


def matrix_block(words: Words) -> str:
    """Every KPI of every region, the group first, then the regions with the most money at stake."""
    card = words.card
    columns = [_group_column(words), *(_column(words, region) for region in card.regions)]
    rows = [_row(words, name) for name in card.kpis]
    wording = Wording(
        href=lambda kpi, region: _address(words, kpi, region),
        spoken=lambda kpi, region: words.spoken(card.cells[kpi, region]),
        why_not=lambda kpi, region: words.why_not(card.cells[kpi, region].value),
    )
    return matrix(columns, rows, dict(card.cells), wording)


def deviations_block(words: Words, items: Sequence[Item]) -> str:
    """What needs a person: the deviations that the docket calls, in its order and within its budget."""
    if not items and not words.card.findings and not words.card.calm:
        return section("Deviations", "being compared …")
    shown = _shown(words, items)
    if not shown.calling:
        return section("Deviations") + notice("Nothing deviates", "Every figure is as expected, or too small to judge.")
    count = len(shown.calling)
    title = f"{number_word(count).capitalize()} deviation{'' if count == 1 else 's'}"
    rest = f"; {counted(len(shown.suppressed), 'item')} not called" if shown.suppressed else ""
    every = f'<a data-go href="{text(words.view.choice.link("deviations"))}">All deviations</a>'
    listed = finding_list(deviation_rows(words.view, shown.calling))
    return section(title, f"by what can still be changed{rest}", beside=f'<p class="links">{every}</p>') + listed


def notes_block(words: Words, items: Sequence[Item]) -> str:
    """What is only to be known: currency effects, figures too small to judge, what cannot be compared, and a late feed
    that the deviations do not tell already.
    """
    said = {(item.kpi, item.region) for item in _shown(words, items).calling if item.kind == "data"}
    notes = [
        finding
        for finding in words.card.findings
        if finding.level == "note" and (finding.kpi, finding.region) not in said
    ]
    if not notes:
        return ""
    return section("Good to know") + finding_list([_note(words, finding) for finding in notes])


def _shown(words: Words, items: Sequence[Item]) -> Shown:
    return within_budget(items, moment_of(words.view).day, words.view.definitions.rules.a_week)


def gap_block(words: Words) -> str:
    """Won value less what was expected by now, region by region; the parts add up to the group's gap."""
    gaps = {value.region: _gap(value) for value in _paces(words)}
    known = {region: gap for region, gap in gaps.items() if gap is not None and region != GROUP}
    group = gaps.get(GROUP)
    if group is None or not known:
        return ""
    parts = [_part(words.view.name(region), "", gap) for region, gap in sorted(known.items(), key=lambda item: item[1])]
    beyond = group - sum(known.values())
    if abs(beyond) > 5e3:
        parts.append(_part("Group plan", "beyond the regions' plans and curves", beyond))
    currency = words.view.organisation.group.currency
    title = section("Won against expected to date", f"{symbol(currency)}{NARROW}M, by region")
    return title + contribution_list(parts, "Group", _signed(group))


def _paces(words: Words) -> list[Value]:
    """Give each region's pace in the group's currency: on a page in that currency the card has them already."""
    if words.question.currency == "group" and ("pace", GROUP) in words.card.cells:
        return [cell.value for (name, _), cell in words.card.cells.items() if name == "pace"]
    return words.view.values(replace(words.question, currency="group"), ("pace",))


def alarm_of(card: Scorecard, region: str) -> str:
    """The worst level of a region's flags and findings: act, watch or none."""
    levels = {str(cell.flag) for (_, of), cell in card.cells.items() if of == region and cell.favourable is False}
    levels |= {finding.level for finding in card.findings if finding.region == region}
    return "act" if "act" in levels else "watch" if "watch" in levels else "none"


@dataclass(frozen=True)
class _Export:
    note: str
    late: bool


def _tile(words: Words, name: str, beside: str | None) -> Tile:
    cell = words.card.cells[name, GROUP]
    second = words.card.cells.get((beside, GROUP)) if beside else None
    extra = ""
    if second is not None and beside and second.value.value is not None:
        extra = f"{words.kpi(beside).label.lower()} {value_text(second.value.value, second.value.unit)}"
    extra = twice_words(cell.value) or extra
    return Tile(
        key=name,
        label=words.kpi(name).label,
        cell=cell,
        reason=words.reason(cell),
        counted=words.counted(cell.value),
        reservations=words.reservations(cell.value),
        href=_address(words, name, GROUP),
        explanation=words.explanation(cell.value),
        beside=extra,
    )


def _row(words: Words, name: str) -> Row:
    kpi = words.kpi(name)
    value = words.card.cells[name, GROUP].value
    currency = None if words.view.currency() == "local" else value.currency
    figures = [words.card.cells[name, region].value.value for region in (GROUP, *words.card.regions)]
    thousands = kpi.unit == "money" and are_thousands(figures)
    return Row(name, kpi.label, unit_word(kpi.unit, currency, thousands=thousands), kpi.heading, thousands)


def _group_column(words: Words) -> Column:
    count, late = len(words.card.regions), len(words.card.missing)
    note = counted(count, "region") if not late else f"{counted(count, 'region')}, {late} late"
    if words.view.currency() == "local":
        note = f"{words.view.organisation.group.currency} · {note}"
    return Column(GROUP, "Group", note)


def _column(words: Words, region: str) -> Column:
    export = _export(words, region)
    note = export.note
    if words.view.currency() == "local":
        note = f"{words.view.region(region).currency} · {note}"
    return Column(region, words.view.name(region), note, export.late, alarm_of(words.card, region))


def _export(words: Words, region: str) -> _Export:
    moments = [
        feed.exported_at
        for feed in words.view.feeds
        if feed.region == region and feed.table == "opportunity" and feed.exported_at is not None
    ]
    if not moments:
        return _Export("no export yet", True)
    when = moment_text(max(moments), words.view.zone, words.view.now)
    late = region in words.view.late
    return _Export(f"late, {when}" if late else when, late)


def _address(words: Words, kpi: str, region: str) -> str:
    of = words.card.regions[0] if region == GROUP and words.card.regions else region
    return words.view.choice.link("region", region=of, kpi=kpi, regions="")


def _note(words: Words, finding: Finding) -> FindingRow:
    return FindingRow(
        region=words.view.name(finding.region),
        subject=finding.subject,
        distance=finding.distance,
        driver=finding.sentence,
        level=finding.level,
        rises=_rises(words, finding),
        favourable=finding.favourable,
        href=words.view.choice.link(finding.page, **{**dict(finding.query), "regions": ""}),
    )


def _rises(words: Words, finding: Finding) -> bool:
    cell = words.card.cells.get((finding.kpi, finding.region))
    return bool(cell and cell.change and cell.change > 0)


def _gap(value: Value) -> float | None:
    if value.numerator is None or value.denominator is None:
        return None
    return float(value.numerator - value.denominator)


def _part(name: str, note: str, gap: float) -> Part:
    return Part(name, note, gap, _signed(gap), gap >= 0)


def _signed(gap: float) -> str:
    words = in_millions(gap)
    return f"+{words}" if gap > 0 and words.strip("0.,") else words
