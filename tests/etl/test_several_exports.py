"""Activities that come in several exports: one table, each export speaking of its own records only."""

import shutil
from pathlib import Path

import pytest

from etl.check import check_file
from etl.load import release, replay
from etl.propose import propose_files
from etl.propose.profiles import profile_files
from kpi.engines.duckdb import DuckDbEngine
from kpi.ledger import feeds
from kpi.scope import Scope
from organisation import ConfigurationError, Organisation, Workspace
from tests.etl.archive_files import zipped
from tests.etl.shop import SOURCE, Shop
from warehouse.store import Store

WRITTEN = """    mode: full
    gone_means: deleted
    exported_at: "file name: NAME_%Y-%m-%d.csv at 06:30"
    encoding: utf-8
    delimiter: ","
    dates: ymd
"""
KINDS = ("calls", "meetings", "visits")
EXPORTS = "".join(f'  {name}:\n    files: "{name}_*.csv"\n' + WRITTEN.replace("NAME", name) for name in KINDS).replace(
    "  visits:\n", "  visits:\n    table: activities\n    activity_type: meeting\n"
)
HEADER = "activity_id,related_ref,at,owner_ref"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop.open(tmp_path)
    write_profile(made, SOURCE.replace("  activities:\n", f"{EXPORTS}  activities:\n"))
    return made


def write_profile(shop: Shop, text: str) -> None:
    (shop.workspace.root / "sources" / "shop.yaml").write_text(text, encoding="utf-8")


def drop(shop: Shop, kind: str, day: str, *ids: object) -> None:
    rows = [f"{each},d1,2026-10-01,jo" for each in ids]
    shop.drop(f"{kind}_2026-11-{day}.csv", "\n".join([HEADER, *rows]) + "\n")


def present(shop: Shop) -> list[tuple[object, ...]]:
    return shop.query("SELECT activity_id, type FROM activity ORDER BY ALL")


def ended(shop: Shop) -> list[tuple[object, ...]]:
    return shop.query(
        "SELECT activity_id, ended_because FROM activity_version WHERE known_until IS NOT NULL ORDER BY 1"
    )


def test_records_with_the_same_number_in_two_exports_are_two(shop: Shop) -> None:
    drop(shop, "calls", "03", 1, 2)
    drop(shop, "meetings", "03", 1)
    drop(shop, "visits", "03", 1)
    assert [each.status for each in shop.load()] == ["loaded"] * 3
    assert present(shop) == [
        ("calls:1", "call"),
        ("calls:2", "call"),
        ("meetings:1", "meeting"),
        ("visits:1", "meeting"),
    ]
    stored = shop.query("SELECT table_name, export, loaded FROM load ORDER BY export")
    assert stored == [("activity", "calls", 2), ("activity", "meetings", 1), ("activity", "visits", 1)]


def test_an_export_says_nothing_about_what_other_exports_of_the_table_bring(shop: Shop) -> None:
    shop.drop("activities_2026-11-03.csv", f"{HEADER}\n1,d1,2026-10-01,jo\n")
    drop(shop, "calls", "03", 1, 2)
    drop(shop, "meetings", "03", 1, 2)
    shop.load()
    drop(shop, "calls", "10", 2)
    shop.load()
    assert [name for name, _ in present(shop)] == ["1", "calls:2", "meetings:1", "meetings:2"]
    assert ended(shop) == [("calls:1", "deleted")]


def test_the_usual_export_that_is_full_ends_nothing_of_the_others(shop: Shop) -> None:
    text = (shop.workspace.root / "sources" / "shop.yaml").read_text(encoding="utf-8")
    write_profile(shop, text.replace("    mode: delta\n", "    mode: full\n    gone_means: deleted\n"))
    drop(shop, "calls", "03", 1)
    shop.drop("activities_2026-11-03.csv", f"{HEADER}\n1,d1,2026-10-01,jo\n2,d1,2026-10-01,jo\n")
    shop.load()
    shop.drop("activities_2026-11-10.csv", f"{HEADER}\n1,d1,2026-10-01,jo\n")
    shop.load()
    assert [name for name, _ in present(shop)] == ["1", "calls:1"]
    assert ended(shop) == [("2", "deleted")]


def test_a_record_whose_row_is_torn_is_not_gone(shop: Shop) -> None:
    drop(shop, "calls", "03", 1, 2)
    shop.load()
    shop.drop("calls_2026-11-10.csv", f"{HEADER}\n1,d1,2026-10-01,jo\n2,d1,2026-10-01,jo,oops\n")
    shop.load()
    assert shop.query("SELECT activity_id, held_back FROM activity ORDER BY 1") == [
        ("calls:1", False),
        ("calls:2", True),
    ]


def test_the_gate_compares_an_export_with_its_own_earlier_ones(shop: Shop) -> None:
    drop(shop, "calls", "03", *range(40))
    drop(shop, "meetings", "04", 1)
    assert [each.status for each in shop.load()] == ["loaded", "loaded"]
    drop(shop, "calls", "10", 1)
    (held,) = shop.load()
    assert (held.status, held.reason) == ("held", "VOLUME")
    with Store.open_writer(shop.workspace.lake) as store:
        (load_id,) = store.query("SELECT load_id FROM load WHERE status = 'held'")["load_id"]
        release(shop.organisation, store, load_id, who="manager")
    assert [name for name, _ in present(shop)] == ["calls:1", "meetings:1"]


def test_replay_and_withdrawal_leave_the_other_exports_alone(shop: Shop) -> None:
    drop(shop, "calls", "03", 1, 2)
    drop(shop, "meetings", "03", 1)
    shop.load()
    before = present(shop)
    (load_id,) = shop.frame("SELECT load_id FROM load WHERE export = 'calls'")["load_id"]
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert present(shop) == before
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=load_id)
    assert present(shop) == [("meetings:1", "meeting")]


