"""Promise 2: an acknowledged load survives a loss of power at the very moment of its acknowledgement."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from organisation import Workspace
from tests.etl.shop import Shop
from tests.faults.company import report, tries
from warehouse.checksums import damaged
from warehouse.store import Store

LOSSES = tries(2, 50)
pytestmark = pytest.mark.faults


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """Mount a file-system image while the block lasts; the test is skipped where the machine does not allow it."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-o", "loop", str(image), str(folder)]
    if not shutil.which("mount") or not shutil.which("mkfs.ext4"):
        pytest.skip("no mount or mkfs.ext4: the loss of power cannot be tried on this machine")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no loop devices, or no right to mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def test_every_acknowledged_load_is_there_after_a_loss_of_power(tmp_path: Path) -> None:
    image, copy = tmp_path / "disk.img", tmp_path / "after.img"
    with image.open("wb") as made:
        made.truncate(192 << 20)
    if shutil.which("mkfs.ext4"):
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    survived = 0
    with mounted(image, tmp_path / "disk") as disk:
        shop = Shop.open(disk / "shop")
        os.sync()  # what was there before the first load is no part of the promise
        for loss in range(1, LOSSES + 1):
            shop.drop_deals(f"2026-{1 + loss // 28:02d}-{1 + loss % 28:02d}", *range(loss, loss + 30))
            with Store.open_writer(shop.workspace.lake) as store:
                shop.load_with(store)
                # What the machine still holds in memory is not in the image: this is the disk as power fails.
                shutil.copyfile(image, copy)
            with mounted(copy, tmp_path / "after") as after:
                survived += int(is_whole(Shop(Workspace(after / "shop")), loss))
    report(f"2  {LOSSES} losses of power: {survived} acknowledged loads survived")
    assert survived == LOSSES


def is_whole(shop: Shop, loads: int) -> bool:
    """Say whether the warehouse holds so many loads, undamaged, and goes on loading."""
    if shop.query("SELECT count(*), sum(loaded) FROM load") != [(loads, 30 * loads)]:
        return False
    with Store.open_writer(shop.workspace.lake) as store:
        return not list(damaged(shop.workspace.lake, store.data_files()))
