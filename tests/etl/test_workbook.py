"""Workbooks: numbers and dates are taken as they are stored, and what cannot be known is refused."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.archives import Archive
from etl.check import check_file
from etl.containers import Part, opened
from etl.serials import is_date_format, is_percent_format, moment_text, number_text, percent_text
from etl.workbook import read_workbook
from organisation import Workspace
from tests.etl.workbook_files import PERCENT_STYLE, TENTHS_STYLE, WORD_STYLE, Book, Cell, Sheet, Xml, book

HEADER: list[Cell] = ["opportunity_id", "stage_raw", "amount", "created_at"]
EXCEL_FILES = Path(__file__).parents[3] / "shared" / "exports" / "lime_excel"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def check(workspace: Workspace, data: bytes, profile: str = "", table: str = "opportunities") -> Any:
    (workspace.root / "profile.yaml").write_text(f"crm: generic\nstages: {{Open: qualify}}\n{profile}", "utf-8")
    (workspace.root / "deals.xlsx").write_bytes(data)
    file, stated = workspace.root / "deals.xlsx", workspace.root / "profile.yaml"
    return check_file(file, workspace, source=None, table=table, profile=stated)


def reasons(found: Any) -> list[tuple[object, object, object]]:
    return [(each["line"], each["column"], each["reason"]) for each in found["rejects"]]


def test_a_number_is_never_read_under_the_signs_of_the_profile(workspace: Workspace) -> None:
    """1.234 is one and a bit although the profile's point groups thousands; text follows the profile."""
    rows: list[list[Cell]] = [HEADER, ["a", "Open", 1.234], ["b", "Open", "1.234"], ["c", "Open", 1234567.5]]
    found = check(workspace, book(rows), 'decimal: ","\nthousands: "."\n')
    assert [row["amount"] for row in found["rows"]] == ["1234.00", "1234567.50"]
    assert reasons(found) == [(2, "amount", "RANGE")]


def test_numbers_and_dates_need_no_declaration(workspace: Workspace) -> None:
    moment = datetime(2026, 2, 1, 13, 45, 30)  # noqa: DTZ001 - a workbook knows no zones
    rows: list[list[Cell]] = [HEADER, ["a", "Open", 1234.56, date(2026, 2, 1)], ["b", "Open", 7, moment]]
    found = check(workspace, book(rows), "timezone: Europe/Berlin\n")
    assert [(row["amount"], row["created_at"]) for row in found["rows"]] == [
        ("1234.56", "2026-01-31T23:00:00+00:00"),
        ("7.00", "2026-02-01T12:45:30+00:00"),
    ]


def styled(number: float, style: int) -> Xml:
    return Xml(f'<c r="{{ref}}" s="{style}"><v>{number!r}</v></c>')


@pytest.mark.parametrize("scale", [1, 100])
def test_a_cell_shown_as_a_percentage_is_that_percentage_on_every_scale(workspace: Workspace, scale: int) -> None:
    """0.6 is shown as 60%, 0.07 as 7%, 1 as 100%; 0.125 with a tenth as 12.5%; 60 with the word " %" is a plain 60."""
    shown: list[Cell] = [styled(0.6, PERCENT_STYLE), styled(0.07, PERCENT_STYLE), styled(1, PERCENT_STYLE)]
    shown += [styled(0.125, TENTHS_STYLE), styled(60 * scale / 100, WORD_STYLE), styled(60 * scale / 100, 0)]
    header: list[Cell] = ["opportunity_id", "stage_raw", "probability"]
    rows: list[list[Cell]] = [header]
    rows += [[f"d{place}", "Open", cell] for place, cell in enumerate(shown)]
    found = check(workspace, book(rows), f'decimal: ","\nprobability: {{scale: {scale}}}\n')
    assert [row["probability"] for row in found["rows"]] == ["60.00", "7.00", "100.00", "12.50", "60.00", "60.00"]


