"""What a pack's pages are made of, whatever draws them: words, tables, tiles and waterfalls, figures already in words.

Drawings are given in shares of their room, 0 to 1, so that every form draws the same. tone: worse, better, strong,
quiet or nothing.
"""

from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["", "worse", "better", "strong", "quiet"]
Align = Literal["left", "right"]


@dataclass(frozen=True)
class Span:
    """A bar from one share to another; ink: ink, grey, pale, worse or better."""

    start: float
    end: float
    ink: str


@dataclass(frozen=True)
class Drawing:
    """Bars on one line, and marks (targets) across it."""

    spans: tuple[Span, ...] = ()
    marks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One cell: its text, a second, smaller line, or a drawing."""

    text: str = ""
    sub: str = ""
    tone: Tone = ""
    sub_tone: Tone = "quiet"
    drawing: Drawing | None = None


@dataclass(frozen=True)
class Column:
    """A column: its head, side and width; width is a share of what is left, or 0 for as wide as its text."""

    head: str = ""
    sub: str = ""
    align: Align = "left"
    width: float = 0
    is_total: bool = False


@dataclass(frozen=True)
class Row:
    """A row of cells; a heading spans the whole table."""

    cells: tuple[Cell, ...]
    is_heading: bool = False
    is_tinted: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table; where it has no rows, empty says so in its place."""

    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = "Nothing."
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Tile:
    """One figure at a glance. series: weekly points, shares of the height, None where there is none."""

    label: str
    value: str
    distance: str
    tone: Tone
    foot: str
    series: tuple[float | None, ...] = ()
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Tiles:
    """A line of tiles."""

    tiles: tuple[Tile, ...]
    kind: Literal["tiles"] = "tiles"


@dataclass(frozen=True)
class Words:
    """Sentences: the first larger where it leads."""

    sentence: str
    detail: str = ""
    is_leading: bool = False
    tone: Tone = ""
    kind: Literal["words"] = "words"


@dataclass(frozen=True)
class Bar:
    """A step of a waterfall; amount is what a chart plots, start and end are shares of the room."""

    label: str
    figure: str
    note: str
    start: float
    end: float
    ink: str
    amount: float = 0
    is_level: bool = False


@dataclass(frozen=True)
class Waterfall:
    """A waterfall: levels are ticks, so that the axis need not start at zero; changes are bars."""

    title: str
    note: str
    bars: tuple[Bar, ...]
    kind: Literal["waterfall"] = "waterfall"


Block = Table | Tiles | Words | Waterfall


@dataclass(frozen=True)
class Section:
    """One item of the agenda: minutes such as "0–5"; is_lookup: too long for slides, there to be looked up."""

    title: str
    minutes: str
    blocks: tuple[Block, ...]
    starts_page: bool = True
    is_lookup: bool = False


@dataclass(frozen=True)
class Document:
    """A whole pack, or one reader's page of it; foot: what stands below every page."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    foot: str
    is_one_page: bool = False
    agenda: tuple[tuple[str, int], ...] = field(default=())
