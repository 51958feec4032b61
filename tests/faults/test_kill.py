"""Promise 1: loaders killed at arbitrary moments lose nothing acknowledged, double nothing and leave nothing half."""

import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.etl.shop import Shop
from tests.faults.company import report, tries
from tests.faults.loader import start_loader
from warehouse.checksums import damaged
from warehouse.store import Store

ROUNDS = {1: tries(2, 100), 2: tries(1, 50)}  # each round kills every loader once
FILES_A_ROUND = 5
DEALS = 40
PATIENCE = 120.0


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("loaders", ROUNDS)
def test_kill_9_of_loaders_loses_doubles_and_halves_nothing(tmp_path: Path, loaders: int) -> None:
    shop, moments, said = Shop.open(tmp_path / "shop"), random.Random(loaders), tmp_path / "acknowledged"
    said.touch()
    for number in range(ROUNDS[loaders]):
        running = [start_loader(shop, said) for _ in range(loaders)]
        before = len(said.read_text().splitlines())
        for file in range(FILES_A_ROUND):
            drop(shop, number * FILES_A_ROUND + file)
            time.sleep(moments.uniform(0.0, 0.05))
        wait_for(said, before + moments.randint(1, FILES_A_ROUND), running)
        for loader in running:
            time.sleep(moments.uniform(0.0, 0.2))
            assert loader.poll() is None, "a loader that finds another one at work goes on"
            loader.kill()
            loader.wait()
    shop.load()
    acknowledged, dropped = set(said.read_text().splitlines()), ROUNDS[loaders] * FILES_A_ROUND
    report(f"1  {ROUNDS[loaders] * loaders} kills, {loaders} loaders: {len(acknowledged)} of {dropped} acknowledged")
    check_whole(shop, acknowledged, dropped)


def drop(shop: Shop, number: int) -> None:
    day = f"{2022 + number // 336}-{1 + number % 336 // 28:02d}-{1 + number % 28:02d}"
    shop.drop_deals(day, *range(number, number + DEALS))


def wait_for(said: Path, lines: int, running: "list[subprocess.Popen[str]]") -> None:
    end = time.monotonic() + PATIENCE
    while len(said.read_text().splitlines()) < lines and time.monotonic() < end:
        assert all(loader.poll() is None for loader in running), "no loader ends by itself"
        time.sleep(0.01)
    assert time.monotonic() < end


def check_whole(shop: Shop, acknowledged: set[str], dropped: int) -> None:
    """Every load is there once and whole, and the killed ones left no files behind."""
    loaded = shop.query("SELECT file, rows_in, loaded, status FROM load ORDER BY file")
    assert len(loaded) == dropped == len({file for file, *_ in loaded})
    assert acknowledged <= {file for file, *_ in loaded}
    assert {row[1:] for row in loaded} == {(DEALS, DEALS, "loaded")}
    assert shop.query("SELECT count(*) FROM opportunity_version") == [(DEALS * dropped,)]
    assert shop.query("SELECT count(*) FROM opportunity") == [(DEALS,)]
    assert list(shop.workspace.inbox.rglob("*.csv")) == []
    with Store.open_writer(shop.workspace.lake) as store:
        assert list(damaged(shop.workspace.lake, store.data_files())) == []
        assert {file.name for file in (shop.workspace.lake / "files").rglob("*.parquet")} == store.catalogued_files()
