"""Rejected rows: downloaded, corrected by a person, sent again, loaded in the place of what was rejected."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.child import Readers
from etl.load import LoadResult, replay
from etl.loading import Loading
from etl.requests import HANDLERS, execute_requests
from kpi.engines.duckdb import DuckDbEngine
from kpi.errors import KpiError
from kpi.ledger import reject_counts
from kpi.rejects import RejectsFile, rejected_loads, rejects_file
from kpi.scope import Scope
from organisation.corrections import HIDDEN, MARKS, file_name, guarded, is_file_name, restored, unguarded
from organisation.requests import Answer, answer_of, ask
from tests.etl.archive_files import zipped
from tests.etl.shop import SOURCE, Shop
from tests.etl.workbook_files import TENTHS_STYLE, Cell, Xml, book
from warehouse.store import Store

HEADER = "opportunity_id,name,stage_raw,amount,expected_close_on,created_at,owner_ref"
Edit = Callable[[dict[str, str]], None]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(tmp_path)


def drop(shop: Shop, day: str, *rows: str) -> None:
    shop.drop(f"opportunities_{day}.csv", "\n".join([HEADER, *rows]) + "\n")


def deal(number: int, amount: object, *, name: str = "Deal", owner: str = "Ada Lovelace") -> str:
    return f"d{number},{name},Open,{amount},2026-12-01,2026-01-05,{owner}"


def load_of(shop: Shop, day: str) -> str:
    ((load_id,),) = shop.query(f"SELECT load_id FROM load WHERE file LIKE '%{day}%'")
    return str(load_id)


def rejected(shop: Shop, load_id: str) -> RejectsFile:
    with DuckDbEngine(shop.workspace.lake) as engine:
        return rejects_file(engine, shop.organisation, Scope.everything(), load_id)


def records(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def corrected(content: bytes, edit: Edit) -> bytes:
    rows = records(content)
    for row in rows:
        edit(row)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def resend(shop: Shop, load_id: str, content: bytes) -> Answer:
    request = ask(
        shop.workspace, "resend", who="manager North", arguments={"load_id": load_id}, files={"back.csv": content}
    )
    seen: list[LoadResult] = []
    with Store.open_writer(shop.workspace.lake) as store, Readers(shop.organisation) as readers:
        execute_requests(Loading(shop.organisation, store, readers), HANDLERS, seen.append)
    found = answer_of(shop.workspace, request.id)
    assert found is not None
    return found


def set_amount(value: str) -> Edit:
    return lambda row: row.update(amount=value)


def test_a_corrected_row_loads_and_closes_its_reject_in_the_name_of_the_person(shop: Shop) -> None:
    drop(shop, "2026-11-03", deal(1, 10), deal(2, "twenty"), deal(3, 30))
    shop.load()
    load_id = load_of(shop, "11-03")
    file = rejected(shop, load_id)
    (row,) = records(file.content)
    assert (file.rows, row["opportunity_id"], row["amount"], row["denominator_load"], row["denominator_line"]) == (
        1,
        "d2",
        "twenty",
        load_id,
        "3",
    )
    assert row["denominator_reason"] == "TYPE_NUMBER"
    assert row["denominator_why"] == "amount: A number is expected here and cannot be read."
    given = resend(shop, load_id, corrected(file.content, set_amount("20")))
    assert (given.done, given.message) == (True, "1 corrected rows are loaded.")
    assert shop.present() == [("d1", 10, False), ("d2", 20, False), ("d3", 30, False)], "nothing else is gone"
    ((closed_by,),) = shop.query("SELECT corrected_by FROM rejected_row")
    assert shop.query(f"SELECT who, mode, file FROM load WHERE load_id = '{closed_by}'") == [
        ("manager North", "delta", "back.csv")
    ]
    assert shop.query("SELECT load_id FROM load WHERE rows_in <> loaded + rejected + ignored") == []
    with pytest.raises(KpiError, match="No row of the load"):
        rejected(shop, load_id)


def test_a_correction_dropped_into_the_inbox_under_its_own_name_is_known(shop: Shop) -> None:
    drop(shop, "2026-11-03", deal(1, 10), deal(2, "?"))
    shop.load()
    file = rejected(shop, load_of(shop, "11-03"))
    assert file.name.startswith("opportunities_rejected_")
    content = corrected(file.content, set_amount("20"))
    shop.drop(file.name.replace(".csv", " (1).csv"), content.decode("utf-8"))
    (result,) = shop.load()
    assert (result.status, result.loaded) == ("loaded", 1)
    assert shop.present() == [("d1", 10, False), ("d2", 20, False)]


def test_a_correction_says_what_its_export_should_have_said_and_overrides_nothing_newer(shop: Shop) -> None:
    drop(shop, "2026-11-03", deal(1, 10), deal(2, "?"), deal(3, "?"), deal(4, 40))
    shop.load()
    load_id = load_of(shop, "11-03")
    content = corrected(rejected(shop, load_id).content, set_amount("20"))
    drop(shop, "2026-11-10", deal(1, 10), deal(2, 99), deal(4, 40))
    shop.load()
    resend(shop, load_id, content)
    assert shop.present() == [("d1", 10, False), ("d2", 99, False), ("d4", 40, False)]
    assert [state for state in shop.history() if state[0] in ("d2", "d3")] == [
        ("d2", 20, "2026-11-03", "2026-11-10", "changed"),
        ("d2", 99, "2026-11-10", None, None),
        ("d3", 20, "2026-11-03", "2026-11-10", "deleted"),
    ]


def test_corrections_are_the_same_after_a_replay_and_go_with_their_load(shop: Shop) -> None:
    drop(shop, "2026-11-03", deal(1, 10), deal(2, "?"), deal(3, 30))
    shop.load()
    load_id = load_of(shop, "11-03")
    resend(shop, load_id, corrected(rejected(shop, load_id).content, set_amount("20")))
    drop(shop, "2026-11-10", deal(1, 11), deal(2, 20), deal(3, 30))
    shop.load()
    look = "SELECT * EXCLUDE (loaded_at, seconds) FROM load ORDER BY ALL"
    before = (shop.history(), shop.frame(look).rows(), shop.query("SELECT corrected_by FROM rejected_row"))
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert (shop.history(), shop.frame(look).rows(), shop.query("SELECT corrected_by FROM rejected_row")) == before
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=load_id)
    assert shop.query("SELECT status FROM load ORDER BY exported_at") == [("withdrawn",), ("withdrawn",), ("loaded",)]
    assert [state[1:3] for state in shop.history() if state[0] == "d2"] == [(20, "2026-11-10")]


def test_a_torn_row_is_filled_in_from_its_text_and_closed_by_its_line(shop: Shop) -> None:
    drop(shop, "2026-11-03", deal(1, 10), "d2,Deal, with comma,Open,20,2026-12-01,2026-01-05,Ada Lovelace")
    shop.load()
    load_id = load_of(shop, "11-03")
    file = rejected(shop, load_id)
    (row,) = records(file.content)
    assert row["opportunity_id"] == "", "an unchanged torn row must never load"
    assert row["denominator_text"] == "d2,Deal, with comma,Open,20,2026-12-01,2026-01-05,***"
    unchanged = resend(shop, load_id, file.content)
    assert unchanged.message == "0 corrected rows are loaded."
    assert shop.present() == [("d1", 10, False)]
    cells = {"opportunity_id": "d2", "stage_raw": "Open", "amount": "20", "created_at": "2026-01-05"}
    resend(shop, load_id, corrected(file.content, lambda row: row.update(cells)))
    assert shop.present() == [("d1", 10, False), ("d2", 20, False)]
    assert shop.query("SELECT count(*) FROM rejected_row WHERE corrected_by IS NULL") == [(0,)]


def test_a_hidden_person_is_put_back_and_never_overwritten(shop: Shop) -> None:
    drop(shop, "2026-11-03", deal(1, 10), deal(2, "?", name="Call Ada Lovelace"), deal(3, "?", owner="Bob Unknown"))
    shop.load()
    load_id = load_of(shop, "11-03")
    file = rejected(shop, load_id)
    assert b"Lovelace" not in file.content
    assert b"Bob" not in file.content, "in a column of persons everybody is hidden"
    assert records(file.content)[0]["name"] == "Call ***"
    resend(shop, load_id, corrected(file.content, set_amount("20")))
    assert shop.query(
        "SELECT name, owner_ref FROM opportunity WHERE opportunity_id <> 'd1' ORDER BY opportunity_id"
    ) == [
        ("Call Ada Lovelace", "Ada Lovelace"),
        ("Deal", "Bob Unknown"),
    ]


def test_stars_that_a_person_changed_are_rejected_not_guessed(shop: Shop) -> None:
    drop(shop, "2026-11-03", deal(1, 10), deal(2, "?", name="Call Ada Lovelace"))
    shop.load()
    load_id = load_of(shop, "11-03")
    file = rejected(shop, load_id)
    given = resend(shop, load_id, corrected(file.content, lambda row: row.update(name="Write to ***", amount="20")))
    assert given.message == "0 corrected rows are loaded; 1 are still rejected."
    assert shop.present() == [("d1", 10, False)]
    assert ("MASKED_CELL",) in shop.query("SELECT reason FROM rejected_row")


def test_an_unchanged_file_sent_again_doubles_nothing(shop: Shop) -> None:
    drop(shop, "2026-11-03", deal(1, 10), deal(2, "?"))
    shop.load()
    load_id = load_of(shop, "11-03")
    assert "1 are still rejected" in resend(shop, load_id, rejected(shop, load_id).content).message
    with DuckDbEngine(shop.workspace.lake) as engine:
        assert reject_counts(engine, shop.organisation, Scope.everything())["rows"].to_list() == [1]
        assert [each.rows for each in rejected_loads(engine, shop.organisation, Scope.everything())] == [1]


def test_a_record_that_stays_wrong_counts_once_and_a_right_export_closes_all_of_it(shop: Shop) -> None:
    for day in ("2026-11-03", "2026-11-10"):
        drop(shop, day, deal(1, day[-2:]), deal(2, "?"))
    shop.load()
    with DuckDbEngine(shop.workspace.lake) as engine:
        assert reject_counts(engine, shop.organisation, Scope.everything())["rows"].to_list() == [1]
        (only,) = rejected_loads(engine, shop.organisation, Scope.everything())
        assert only.load_id == load_of(shop, "11-10")
    drop(shop, "2026-11-17", deal(1, 17), deal(2, 20))
    shop.load()
    assert shop.query("SELECT DISTINCT corrected_by FROM rejected_row") == [(load_of(shop, "11-17"),)]


def test_cells_that_look_like_formulas_are_guarded_and_come_back_as_they_were(shop: Shop) -> None:
    row = "d2,=HYPERLINK(1),Open,-500,soon,2026-01-05,+47 1234"
    drop(shop, "2026-11-03", deal(1, 10), row)
    shop.load()
    load_id = load_of(shop, "11-03")
    file = rejected(shop, load_id)
    (cells,) = records(file.content)
    assert (cells["name"], cells["amount"]) == ("'=HYPERLINK(1)", "'-500")
    resend(shop, load_id, corrected(file.content, lambda row: row.update(expected_close_on="2026-12-24")))
    assert shop.query("SELECT name, amount::INTEGER, owner_ref FROM opportunity WHERE opportunity_id = 'd2'") == [
        ("=HYPERLINK(1)", -500, "+47 1234")
    ]


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda row: row.update(denominator_load=""), "names 0 loads"),
        (lambda row: row.update(denominator_load="shop-opportunity-other"), "is no load of shop that is in force"),
        (lambda row: row.update(denominator_line="third"), "holds no line number"),
    ],
)
def test_a_file_that_does_not_say_what_it_corrects_is_refused(shop: Shop, edit: Edit, says: str) -> None:
    drop(shop, "2026-11-03", deal(1, 10), deal(2, "?", owner=""))
    shop.load()
    load_id = load_of(shop, "11-03")
    given = resend(shop, load_id, corrected(rejected(shop, load_id).content, edit))
    assert not given.done
    assert says in given.message
    assert shop.present() == [("d1", 10, False)]


def test_the_file_is_written_as_the_profile_reads_it(shop: Shop) -> None:
    profile = shop.workspace.sources_dir / "shop.yaml"
    text = SOURCE.replace("encoding: utf-8", "encoding: cp1252").replace('delimiter: ","', 'delimiter: ";"')
    profile.write_text(text, encoding="utf-8")
    partial = shop.workspace.inbox / "shop" / ".part"
    partial.write_bytes(
        (HEADER + "\n" + deal(1, 10, name="Möbel") + "\n" + deal(2, "?", name="Süß") + "\n")
        .replace(",", ";")
        .encode("cp1252")
    )
    partial.rename(partial.with_name("opportunities_2026-11-03.csv"))
    shop.load()
    load_id = load_of(shop, "11-03")
    content = rejected(shop, load_id).content
    assert "d2;Süß;Open;?;".encode("cp1252") in content
    resend(shop, load_id, content.replace(b";?;", b";20;"))
    assert shop.query("SELECT name FROM opportunity ORDER BY opportunity_id") == [("Möbel",), ("Süß",)]


@given(st.text(st.characters(codec="utf-8")))
def test_a_guard_comes_off_as_it_was_put_on(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_stars_are_replaced_only_by_the_cell_they_hide(before: str, person: str, after: str) -> None:
    original = f"{before}{person}{after}".strip()
    shown = f"{before}{HIDDEN}{after}".strip()
    assert restored(shown, original) in (original, None) if person else True
    assert restored("x", original) == "x"
    assert restored(f"{HIDDEN}{HIDDEN}~~", "nothing") is None
    assert restored(HIDDEN, "") is None, "an empty cell hides nobody"


def test_a_file_of_rejected_rows_is_known_by_its_name() -> None:
    name = file_name("opportunities", "shop-opportunity-ab12")
    assert name == "opportunities_rejected_ab12.csv"
    assert is_file_name(name, "opportunities")
    assert not is_file_name(name, "leads")
    assert not is_file_name("opportunities_2026-11-03.csv", "opportunities")
    assert len(set(MARKS)) == 5


def of_another_kind(shop: Shop, file: str, **settings: str) -> None:
    """Say that the deals come in another container, under a profile whose signs are not those of its native cells."""
    stated = SOURCE.replace('"opportunities_*.csv"', f'"opportunities_*.{file}"')
    stated = stated.replace("%Y-%m-%d.csv at", f"%Y-%m-%d.{file} at", 1)
    for key, value in settings.items():
        before = next(line for line in stated.splitlines() if line.startswith(f"    {key}:"))
        stated = stated.replace(f"{before}\n", f"    {key}: {value}\n" if value else "", 1)
    (shop.workspace.sources_dir / "shop.yaml").write_text(stated, encoding="utf-8")


def put(shop: Shop, name: str, content: bytes) -> None:
    (shop.workspace.inbox / "shop" / name).write_bytes(content)


ROWS = (
    ("d1", "Deal", "Open", 10, date(2026, 12, 1), date(2026, 1, 5), "Ada Lovelace"),
    ("d2", "Deal", "Open", 1234.5, "soon", date(2026, 1, 5), "Ada Lovelace"),
    ("d3", "=cmd", "Open", "many", date(2026, 12, 2), date(2026, 1, 5), "Bob Unknown"),
)


def as_lines() -> bytes:
    named = [dict(zip(HEADER.split(","), row, strict=True)) for row in ROWS]
    return "".join(json.dumps(row, default=str) + "\n" for row in named).encode()


def as_csv() -> bytes:
    rows = [row if row[3] != 1234.5 else (*row[:3], "1234,5", *row[4:]) for row in ROWS]
    german = [[cell.strftime("%d.%m.%Y") if isinstance(cell, date) else str(cell) for cell in row] for row in rows]
    return "\n".join([HEADER.replace(",", ";"), *(";".join(row) for row in german)]).encode() + b"\n"


CONTAINERS: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: book([HEADER.split(","), *ROWS]),
    "jsonl": as_lines,
    "zip": lambda: zipped({"deals.csv": as_csv()}),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_rows_of_every_container_are_corrected_and_nothing_else_in_them_changes(shop: Shop, kind: str) -> None:
    """The profile says comma and dd.mm.yyyy; 1234.5 and 2026-12-01 of a workbook or JSON stay what they are."""
    of_another_kind(shop, kind, delimiter='";"', decimal='","', dates="dmy")
    put(shop, f"opportunities_2026-11-03.{kind}", CONTAINERS[kind]())
    shop.load()
    load_id = load_of(shop, "11-03")
    file = rejected(shop, load_id)
    assert file.rows == 2
    assert b"Bob" not in file.content
    text = file.content.decode("utf-8-sig")
    day = "05.12.2026" if kind == "zip" else "2026-12-05"
    text = text.replace("soon", day).replace("many", "20")
    given = resend(shop, load_id, text.encode("utf-8-sig"))
    assert given.message == "2 corrected rows are loaded."
    found = shop.query(
        "SELECT opportunity_id, name, amount::VARCHAR, expected_close_on::VARCHAR, owner_ref "
        "FROM opportunity ORDER BY 1"
    )
    assert found == [
        ("d1", "Deal", "10.00", "2026-12-01", "Ada Lovelace"),
        ("d2", "Deal", "1234.50", "2026-12-05", "Ada Lovelace"),
        ("d3", "=cmd", "20.00", "2026-12-02", "Bob Unknown"),
    ]
    assert shop.query("SELECT count(*) FROM rejected_row WHERE corrected_by IS NULL") == [(0,)]
    assert shop.query("SELECT load_id FROM load WHERE rows_in <> loaded + rejected + ignored") == []


def test_an_amount_that_a_person_writes_in_two_ways_is_rejected_where_the_export_held_numbers(shop: Shop) -> None:
    of_another_kind(shop, "xlsx", delimiter="", decimal='","', dates="dmy")
    put(shop, "opportunities_2026-11-03.xlsx", CONTAINERS["xlsx"]())
    shop.load()
    load_id = load_of(shop, "11-03")
    given = resend(shop, load_id, rejected(shop, load_id).content.replace(b"many", b"1.500").replace(b"soon", b""))
    assert given.message == "1 corrected rows are loaded; 1 are still rejected."
    assert shop.present() == [("d1", 10, False), ("d2", 1235, False)]


def test_percentages_of_a_workbook_stay_percentages_in_corrected_rows(shop: Shop) -> None:
    """0.125 and 0.6 are shown as 12.5% and 60%; the first stays, the second becomes 70.5% under a decimal comma."""
    of_another_kind(shop, "xlsx", delimiter="", decimal='","', dates="dmy")
    percent = [Xml(f'<c r="{{ref}}" s="{TENTHS_STYLE}"><v>{number}</v></c>') for number in ("0.125", "0.6")]
    rows: list[list[Cell]] = [[*HEADER.split(","), "probability"]]
    rows += [[key, *ROWS[0][1:3], "many", *ROWS[0][4:], cell] for key, cell in zip(("d1", "d2"), percent, strict=True)]
    put(shop, "opportunities_2026-11-03.xlsx", book(rows))
    shop.load()
    load_id = load_of(shop, "11-03")
    text = rejected(shop, load_id).content.replace(b"many", b"20").replace(b"60%", b"70.5%")
    assert resend(shop, load_id, text).message == "2 corrected rows are loaded."
    found = shop.query("SELECT opportunity_id, probability::VARCHAR FROM opportunity ORDER BY 1")
    assert found == [("d1", "12.50"), ("d2", "70.50")]


def test_rows_below_a_header_of_two_lines_are_corrected_under_one(shop: Shop) -> None:
    of_another_kind(shop, "csv")
    profile = shop.workspace.sources_dir / "shop.yaml"
    columns = "    header_rows: 2\n    columns: {amount: Value EUR}\n"
    stated = profile.read_text(encoding="utf-8").replace("    mode: full\n", f"{columns}    mode: full\n", 1)
    profile.write_text(stated, encoding="utf-8")
    top = HEADER.replace("amount", "Value")
    below = ",,,EUR,,,"
    shop.drop("opportunities_2026-11-03.csv", "\n".join([top, below, deal(1, 10), deal(2, "?")]) + "\n")
    shop.load()
    load_id = load_of(shop, "11-03")
    given = resend(shop, load_id, rejected(shop, load_id).content.replace(b"?", b"20"))
    assert given.message == "1 corrected rows are loaded."


def test_rows_of_a_file_without_header_are_corrected(shop: Shop) -> None:
    profile = shop.workspace.sources_dir / "shop.yaml"
    stated = SOURCE.replace("    mode: full\n", f"    header: [{HEADER}]\n    mode: full\n", 1)
    profile.write_text(stated, encoding="utf-8")
    shop.drop("opportunities_2026-11-03.csv", "\n".join([deal(1, 10), deal(2, "?")]) + "\n")
    shop.load()
    load_id = load_of(shop, "11-03")
    given = resend(shop, load_id, rejected(shop, load_id).content.replace(b"?", b"20"))
    assert given.message == "1 corrected rows are loaded."
