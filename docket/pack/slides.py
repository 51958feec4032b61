"""A pack's document as slides that can be edited: tables are tables, charts are charts with their own data."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pptx import Presentation
from pptx.chart.chart import Chart
from pptx.chart.data import ChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.presentation import Presentation as Deck
from pptx.shapes.graphfrm import GraphicFrame
from pptx.slide import Slide
from pptx.table import _Cell
from pptx.util import Emu, Inches, Pt

from docket.pack.agenda_parts import Call
from docket.pack.blocks import Block, Cell, Document, Row, Section, Table, Tile, Tiles, Tone, Waterfall, Words
from docket.pack.content import Content
from kpi.value import GROUP

WIDTH, HEIGHT, MARGIN = Inches(13.333), Inches(7.5), Inches(0.6)
ROOM = WIDTH - 2 * MARGIN
TOP = Inches(1.35)
BOTTOM = Inches(7.0)
BLANK = 6  # the layout without any placeholder
LINES = 15  # rows of a table on one slide
FONT = "Calibri"
NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # a table without a style of its own
COLOURS = {
    "ink": "15181E", "grey": "69707C", "pale": "CDD1D8", "worse": "D9650F", "better": "2F7AC6", "line": "D5D8DE",
    "soft": "F5F6F7", "tint": "FDF1E7", "ink2": "5A616D",
}  # fmt: skip
TONES: dict[Tone, str] = {"": "15181E", "strong": "15181E", "quiet": "69707C", "worse": "A8480A", "better": "1D5C9E"}
_SAME_MOMENT = (1980, 1, 1, 0, 0, 0)


def slides_of(document: Document, content: Content) -> bytes:
    """Give the bytes of the slides, the same for the same pack: a slide for each block of the agenda."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    moment = content.head.made_at.replace(tzinfo=None)
    properties = deck.core_properties
    properties.title, properties.author, properties.last_modified_by = document.title, "Denominator", "Denominator"
    properties.created = properties.modified = moment
    for at, section in enumerate(each for each in document.sections if not each.is_lookup):
        if at == 0:
            _glance(deck, document, section)
        else:
            _section(deck, document, section, content)
    made = io.BytesIO()
    deck.save(made)
    return _same_bytes(made.getvalue(), content.head.made_at)


def _glance(deck: Deck, document: Document, section: Section) -> None:
    slide = _slide(deck, document, document.title, "")
    top = TOP - Inches(0.35)
    for block in section.blocks:
        if isinstance(block, Words):
            top += _words(slide, block, top)
        elif isinstance(block, Tiles):
            top += _tiles(slide, block, top)
    # A slide holds what is read from five metres: tables have their own, and what comes later is not said twice.
    later = [block.rows for each in document.sections[1:] for block in each.blocks if isinstance(block, Table)]
    for block in section.blocks:
        if isinstance(block, Table) and block.rows and block.rows not in later:
            _table(_slide(deck, document, block.title, block.note), replace(block, title="", note=""), block.rows, TOP)


def _section(deck: Deck, document: Document, section: Section, content: Content) -> None:
    for block in section.blocks:
        for part, of, rows in _parts(block):
            again = f" ({part} of {of})" if of > 1 else ""
            minutes = f"minute {section.minutes}" if section.minutes else ""
            slide = _slide(deck, document, f"{section.title}{again}", minutes)
            if isinstance(block, Table):
                is_call = any(column.head == "Best case" for column in block.columns)
                top = _call_chart(slide, content) if is_call else TOP
                _table(slide, block, rows, top)
            elif isinstance(block, Waterfall):
                _waterfall(slide, block)
            elif isinstance(block, Words):
                _words(slide, block, TOP)