def test_a_percentage_is_no_amount_no_day_and_no_id(workspace: Workspace) -> None:
    cell = styled(0.6, PERCENT_STYLE)
    rows: list[list[Cell]] = [HEADER, ["a", "Open", cell], ["b", "Open", 1, cell], [cell, "Open", 1]]
    assert reasons(check(workspace, book(rows), "dates: excel_serial\n")) == [
        (2, "amount", "TYPE_NUMBER"),
        (3, "created_at", "TYPE_DATE"),
        (4, "opportunity_id", "DAMAGED_ID"),
    ]


def test_dates_count_from_1904_where_the_workbook_says_so(workspace: Workspace) -> None:
    data = Book({"Deals": Sheet([HEADER, ["a", "Open", 1, date(2022, 2, 1)]])}, since_1904=True).packed()
    assert check(workspace, data)["rows"][0]["created_at"] == "2026-02-02T00:00:00+00:00"
    serial = Book({"Deals": Sheet([HEADER, ["a", "Open", 1, 44593]])}, since_1904=True).packed()
    assert check(workspace, serial, "dates: excel_serial\n")["rows"][0]["created_at"] == "2026-02-02T00:00:00+00:00"


def test_a_number_is_a_date_only_where_that_is_declared(workspace: Workspace) -> None:
    data = book([HEADER, ["a", "Open", 1, 46054]])
    assert reasons(check(workspace, data)) == [(2, "created_at", "TYPE_DATE")]
    assert check(workspace, data, "dates: excel_serial\n")["rows"][0]["created_at"] == "2026-02-01T00:00:00+00:00"


def test_a_date_is_no_amount(workspace: Workspace) -> None:
    assert reasons(check(workspace, book([HEADER, ["a", "Open", date(2026, 2, 1)]]))) == [(2, "amount", "TYPE_NUMBER")]