def test_an_export_that_comes_late_is_folded_among_its_own(shop: Shop) -> None:
    drop(shop, "calls", "10", 1)
    drop(shop, "meetings", "17", 1)
    shop.load()
    drop(shop, "calls", "03", 1, 2)
    shop.load()
    assert [name for name, _ in present(shop)] == ["calls:1", "meetings:1"]
    assert ended(shop) == [("calls:2", "deleted")]


def test_a_word_of_the_file_says_more_than_its_export(shop: Shop) -> None:
    text = "activity_id,at,type_raw\n1,2026-10-01,Email\n2,2026-10-01,\n3,2026-10-01,Fax\n"
    write_profile(
        shop, (shop.workspace.root / "sources" / "shop.yaml").read_text() + "activity_types: {Email: email}\n"
    )
    shop.drop("calls_2026-11-03.csv", text)
    shop.load()
    assert present(shop) == [("calls:1", "email"), ("calls:2", "call"), ("calls:3", None)]


def test_an_id_that_reads_like_another_exports_is_rejected(shop: Shop) -> None:
    shop.drop("activities_2026-11-03.csv", f"{HEADER}\ncalls:1,d1,2026-10-01,jo\n1,d1,2026-10-01,jo\n")
    shop.load()
    assert present(shop) == [("1", None)]
    assert shop.query("SELECT line, reason FROM rejected_row") == [(2, "DUP_KEY_CONFLICT")]


def test_one_archive_feeds_all_of_them(shop: Shop) -> None:
    text = (shop.workspace.root / "sources" / "shop.yaml").read_text(encoding="utf-8")
    for kind in ("calls", "meetings"):
        text = text.replace(f'"{kind}_*.csv"', f'"week_*.zip"\n    member: {kind}.csv')
    write_profile(shop, text)
    row = f"{HEADER}\n1,d1,2026-10-01,jo\n".encode()
    (shop.workspace.inbox / "shop" / ".part").write_bytes(zipped({"calls.csv": row, "meetings.csv": row}))
    file = (shop.workspace.inbox / "shop" / ".part").rename(shop.workspace.inbox / "shop" / "week_1.zip")
    assert [(each.export, each.status) for each in shop.load()] == [("calls", "loaded"), ("meetings", "loaded")]
    assert present(shop) == [("calls:1", "call"), ("meetings:1", "meeting")]
    assert not file.exists()


def test_check_reads_a_file_as_one_of_the_exports(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(f"{HEADER}\n7,d1,2026-10-01,jo\n", encoding="utf-8")
    found = check_file(file, shop.workspace, source="shop", table="visits")
    assert found["refused"] is None
    rows = found["rows"]
    assert isinstance(rows, list)
    assert [(row["activity_id"], row["type"]) for row in rows] == [("visits:7", "meeting")]


def test_each_export_is_a_feed_of_its_own(shop: Shop) -> None:
    drop(shop, "calls", "03", 1)
    drop(shop, "meetings", "10", 1)
    shop.load()
    with DuckDbEngine(shop.workspace.lake) as engine:
        found = feeds(engine, shop.organisation, Scope.everything(), shop.workspace.now())
    assert {feed.export: feed.file for feed in found if feed.table == "activity"} == {
        None: None,
        "calls": "calls_2026-11-03.csv",
        "meetings": "meetings_2026-11-10.csv",
        "visits": None,
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("  visits: {table: opportunities}", '"opportunities" is no table'),
        ("  Visits here: {table: activities}", "is no name"),
        ("  meetings: {activity_type: chat}", '"chat" is no activity_type'),
        ("  leads: {activity_type: call}", "holds for activities only"),
        ("  phone: {files: x}", 'unknown key "phone"'),
    ],
)
def test_a_profile_that_cannot_be_meant_is_refused(tmp_path: Path, line: str, message: str) -> None:
    shop = Shop.open(tmp_path)
    write_profile(shop, SOURCE.replace("  activities:\n", f"{line}\n  activities:\n"))
    with pytest.raises(ConfigurationError) as refused:
        Organisation.read(shop.workspace)
    assert any(message in str(problem) for problem in refused.value.problems)


def test_a_rehearsal_proposes_an_export_for_each_kind_of_file(shop: Shop, tmp_path: Path) -> None:
    files = []
    for kind in ("calls", "meetings", "activities"):
        extra = ",type_raw" if kind == "activities" else ""
        word = ",Call" if extra else ""
        file = tmp_path / f"{kind}_2026-11-03.csv"
        file.write_text(f"{HEADER}{extra}\n1,d1,2026-10-01,jo{word}\n2,d1,2026-10-21,jo{word}\n", encoding="utf-8")
        files.append(file)
    answers = {f"{file.name}/table": "activity" for file in files} | {"crm": "generic"}
    proposal = propose_files(files, "south", shop.organisation, answers)
    text = profile_files(proposal, shop.organisation, answers, ()).source
    assert [line for line in text.splitlines() if line.startswith("  ") and line.endswith("s:")] == [
        "  calls:",
        "  meetings:",
        "  activities:",
    ]
    for pattern in ('files: "calls_*.csv"', 'files: "meetings_*.csv"', 'files: "activities_*.csv"'):
        assert pattern in text
    shutil.rmtree(shop.workspace.root / "sources")
    (shop.workspace.root / "sources").mkdir()
    (shop.workspace.root / "sources" / "north.yaml").write_text(text.replace("region: south", "region: north"))
    assert set(Organisation.read(Workspace(shop.workspace.root)).sources["north"].exports) == {
        "calls",
        "meetings",
        "activities",
    }