def _parts(block: Block) -> Iterator[tuple[int, int, Sequence[Row]]]:
    """Give the rows of a block slide by slide; a block that is no table is one slide."""
    rows = block.rows if isinstance(block, Table) else ()
    whole = max(1, -(-len(rows) // LINES))
    for part in range(whole):
        yield part + 1, whole, rows[part * LINES : (part + 1) * LINES]


def _slide(deck: Deck, document: Document, title: str, note: str) -> Slide:
    slide: Slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    _text(
        slide, (MARGIN, Inches(0.4), ROOM, Inches(0.6)), [(title, 24, "ink", True), (f"   {note}", 12, "grey", False)]
    )
    _text(slide, (MARGIN, Inches(7.05), ROOM, Inches(0.3)), [(document.foot, 9, "grey", False)])
    return slide


def _text(
    slide: Slide, place: tuple[int, int, int, int], runs: Sequence[tuple[str, float, str, bool]], *, lines: bool = False
) -> None:
    """Put runs of text (words, points, colour, bold) into a box; lines: each run on a line of its own."""
    frame = slide.shapes.add_textbox(*(Emu(each) for each in place)).text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for at, (words, size, colour, bold) in enumerate(runs):
        paragraph = frame.add_paragraph() if lines and at else frame.paragraphs[0]
        run = paragraph.add_run()
        run.text = words
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
        run.font.color.rgb = RGBColor.from_string(COLOURS.get(colour, colour))


def _words(slide: Slide, words: Words, top: int) -> int:
    size = 24.0 if words.is_leading else 16.0
    tall = Inches(0.46) * (1 + len(words.sentence) // (62 if words.is_leading else 110))
    runs = [(words.sentence, size, TONES[words.tone], words.is_leading or words.tone == "worse")]
    if words.detail:
        runs.append((words.detail, 13.0, "ink2", False))
        tall += Inches(0.28) * (1 + len(words.detail) // 130)
    _text(slide, (MARGIN, top, ROOM, tall), runs, lines=True)
    return tall + Inches(0.1)


def _tiles(slide: Slide, tiles: Tiles, top: int) -> int:
    width = ROOM // max(1, len(tiles.tiles))
    for at, tile in enumerate(tiles.tiles):
        place = (MARGIN + at * width, top, width - Inches(0.15), Inches(1.2))
        _text(slide, place, _tile(tile), lines=True)
    return Inches(1.4)


def _tile(tile: Tile) -> list[tuple[str, float, str, bool]]:
    return [
        (tile.label, 11, "ink2", False),
        (tile.value, 24, "ink", True),
        (tile.distance, 11, TONES[tile.tone], tile.tone == "worse"),
        (tile.foot, 9, "grey", False),
    ]


def _table(slide: Slide, table: Table, rows: Sequence[Row], top: int) -> None:
    title = [(table.title, 14.0, "ink", True)] if table.title else []
    _text(slide, (MARGIN, top, ROOM, Inches(0.3)), [*title, (f"   {table.note}", 11, "ink2", False)])
    if not rows:
        _text(slide, (MARGIN, top + Inches(0.4), ROOM, Inches(0.3)), [(table.empty, 14, "ink2", False)])
        return
    kept = [at for at in range(len(table.columns)) if not _is_drawn(rows, at)]
    tall = min(Inches(0.36), (BOTTOM - top - Inches(0.4)) // (len(rows) + 1))
    room = (MARGIN, top + Inches(0.38), ROOM, tall * (len(rows) + 1))
    drawn = slide.shapes.add_table(len(rows) + 1, len(kept), *(Emu(each) for each in room)).table
    style = None if drawn._tbl.tblPr is None else drawn._tbl.tblPr.find(qn("a:tableStyleId"))
    if style is not None:
        style.text = NO_STYLE
    drawn.first_row = drawn.horz_banding = False
    whole = sum(max(table.columns[at].width, 0.3) for at in kept)
    for place, at in enumerate(kept):
        column = table.columns[at]
        drawn.columns[place].width = Emu(int(ROOM * max(column.width, 0.3) / whole))
        _fill(drawn.cell(0, place), Cell(column.head, tone="quiet"), column.align, size=10)
    size = 11.0 if len(kept) < 7 else 10.5
    for line, row in enumerate(rows, 1):
        drawn.rows[line].height = Emu(tall)
        for place, at in enumerate(kept):
            cell = row.cells[at] if at < len(row.cells) else Cell()
            colour = "tint" if at in row.is_tinted else "soft" if table.columns[at].is_total else None
            _fill(drawn.cell(line, place), cell, table.columns[at].align, size=size, colour=colour)


def _is_drawn(rows: Sequence[Row], at: int) -> bool:
    """Say whether a column holds drawings alone, which are charts on a slide."""
    return all(at < len(row.cells) and row.cells[at].drawing is not None for row in rows if not row.is_heading)


def _fill(cell: _Cell, told: Cell, align: str, *, size: float, colour: str | None = None) -> None:
    cell.margin_left, cell.margin_right, cell.margin_top, cell.margin_bottom = Emu(0), Inches(0.08), Emu(0), Emu(0)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if align == "right" else PP_ALIGN.LEFT
    for words, points, tone in ((told.text, size, told.tone), (told.sub, size - 2.5, told.sub_tone)):
        if words:
            run = paragraph.add_run()
            run.text = words if words is told.text else f"  {words}"
            run.font.size, run.font.name = Pt(points), FONT
            run.font.bold = words is told.text and tone in ("strong", "worse", "better")
            run.font.color.rgb = RGBColor.from_string(TONES[tone])
    properties = cell._tc.get_or_add_tcPr()
    properties.append(
        parse_xml(
            f'<a:lnB {nsdecls("a")} w="6350"><a:solidFill><a:srgbClr val="{COLOURS["line"]}"/></a:solidFill></a:lnB>'
        )
    )
    if colour:
        fill = f'<a:solidFill {nsdecls("a")}><a:srgbClr val="{COLOURS[colour]}"/></a:solidFill>'
        properties.append(parse_xml(fill))


def _call_chart(slide: Slide, content: Content) -> int:
    """Draw won, commit, best case and target of the regions as a native chart; gives where the table may begin."""
    calls = [call for call in content.calls if call.region != GROUP] or list(content.calls)
    data = ChartData(number_format="0.0")
    data.categories = [content.head.name(call.region) for call in calls]
    for name, part in (("Won", "won"), ("Commit", "commit"), ("Best case", "best_case"), ("Target", "target")):
        data.add_series(name, [_millions(call, part) for call in calls])
    chart = _chart(slide, XL_CHART_TYPE.COLUMN_CLUSTERED, data, Inches(2.5))
    for series, colour in zip(chart.plots[0].series, ("ink", "grey", "pale", "better"), strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = RGBColor.from_string(COLOURS[colour])
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    chart.legend.font.size, chart.legend.font.name = Pt(11), FONT
    chart.plots[0].gap_width, chart.plots[0].overlap = 60, -5
    _labelled(chart, 9)
    return TOP + Inches(2.55)


def _millions(call: Call, part: str) -> float | None:
    value = getattr(call, part).value
    return None if value is None else float(value) / 1e6


def _waterfall(slide: Slide, found: Waterfall) -> None:
    """Draw a waterfall as a native stacked chart: an invisible base, then what stands on it."""
    _text(
        slide,
        (MARGIN, TOP, ROOM, Inches(0.3)),
        [(found.title, 14, "ink", True), (f"   {found.note}", 11, "ink2", False)],
    )
    level, bases, inks = 0.0, list[float](), {ink: list[float | None]() for ink in ("ink", "better", "worse", "grey")}
    lowest, tick = _lowest(found)
    for bar in found.bars:
        amount = bar.amount / 1e6
        after = amount if bar.is_level else level + amount
        bases.append(after - tick / 2 if bar.is_level else min(level, after))
        for ink, values in inks.items():
            values.append((tick if bar.is_level else abs(amount)) if ink == bar.ink else None)
        level = after
    data = ChartData(number_format="0.00")
    data.categories = [f"{bar.label}  {bar.figure}" for bar in found.bars]
    data.add_series("Base", bases)
    for ink, values in inks.items():
        data.add_series({"ink": "Level, won", "better": "In", "worse": "Out", "grey": "Exchange rates"}[ink], values)
    chart = _chart(slide, XL_CHART_TYPE.BAR_STACKED, data, Inches(5.2), top=TOP + Inches(0.35))
    chart.plots[0].gap_width, chart.plots[0].overlap = 45, 100
    for series, ink in zip(chart.plots[0].series, ("base", *inks), strict=True):
        if ink == "base":
            series.format.fill.background()
        else:
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = RGBColor.from_string(COLOURS[ink])
    chart.category_axis.reverse_order = True
    chart.value_axis.minimum_scale = lowest
    chart.has_legend = False


def _lowest(found: Waterfall) -> tuple[float, float]:
    """Give where the axis begins, a little below the lowest level, and how wide the tick of a level is.

    Levels are ticks and no bars: a bar on an axis that begins elsewhere than at zero would show a wrong share.
    """
    level, levels = 0.0, list[float]()
    for bar in found.bars:
        level = bar.amount / 1e6 if bar.is_level else level + bar.amount / 1e6
        levels.append(level)
    room = (max(levels) - min(levels)) or 1.0
    return round(min(levels) - room * 0.05, 2), room * 0.008


def _chart(slide: Slide, kind: XL_CHART_TYPE, data: ChartData, height: int, *, top: int = TOP) -> Chart:
    frame: object = slide.shapes.add_chart(kind, MARGIN, Emu(top), Emu(ROOM), Emu(height), data)
    if not isinstance(frame, GraphicFrame):
        raise TypeError("a chart stands in a frame")
    chart: Chart = frame.chart
    chart.font.size, chart.font.name = Pt(11), FONT
    chart.font.color.rgb = RGBColor.from_string(COLOURS["ink2"])
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    chart.category_axis.format.line.color.rgb = RGBColor.from_string(COLOURS["line"])
    chart.category_axis.has_major_gridlines = False
    return chart


def _labelled(chart: Chart, size: float) -> None:
    plot = chart.plots[0]
    plot.has_data_labels = True
    labels = plot.data_labels
    labels.font.size, labels.font.name, labels.number_format = Pt(size), FONT, "0.0"
    labels.number_format_is_linked, labels.position = False, XL_LABEL_POSITION.OUTSIDE_END


def _same_bytes(made: bytes, made_at: datetime) -> bytes:
    """Give a package whose entries, and those of the workbooks in it, carry no other moment than the pack's."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in sorted(old.infolist(), key=lambda each: (each.filename != "[Content_Types].xml", each.filename)):
            told = old.read(entry)
            if entry.filename.endswith(".xlsx"):
                told = _same_bytes(told, made_at)
            if entry.filename == "docProps/core.xml":
                told = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", f"{made_at:%Y-%m-%dT%H:%M:%SZ}".encode(), told)
            same = zipfile.ZipInfo(entry.filename, _SAME_MOMENT)
            same.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(same, told)
    return packed.getvalue()
