"""One archive that feeds several tables: each export loads its part, and the file goes once all of them have it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from etl.load import FileResult, load_waiting, replay
from tests.etl.archive_files import zipped
from tests.etl.shop import HEADER, SOURCE, Shop
from tests.etl.workbook_files import Book, Sheet
from tests.faults.company import tries
from warehouse.store import Store

DEALS = f"{HEADER}\nd1,Deal,Open,10,2026-12-01,2026-01-05\nd2,Deal,Open,20,2026-12-01,2026-01-05\n".encode()
CALLS = b"activity_id,related_ref,at,type_raw\na1,d1,2026-11-01,Call\n"
PEOPLE = b"person_ref,name\np1,Ada\n"
EXPORTS = """  opportunities:
    files: "week_*.*"
    member: Opportunity.csv
    sheet: Deals
    exported_at: "file name: week_%Y-%m-%d.zip at 06:30"
    dates: ymd
    decimal: "."
  activities:
    files: "week_*.*"
    member: Task.csv
    sheet: Calls
    mode: delta
    dates: ymd
  persons:
    files: "week_*.*"
    member: User.csv
    sheet: People
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop.open(tmp_path)
    head, tail = SOURCE.split("  opportunities:\n")[0], SOURCE[SOURCE.index("stages:") :]
    (tmp_path / "sources" / "shop.yaml").write_text(head + EXPORTS + tail, encoding="utf-8")
    return made


def drop(shop: Shop, name: str, data: bytes) -> Path:
    file = shop.workspace.inbox / "shop" / name
    partial = file.with_name(f".{name}")
    partial.write_bytes(data)
    os.utime(partial, (1_700_000_000, 1_700_000_000))
    return partial.rename(file)


def drop_week(shop: Shop, **members: bytes) -> Path:
    """Drop an archive that says of each table what the arguments say, and nothing of the others."""
    return drop(shop, "week_2026-11-03.zip", zipped({f"{name}.csv": data for name, data in members.items()}))


def outcomes(files: Sequence[FileResult]) -> dict[str, str]:
    return {each.table: each.status for each in files}


def archived(shop: Shop) -> list[str]:
    return sorted(file.parent.name.split("-")[1] for file in shop.workspace.archive.rglob("week_*"))


def stored(shop: Shop) -> list[tuple[object, ...]]:
    return shop.query("SELECT table_name, loaded FROM load WHERE status = 'loaded' ORDER BY 1")


def test_every_table_of_an_archive_is_loaded_and_archived(shop: Shop) -> None:
    file = drop_week(shop, Opportunity=DEALS, Task=CALLS, User=PEOPLE)
    assert outcomes(shop.load()) == {"activity": "loaded", "opportunity": "loaded", "person": "loaded"}
    assert stored(shop) == [("activity", 1), ("opportunity", 2), ("person", 1)]
    assert archived(shop) == ["activity", "opportunity", "person"]
    assert not file.exists()


def test_meetings_and_tasks_of_a_salesforce_archive_are_not_taken_for_each_other(shop: Shop) -> None:
    exports = "".join(
        f"  {key}: {{files: 'week_*.zip', mode: delta, dates: ymd}}\n" for key in ("activities", "meetings")
    )
    head = SOURCE.split("  opportunities:\n")[0].replace("crm: generic", "crm: salesforce")
    (shop.workspace.sources_dir / "shop.yaml").write_text(head + exports, encoding="utf-8")
    task, event = (f'"Id","WhatId","ActivityDate","Type"\n"{key}","d1","2026-11-01",""\n' for key in ("t1", "e1"))
    drop_week(shop, Opportunity=DEALS, Task=task.encode(), Event=event.encode())
    assert [each.status for each in shop.load()] == ["loaded", "loaded"]
    assert shop.query("SELECT activity_id, type FROM activity ORDER BY 1") == [("meetings:e1", "meeting"), ("t1", None)]


def test_the_sheets_of_a_workbook_feed_tables_too(shop: Shop) -> None:
    sheets = {
        name: Sheet([line.split(",") for line in data.decode().splitlines()])
        for name, data in (("Deals", DEALS), ("Calls", CALLS), ("People", PEOPLE))
    }
    file = drop(shop, "week_2026-11-03.xlsx", Book(sheets).packed())
    assert set(outcomes(shop.load()).values()) == {"loaded"}
    assert stored(shop) == [("activity", 1), ("opportunity", 2), ("person", 1)]
    assert not file.exists()


