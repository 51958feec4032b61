"""Upkeep: due once a night by the given clock, remembered, and no snapshot of the past is lost by it."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from warehouse.errors import DiskTrouble
from warehouse.store import Store
from warehouse.upkeep import is_due, last_upkeep, tend

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
ON_A_FULL_DISK = """
import warehouse.local_place
from warehouse.compaction import main

def failing(*_):
    raise OSError(28, "No space left on device")

warehouse.local_place.sync_all = failing
main()
"""
ROWS = pl.DataFrame({"load_id": ["l"] * 20, "line": range(20), "reason": ["FOOTER"] * 20})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a lake of three loads, made once; to be copied."""
    lake = tmp_path_factory.mktemp("made") / "lake"
    with Store.open_writer(lake) as writer:
        for number in range(3):
            with writer.transaction(f"load {number}"):
                writer.insert("ignored_row", ROWS)
    return lake


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "lake"))


def count(store: Store) -> int:
    return int(store.query("SELECT count(*) AS n FROM ignored_row")["n"][0])


def test_it_is_due_once_a_night_and_a_restart_does_not_repeat_it(lake: Path) -> None:
    assert not is_due(lake, NOON, BERLIN), "a warehouse just made has nothing to tend yet"
    assert not is_due(lake, NOON + timedelta(hours=13), BERLIN), "one in the morning belongs to the day before"
    night = NOON + timedelta(hours=14, minutes=1)
    assert is_due(lake, night, BERLIN)
    with Store.open_writer(lake) as writer:
        tend(writer, night)
    assert not is_due(lake, night, BERLIN)
    assert not is_due(lake, night + timedelta(hours=23), BERLIN)
    assert is_due(lake, night + timedelta(hours=24), BERLIN)


def test_a_clock_put_back_makes_it_due_once_and_not_never(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        tend(writer, NOON)
        earlier = NOON - timedelta(days=900)
        assert is_due(lake, earlier, BERLIN)
        tend(writer, earlier)
    assert not is_due(lake, earlier + timedelta(hours=1), BERLIN)


def test_it_joins_files_removes_orphans_and_keeps_the_past(lake: Path) -> None:
    orphan = lake / "files" / "main" / "ignored_row" / "ducklake-orphan.parquet"
    with Store.open_writer(lake) as writer:
        past = writer.snapshot - 1
        orphan.write_bytes(b"half")
        done = tend(writer, NOON)
        assert count(writer) == 60
    assert (done.files_before, done.files_after, done.removed, done.damaged) == (3, 1, 1, ())
    assert last_upkeep(lake) == done
    assert not orphan.exists()
    assert (lake / "catalog.seal").exists()
    with Store.open_reader(lake, past) as older:
        assert count(older) == 40


def test_what_compaction_replaced_goes_only_after_a_day(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        tend(writer, NOON)
        assert len(list(lake.glob("files/*/*/*.parquet"))) == 4
        writer.execute(
            "UPDATE __ducklake_metadata_lake.ducklake_files_scheduled_for_deletion "
            "SET schedule_start = now() - INTERVAL 25 HOUR"
        )
        assert tend(writer, NOON).removed == 3
        assert len(list(lake.glob("files/*/*/*.parquet"))) == 1
    with Store.open_reader(lake) as reader:
        assert count(reader) == 60


def test_damaged_files_are_named_and_never_copied_into_new_ones(lake: Path) -> None:
    (file, *_) = sorted(lake.glob("files/*/*/*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)
    with Store.open_writer(lake) as writer:
        done = tend(writer, NOON)
    assert [file.name in damage for damage in done.damaged] == [True]
    assert done.files_after == 3


def test_upkeep_that_fails_is_still_due(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_due(lake, NOON, BERLIN)

    night = NOON + timedelta(days=1)
    with Store.open_writer(lake) as writer, monkeypatch.context() as patched:
        patched.setattr("warehouse.compaction.PROGRAM", ON_A_FULL_DISK)
        with pytest.raises(DiskTrouble):
            tend(writer, night)
        assert is_due(lake, night, BERLIN)
        patched.undo()
        tend(writer, night)
        assert count(writer) == 60


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"done_at": "yesterday"}'])
def test_a_note_that_cannot_be_read_is_no_note(lake: Path, text: str) -> None:
    (lake / "upkeep.json").write_text(text)
    assert last_upkeep(lake) is None
