"""A table as a file for other programs: CSV, Parquet or a workbook; figures exact, text safe to open."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Literal, get_args
from xml.sax.saxutils import escape, quoteattr

import polars as pl

from kpi.errors import KpiError
from organisation.corrections import guarded

Form = Literal["csv", "parquet", "xlsx"]
FORMS: tuple[Form, ...] = get_args(Form)
Cell = str | int | float | Decimal | datetime | None
DECIMALS = pl.Decimal(38, 20)  # exact for money and for every float from 0.0001 on
_SMALLEST, _WIDE = Decimal(1).scaleb(-DECIMALS.scale), Context(prec=DECIMALS.precision)
WORKBOOK_DIGITS = 15  # a spreadsheet's numbers hold no more; a longer one is kept as text
TYPES: Mapping[type, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    Decimal: DECIMALS,
    datetime: pl.Datetime("us", "UTC"),
}


def table_file(form: Form, columns: Mapping[str, type], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Give the bytes of a file of rows.

    columns: names in order, each with its type: str, int, Decimal (a float counts as the decimal that it prints as) or
    datetime (UTC). Raises KpiError for a figure of more digits than a decimal of the form holds.
    """
    typed = [[_exact(cell) for cell in row] for row in rows]
    if form == "xlsx":
        return _xlsx([Sheet(ONE_SHEET, columns, typed)])
    return {"csv": _csv, "parquet": _parquet}[form](columns, typed)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its name, its columns with their types, and its rows."""

    name: str
    columns: Mapping[str, type]
    rows: Sequence[Sequence[Cell]]


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """Give the bytes of a workbook of several sheets, types and figures as in table_file; the same sheets give the
    same bytes. A name is cut to the 31 letters that a workbook allows, and loses those that it does not allow.
    """
    return _xlsx([replace(each, rows=[[_exact(cell) for cell in row] for row in each.rows]) for each in sheets])


def decimal_text(number: Decimal | float) -> str:
    """Give a figure as text without exponent: a decimal as it is, a float by its shortest exact digits."""
    return format(number if isinstance(number, Decimal) else Decimal(repr(float(number))), "f")


def _exact(cell: Cell) -> Cell:
    return Decimal(repr(cell)) if isinstance(cell, float) else cell


def _csv(columns: Mapping[str, type], rows: Sequence[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell_text(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")


def _cell_text(cell: Cell) -> str:
    """Give a cell as text; only words are guarded, a negative figure is no formula."""
    if isinstance(cell, Decimal):
        return decimal_text(cell)
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return "" if cell is None else guarded(cell) if isinstance(cell, str) else str(cell)


def _parquet(columns: Mapping[str, type], rows: Sequence[Sequence[Cell]]) -> bytes:
    schema = {name: TYPES[kind] for name, kind in columns.items()}
    places = dict(enumerate(columns.values()))
    typed = [[_decimal(cell) if places[at] is Decimal else cell for at, cell in enumerate(row)] for row in rows]
    found = io.BytesIO()
    pl.DataFrame(typed, schema=schema, orient="row").write_parquet(found)
    return found.getvalue()


def _decimal(cell: Cell) -> Decimal | None:
    if cell is None:
        return None
    number = Decimal(str(cell))
    if number.adjusted() >= 38 - DECIMALS.scale:
        raise KpiError(f"{number:f} has more digits than a decimal of 38 digits holds; take --csv or --json")
    return number.quantize(_SMALLEST, context=_WIDE)


_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELS = (
    f'<Relationships xmlns="{_LINKS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)
_STYLES = (  # the second style is the bold one of the head
    f'<styleSheet xmlns="{_SHEET}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
    '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>'
)
ONE_SHEET = "Denominator"
_NOT_IN_A_NAME = str.maketrans("", "", "[]:*?/\\'")
_SAME_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same table gives the same bytes


def _xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Give a workbook. Text stands in it as text, so that no cell is ever run as a formula."""
    found = io.BytesIO()
    parts = _frame([each.name for each in sheets])
    parts |= {f"xl/worksheets/sheet{at}.xml": _worksheet(each) for at, each in enumerate(sheets, 1)}
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in parts.items():
            entry = zipfile.ZipInfo(name, _SAME_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{part}')
    return found.getvalue()


def _frame(names: Sequence[str]) -> dict[str, str]:
    """Give the parts of a workbook that say which sheets it has."""
    at = range(1, len(names) + 1)
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{each}.xml" ContentType="{_KINDS}.worksheet+xml"/>' for each in at
    )
    sheets = "".join(
        f'<sheet name={quoteattr(name.translate(_NOT_IN_A_NAME)[:31])} sheetId="{each}" r:id="r{each}"/>'
        for each, name in zip(at, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="r{each}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{each}.xml"/>' for each in at
    )
    return {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_KINDS}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_KINDS}.styles+xml"/>{types}</Types>'
        ),
        "_rels/.rels": _RELS,
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_LINKS}">{links}<Relationship Id="r{len(names) + 1}" Type="{_OFFICE}/styles" '
            'Target="styles.xml"/></Relationships>'
        ),
        "xl/styles.xml": _STYLES,
    }


def _worksheet(sheet: Sheet) -> str:
    lines = [_line(list(sheet.columns), 1, style=' s="1"')] + [
        _line(row, at, "") for at, row in enumerate(sheet.rows, 2)
    ]
    return (
        f'<worksheet xmlns="{_SHEET}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>{"".join(lines)}</sheetData>'
        "</worksheet>"
    )


def _line(cells: Sequence[Cell], number: int, style: str) -> str:
    told = "".join(_sheet_cell(cell, f"{_letters(at)}{number}", style) for at, cell in enumerate(cells))
    return f'<row r="{number}">{told}</row>'


def _sheet_cell(cell: Cell, place: str, style: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int) or (isinstance(cell, Decimal) and _digits(cell) <= WORKBOOK_DIGITS):
        return f"<c r={quoteattr(place)}{style}><v>{_cell_text(cell)}</v></c>"
    words = cell if isinstance(cell, str) else _cell_text(cell)
    legal = "".join(letter for letter in words if letter >= " " or letter in "\t\n")
    return f'<c r={quoteattr(place)}{style} t="inlineStr"><is><t xml:space="preserve">{escape(legal)}</t></is></c>'


def _digits(number: Decimal) -> int:
    return len(number.normalize().as_tuple().digits)


def _letters(at: int) -> str:
    """Give a column's letters: A for 0, AA for 26."""
    return (_letters(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)