def test_the_same_archive_again_changes_nothing(shop: Shop) -> None:
    drop_week(shop, Opportunity=DEALS, Task=CALLS, User=PEOPLE)
    shop.load()
    file = drop_week(shop, Opportunity=DEALS, Task=CALLS, User=PEOPLE)
    assert set(outcomes(shop.load()).values()) == {"known"}
    assert len(stored(shop)) == 3
    assert archived(shop) == ["activity", "opportunity", "person"]
    assert not file.exists()


def test_a_missing_member_is_refused_for_its_table_alone(shop: Shop) -> None:
    file = drop_week(shop, Opportunity=DEALS, Task=CALLS)
    found = shop.load()
    assert outcomes(found) == {"activity": "loaded", "opportunity": "loaded", "person": "refused"}
    (refused,) = [each for each in found if each.status == "refused"]
    assert refused.reason == "MISSING_PART"
    assert 'no file "User.csv"; it holds Opportunity.csv, Task.csv' in str(refused.message)
    assert len(list((shop.workspace.data / "refused").rglob("week_*.zip"))) == 1
    assert not file.exists()


def test_a_text_file_is_one_tables(shop: Shop) -> None:
    drop(shop, "week_2026-11-03.csv", DEALS)
    assert outcomes(shop.load()) == {"opportunity": "loaded"}


class Stopped(Exception):
    """The loader ended before its time."""


@pytest.mark.parametrize("after", [1, 2])
def test_what_ends_between_the_tables_loses_and_doubles_nothing(shop: Shop, after: int) -> None:
    file = drop_week(shop, Opportunity=DEALS, Task=CALLS, User=PEOPLE)
    seen: list[FileResult] = []

    def stop(each: FileResult) -> None:
        seen.append(each)
        if len(seen) == after:
            raise Stopped

    with Store.open_writer(shop.workspace.lake) as store, pytest.raises(Stopped):
        load_waiting(shop.organisation, store, on_file=stop)
    assert file.exists()
    assert len(stored(shop)) == after
    again = outcomes(shop.load())
    assert sorted(again.values()) == sorted(["known"] * after + ["loaded"] * (3 - after))
    assert stored(shop) == [("activity", 1), ("opportunity", 2), ("person", 1)]
    assert archived(shop) == ["activity", "opportunity", "person"]
    assert not file.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from etl import load
from organisation import Organisation, Workspace
from warehouse.store import Store

wanted, seen = sys.argv[2].split(":"), [0]
plain = getattr(load, wanted[0])

def killed(*given):
    seen[0] += 1
    if seen[0] == int(wanted[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*given)

setattr(load, wanted[0], killed)
workspace = Workspace(Path(sys.argv[1]))
with Store.open_writer(workspace.lake) as store:
    load.load_waiting(Organisation.read(workspace), store)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("at", ["keep_copy:3", "take_away:1", "keep_copy:1", "_acknowledge:2"][: tries(2, 4)])
def test_a_kill_at_any_step_loses_and_doubles_nothing(shop: Shop, at: str) -> None:
    file = drop_week(shop, Opportunity=DEALS, Task=CALLS, User=PEOPLE)
    done = subprocess.run([sys.executable, "-c", KILLED, str(shop.workspace.root), at], check=False)
    assert done.returncode == -9
    assert file.exists()
    shop.load()
    assert stored(shop) == [("activity", 1), ("opportunity", 2), ("person", 1)]
    assert archived(shop) == ["activity", "opportunity", "person"]
    assert not file.exists()


def test_an_archive_that_is_replaced_meanwhile_stays_for_the_next_look(shop: Shop) -> None:
    drop_week(shop, Opportunity=DEALS, Task=CALLS, User=PEOPLE)

    def replaced(each: FileResult) -> None:
        if each.table == "activity":
            drop_week(shop, Opportunity=DEALS, Task=CALLS + b"a2,d1,2026-11-02,Call\n", User=PEOPLE)

    with Store.open_writer(shop.workspace.lake) as store:
        load_waiting(shop.organisation, store, on_file=replaced)
    shop.load()
    assert shop.query("SELECT count(*) FROM activity") == [(2,)]
    assert not list(shop.workspace.inbox.rglob("week_*"))


def test_an_archived_archive_is_read_again_for_its_table(shop: Shop) -> None:
    drop_week(shop, Opportunity=DEALS, Task=CALLS, User=PEOPLE)
    shop.load()
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert stored(shop) == [("activity", 1), ("opportunity", 2), ("person", 1)]
