"""The matrix KPI × region: what each region and the group can say, and where it deviates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kpi.card import Cell
from ui.escape import text
from ui.formats import bare_value, change_text
from ui.headline import section
from ui.marks import BADGE_WORDS, badge, flag_word, key_of_signs, tone, triangle
from ui.sparkline import small_sparkline

GROUP = "group"
NAMES_AND_GROUP, REGION_AT_MOST = 343, 210  # px: with few regions the cells do not drift apart


@dataclass(frozen=True)
class Column:
    """A region's column: its name, the time of its last export, and whether that is late."""

    region: str
    name: str
    note: str
    late: bool = False
    alarm: str = "none"


@dataclass(frozen=True)
class Row:
    """A KPI's row: its name, the unit that its cells leave out, and the measure it stands under.

    thousands: whether its amounts are shown in thousands.
    """

    kpi: str
    label: str
    unit: str
    measure: str
    thousands: bool = False


@dataclass(frozen=True)
class Wording:
    """How the page names a cell: its address, its spoken sentence, and the short reason where it cannot be measured."""

    href: Callable[[str, str], str]
    spoken: Callable[[str, str], str]
    why_not: Callable[[str, str], str]


def matrix(columns: Sequence[Column], rows: Sequence[Row], cells: dict[tuple[str, str], Cell], wording: Wording) -> str:
    """The table with its title, its key and, on a phone, a chip for each region; it opens on the second column."""
    opened = columns[min(1, len(columns) - 1)].region
    body, measure = [], ""
    for row in rows:
        if row.measure != measure:
            measure = row.measure
            body.append(_measure_row(measure, columns, opened))
        line = "".join(_cell(row, column, cells.get((row.kpi, column.region)), wording) for column in columns)
        body.append(f'<tr><th scope="row"><span>{_name(row)}</span></th>{line}</tr>')
    html = "".join(body).replace(f'data-region="{opened}" class="', f'data-region="{opened}" class="shown ')
    head = "".join(_head(column, opened) for column in columns)
    widest = NAMES_AND_GROUP + REGION_AT_MOST * (len(columns) - 1)
    return (
        f"{section('Every KPI, every region', beside=key_of_signs())}{_chips(columns, opened)}"
        f'<table class="matrix" style="max-width:{widest}px">'
        '<caption class="unseen">Each KPI for the group and each region</caption>'
        f'<thead><tr><th><span class="unseen">KPI</span></th>{head}</tr></thead><tbody>{html}</tbody></table>'
    )


def _name(row: Row) -> str:
    """The label with its unit, which never stands alone on a line."""
    start, space, last = row.label.rpartition(" ")
    unit = f" <small>{text(row.unit)}</small>" if row.unit else ""
    return f'{text(start)}{space}<span class="tied">{text(last)}{unit}</span>'


def _chips(columns: Sequence[Column], opened: str) -> str:
    chips = "".join(
        f'<button type="button" data-choose="{text(column.region)}"'
        f' aria-pressed="{str(column.region == opened).lower()}">'
        f"{text(column.name)}{triangle(-1, column.alarm, False)}</button>"
        for column in columns
    )
    return f'<div class="chips" role="group" aria-label="Region shown">{chips}</div>'


def _head(column: Column, opened: str) -> str:
    kind = _column_class(column)
    late = ' class="late"' if column.late else ""
    shown = "shown " if column.region == opened else ""
    return (
        f'<th scope="col" data-region="{text(column.region)}" class="{shown}{kind}">{text(column.name)}'
        f"<small{late}>{text(column.note)}</small></th>"
    )


def _measure_row(measure: str, columns: Sequence[Column], opened: str) -> str:
    blanks = "".join(
        f'<td data-region="{text(column.region)}" class="{_column_class(column)}"></td>' for column in columns
    )
    return f'<tr class="measure"><th scope="rowgroup">{text(measure)}</th>{blanks}</tr>'


def _cell(row: Row, column: Column, cell: Cell | None, wording: Wording) -> str:
    place = f'data-region="{text(column.region)}" class="{_column_class(column)}'
    if cell is None:
        return f'<td {place}"></td>'
    address, spoken = wording.href(row.kpi, column.region), text(wording.spoken(row.kpi, column.region))
    link = f'<a class="tip" href="{text(address)}" data-go aria-label="{spoken}" data-tip="{spoken}">'
    if cell.value.value is None:
        reason = text(wording.why_not(row.kpi, column.region))
        kind = "hatch" if cell.value.comparable == "no" else "empty"
        return f'<td {place} {kind}">{link}<span class="why">{reason}</span></a></td>'
    alarm = f" act {tone(cell.favourable)}" if cell.flag == "act" else ""
    return f'<td {place}{alarm}">{link}{_figure(row, column, cell)}</a></td>'


def _figure(row: Row, column: Column, cell: Cell) -> str:
    value = cell.value
    half = badge("reservation", "", word=False) if value.comparable == "reservation" and column.region == GROUP else ""
    colour = tone(cell.favourable) if cell.flag in ("watch", "act") else ""
    distance = change_text(cell.change, cell.change_unit)
    mark = triangle(cell.change, cell.flag, cell.favourable)
    return (
        f"{small_sparkline(cell.series, cell.flag, cell.favourable)}"
        f'<span class="v">{half}{bare_value(value.value, value.unit, thousands=row.thousands)}</span>'
        f'<span class="d {colour}">{mark}{distance}</span>'
    )


def _column_class(column: Column) -> str:
    return "group" if column.region == GROUP else "region"


def spoken_cell(label: str, name: str, shown: str, cell: Cell, *, counted: str, reasons: str) -> str:
    """A cell as one sentence for hover and screen reader: place, figure, n, deviation, comparability, reason."""
    parts = [f"{label}, {name}: {shown}", counted]
    if cell.change is not None:
        parts.append(
            f"{change_text(cell.change, cell.change_unit, words=True)} {flag_word(cell.flag, cell.favourable)}".strip()
        )
    parts.append(cell.why.rstrip("."))
    if cell.value.comparable != "yes":
        parts.append(f"{BADGE_WORDS[cell.value.comparable]}{': ' + reasons if reasons else ''}")
    return "; ".join(part for part in parts if part) + "."
