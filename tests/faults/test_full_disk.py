"""Promise 3: a full or read-only disk stops the load in plain words; what was stored stays, the next load succeeds."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.etl.shop import Shop
from tests.faults.company import contents, loaded_shop, report, tries
from warehouse.errors import DiskTrouble

POINTS = tries(8, 100)
CALLS: dict[str, Callable[..., object]] = {"fsync": os.fsync, "replace": Path.replace}
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
    wrong, stopped = [], 0
    shop = loaded_shop(tmp_path / "shop")
    for point in range(POINTS):
        before = contents(shop.workspace.lake)
        day = f"2026-{1 + point // 28:02d}-{1 + point % 28:02d}"
        shop.drop_deals(day, *range(point, point + 30))
        name, left = ("fsync", point // 2 % 9), [point // 2 % 9]

        def failing(handle: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == -1:
                raise OSError(28, "No space left on device")
            CALLS["fsync"](handle)

        with monkeypatch.context() as patched:
            patched.setattr(os, name[0], failing)
            stopped += bool(load_in_trouble(shop))
        after = contents(shop.workspace.lake)
        if after != before and not any(day in str(row) for row in after["load"]):
            wrong.append(point)
        shop.load()
        if not any(day in str(row) for row in contents(shop.workspace.lake)["load"]):
            wrong.append(point)
    report(f"3  {POINTS} failing calls, {stopped} loads stopped: {len(wrong)} wrong answers")
    assert not wrong


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
