"""Archives and workbooks that are small to send and large to unpack, made when a test asks for them."""

from tests.etl.archive_files import DEALS, gzipped, zipped
from tests.etl.workbook_files import Book, Cell, Sheet

HEADER: list[Cell] = ["opportunity_id", "stage_raw", "amount"]
_GROWN = 33 << 20


def bombs() -> dict[str, bytes]:
    """Give files that have to be refused before they are unpacked, by name."""
    words = f"<sst><si><t>{'a' * _GROWN}</t></si></sst>"
    return {
        "zeros.zip": zipped({"deals.csv": DEALS + b"0" * _GROWN}),
        "zeros.csv.gz": gzipped(DEALS + b"0" * _GROWN),
        "members.zip": zipped({f"deals_{number}.csv": DEALS for number in range(101)}),
        "one_word.xlsx": Book({"Deals": Sheet([HEADER, ["1", "Open", 5]])}, words=words).packed(),
    }


def neighbours() -> dict[str, bytes]:
    """Give files that are large or full and still no bombs: each holds two deals."""
    return {
        "neighbour_a_hundred_members.zip": zipped({f"{number}.csv": DEALS for number in range(100)}),
        "neighbour_megabytes.csv.gz": gzipped(DEALS + b"\n" * (8 << 20)),
    }


def stray_rows(rows: int = 1_048_576) -> bytes:
    """Give a workbook of one deal whose every further row has a style and no value."""
    empty = "".join(
        f'<row r="{line}"><c r="A{line}" s="1"/><c r="XFD{line}" s="1"/></row>' for line in range(3, rows + 1)
    )
    return Book({"Deals": Sheet([HEADER, ["1", "Open", 5]], more_rows=empty)}).packed()