@pytest.mark.parametrize(
    "cell",
    [
        Xml('<c r="{ref}"><f>A1*2</f></c>'),
        Xml('<c r="{ref}"><f>A1*2</f><v></v></c>'),
        Xml('<c r="{ref}"><f t="shared" si="0"/></c>'),
        Xml('<c r="{ref}" t="e"><v>#REF!</v></c>'),
        Xml('<c r="{ref}" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
    ],
)
def test_a_formula_without_result_rejects_its_row_where_the_column_is_used(workspace: Workspace, cell: Cell) -> None:
    rows: list[list[Cell]] = [[*HEADER, "notes"], ["a", "Open", cell], ["b", "Open", 2, None, cell]]
    found = check(workspace, book(rows))
    assert reasons(found) == [(2, "amount", "FORMULA_CELL")]
    assert [row["opportunity_id"] for row in found["rows"]] == ["b"]


def test_the_stored_result_of_a_formula_counts(workspace: Workspace) -> None:
    number, text = Xml('<c r="{ref}"><f>A1*2</f><v>12.5</v></c>'), Xml('<c r="{ref}" t="str"><f>A1</f><v>Open</v></c>')
    found = check(workspace, book([HEADER, ["a", text, number]]))
    assert [(row["stage_raw"], row["amount"]) for row in found["rows"]] == [("Open", "12.50")]


def test_results_that_wait_for_a_recalculation_are_not_believed(workspace: Workspace) -> None:
    """Programs that write formulas without computing them store 0 and ask for a calculation on opening."""
    sheet = Sheet([HEADER, ["a", "Open", Xml('<c r="{ref}"><f>SUM(1,2)</f><v>0</v></c>')]])
    stale = Book({"Deals": sheet}, calculation='<calcPr calcId="1" fullCalcOnLoad="1"/>').packed()
    assert reasons(check(workspace, stale)) == [(2, "amount", "FORMULA_CELL")]


def test_an_error_that_the_profile_names_as_null_is_empty(workspace: Workspace) -> None:
    rows: list[list[Cell]] = [HEADER, ["a", "Open", Xml('<c r="{ref}" t="e"><v>#N/A</v></c>')]]
    found = check(workspace, book(rows), 'null_words: ["#N/A"]\n')
    assert [row["amount"] for row in found["rows"]] == [None]


def test_an_id_of_more_digits_than_a_workbook_keeps_is_damaged(workspace: Workspace) -> None:
    ids: list[Cell] = [123456789012345, 1234567890123456, "1234567890123457"]
    rows: list[list[Cell]] = [HEADER, *([each, "Open", 1] for each in ids)]
    rows += [[Xml('<c r="{ref}"><v>1.2345678901234567E+17</v></c>'), "Open", 1], [date(2026, 2, 1), "Open", 1]]
    found = check(workspace, book(rows))
    assert reasons(found) == [(line, "opportunity_id", "DAMAGED_ID") for line in (3, 5, 6)]
    assert [row["opportunity_id"] for row in found["rows"]] == ["123456789012345", "1234567890123457"]


def test_the_named_sheet_or_the_only_visible_one_is_read(workspace: Workspace) -> None:
    lists, deals = Sheet([["x"], ["y"]], state="hidden"), Sheet([HEADER, ["a", "Open", 1]])
    hidden = Book({"Lists": lists, "Deals": deals}).packed()
    assert len(check(workspace, hidden)["rows"]) == 1
    two = Book({"Leads": Sheet([["x"]]), "Deals": deals}).packed()
    assert check(workspace, two)["refused"]["reason"] == "AMBIGUOUS_SHEET"
    assert len(check(workspace, two, "sheet: deals\n")["rows"]) == 1
    assert check(workspace, two, "sheet: Other\n")["refused"]["reason"] == "MISSING_PART"


def test_titles_stand_above_the_header_and_lines_are_sheet_rows(workspace: Workspace) -> None:
    rows: list[list[Cell]] = [["Deals of the north"], [date(2026, 2, 1)], [], HEADER, [], ["a", "Open", "x"]]
    found = check(workspace, book(rows))
    assert found["ignored"] == [{"line": 1, "reason": "PREAMBLE"}, {"line": 2, "reason": "PREAMBLE"}]
    assert found["rejects"] == [{"line": 6, "column": "amount", "reason": "TYPE_NUMBER", "raw": "a,Open,x,"}]


def test_two_header_rows_are_joined_over_merged_cells(workspace: Workspace) -> None:
    rows: list[list[Cell]] = [
        ["Deal", None, "Amount", "Created"],
        ["Id", "Stage", None, "Created"],
        ["a", "Open", 5, None],
    ]
    columns = "columns: {opportunity_id: Deal Id, stage_raw: Deal Stage, amount: Amount, created_at: Created}\n"
    found = check(workspace, book(rows, merged=["A1:B1", "C1:C2"]), f"header_rows: 2\n{columns}")
    assert [(row["opportunity_id"], row["stage_raw"], row["amount"]) for row in found["rows"]] == [
        ("a", "Open", "5.00")
    ]


def test_cells_merged_over_rows_reject_what_they_cover(workspace: Workspace) -> None:
    rows: list[list[Cell]] = [HEADER, ["a", "Open", 5], ["b", "Open", None], ["c", "Open", 7]]
    found = check(workspace, book(rows, merged=["C2:C3"]))
    assert reasons(found) == [(2, "amount", "MERGED_CELL"), (3, "amount", "MERGED_CELL")]
    assert [row["opportunity_id"] for row in found["rows"]] == ["c"]


def test_hidden_rows_are_rows_with_a_warning(workspace: Workspace) -> None:
    found = check(workspace, book([HEADER, ["a", "Open", 1], ["b", "Open", 2]], hidden=frozenset({3})))
    assert (len(found["rows"]), found["warnings"]) == (2, ["HIDDEN_ROWS"])


def test_cells_under_no_header_are_warned_about(workspace: Workspace) -> None:
    stray = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    found = check(workspace, book([HEADER, ["a", "Open", 1]], more_rows=stray))
    assert (len(found["rows"]), found["warnings"]) == (1, ["UNKNOWN_COLUMN"])
    assert found["ignored"] == [{"line": 1048576, "reason": "BLANK_ROW"}]


def stray_rows(rows: int) -> bytes:
    """Give a workbook of one deal whose every further row has a style and no value."""
    empty = "".join(
        f'<row r="{line}"><c r="A{line}" s="1"/><c r="XFD{line}" s="1"/></row>' for line in range(3, rows + 1)
    )
    return Book({"Deals": Sheet([HEADER, ["1", "Open", 5]], more_rows=empty)}).packed()


def test_empty_rows_take_no_room_however_many() -> None:
    archive = opened(stray_rows(50_000), Part())
    assert isinstance(archive, Archive)
    assert [row.line for row in read_workbook(archive, None).rows] == [1, 2]


def test_words_are_shared_with_their_runs_and_without_how_they_are_spoken(workspace: Workspace) -> None:
    words = "<sst><si><t>x_x000D_\ny</t></si><si><r><t>Op</t></r><r><t>en</t></r><rPh><t>オープン</t></rPh></si></sst>"
    shared = [Xml('<c r="{ref}" t="s"><v>0</v></c>'), Xml('<c r="{ref}" t="s"><v>1</v></c>')]
    found = check(workspace, Book({"Deals": Sheet([HEADER, shared])}, words=words).packed())
    assert [(row["opportunity_id"], row["stage"]) for row in found["rows"]] == [("x\ny", "qualify")]


def test_a_document_type_is_refused_wherever_it_stands(workspace: Workspace) -> None:
    doctype = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    sheets = {"Deals": Sheet([HEADER, ["a", "Open", 1]])}
    for data in (Book(sheets, doctype=doctype), Book(sheets, parts={"docProps/app.xml": f"{doctype}<x/>".encode()})):
        assert check(workspace, data.packed())["refused"]["reason"] == "ARCHIVE_UNSAFE"


@given(st.decimals(-(10**9), 10**9, places=4, allow_nan=False))
def test_what_was_typed_is_what_a_workbook_gives_back(number: Decimal) -> None:
    """A spreadsheet stores the double nearest to what was typed, with 17 digits."""
    for stored in (f"{float(number):.17g}", repr(float(number)), f"{float(number):.16E}"):
        assert Decimal(number_text(stored)) == number


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("9007199254740993", "9007199254740993"),
        ("0.30000000000000004", "0.3"),
        ("1E3", "1000"),
        ("5.50", "5.5"),
        ("12.0", "12"),
        ("007", "7"),
        ("-0.5", "-0.5"),
        ("1e400", "1e400"),
        ("INF", "INF"),
        ("123456789012345.67", "123456789012345.67"),
    ],
)
def test_digits_are_kept_where_they_say_anything(stored: str, text: str) -> None:
    assert number_text(stored) == text


