"""Files for other programs: exact figures, nothing that a spreadsheet would run, readable by others."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.archives import Archive
from etl.workbook import read_workbook
from kpi.errors import KpiError
from kpi.table_file import Cell, table_file

COLUMNS = {"kpi": str, "n": int, "value": Decimal, "as_of": datetime}
AS_OF = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
EXACT = Decimal("12345678901234567.89")  # a float would give 12345678901234568


def row(name: str = "won_value", value: Cell = EXACT) -> list[Cell]:
    return [name, 3, value, AS_OF]


def test_csv_keeps_every_digit_and_leaves_negative_figures_figures() -> None:
    found = table_file("csv", COLUMNS, [row(), row("gap", Decimal("-0.10")), row("rate", 0.1), row("none", None)])
    assert found.decode().split("\r\n")[1:-1] == [
        "won_value,3,12345678901234567.89,2026-11-24T14:02:00Z",
        "gap,3,-0.10,2026-11-24T14:02:00Z",
        "rate,3,0.1,2026-11-24T14:02:00Z",
        "none,3,,2026-11-24T14:02:00Z",
    ]


@pytest.mark.parametrize("word", ["=cmd|' /C calc'!A0", "+1", "@sum", "-x", "\tx"])
def test_no_word_of_a_file_is_run_as_a_formula(word: str) -> None:
    text = table_file("csv", {"kpi": str}, [[word]]).decode()
    assert next(csv.reader(io.StringIO(text.split("\r\n", 1)[1]))) == [f"'{word}"]
    assert sheet(table_file("xlsx", {"kpi": str}, [[word]])) == [["kpi"], [word]], "text stays text in a workbook"


def test_parquet_holds_exact_decimals_and_instants() -> None:
    found = pl.read_parquet(io.BytesIO(table_file("parquet", COLUMNS, [row(), row("rate", 0.1)])))
    assert found["value"].to_list() == [EXACT, Decimal("0.1")]
    assert found["as_of"].to_list() == [AS_OF, AS_OF]


def test_a_figure_that_no_decimal_holds_is_refused_not_rounded() -> None:
    with pytest.raises(KpiError, match="more digits than a decimal of 38 digits holds"):
        table_file("parquet", COLUMNS, [row(value=Decimal(10) ** 19)])


def test_a_workbook_holds_numbers_and_keeps_longer_ones_as_text() -> None:
    content = table_file("xlsx", COLUMNS, [row(), row("small", Decimal("1234567.89"))])
    assert sheet(content) == [
        ["kpi", "n", "value", "as_of"],
        ["won_value", "3", "12345678901234567.89", "2026-11-24T14:02:00Z"],
        ["small", "3", "1234567.89", "2026-11-24T14:02:00Z"],
    ]
    assert table_file("xlsx", COLUMNS, [row()]) == table_file("xlsx", COLUMNS, [row()])


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8),
            st.none() | st.decimals(-(10**15), 10**15, places=4) | st.floats(1e-4, 1e9),
        ),
        max_size=5,
    )
)
def test_csv_and_parquet_tell_the_same_figures(given: list[tuple[str, Decimal | float | None]]) -> None:
    columns = {"kpi": str, "value": Decimal}
    lines = list(csv.reader(io.StringIO(table_file("csv", columns, given).decode(), newline="")))[1:]
    found = pl.read_parquet(io.BytesIO(table_file("parquet", columns, given))) if given else pl.DataFrame()
    stored = found["value"].to_list() if given else []
    assert [Decimal(line[1]) if line[1] else None for line in lines] == stored
    assert stored == [None if value is None else Decimal(str(value)) for _, value in given]


def sheet(content: bytes) -> list[list[str]]:
    """Give the texts of a workbook's rows, as the loader reads them."""
    return [list(row.texts) for row in read_workbook(Archive(content), None).rows]
