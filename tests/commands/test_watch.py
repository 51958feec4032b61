"""The watcher: an export is loaded as it arrives, and an edited profile holds from the next one on."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.watch import watch_until
from organisation import Organisation
from tests.etl.shop import SOURCE, Shop


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop.open(tmp_path)
    stop = threading.Event()
    watching = threading.Thread(target=watch_until, args=(Organisation.read(shop.workspace), stop))
    watching.start()
    yield shop
    stop.set()
    watching.join(timeout=30)
    assert not watching.is_alive()


def until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 30 seconds")


def test_an_edited_profile_holds_from_the_next_export_on(watched: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    first = watched.drop_deals("2026-11-03", 10)
    until(lambda: not first.exists())
    profile = watched.workspace.sources_dir / "shop.yaml"
    profile.write_text(SOURCE.replace("Open: qualify", "Open: wonderful"), encoding="utf-8")
    until(lambda: "The last valid settings stay in force" in capsys.readouterr().err)
    profile.write_text(SOURCE.replace("Open: qualify", "Open: propose"), encoding="utf-8")
    until(lambda: "denominator replay --source shop" in capsys.readouterr().err)
    second = watched.drop_deals("2026-11-10", 20)
    until(lambda: not second.exists())
    assert watched.query("SELECT DISTINCT stage FROM opportunity") == [("propose",)]
