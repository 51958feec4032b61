"""Workbooks for tests, written part by part so that every oddity can be had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

from tests.etl.archive_files import zipped

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DATE_STYLE, INSTANT_STYLE, MONEY_STYLE, PERCENT_STYLE, TENTHS_STYLE, WORD_STYLE = range(1, 7)
STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="[$-409]dd/mmm/yyyy hh:mm;@"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00 &quot;Dollar per day&quot;"/>'
    '<numFmt numFmtId="166" formatCode="[Red]0.0%;[Blue]-0.0%"/>'
    '<numFmt numFmtId="167" formatCode="0&quot; %&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    '<xf numFmtId="9"/><xf numFmtId="166"/><xf numFmtId="167"/></cellXfs></styleSheet>'
)


@dataclass(frozen=True)
class Xml:
    """A cell as it stands in the sheet's part, {ref} for where it is."""

    text: str


Cell = str | int | float | bool | date | Xml | None


@dataclass(frozen=True)
class Sheet:
    """One sheet: its rows from line 1, and what is written around them."""

    rows: Sequence[Sequence[Cell]] = ()
    state: str = "visible"
    hidden: frozenset[int] = frozenset()
    merged: Sequence[str] = ()
    dimension: str = "A1:XFD1048576"
    more_rows: str = ""


@dataclass(frozen=True)
class Book:
    """A workbook: its sheets by name, and what its own part says."""

    sheets: Mapping[str, Sheet]
    since_1904: bool = False
    calculation: str = ""
    words: str | None = None
    doctype: str = ""
    parts: Mapping[str, bytes] = field(default_factory=dict)

    def packed(self) -> bytes:
        """Give the workbook's file."""
        names = list(self.sheets)
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" state="{self.sheets[name].state}" r:id="rId{n}"/>'
            for n, name in enumerate(names, 1)
        )
        targets = [(f"worksheets/sheet{n}.xml", "worksheet") for n in range(1, len(names) + 1)]
        targets += [("styles.xml", "styles"), ("sharedStrings.xml", "sharedStrings")]
        relations = "".join(
            f'<Relationship Id="rId{n}" Type="{TYPE}/{kind}" Target="{target}"/>'
            for n, (target, kind) in enumerate(targets, 1)
        )
        epoch = '<workbookPr date1904="1"/>' if self.since_1904 else ""
        parts = {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships {PACKAGE}><Relationship Id="rId1" Type="{TYPE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f"{self.doctype}<workbook {MAIN} {RELATIONS}>{epoch}<sheets>{sheets}</sheets>"
            f"{self.calculation}</workbook>",
            "xl/_rels/workbook.xml.rels": f"<Relationships {PACKAGE}>{relations}</Relationships>",
            "xl/styles.xml": STYLES,
            "xl/sharedStrings.xml": self.words or f"<sst {MAIN}/>",
            **{f"xl/worksheets/sheet{n}.xml": _sheet(self.sheets[name]) for n, name in enumerate(names, 1)},
        }
        return zipped({name: text.encode() for name, text in parts.items()} | dict(self.parts))


def book(rows: Sequence[Sequence[Cell]], **about: object) -> bytes:
    """Give a workbook of one sheet with these rows."""
    return Book({"Deals": Sheet(rows, **about)}).packed()  # type: ignore[arg-type]


def letters(column: int) -> str:
    """Give a column's letters, A for 0."""
    return (letters(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)


def _sheet(sheet: Sheet) -> str:
    rows = "".join(
        f'<row r="{line}"{" hidden=" + chr(34) + "1" + chr(34) if line in sheet.hidden else ""}>'
        + "".join(_cell(cell, f"{letters(place)}{line}") for place, cell in enumerate(row))
        + "</row>"
        for line, row in enumerate(sheet.rows, 1)
        if row
    )
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    merges = f"<mergeCells>{merged}</mergeCells>" if merged else ""
    return (
        f'<worksheet {MAIN}><dimension ref="{sheet.dimension}"/><sheetData>{rows}{sheet.more_rows}</sheetData>'
        f"{merges}</worksheet>"
    )


def _cell(cell: Cell, reference: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Xml):
        return cell.text.replace("{ref}", reference)
    if isinstance(cell, bool):
        return f'<c r="{reference}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, str):
        return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    if isinstance(cell, datetime):
        span = cell - datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook knows no zones
        return f'<c r="{reference}" s="{INSTANT_STYLE}"><v>{span.days + span.seconds / 86_400!r}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{reference}" s="{DATE_STYLE}"><v>{(cell - date(1899, 12, 30)).days}</v></c>'
    return f'<c r="{reference}"><v>{cell!r}</v></c>'
