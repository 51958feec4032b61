"""Watching: a renamed-in export is in the store at once, and trouble does not end the watcher."""

import threading
import time
from pathlib import Path

import pytest

from etl.load import LoadResult
from etl.watch import watch
from tests.etl.shop import Shop
from warehouse.store import Store, current_version


def until(happened: list[LoadResult], number: int) -> None:
    end = time.monotonic() + 30
    while len(happened) < number and time.monotonic() < end:
        time.sleep(0.01)
    assert len(happened) >= number


def test_files_that_arrive_are_loaded_in_order_and_reported(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path / "shop")
    shop.drop_deals("2026-11-03", 10)
    seen: list[LoadResult] = []
    stop = threading.Event()

    def run() -> None:
        with Store.open_writer(shop.workspace.lake) as store:
            watch(shop.organisation, store, seen.append, stop)

    watcher = threading.Thread(target=run)
    watcher.start()
    try:
        until(seen, 1)
        shop.drop_deals("2026-11-10", 11)
        until(seen, 2)
        shop.drop("strange.csv", "x\n")
        until(seen, 3)
    finally:
        stop.set()
        watcher.join(10)
    assert [[each.status for each in result.files] for result in seen] == [["loaded"], ["loaded"], ["refused"]]
    assert seen[1].snapshot <= (current_version(shop.workspace.lake) or 0)
    assert shop.present() == [("d1", 11, False)]


def test_trouble_of_the_store_is_tried_again_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop.open(tmp_path / "shop")
    shop.drop_deals("2026-11-03", 10)
    seen: list[LoadResult] = []
    stop = threading.Event()
    failures = iter([OSError(28, "No space left on device")] * 2)

    def failing(*_: object) -> None:
        error = next(failures, None)
        if error:
            raise error

    monkeypatch.setattr("warehouse.local_place.sync_all", failing)

    def run() -> None:
        with Store.open_writer(shop.workspace.lake) as store:
            watch(shop.organisation, store, seen.append, stop)

    watcher = threading.Thread(target=run)
    watcher.start()
    try:
        until(seen, 1)
    finally:
        stop.set()
        watcher.join(10)
    assert [record.message.split(":")[0] for record in caplog.records] == ["The disk is full"]
    assert shop.present() == [("d1", 10, False)]