@given(st.datetimes(datetime(1900, 3, 1), datetime(2100, 1, 1)), st.booleans())  # noqa: DTZ001
def test_a_serial_gives_back_the_moment_to_the_millisecond(moment: datetime, since_1904: bool) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    span = moment - datetime(1904 if since_1904 else 1899, 1 if since_1904 else 12, 1 if since_1904 else 30)  # noqa: DTZ001
    stored = f"{span / timedelta(days=1):.17g}"
    found = moment_text(stored, since_1904=since_1904)
    if since_1904 and moment.year < 1904:
        return
    assert found is not None
    assert datetime.fromisoformat(found) == moment


def test_the_day_that_never_was_moves_no_other() -> None:
    days = {serial: moment_text(str(serial), since_1904=False) for serial in (1, 59, 60, 61, 0, 2958466)}
    assert days == {1: "1900-01-01", 59: "1900-02-28", 60: "1900-02-29", 61: "1900-03-01", 0: None, 2958466: None}


@pytest.mark.parametrize(
    ("number", "code", "shows_a_day"),
    [
        (14, None, True),
        (18, None, False),
        (2, None, False),
        (164, "dd.mm.yyyy;@", True),
        (164, "[$-F800]dddd, mmmm dd, yyyy", True),
        (164, '#,##0.00 "Dollar per day"', False),
        (164, "[Red]0.00;[Blue]d", False),
        (164, "[h]:mm:ss", False),
        (164, "mm:ss", False),
        (164, "mmmm", True),
        (164, "General", False),
        (164, "0.00\\d", False),
    ],
)
def test_a_format_shows_a_day_or_not(number: int, code: str | None, shows_a_day: bool) -> None:
    assert is_date_format(number, code) == shows_a_day


