"""Promise 3: a full or read-only disk stops the load in plain words; what was stored stays, the next load succeeds."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.etl.shop import Shop
from tests.faults.company import contents, loaded_shop, report, tries
from warehouse import durable
from warehouse.errors import DiskTrouble

POINTS = tries(4, 100)
CALLS: list[tuple[object, str]] = [(os, "fsync"), (Path, "replace"), (durable, "replace_file"), (Path, "open")]
pytestmark = pytest.mark.faults


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Give a folder on a small disk; the test is skipped where the machine does not allow one."""
    folder.mkdir()
    size = f"size={megabytes}m"
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no mount: a small disk cannot be made on this machine")
    if done.returncode:
        pytest.skip("no right to mount: a small disk cannot be made on this machine")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def load_in_trouble(shop: Shop) -> str:
    """Load what waits and give the words of the trouble; empty where there was none."""
    try:
        shop.load()
    except DiskTrouble as trouble:
        return str(trouble)
    return ""


def test_a_full_disk_stops_the_load_and_space_alone_mends_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 40) as disk:
        shop = loaded_shop(disk / "shop")
        truth = contents(shop.workspace.lake)
        shop.drop_deals("2026-11-24", *range(50, 80))
        for spare in range(0, 1 << 20, (1 << 20) // tries(3, 20)):
            filler = disk / "filler"
            with filler.open("wb") as writing:
                free = shutil.disk_usage(disk).free
                os.posix_fallocate(writing.fileno(), 0, max(1, free - spare))
            words = load_in_trouble(shop)
            filler.unlink()
            if not words:
                break
            assert "The disk is full" in words
            assert contents(shop.workspace.lake) == truth
        shop.load()
        assert shop.query("SELECT count(*) FROM opportunity") == [(30,)]
        assert not list(shop.workspace.inbox.rglob("*.csv"))


def test_a_failing_call_at_any_point_stores_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, shop = 0, loaded_shop(tmp_path / "shop")
    for point in range(POINTS):
        before = contents(shop.workspace.lake)
        day = f"2026-{1 + point // 28:02d}-{1 + point % 28:02d}"
        shop.drop_deals(day, *range(point, point + 30))
        owner, name = CALLS[point % len(CALLS)]
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, failing_at(point % 9, getattr(owner, name)))
            stopped += bool(load_in_trouble(shop))
        after = contents(shop.workspace.lake)
        shop.load()
        whole = contents(shop.workspace.lake)
        assert after in (before, whole), f"{name} at point {point}: half of a load is shown"
        assert len(whole["load"]) == len(before["load"]) + 1
        assert sum(f"opportunities_{day}.csv" in row for row in whole["load"]) == 1
    report(f"3  {POINTS} failing calls, {stopped} loads stopped: 0 wrong answers")


def failing_at(number: int, going_on: Callable[..., object]) -> Callable[..., object]:
    """Give a call that finds the disk full the n-th time."""
    calls = count()

    def failing(*arguments: object, **named: object) -> object:
        if next(calls) == number:
            raise OSError(28, "No space left on device")
        return going_on(*arguments, **named)

    return failing


def test_a_read_only_disk_is_said_and_stays_readable(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 40) as disk:
        shop = loaded_shop(disk / "shop")
        truth = contents(shop.workspace.lake)
        shop.drop_deals("2026-11-24", 1, 2, 3)
        remount(disk, "ro")
        assert "cannot be written" in load_in_trouble(shop)
        assert contents(shop.workspace.lake) == truth
        remount(disk, "rw")
        shop.load()
        assert contents(shop.workspace.lake) != truth


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)
