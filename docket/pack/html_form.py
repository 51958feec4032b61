"""A pack's document as one HTML file that asks no other host for anything and prints as it reads."""

from html import escape

from docket.pack.blocks import Block, Cell, Column, Document, Drawing, Row, Table, Tile, Tiles, Waterfall, Words

STYLE = """
:root{color-scheme:light dark;--page:light-dark(#fff,#101216);--ink:light-dark(#15181e,#eceef2);
--ink2:light-dark(#5a616d,#a1a8b4);--ink3:light-dark(#69707c,#8b93a1);--line:light-dark(#d5d8de,#2a2e36);
--line2:light-dark(#ebedf0,#20242a);--soft:light-dark(#f5f6f7,#181b20);--band:light-dark(#eef0f3,#22272f);
--spark:light-dark(#8a919d,#7c8492);--pale:light-dark(#cdd1d8,#3a404b);--worse-text:light-dark(#a8480a,#f5a45c);
--worse:light-dark(#d9650f,#f2914a);--tint:light-dark(#fdf1e7,#2b1f14);--better-text:light-dark(#1d5c9e,#7ab8f5);
--better:light-dark(#2f7ac6,#6fb1f0)}
*{box-sizing:border-box}
body{margin:0 auto;padding:32px;max-width:1240px;background:var(--page);color:var(--ink);
font:14px/1.4 "Source Sans 3","Source Sans Pro",system-ui,"Segoe UI","Liberation Sans",sans-serif;
font-variant-numeric:tabular-nums lining-nums}
header p,small,.sub,footer{color:var(--ink3);font-size:12px}
h1{font-size:15px;font-weight:600;color:var(--ink2);margin:0}
h2{font-size:22px;font-weight:600;letter-spacing:-.01em;margin:40px 0 8px}
h2 small{font-weight:400;margin-left:8px}
h3{font-size:16px;font-weight:600;margin:20px 0 6px}
h3 small{font-weight:400;color:var(--ink2);margin-left:8px}
.lead{font-size:28px;line-height:1.15;font-weight:600;letter-spacing:-.018em;margin:20px 0 6px}
.detail{color:var(--ink2);font-size:15px;margin:0 0 12px}
.agenda{display:flex;gap:4px;margin:12px 0}.agenda div{border-top:4px solid var(--line);padding-top:4px;
font-size:12px;color:var(--ink3);min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:20px;border-block:1px solid var(--line);padding:12px 0}
.tiles b{display:block;font-size:26px;font-weight:600;letter-spacing:-.01em;line-height:1.25}
.tiles span{display:block;color:var(--ink2);font-size:13px}.tiles .d{min-height:34px;font-size:12px;color:var(--ink3)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;min-width:600px}
th{font-size:12px;font-weight:600;color:var(--ink2);text-align:left;border-bottom:1px solid var(--ink3);padding:4px 8px;
vertical-align:bottom}
td{border-bottom:1px solid var(--line2);padding:5px 8px;vertical-align:middle}
th:first-child,td:first-child{padding-left:0}
.r{text-align:right}.total{background:var(--soft)}.tint{background:var(--tint)}
td .sub{display:block;line-height:1.25}.strong,.worse,.better{font-weight:600}.quiet{color:var(--ink3)}
.worse{color:var(--worse-text)}.better{color:var(--better-text)}.sub.worse,.sub.better{font-weight:400}
tr.h td{font-size:12px;font-weight:600;color:var(--ink2);padding-top:12px}
svg{display:block;width:100%;overflow:visible}
.wf{display:grid;grid-template-columns:150px 1fr 70px 80px;align-items:center;
border-top:1px solid var(--line);padding-top:4px}
.wf>*{height:24px;line-height:24px;white-space:nowrap}.wf .r{padding-left:8px}
footer{border-top:1px solid var(--line);margin-top:40px;padding-top:8px}
@media(max-width:800px){body{padding:16px}.tiles{grid-template-columns:repeat(2,1fr)}.lead{font-size:22px}
.wf{grid-template-columns:104px 1fr 56px}.wf .n{display:none}.agenda{overflow-x:auto}}
@media print{body{max-width:none;padding:0}h2{break-after:avoid}tr{break-inside:avoid}}
"""
INKS = {
    "ink": "var(--ink)", "grey": "var(--ink3)", "pale": "var(--pale)", "worse": "var(--worse)",
    "better": "var(--better)",
}  # fmt: skip


def html_of(document: Document) -> bytes:
    """Give the bytes of the file; every text of the pack is escaped."""
    agenda = "".join(
        f'<div style="flex:{minutes}">{escape(name)}<br>{minutes} min</div>' for name, minutes in document.agenda
    )
    body = "".join(
        (f"<h2>{escape(each.title)}{_note(f'minute {each.minutes}' if each.minutes else '')}</h2>" if at else "")
        + "".join(map(_block, each.blocks))
        for at, each in enumerate(document.sections)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(document.title)}</title><style>{STYLE}</style></head><body>"
        f"<header><h1>{escape(document.title)}</h1><p>{escape(document.subtitle)}</p></header>"
        f'<div class="agenda">{agenda}</div><main>{body}</main><footer>{escape(document.foot)}</footer></body></html>\n'
    ).encode()


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Tiles):
        return f'<div class="tiles">{"".join(map(_tile, block.tiles))}</div>'
    if isinstance(block, Words):
        return _words(block)
    return _waterfall(block)