@pytest.mark.parametrize(
    ("number", "code", "shows_a_percentage"),
    [
        (9, None, True),
        (10, None, True),
        (2, None, False),
        (164, "0.0%", True),
        (164, "[Red]0%;[Blue]-0%", True),
        (164, "[<=1]0%;0", True),
        (164, '0" %"', False),
        (164, "0\\%", False),
        (164, "General", False),
    ],
)
def test_a_format_shows_a_percentage_or_not(number: int, code: str | None, shows_a_percentage: bool) -> None:
    assert is_percent_format(number, code) == shows_a_percentage


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("0.6", "60%"),
        ("0.28999999999999998", "29%"),
        ("1", "100%"),
        ("0", "0%"),
        ("-0.015", "-1.5%"),
        ("1E-3", "0.1%"),
        ("NaN", "NaN"),
    ],
)
def test_a_percentage_has_every_digit_of_its_number(stored: str, text: str) -> None:
    assert percent_text(stored) == text


@pytest.mark.skipif(not EXCEL_FILES.is_dir(), reason="the real exports lie beside the repository and are not there")
class TestRealWorkbooks:
    def test_sheets_with_thousands_of_phantom_rows_hold_three(self, workspace: Workspace) -> None:
        data = (EXCEL_FILES / "sample-data.xlsx").read_bytes()
        columns = (
            "columns: {activity_id: Rubrik, type_raw: Text, at: Datum, done_at: Skapad den, owner_ref: Skapad av}\n"
        )
        found = check(workspace, data, f"sheet: Möten\ntimezone: Europe/Stockholm\n{columns}", "activities")
        assert [row["at"] for row in found["rows"]] == [
            "2018-04-04T22:00:00+00:00",
            "2018-04-04T22:00:00+00:00",
            "2018-04-05T08:00:00+00:00",
        ]
        assert found["rows"][0]["done_at"] == "2014-04-22T19:43:03+00:00"

    def test_accounts_keep_their_whole_numbers(self, workspace: Workspace) -> None:
        data = (EXCEL_FILES / "Exempelfil.xlsx").read_bytes()
        columns = "columns: {account_id: Kundnummer/FöretagsID, name: Namn, owner_ref: Ansvarig säljare}\n"
        found = check(workspace, data, f"sheet: Företag\n{columns}", "accounts")
        assert [row["account_id"] for row in found["rows"]] == ["1", "2", "3", "542", "987"]

    def test_what_no_profile_fits_is_refused_with_what_there_is(self, workspace: Workspace) -> None:
        several = check(workspace, (EXCEL_FILES / "Exempelfil.xlsx").read_bytes())["refused"]
        assert several["reason"] == "AMBIGUOUS_SHEET"
        other = check(workspace, (EXCEL_FILES / "excel.xlsx").read_bytes())["refused"]
        assert other["reason"] == "MISSING_COLUMN"
        assert "Örjan" in other["message"]
