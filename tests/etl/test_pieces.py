"""A long export read piece by piece gives what reading it whole gives, wherever the pieces end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import etl.pieces
from etl.columns import WantedColumns
from etl.conform import conform_export, dialect_of
from etl.conformed import Conformed
from etl.errors import Refused
from etl.pieces import pieces_of
from organisation import Export, Organisation, Source
from tests.etl.shop import HEADER, Shop

NOW = datetime(2026, 11, 24, 14, tzinfo=UTC)
NAME = "opportunities_2026-11-03.csv"
WORDS = st.sampled_from(["Open", "Won", "Lost", "Οpen", "Opеn", "größer", "Ã¤", "unmapped", ""])
PLAIN = st.tuples(st.integers(1, 40), WORDS, st.sampled_from(["1", "2.5", "x", "'-3", "1e400", ""]))
ROW = PLAIN.map(lambda row: f"d{row[0]},name {row[0]},{row[1]},{row[2]},2026-12-01,2026-01-05")
ODD = st.sampled_from(
    [
        "",
        "  ",
        HEADER,
        "Total (3 rows)",
        "torn,row",
        "one,cell,too,many,2026-12-01,2026-01-05,x",
        'd41,"two\nlines",Open,4,2026-12-01,2026-01-05',
        'd42,"a record\nd43,inside,Open,9,2026-12-01,2026-01-05\nof a record",Open,5,2026-12-01,2026-01-05',
        'd44,stray " quote,Open,6,2026-12-01,2026-01-05',
        '"d45" x,broken,Open,6,2026-12-01,2026-01-05',
        "d46,control \x01,Open,7,2026-12-01,2026-01-05",
        'd47,"say ""hello""",Open,8,2026-12-01,2026-01-05',
        ",no key,Open,8,2026-12-01,2026-01-05",
        "1234567890123450000,rounded,Open,8,2026-12-01,2026-01-05",
        "1234567890123460000,rounded too,Open,8,2026-12-01,2026-01-05",
    ]
)
WHOLE = "1234567890123456789,whole,Open,8,2026-12-01,2026-01-05"
LINES = st.lists(st.one_of(ROW, ROW, ROW, ODD), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop.open(tmp_path_factory.mktemp("pieces"))


def parts(shop: Shop, encoding: str | None = "utf-8") -> tuple[Source, Export, Organisation]:
    source = shop.organisation.sources["shop"]
    export = replace(source.exports["opportunities"], totals=("Total (",), encoding=encoding)
    return source, export, shop.organisation


def outcome(read: Callable[[], Conformed]) -> object:
    try:
        found = read()
    except Refused as refused:
        return refused.reason, refused.message
    frames = (found.rows, found.rejects, found.ignored.sort("line", "reason"), found.warnings.sort(pl.all()))
    return [frame.to_dicts() for frame in frames], found.rows_in, found.exported_at


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    preamble=st.lists(st.sampled_from(["Report", "", 'a "b', "x,y"]), max_size=3),
    lines=st.one_of(LINES, LINES, LINES.map(lambda lines: [*lines, WHOLE])),
    ending=st.sampled_from(["", "\n", "\n\nTotal (3 rows)\nmade by nobody\n"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(30, 900),
)
def test_pieces_give_what_the_whole_gives(
    shop: Shop, preamble: list[str], lines: list[str], ending: str, line_end: str, size: int
) -> None:
    text = "\n".join([*preamble, HEADER, *lines]) + ending
    file = shop.organisation.workspace.root / NAME
    file.write_bytes(text.replace("\n", line_end).encode())
    source, export, organisation = parts(shop)

    def read() -> Conformed:
        return conform_export(file, source, export, organisation, arrived_at=NOW)

    whole = outcome(read)
    before, etl.pieces.PIECE_BYTES = etl.pieces.PIECE_BYTES, size
    try:
        assert outcome(read) == whole
    finally:
        etl.pieces.PIECE_BYTES = before


def long_text(rows: int = 300) -> str:
    lines = (f"d{n},Grüße {n},Open,{n},2026-12-01,2026-01-05" for n in range(rows))
    return "\n".join([HEADER, *lines, ""])


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-16"), ("utf-8", None)],
)
def test_pieces_are_cut_in_every_encoding(shop: Shop, encoding: str, declared: str | None) -> None:
    file = shop.organisation.workspace.root / NAME
    file.write_bytes(long_text().encode(encoding))
    source, export, _ = parts(shop, encoding=declared)
    with pieces_of(file, dialect_of(WantedColumns(source, export)), size=2000) as pieces:
        assert pieces is not None
        tables = list(pieces.tables())
    assert len(tables) > 3
    assert [line for table in tables for line in table.lines] == list(range(2, 302))
    assert "Grüße 299" in tables[-1].texts[-1]


@pytest.mark.parametrize(
    ("encoding", "declared", "reason"),
    [("utf-8", "cp1252", "ENCODING"), ("cp1252", "utf-8", "ENCODING"), ("cp1252", None, "AMBIGUOUS_ENCODING")],
)
def test_a_long_file_in_another_encoding_is_refused_as_a_short_one_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, encoding: str, declared: str | None, reason: str
) -> None:
    monkeypatch.setattr(etl.pieces, "PIECE_BYTES", 2000)
    file = shop.organisation.workspace.root / NAME
    file.write_bytes(long_text().encode(encoding))
    source, export, organisation = parts(shop, encoding=declared)
    with pytest.raises(Refused, match=reason):
        conform_export(file, source, export, organisation, arrived_at=NOW)


def test_records_of_one_key_are_judged_together_however_far_apart(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etl.pieces, "PIECE_BYTES", 2000)
    lines = long_text().splitlines()
    file = shop.organisation.workspace.root / NAME
    file.write_text("\n".join([*lines, lines[5], lines[9].replace("Open", "Won"), ""]), encoding="utf-8")
    found = conform_export(file, *parts(shop), arrived_at=NOW)
    assert found.ignored.rows() == [(302, "DUPLICATE_ROW")]
    assert found.rejects.select("line", "reason").rows() == [(10, "DUP_KEY_CONFLICT"), (303, "DUP_KEY_CONFLICT")]
    assert found.rows.height == 299


def reasons_of_ids(shop: Shop, ids: list[str]) -> list[tuple[int, str]]:
    """Give line and reason of what is rejected in a file of several pieces that ends with deals of these ids."""
    lines = [*long_text().splitlines(), *(f"{each},Deal,Open,1,2026-12-01,2026-01-05" for each in ids), ""]
    file = shop.organisation.workspace.root / NAME
    file.write_text("\n".join(lines), encoding="utf-8")
    return list(conform_export(file, *parts(shop), arrived_at=NOW).rejects.select("line", "reason").iter_rows())


def test_a_rounded_id_alone_in_the_last_piece_is_judged_by_those_before(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines 302 and 363 hold rounded ids, two pieces apart; an id that is whole says that none was rounded."""
    monkeypatch.setattr(etl.pieces, "PIECE_BYTES", 2000)
    between = [f"e{n}" for n in range(60)]
    damaged = ["2410000000000000000", *between, "2420000000000000000"]
    assert reasons_of_ids(shop, damaged) == [(302, "DAMAGED_ID"), (363, "DAMAGED_ID")]
    assert reasons_of_ids(shop, [*damaged, *(f"f{n}" for n in range(60)), "2420000000000000123"]) == []
    assert reasons_of_ids(shop, ["2410000000000000000", *between, "2410000000000000123", *damaged[2:]]) == []
