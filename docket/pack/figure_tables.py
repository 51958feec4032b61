"""Tiles and tables of figures: KPIs by region, the matrix, the regions themselves, and what the KPIs mean."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from docket.pack.agenda_parts import Figure
from docket.pack.blocks import (
    Cell,
    Column,
    Row,
    Table,
    Tile,
    Tiles,
    Tone,
)
from docket.pack.content import Content, Head
from kpi.formats import (
    bare_value,
    change_text,
    day_text,
    full_moment,
    unit_word,
    value_text,
)
from kpi.value import GROUP

TILES = ("won_value", "pace", "closing_in_period", "coverage", "win_rate", "lead_sla")
NO_VALUE = "–"


def tiles_of(content: Content, region: str) -> Tiles:
    """Give the tiles of a region, or of the group."""
    shown = [figure for kpi in TILES if (figure := content.figure(kpi, region)) is not None]
    return Tiles(tuple(_tile(content.head, figure) for figure in shown))


def regions_table(content: Content) -> Table:
    """Give the regions as they entered the pack: cut-off, how far they report, and which were missing."""
    head = content.head
    rows = tuple(
        Row(
            (
                Cell(region.name, tone="strong"),
                Cell(region.manager),
                Cell(f"{full_moment(region.cut_off, region.timezone)} ({region.timezone})"),
                Cell(day_in(region.data_until, region.timezone) if region.data_until else "never"),
                Cell("missing", tone="worse") if region.is_missing else Cell("on time", tone="quiet"),
            )
        )
        for region in head.regions
    )
    columns = (
        Column("Region", width=1.2),
        Column("Manager", width=2),
        Column("Cut off", width=2.6),
        Column("Reports until", width=1.2),
        Column("", width=1),
    )
    return Table("Regions", "as they entered the pack", columns, rows)


def table_by_region(head: Head, figures: Iterable[Figure], kpis: Sequence[str], title: str, note: str) -> Table:
    """Give some KPIs of every region, the group first."""
    found = {(figure.kpi, figure.region): figure for figure in figures}
    regions = [
        name for name in (GROUP, *(region.id for region in head.regions)) if any(key[1] == name for key in found)
    ]
    columns = (
        Column("", width=2.2),
        *(Column(head.name(name), align="right", width=1, is_total=name == GROUP) for name in regions),
    )
    rows = tuple(
        Row((_kpi_cell(head, kpi, found, regions), *(_figure_cell(found.get((kpi, name))) for name in regions)))
        for kpi in kpis
    )
    return Table(title, note, columns, rows)


def matrix(content: Content) -> Table:
    """Give every KPI of the scorecard of every region, heading by heading."""
    head = content.head
    found = {(figure.kpi, figure.region): figure for figure in content.figures}
    regions = [
        name for name in (GROUP, *(region.id for region in head.regions)) if any(key[1] == name for key in found)
    ]
    columns = (
        Column("", width=2.1),
        *(Column(head.name(name), align="right", width=1, is_total=name == GROUP) for name in regions),
    )
    rows: list[Row] = []
    heading = ""
    for words in head.kpis:
        if not any((words.name, name) in found for name in regions):
            continue
        if words.heading != heading:
            heading = words.heading
            rows.append(Row((Cell(heading, tone="strong"),), is_heading=True))
        cells = [found.get((words.name, name)) for name in regions]
        tinted = tuple(at + 1 for at, each in enumerate(cells) if each is not None and each.flag == "act")
        rows.append(
            Row(
                (_kpi_cell(head, words.name, found, regions), *map(_figure_cell, cells)),
                is_tinted=tinted,
            )
        )
    note = "▼ act, ▽ watch; ◐ comparable with reservation; – no data; n: cases behind the figure"
    return Table("", note, columns, tuple(rows))


def why_short(figure: Figure) -> str:
    """Give in two words why a figure has no value."""
    known = {
        "NO_FORECAST_CATEGORY": "no categories",
        "NO_TARGET": "no target",
        "NO_DATA": "not delivered",
        "NO_FORECAST": "no forecasts",
        "NO_HISTORY": "no history",
        "FIELD_MISSING": "not exported",
        "FILL_LOW": "rarely filled",
    }
    return next((known[code] for code in figure.reasons if code in known), "no data")


def day_in(moment: datetime, zone: str) -> str:
    """Give the day of a moment in a zone."""
    return day_text(moment.astimezone(ZoneInfo(zone)).date())


def meanings_table(content: Content) -> Table:
    """Give what the KPIs of the scorecard mean."""
    rows = tuple(
        Row((Cell(words.label, words.name, "strong"), Cell(words.question, words.formula), Cell(words.is_not)))
        for words in content.head.kpis
        if words.is_overview
    )
    columns = (Column("KPI", width=1.6), Column("Question, formula", width=3.4), Column("It is not", width=2.6))
    note = "as defined when the pack was frozen; the whole definitions file and every profile are kept with it"
    return Table("Definitions", note, columns, rows)


def _tile(head: Head, figure: Figure) -> Tile:
    badge = {"yes": "● comparable", "reservation": "◐ with reservation", "no": "not comparable"}[figure.comparable]
    distance = change_text(figure.change, figure.change_unit, words=True) if figure.value is not None else ""
    why = why_short(figure) if figure.value is None else "" if distance else figure.why
    series, band = _scaled(figure)
    return Tile(
        label=head.label(figure.kpi),
        value=value_text(figure.value, figure.unit, figure.currency),
        distance=" ".join(each for each in (_marker(figure), distance or why) if each),
        tone=_tone(figure),
        foot=f"n {figure.n:,} · {badge}",
        series=series,
        band=band,
    )


def _scaled(figure: Figure) -> tuple[tuple[float | None, ...], tuple[float, float] | None]:
    known = [float(value) for value in figure.series if value is not None]
    if len(known) < 2:
        return (), None
    ends = [float(value) for value in figure.band or ()]
    low, high = min(known + ends), max(known + ends)
    room = high - low or 1.0
    points = tuple(None if value is None else (float(value) - low) / room for value in figure.series)
    return points, ((ends[0] - low) / room, (ends[1] - low) / room) if ends else None


def _marker(figure: Figure) -> str:
    if figure.flag == "none":
        return ""
    is_up = figure.change is not None and figure.change > 0
    return ("▲" if is_up else "▼") if figure.flag == "act" else "△" if is_up else "▽"


def _tone(figure: Figure) -> Tone:
    if figure.flag != "none":
        return "worse"
    return "quiet"


def _kpi_cell(head: Head, kpi: str, found: dict[tuple[str, str], Figure], regions: Sequence[str]) -> Cell:
    figure = next((found[kpi, name] for name in regions if (kpi, name) in found), None)
    currencies = {found[kpi, name].currency for name in regions if (kpi, name) in found}
    currency = figure.currency if figure and len(currencies) == 1 else None
    return Cell(head.label(kpi), unit_word(figure.unit, currency) if figure else "")


def _figure_cell(figure: Figure | None) -> Cell:
    if figure is None or figure.value is None:
        return Cell(NO_VALUE, why_short(figure) if figure else "", "quiet")
    mark = _marker(figure)
    change = change_text(figure.change, figure.change_unit) if figure.change is not None else ""
    reserved = "◐ " if figure.comparable == "reservation" else ""
    sub = f"{reserved}n {figure.n:,}" + (f"  {mark}{change}" if change else "")
    tone: Tone = "worse" if figure.flag == "act" else ""
    return Cell(bare_value(figure.value, figure.unit), sub, tone, _tone(figure))