def _note(note: str) -> str:
    return f"<small>{escape(note)}</small>" if note else ""


def _words(words: Words) -> str:
    kind = "lead" if words.is_leading else words.tone
    detail = f'<p class="detail">{escape(words.detail)}</p>' if words.detail else ""
    return f'<p class="{kind}">{escape(words.sentence)}</p>{detail}'


def _table(table: Table) -> str:
    title = f"<h3>{escape(table.title)}{_note(table.note)}</h3>" if table.title or table.note else ""
    if not table.rows:
        return f'{title}<p class="quiet">{escape(table.empty)}</p>'
    heads = "".join(
        f'<th scope="col" class="{_classes(column)}">{escape(column.head)}</th>' for column in table.columns
    )
    rows = "".join(_row(row, table.columns) for row in table.rows)
    return (
        f'{title}<div class="scroll"><table>{_widths(table.columns)}<thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _widths(columns: tuple[Column, ...]) -> str:
    whole = sum(column.width for column in columns) or 1
    cols = "".join(
        f'<col style="width:{100 * column.width / whole:.1f}%">' if column.width else '<col style="width:20px">'
        for column in columns
    )
    return f"<colgroup>{cols}</colgroup>"


def _classes(column: Column) -> str:
    return " ".join(name for name, holds in (("r", column.align == "right"), ("total", column.is_total)) if holds)


def _row(row: Row, columns: tuple[Column, ...]) -> str:
    if row.is_heading:
        return f'<tr class="h"><td colspan="{len(columns)}">{escape(row.cells[0].text)}</td></tr>'
    cells = "".join(
        f'<td class="{_classes(column)}{" tint" if at in row.is_tinted else ""}">{_cell(cell)}</td>'
        for at, (cell, column) in enumerate(zip(row.cells, columns, strict=True))
    )
    return f"<tr>{cells}</tr>"


def _cell(cell: Cell) -> str:
    if cell.drawing is not None:
        return _drawing(cell.drawing)
    sub = f'<span class="sub {cell.sub_tone}">{escape(cell.sub)}</span>' if cell.sub else ""
    return f'<span class="{cell.tone}">{escape(cell.text)}</span>{sub}'


def _drawing(drawing: Drawing) -> str:
    height = {"ink": 6}
    bars = "".join(
        f'<rect x="{100 * span.start:.2f}%" y="{(14 - height.get(span.ink, 10)) / 2}" '
        f'width="{100 * (span.end - span.start):.2f}%" height="{height.get(span.ink, 10)}" rx="1" '
        f'style="fill:{INKS[span.ink]}"/>'
        for span in drawing.spans
    )
    marks = "".join(
        f'<rect x="{100 * mark:.2f}%" y="0" width="1.5" height="14" style="fill:var(--ink)"/>' for mark in drawing.marks
    )
    return f'<svg height="14" aria-hidden="true">{bars}{marks}</svg>'


def _tile(tile: Tile) -> str:
    return (
        f"<div><span>{escape(tile.label)}</span><b>{escape(tile.value)}</b>"
        f'<span class="d {tile.tone}">{escape(tile.distance)}</span>{_spark(tile)}'
        f"<small>{escape(tile.foot)}</small></div>"
    )


def _spark(tile: Tile) -> str:
    known = [(at, point) for at, point in enumerate(tile.series) if point is not None]
    if len(known) < 2:
        return '<svg height="36" aria-hidden="true"></svg>'
    step = 100 / (len(tile.series) - 1)
    line = " ".join(f"{at * step:.1f},{34 - 32 * point:.1f}" for at, point in known)
    low, high = tile.band or (0.0, 0.0)
    band = (
        f'<rect x="0" y="{34 - 32 * high:.1f}" width="100" height="{32 * (high - low):.1f}" style="fill:var(--band)"/>'
    )
    return (
        '<svg height="36" viewBox="0 0 100 36" preserveAspectRatio="none" aria-hidden="true">'
        f"{band if tile.band else ''}"
        f'<polyline points="{line}" fill="none" style="stroke:var(--spark)" stroke-width="1.5" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )


def _waterfall(found: Waterfall) -> str:
    lines = []
    for bar in found.bars:
        low, width = min(bar.start, bar.end), abs(bar.end - bar.start)
        drawn = (
            f'<rect x="{100 * bar.end:.2f}%" y="2" width="2.5" height="20" style="fill:var(--ink)"/>'
            if bar.is_level
            else f'<rect x="{100 * low:.2f}%" y="5" width="{max(100 * width, 0.25):.2f}%" height="14" rx="1" '
            f'style="fill:{INKS[bar.ink]}"/>'
        )
        strong = "strong" if bar.is_level else ""
        lines.append(
            f'<span class="{strong}">{escape(bar.label)}</span><svg height="24" aria-hidden="true">{drawn}</svg>'
            f'<span class="r {strong}">{escape(bar.figure)}</span><span class="r n sub">{escape(bar.note)}</span>'
        )
    title = f"<h3>{escape(found.title)}{_note(found.note)}</h3>"
    return f'{title}<div class="wf">{"".join(lines)}</div>'
