"""Joining files: a process that ends at any moment of it loses nothing, and other rows than before are never shown."""

from pathlib import Path

import polars as pl
import pytest

from warehouse.checksums import damaged
from warehouse.compaction import compact
from warehouse.errors import StoreDamaged, StoreError
from warehouse.store import Store

ROWS = pl.DataFrame({"load_id": ["l"] * 20, "line": range(20), "reason": ["FOOTER"] * 20})
ENDS = """
import os, resource, sys
from pathlib import Path
import warehouse.local_place
from warehouse.compaction import main

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
ended, going_on = Path({ended!r}), warehouse.local_place.sync_all

def abort(*arguments):
    times = int(ended.read_text())
    if arguments[0] and times:  # files were written, the transaction is not committed
        ended.write_text(str(times - 1))
        os.abort()
    going_on(*arguments)

warehouse.local_place.sync_all = abort
main()
"""
CHANGES = """
import polars as pl
import warehouse.compaction

def changed(store, _):
    with store.transaction("compaction gone wrong"):
        store.insert("ignored_row", pl.DataFrame({"load_id": ["l"] * 20, "line": range(20), "reason": ["TYPO"] * 20}))

warehouse.compaction._compact_here = changed
warehouse.compaction.main()
"""
pytestmark = pytest.mark.faults


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    lake = tmp_path / "lake"
    with Store.open_writer(lake) as writer:
        for number in range(3):
            with writer.transaction(f"load {number}"):
                writer.insert("ignored_row", ROWS)
    return lake


def count(store: Store) -> int:
    return int(store.query("SELECT count(*) AS n FROM ignored_row")["n"][0])


@pytest.mark.parametrize(("times", "files"), [(1, 1), (9, 3)])
def test_a_process_that_ends_while_it_joins_files_loses_nothing(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, files: int
) -> None:
    ended = tmp_path / "ended"
    ended.write_text(str(times))
    monkeypatch.setattr("warehouse.compaction.PROGRAM", ENDS.format(ended=str(ended)))
    with Store.open_writer(lake) as writer:
        if times > 1:
            with pytest.raises(StoreError, match=r"ended 3 times .* Every row is as it was"):
                compact(writer)
        else:
            compact(writer)
        assert ended.read_text() == str(max(0, times - 3)), "it did end, and was tried again"
        assert (count(writer), len(writer.data_files())) == (60, files)
        assert list(damaged(lake, writer.snapshot_files())) == []
        assert {file.name for file in lake.glob("files/*/*/*.parquet")} <= writer.catalogued_files()
        with writer.transaction("load 4"):
            writer.insert("ignored_row", ROWS)
    with Store.open_reader(lake) as reader, Store.open_reader(lake, reader.snapshot - 1) as before:
        assert (count(reader), count(before)) == (80, 60)


def test_joined_files_with_other_rows_are_never_shown(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.compaction.PROGRAM", CHANGES)
    with Store.open_writer(lake) as writer, pytest.raises(StoreDamaged, match="changed rows of ignored_row"):
        compact(writer)
    with pytest.raises(StoreDamaged, match="has no checksum"):
        Store.open_reader(lake)
