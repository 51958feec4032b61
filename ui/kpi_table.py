"""A region's KPIs one below the other: value, distance, weeks, where the other regions lie."""

from collections.abc import Sequence
from dataclasses import dataclass

from kpi.card import Cell
from kpi.peers import Peers
from ui.escape import text
from ui.explain import Explanation, explain_button
from ui.formats import change_text, value_text
from ui.marks import badge, flag_word, tone, triangle
from ui.sparkline import small_sparkline


@dataclass(frozen=True)
class KpiRow:
    """One KPI of the region; `others` says where the other regions lie, None where too few compare."""

    kpi: str
    label: str
    cell: Cell
    reason: str
    counted: str
    reservations: str
    why_not: str
    href: str
    explanation: Explanation
    others: Peers | None = None
    higher_is_better: bool | None = True
    selected: bool = False


def kpi_table(rows: Sequence[KpiRow], region: str, against: str) -> str:
    """The table; a row's name leads to the rows behind its value."""
    body = "".join(_row(row) for row in rows)
    return (
        f'<table class="kpis"><thead><tr><th scope="col">KPI</th><th scope="col" class="num">{text(region)}</th>'
        f'<th scope="col">{text(against)}</th><th scope="col">Thirteen weeks</th>'
        '<th scope="col" class="others">Other regions<small>better →</small></th>'
        '<th scope="col" class="num n">n</th><th scope="col"><span class="unseen">Explain</span></th></tr>'
        f"</thead><tbody>{body}</tbody></table>"
    )


def _row(row: KpiRow) -> str:
    cell, value = row.cell, row.cell.value
    chosen = ' class="chosen"' if row.selected else ""
    head = f'<th scope="row"><a href="{text(row.href)}" data-go>{text(row.label)}</a></th>'
    sign = f" {badge(value.comparable, row.reservations, word=False)}" if value.comparable == "reservation" else ""
    if value.value is None:
        kind = "hatch" if value.comparable == "no" else "empty"
        body = f'<td class="why {kind}" colspan="4"><span>{text(row.why_not)}</span></td>'
    else:
        figure = f'<td class="num">{sign}<b>{value_text(value.value, value.unit, value.currency)}</b></td>'
        weeks = f"<td>{small_sparkline(cell.series, cell.flag, cell.favourable)}</td>"
        body = f'{figure}<td class="dist">{_distance(row)}</td>{weeks}<td class="others">{_strip(row)}</td>'
    return (
        f'<tr{chosen}>{head}{body}<td class="num n">{text(row.counted)}</td>'
        f'<td class="ex">{explain_button(row.explanation)}</td></tr>'
    )


def _distance(row: KpiRow) -> str:
    cell = row.cell
    spoken = flag_word(cell.flag, cell.favourable)
    unseen = f'<span class="unseen">{spoken}: </span>' if spoken else ""
    colour = tone(cell.favourable) if spoken else "none"
    mark = triangle(cell.change, cell.flag, cell.favourable)
    words = change_text(cell.change, cell.change_unit, words=True)
    figure = f'<b class="{colour}">{mark}{words}</b> ' if words else ""
    return f"{unseen}{figure}<small>{text(row.reason)}</small>"


def _strip(row: KpiRow) -> str:
    """Line = range of the others where it may be shown, bar = their middle half, tick = median, dot = this region."""
    value, others = row.cell.value.value, row.others
    if others is None or value is None or row.higher_is_better is None:
        return ""
    own = float(value)
    marks = [own, others.lower, others.upper]
    marks += [end for end in (others.lowest, others.highest) if end is not None]
    low, high = min(marks), max(marks)
    span = (high - low) or 1.0

    def place(level: float) -> float:
        share = (level - low) / span if high > low else 0.5
        return 4 + 92 * (share if row.higher_is_better else 1 - share)

    box = sorted((place(others.lower), place(others.upper)))
    line = ""
    if others.lowest is not None and others.highest is not None:
        ends = sorted((place(others.lowest), place(others.highest)))
        line = f'<i class="range" style="left:{ends[0]:.1f}%;width:{ends[1] - ends[0]:.1f}%"></i>'
    colour = tone(row.cell.favourable) if row.cell.flag in ("watch", "act") else ""
    rank = place(own)
    words = "lowest quarter" if rank < box[0] else "highest quarter" if rank > box[1] else "middle half"
    return (
        f'<span class="strip" role="img" aria-label="{words} of the regions">{line}'
        f'<i class="box" style="left:{box[0]:.1f}%;width:{max(1.0, box[1] - box[0]):.1f}%"></i>'
        f'<i class="mid" style="left:{place(others.median):.1f}%"></i>'
        f'<i class="own {colour}" style="left:{rank:.1f}%"></i></span>'
    )
