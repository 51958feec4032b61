"""Backup and restore: consistent while a loader runs, verified, and never over anything that is there."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from etl.repair import damages
from organisation import Workspace
from tests.etl.shop import Shop
from tests.faults.company import contents, loaded_shop
from tests.faults.loader import start_loader
from warehouse.backup import back_up, restore
from warehouse.errors import DiskTrouble, StoreDamaged, StoreError

Run = Callable[..., "subprocess.CompletedProcess[str]"]
pytestmark = pytest.mark.faults


def test_a_restored_demonstration_gives_the_same_kpis_and_is_well(
    run_command: Run, demonstration: Workspace, tmp_path: Path
) -> None:
    made, back = str(tmp_path / "backup"), str(tmp_path / "restored")
    asked = ("kpi", "won_value", "win_rate", "open_pipeline", "pushed_deals", "--by", "region", "--json")
    for words in (
        ("backup", made, "--workspace", str(demonstration.root)),
        ("restore", made, "--workspace", back),
        ("doctor", "--workspace", back),
    ):
        done = run_command(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    figures = [run_command(*asked, "--workspace", place).stdout for place in (str(demonstration.root), back)]
    assert figures[0] == figures[1]
    assert len(figures[0]) > 1000


def test_the_docket_is_backed_up_while_somebody_has_it_open(tmp_path: Path) -> None:
    shop = loaded_shop(tmp_path / "shop")
    with closing(sqlite3.connect(shop.workspace.data / "docket.sqlite")) as docket:
        docket.execute("PRAGMA journal_mode = WAL")
        docket.execute("CREATE TABLE said (words TEXT)")
        docket.execute("INSERT INTO said VALUES ('called')")
        docket.commit()
        back_up(shop.workspace, tmp_path / "backup")
    restore(tmp_path / "backup", Workspace(tmp_path / "restored"))
    with closing(sqlite3.connect(tmp_path / "restored" / "data" / "docket.sqlite")) as docket:
        assert docket.execute("SELECT words FROM said").fetchall() == [("called",)]


def test_a_backup_while_a_loader_works_is_one_moment_of_it(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path / "shop")
    loader = start_loader(shop)
    try:
        for day in range(1, 13):
            shop.drop_deals(f"2026-01-{day:02d}", *range(day, day + 30))
        assert loader.stdout is not None
        loader.stdout.readline()
        made = back_up(shop.workspace, tmp_path / "backup")
    finally:
        os.kill(loader.pid, signal.SIGKILL)
        loader.wait()
        assert loader.stdout is not None
        loader.stdout.close()
    restored = Shop(Workspace(tmp_path / "restored"))
    assert restore(tmp_path / "backup", restored.workspace) == made
    assert damages(restored.organisation) == []
    restored.load()
    assert restored.query("SELECT count(*), sum(loaded) FROM load") == [(12, 360)]
    assert restored.query("SELECT count(*) FROM opportunity") == [(30,)]


def test_a_restore_overwrites_nothing_and_a_backup_needs_an_empty_folder(tmp_path: Path) -> None:
    shop = loaded_shop(tmp_path / "shop", 1)
    back_up(shop.workspace, tmp_path / "backup")
    with pytest.raises(StoreError, match="is not empty"):
        back_up(shop.workspace, tmp_path / "backup")
    with pytest.raises(StoreError, match="overwrites nothing"):
        restore(tmp_path / "backup", shop.workspace)
    with pytest.raises(StoreError, match="inside the workspace"):
        back_up(shop.workspace, shop.workspace.data / "backup")


def test_a_damaged_or_unfinished_backup_is_not_restored(tmp_path: Path) -> None:
    shop = loaded_shop(tmp_path / "shop", 1)
    made = back_up(shop.workspace, tmp_path / "backup")
    file = tmp_path / "backup" / next(path for path in made.files if path.endswith(".parquet"))
    file.write_bytes(file.read_bytes()[::-1])
    with pytest.raises(StoreDamaged, match=file.name):
        restore(tmp_path / "backup", Workspace(tmp_path / "restored"))
    (tmp_path / "backup" / "backup.json").unlink()
    with pytest.raises(StoreError, match="was not finished"):
        restore(tmp_path / "backup", Workspace(tmp_path / "restored"))
    assert not (tmp_path / "restored").exists()


def test_damaged_rows_are_not_backed_up_as_if_they_were_right(tmp_path: Path) -> None:
    shop = loaded_shop(tmp_path / "shop", 1)
    for file in shop.workspace.lake.glob("files/main/opportunity_version/*.parquet"):
        file.write_bytes(file.read_bytes()[::-1])
    with pytest.raises(StoreDamaged, match="scrub --repair"):
        back_up(shop.workspace, tmp_path / "backup")


def test_a_full_disk_leaves_no_backup_that_looks_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = loaded_shop(tmp_path / "shop", 1)
    truth = contents(shop.workspace.lake)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("warehouse.backup.sync_file", full)
    with pytest.raises(DiskTrouble):
        back_up(shop.workspace, tmp_path / "backup")
    with pytest.raises(StoreError, match="was not finished"):
        restore(tmp_path / "backup", Workspace(tmp_path / "restored"))
    assert contents(shop.workspace.lake) == truth
