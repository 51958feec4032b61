"""Killing the loader at arbitrary moments: nothing acknowledged is lost, nothing is doubled or half."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.etl.shop import Shop
from warehouse.checksums import damaged
from warehouse.store import Store

REPOSITORY = Path(__file__).resolve().parents[2]
LOADER = """
import sys
from pathlib import Path
from etl.load import load_waiting
from organisation import Organisation, Workspace
from warehouse.store import Store

workspace = Workspace(Path(sys.argv[1]))
with Store.open_writer(workspace.lake) as store:
    while True:
        load_waiting(Organisation.read(workspace), store, on_file=lambda each: print(each.file.name, flush=True))
"""
KILLS = 4
WEEKS = 16


def start_loader(shop: Shop) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", LOADER, str(shop.workspace.root)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY)


@pytest.mark.faults
def test_kill_9_of_the_loader_loses_doubles_and_halves_nothing(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path / "shop")
    moments = random.Random(7)
    acknowledged: list[str] = []
    dropped = 0
    for kill in range(KILLS):
        loader = start_loader(shop)
        assert loader.stdout is not None
        end = time.monotonic() + 30
        for _ in range(WEEKS // KILLS):
            dropped += 1
            shop.drop_deals(f"2026-{1 + dropped // 28:02d}-{1 + dropped % 28:02d}", *range(dropped, dropped + 40))
            if kill % 2 or not acknowledged:
                acknowledged.append(loader.stdout.readline().strip())
        assert time.monotonic() < end
        time.sleep(moments.uniform(0.0, 0.6))
        os.kill(loader.pid, signal.SIGKILL)
        acknowledged += [line.strip() for line in loader.stdout if line.endswith("\n")]
        loader.wait()
        loader.stdout.close()
    shop.load()

    loaded = shop.query("SELECT file, rows_in, loaded FROM load ORDER BY file")
    assert len(loaded) == dropped == len({file for file, _, _ in loaded})
    assert {file for file in acknowledged if file} <= {file for file, _, _ in loaded}
    assert {counts[1:] for counts in loaded} == {(40, 40)}
    assert shop.query("SELECT count(*) FROM opportunity_version") == [(40 * dropped,)]
    assert shop.query("SELECT count(*) FROM opportunity") == [(40,)]
    assert list(shop.workspace.inbox.rglob("*.csv")) == []
    with Store.open_writer(shop.workspace.lake) as store:
        assert list(damaged(shop.workspace.lake, store.data_files())) == []
        assert {file.name for file in (shop.workspace.lake / "files").rglob("*.parquet")} == store.catalogued_files()
