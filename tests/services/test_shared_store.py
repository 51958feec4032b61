"""The shared store keeps the promises of a workspace's own one, on Postgres and an object store."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from warehouse.compaction import compact
from warehouse.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing
from warehouse.places import place_of
from warehouse.shared_place import CHECKSUMS, SharedPlace
from warehouse.store import Store

ROOT = Path(__file__).resolve().parents[2]
ROWS = pl.DataFrame({"load_id": ["l"] * 20, "line": range(20), "reason": ["FOOTER"] * 20})


def place(lake: Path) -> SharedPlace:
    found = place_of(lake)
    assert isinstance(found, SharedPlace)
    return found


def count(store: Store) -> int:
    return int(store.query("SELECT count(*) AS n FROM ignored_row")["n"][0])


def fail_midway(writer: Store) -> None:
    with writer.transaction("failing"):
        writer.insert("ignored_row", ROWS)
        raise RuntimeError("midway")


def lose_the_lock(writer: Store) -> None:
    """End the connection that holds the lock while a load is written, as a restart of Postgres does."""
    with writer.transaction("late"):
        writer.insert("ignored_row", ROWS)
        place(writer.lake_dir)._told(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        )


def store_rows(writer: Store, message: str = "more", rows: pl.DataFrame = ROWS) -> None:
    with writer.transaction(message):
        writer.insert("ignored_row", rows)


def python(program: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_reader_keeps_its_snapshot_while_a_writer_commits(lake: Path) -> None:
    with pytest.raises(StoreMissing, match="no warehouse"):
        Store.open_reader(lake)
    with Store.open_writer(lake) as writer:
        store_rows(writer)
        with Store.open_reader(lake) as reader:
            store_rows(writer)
            assert count(reader) == 20
            assert reader.snapshot == writer.snapshot - 1
        with Store.open_reader(lake) as later, Store.open_reader(lake, writer.snapshot - 1) as earlier:
            assert (count(later), count(earlier)) == (40, 20)
    assert not list(lake.rglob("*.parquet")), "no data file lies on the host"
    assert not list(lake.rglob("*.sqlite"))


def test_a_failing_block_stores_nothing_and_leaves_no_files(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        with pytest.raises(RuntimeError, match="midway"):
            fail_midway(writer)
        assert count(writer) == 0
        assert place(lake).files() == set()
        store_rows(writer)
        assert count(writer) == 20


def test_few_rows_lie_in_the_catalog_and_are_read_by_all(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        store_rows(writer, rows=ROWS.head(3))
        assert place(lake).files() == set()
        with Store.open_reader(lake) as reader:
            assert count(reader) == 3


def test_one_writer_keeps_another_out_and_says_who(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        with writer.exclusive():
            program = "import sys; from pathlib import Path; from warehouse.store import Store; " + (
                "Store.open_writer(Path(sys.argv[1]), wait_seconds=0)"
            )
            _, said = python(program, str(lake)).communicate(timeout=60)
            assert "StoreBusy: Process " in said
            with pytest.raises(StoreBusy, match=r"Process \d+ of .*, since .* UTC, is loading"):
                Store.open_writer(lake, wait_seconds=0)
        with Store.open_writer(lake, wait_seconds=0) as free:
            assert count(free) == 0


def test_checksums_are_noted_before_the_commit_and_damage_is_named(lake: Path, object_server: object) -> None:
    with Store.open_writer(lake) as writer:
        store_rows(writer, "dach_dynamics-opportunity-1")
        (path,) = place(lake).files()
        with Store.open_reader(lake) as reader:
            assert count(reader) == 20
        overwrite(lake, path)
        place(lake)._checked.clear()  # as in a process of its own
        with pytest.raises(StoreDamaged, match=r"ignored_row/.* of dach_dynamics-opportunity-1_\w+ is not what was"):
            Store.open_reader(lake)
        place(lake)._told(f"DELETE FROM {CHECKSUMS}")
        with pytest.raises(StoreDamaged, match="has no checksum"):
            Store.open_reader(lake)


def overwrite(lake: Path, path: str) -> None:
    """Put other rows in a data file's place: a Parquet file in good order, but not the one that was written."""
    with place(lake)._notes().cursor() as telling:
        whole = f"{place(lake)._store.files}{path}"
        telling.execute(f"COPY (SELECT 'x' AS load_id, 1 AS line, 'TYPO' AS reason) TO '{whole}' (FORMAT parquet)")


def test_files_of_a_killed_writer_are_removed_at_the_next_start(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        store_rows(writer)
        kept = place(lake).files()
    overwrite(lake, "main/ignored_row/ducklake-orphan.parquet")
    assert len(place(lake).files()) == 2
    with Store.open_writer(lake) as again:
        assert count(again) == 20
    assert place(lake).files() == kept


def test_nothing_is_committed_once_the_lock_is_lost(lake: Path) -> None:
    with Store.open_writer(lake) as writer, pytest.raises(StoreError, match=r"lock was lost|out of reach"):
        lose_the_lock(writer)
    with Store.open_reader(lake) as reader:
        assert count(reader) == 0


def test_joined_files_hold_the_same_rows_and_the_past_stays_readable(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        for number in range(4):
            store_rows(writer, f"load {number}")
        before = writer.snapshot
        with writer.transaction("gone"):
            writer.execute("DELETE FROM ignored_row WHERE line < 5")
        compact(writer)
        assert count(writer) == 60
    with Store.open_reader(lake) as reader, Store.open_reader(lake, before) as past:
        assert (count(reader), count(past)) == (60, 80)
        assert len(reader.data_files()) < 4


def test_an_unreachable_catalog_is_said_plainly_and_without_the_password(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong-and-secret")
    with pytest.raises(StoreError, match=r"catalog cannot be reached.*store\.yaml") as refused:
        SharedPlace(place(lake)._store).exists()
    assert "secret" not in str(refused.value)
