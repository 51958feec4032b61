"""The six figures at the top of the overview, each with its reason, its weeks, its n and its badge."""

from dataclasses import dataclass

from kpi.card import Cell
from ui.escape import text
from ui.explain import Explanation, explain_button
from ui.formats import NO_DATA, change_text, value_text
from ui.marks import badge, flag_word, tone, triangle
from ui.sparkline import Guides, wide_sparkline


@dataclass(frozen=True)
class Tile:
    """One figure: its cell, and in words its label, the reason beside the change, its n and its reservations."""

    key: str
    label: str
    cell: Cell
    reason: str
    counted: str
    reservations: str
    href: str
    explanation: Explanation
    beside: str = ""


def tiles(figures: list[Tile]) -> str:
    """The tiles in a row of six on a wide page, three by two or two by three on a narrow one."""
    return f'<section class="tiles" aria-label="Key figures">{"".join(_tile(figure) for figure in figures)}</section>'


def _tile(tile: Tile) -> str:
    cell, value = tile.cell, tile.cell.value
    shown = value_text(value.value, value.unit, value.currency)
    spark = wide_sparkline(cell.series, cell.flag, cell.favourable, Guides(cell.band, cell.target))
    beside = f'<span class="beside">{text(tile.beside)}</span>' if tile.beside else ""
    none = " none" if shown == NO_DATA else ""
    return (
        f'<article class="tile" data-kpi="{text(tile.key)}">'
        f'<h3><a href="{text(tile.href)}" data-go>{text(tile.label)}</a>{explain_button(tile.explanation)}</h3>'
        f'<p class="value{none}">{shown}{beside}</p>{_change(tile)}{spark}'
        f'<footer><span class="n">{text(tile.counted)}</span>{badge(value.comparable, tile.reservations)}</footer>'
        "</article>"
    )


def _change(tile: Tile) -> str:
    cell = tile.cell
    colour = tone(cell.favourable) if cell.flag != "none" else "calm"
    distance = change_text(cell.change, cell.change_unit, words=True)
    spoken = flag_word(cell.flag, cell.favourable)
    said = f'<span class="unseen">{spoken}: </span>' if spoken else ""
    figure = (
        f'<b class="{colour}">{triangle(cell.change, cell.flag, cell.favourable)}{distance}</b> ' if distance else ""
    )
    return f'<p class="change">{said}{figure}{text(tile.reason)}</p>'
