"""Bytes to strings: quoting, lines, encodings, and what stands around the data."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.encoding import decode
from etl.errors import Refused
from etl.reader import Dialect, RawTable, read_table
from etl.records import cells, cut_fast, cut_strict, record_cells

CELL = st.text(alphabet='ab é"\n,;1', max_size=6)
TABLE = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=6))


def read(text: str, encoding: str = "utf-8", **settings: object) -> RawTable:
    dialect = Dialect(
        is_header=lambda names: "id" in [name.strip() for name in names],
        encoding=str(settings.get("declared", encoding)),
        delimiter=settings.get("delimiter", ","),  # type: ignore[arg-type]
        footers=("Confidential", "Copyright ©"),
        totals=("Grand Totals (", "Total"),
    )
    return read_table(text.encode(encoding), dialect)


def written(rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


@settings(max_examples=150, deadline=None)
@given(TABLE, st.sampled_from([",", ";", "\t"]))
def test_fast_and_strict_reading_agree_with_what_was_written(rows: list[list[str]], delimiter: str) -> None:
    text = written(rows, delimiter)
    fast, strict = cut_fast(text, delimiter), cut_strict(text, delimiter)
    assert fast is not None
    assert fast.texts.to_list() == strict.texts.to_list()
    assert fast.lines.to_list() == strict.lines.to_list()
    assert fast.widths.to_list() == strict.widths.to_list()
    assert not strict.broken
    assert [record_cells(record, delimiter) for record in strict.texts] == [tuple(row) for row in rows]
    if rows:
        assert cells(fast.texts, len(rows[0]), delimiter).rows() == [tuple(row) for row in rows]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='a",\n', max_size=20))
def test_text_of_any_kind_is_cut_the_same_way_or_only_strictly(text: str) -> None:
    fast = cut_fast(text, ",")
    try:
        strict = cut_strict(text, ",")
    except Refused:
        assert fast is None
        return
    assert (fast is None) == bool(strict.broken)
    if fast is not None:
        assert fast.texts.to_list() == strict.texts.to_list()
        assert fast.lines.to_list() == strict.lines.to_list()


def test_a_record_counts_from_the_line_it_starts_in() -> None:
    table = read('id,note\n1,"first\nsecond"\n\n2,x\n')
    assert table.lines.to_list() == [2, 5]
    assert table.cells["1"].to_list() == ["first\nsecond", "x"]


def test_a_stray_quote_breaks_its_record_only() -> None:
    table = read('id,note\n1,5" pipe\n2,x\n3,"a"b\n4,y\n')
    assert table.broken == ((2, "QUOTE", '1,5" pipe'), (4, "QUOTE", '3,"a"b'))
    assert table.cells["0"].to_list() == ["2", "4"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('id,note\n1,"never ends\n2,x\n', "QUOTE"),
        ('id,note\n1,x\n2,"cut o', "TRUNCATED"),
        ("id,note\n1,x\n2", "TRUNCATED"),
        ("id,note,id\n1,x,2\n", "DUP_HEADER"),
        ("  \n", "EMPTY_FILE"),
        ("<!DOCTYPE html><html></html>", "WRONG_TYPE"),
        ("PK\x03\x04...", "TRUNCATED"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read(text)


def test_too_few_cells_and_control_characters_reject_the_record() -> None:
    table = read("id,note\n1\n2,x,y\n3,a\x07b\n4,z\n")
    assert [(line, reason) for line, reason, _ in table.broken] == [(2, "RAGGED"), (3, "RAGGED"), (4, "CONTROL_CHAR")]
    assert table.cells["0"].to_list() == ["4"]


def test_what_stands_around_the_data_is_ignored_with_its_line() -> None:
    text = (
        "My report\n\nid,note,sum\n1,a,5\nid,note,sum\n2,b,6\n,,\nTotal,,11\n\nGrand Totals (2 records)\n"
        "Confidential Information\nCopyright © 2000-2026\nExample Inc\n"
    )
    table = read(text)
    assert table.cells["0"].to_list() == ["1", "2"]
    assert table.ignored == (
        (1, "PREAMBLE"),
        (5, "REPEATED_HEADER"),
        (7, "BLANK_ROW"),
        (8, "TOTALS_ROW"),
        (10, "TOTALS_ROW"),
        (11, "FOOTER"),
        (12, "FOOTER"),
        (13, "FOOTER"),
    )


def test_a_customer_called_total_is_no_footer() -> None:
    table = read("note,id,sum\nTotal,1,5\nTotal Energy,2,5\n")
    assert table.cells.height == 2


def test_a_sep_line_names_the_delimiter() -> None:
    table = read("sep=;\nid;note\n1;x\n", delimiter=None)
    assert table.header == ("id", "note")
    assert table.ignored == ((1, "PREAMBLE"),)


def test_an_undeclared_delimiter_is_found_by_the_header() -> None:
    assert read("id;note, more\n1;x\n", delimiter=None).header == ("id", "note, more")
    with pytest.raises(Refused, match="MISSING_COLUMN"):
        read("key;note\n1;x\n", delimiter=None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "cp932", "utf-16"])
def test_declared_encodings_are_read(encoding: str) -> None:
    word = "商談" if encoding in ("cp932", "utf-16") else "Größe"
    assert decode(f"id,{word}\r\n1,x\r\n".encode(encoding), encoding) == f"id,{word}\n1,x\n"


def test_an_undeclared_encoding_must_be_the_only_one() -> None:
    assert decode("id,Größe\n".encode(), None) == "id,Größe\n"
    with pytest.raises(Refused, match="AMBIGUOUS_ENCODING"):
        decode("id,Größe\n".encode("cp1252"), None)


def test_bytes_that_contradict_the_profile_are_refused() -> None:
    with pytest.raises(Refused, match="ENCODING: line 2 holds bytes"):
        decode("id\nGröße\n".encode("cp1252"), "utf-8")
    with pytest.raises(Refused, match="the bytes are UTF-8"):
        decode("id\nGröße\n".encode(), "cp1252")
    with pytest.raises(Refused, match="byte order mark"):
        decode("id\nGröße\n".encode("utf-8-sig"), "cp1252")
