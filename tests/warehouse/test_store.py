"""The store: all or nothing, one writer, readers at one snapshot, damage noticed."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from warehouse import checksums
from warehouse.compaction import compact
from warehouse.errors import DiskTrouble, StoreBusy, StoreDamaged, StoreError, StoreMissing
from warehouse.store import Store, current_version, version_text

ROWS = pl.DataFrame({"load_id": ["l"] * 20, "line": range(20), "reason": ["FOOTER"] * 20})


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def count(store: Store) -> int:
    return int(store.query("SELECT count(*) AS n FROM ignored_row")["n"][0])


def fail_midway(writer: Store) -> None:
    with writer.transaction("failing"):
        writer.insert("ignored_row", ROWS)
        raise RuntimeError("midway")


def store_rows(writer: Store) -> None:
    with writer.transaction("more"):
        writer.insert("ignored_row", ROWS)


def test_a_reader_keeps_its_snapshot_while_a_writer_commits(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        with writer.transaction("first"):
            writer.insert("ignored_row", ROWS)
        with Store.open_reader(lake) as reader:
            with writer.transaction("second"):
                writer.insert("ignored_row", ROWS)
            assert count(reader) == 20
            assert reader.snapshot == writer.snapshot - 1
        with Store.open_reader(lake) as later:
            assert count(later) == 40
        with Store.open_reader(lake, writer.snapshot - 1) as earlier:
            assert count(earlier) == 20
    assert current_version(lake) == writer.snapshot


def test_a_failing_block_stores_nothing_and_leaves_no_files(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        with pytest.raises(RuntimeError, match="midway"):
            fail_midway(writer)
        assert count(writer) == 0
        assert not list(lake.glob("files/*/*/*.parquet"))
        with writer.transaction("next"):
            writer.insert("ignored_row", ROWS)
        assert count(writer) == 20


def test_new_files_their_folders_and_checksums_are_synced_before_the_commit(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = os.fsync

    def recording(handle: int) -> None:
        place = Path(f"/proc/self/fd/{handle}").resolve()
        with Store.open_reader(lake) as reader:
            synced.append(f"{place.relative_to(lake).parts[0]} {count(reader)}")
        sync(handle)

    with Store.open_writer(lake) as writer:
        monkeypatch.setattr(os, "fsync", recording)
        store_rows(writer)
    # One data file, the folders table, schema and files, then the checksum file and its folder: all while a reader
    # still sees nothing.
    assert synced == ["files 0"] * 4 + ["checksums 0"] * 2


def test_every_data_file_has_a_checksum_and_damage_is_named(lake: Path) -> None:
    with Store.open_writer(lake) as writer, writer.transaction("dach_dynamics-opportunity-1"):
        writer.insert("ignored_row", ROWS)
    (file,) = lake.glob("files/*/*/*.parquet")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(
        StoreDamaged, match=r"ignored_row/.* of dach_dynamics-opportunity-1_\w+ is not what was written"
    ):
        Store.open_reader(lake)
    file.unlink()
    with pytest.raises(StoreDamaged, match="is missing"):
        Store.open_reader(lake)


def test_a_damaged_sealed_catalog_is_not_opened_for_writing(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        with writer.transaction("first"):
            writer.insert("ignored_row", ROWS.head(3))
        writer.seal()
    assert (lake / checksums.SEAL).exists()
    with Store.open_writer(lake) as again:
        assert count(again) == 3
    catalog = lake / "meta.sqlite"
    content = bytearray(catalog.read_bytes())
    content[content.index(b"FOOTER")] ^= 1
    catalog.write_bytes(content)
    with pytest.raises(StoreDamaged, match="catalog"):
        Store.open_writer(lake)


def test_files_of_a_killed_writer_are_removed_at_the_next_start(lake: Path) -> None:
    with Store.open_writer(lake) as writer, writer.transaction("first"):
        writer.insert("ignored_row", ROWS)
    orphan = lake / "files" / "main" / "ignored_row" / "ducklake-orphan.parquet"
    orphan.write_bytes(b"half")
    with Store.open_writer(lake) as again:
        assert count(again) == 20
    assert not orphan.exists()


def test_one_writer_keeps_another_out_and_says_who(lake: Path) -> None:
    with (
        Store.open_writer(lake) as writer,
        writer.exclusive(),
        pytest.raises(StoreBusy, match=r"Process \d+ is loading"),
    ):
        Store.open_writer(lake, wait_seconds=0)
    with Store.open_writer(lake, wait_seconds=0) as free:
        assert count(free) == 0


def test_a_stale_version_file_is_put_right_and_a_lost_commit_is_noticed(lake: Path) -> None:
    with Store.open_writer(lake) as writer, writer.transaction("first"):
        writer.insert("ignored_row", ROWS)
    (lake / "version").write_text(version_text(0))
    with Store.open_writer(lake) as again:
        assert current_version(lake) == again.snapshot == writer.snapshot
    (lake / "version").write_text(version_text(99))
    with pytest.raises(StoreError, match="lost commits"):
        Store.open_writer(lake)


def test_compaction_joins_files_and_keeps_old_snapshots_readable(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        for number in range(4):
            with writer.transaction(f"load {number}"):
                writer.insert("ignored_row", ROWS)
        with writer.transaction("small"):
            writer.insert("ignored_row", ROWS.head(2))
            writer.execute("DELETE FROM ignored_row WHERE line = 7")
        before = writer.snapshot - 1
        compact(writer)
        compact(writer)
        assert len(writer.data_files()) < 4
        assert count(writer) == 78
    with Store.open_reader(lake) as newest, Store.open_reader(lake, before - 1) as older:
        assert (count(newest), count(older)) == (78, 60)


def test_a_small_store_takes_one_thread_whoever_opens_it(lake: Path) -> None:
    asked = "SELECT current_setting('threads') AS threads"
    with Store.open_writer(lake) as writer:
        assert writer.query(asked)["threads"].to_list() == [1]
    with Store.open_reader(lake) as reader:
        assert reader.query(asked)["threads"].to_list() == [1]


def test_a_reader_before_the_first_load_is_told_what_to_do(lake: Path) -> None:
    with pytest.raises(StoreMissing, match="denominator load"):
        Store.open_reader(lake)


def test_a_moved_lake_stays_readable(lake: Path, tmp_path: Path) -> None:
    with Store.open_writer(lake) as writer, writer.transaction("first"):
        writer.insert("ignored_row", ROWS)
    moved = lake.rename(tmp_path / "elsewhere")
    with Store.open_reader(moved) as reader:
        assert count(reader) == 20


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_read_only_disk_is_said_plainly_and_stored_data_stay(
    lake: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def failing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with Store.open_writer(lake) as writer:
        with writer.transaction("first"):
            writer.insert("ignored_row", ROWS)
        with monkeypatch.context() as patched:
            patched.setattr("warehouse.local_place.sync_all", failing)
            with pytest.raises(DiskTrouble, match="everything stored before is unharmed"):
                store_rows(writer)
        assert count(writer) == 20
        store_rows(writer)
        assert count(writer) == 40


@pytest.mark.parametrize("size", [0, 40_000])
def test_a_real_quota_stops_the_writer_with_a_clear_message(lake: Path, size: int) -> None:
    program = (
        "import resource, signal, sys; from pathlib import Path; import polars as pl\n"
        "from warehouse.errors import StoreError; from warehouse.store import Store\n"
        "numbers = range(200_000)\n"
        "rows = pl.DataFrame({'load_id': [str(n * 7919) for n in numbers], 'line': numbers, 'reason': 'X'})\n"
        "with Store.open_writer(Path(sys.argv[1])) as writer:\n"
        "    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))\n"
        "    try:\n"
        "        with writer.transaction('big'): writer.insert('ignored_row', rows)\n"
        "    except StoreError as error: print(type(error).__name__)\n"
    )
    with Store.open_writer(lake) as writer:
        store_rows(writer)
    command = [sys.executable, "-c", program, str(lake), str(size)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert ended.stdout.strip() == "DiskTrouble", ended.stderr
    with Store.open_writer(lake) as again:
        assert count(again) == 20
        assert len(list((lake / "files").rglob("*.parquet"))) == 1
