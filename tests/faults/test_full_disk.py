"""Promise 3: a full or read-only disk stops the load in plain words; what was stored stays, the next load succeeds."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from etl.load import load_waiting
from organisation import Organisation, durable
from tests.etl.shop import Shop
from tests.faults.company import IS_FULL, Rows, contents, loaded_shop, report, rows_of, tries
from warehouse.errors import DiskTrouble, translated
from warehouse.store import Parameters, Store

POINTS = 100
NEVER = 1 << 30
COMMIT, COMMITTED = "COMMIT", "COMMIT that is stored and reported as failed"
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


def load_in_trouble(shop: Shop, organisation: Organisation) -> str:
    """Load what waits and give the words of the trouble; empty where there was none. The settings were read before."""
    try:
        load_with(shop, organisation)
    except DiskTrouble as trouble:
        return str(trouble)
    return ""


def load_with(shop: Shop, organisation: Organisation) -> None:
    """Load what waits."""
    with Store.open_writer(shop.workspace.lake) as store:
        load_waiting(organisation, store)


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
            words = load_in_trouble(shop, shop.organisation)
            filler.unlink()
            if not words:
                break
            assert "The disk is full" in words
            assert contents(shop.workspace.lake) == truth
        shop.load()
        assert shop.query("SELECT count(*) FROM opportunity") == [(30,)]
        assert not list(shop.workspace.inbox.rglob("*.csv"))


def test_a_failing_call_at_any_point_stores_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each point has a store of its own, a copy of the round's; from round to round the store has a load more."""
    base, stopped, tried = Shop.open(tmp_path / "shop"), 0, 0
    while True:
        calls = calls_of_a_load(base, monkeypatch, tried)
        before = contents(base.workspace.lake)
        points = points_of(calls)[: POINTS - tried]
        for point in points:
            shop = base.copied(tmp_path / "copy")
            stopped += stops_or_stores(shop, point, before, monkeypatch)
            shutil.rmtree(shop.workspace.root)
        tried += len(points)
        if not IS_FULL or tried >= POINTS:
            break
    report(f"3  {tried} failing calls, {stopped} loads stopped: 0 wrong answers")
    assert stopped >= tried // 2


def stops_or_stores(shop: Shop, point: int, before: Rows, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Say whether a load stopped at its n-th call; what is stored and shown then is all of it or nothing."""
    day, organisation = "2026-11-24", shop.organisation
    shop.drop_deals(day, *range(10, 40))
    with failing_at(point, monkeypatch) as calls:
        words = load_in_trouble(shop, organisation)
    failed = f"{calls[-1]}, call {point + 1} of a load"
    seen = contents(shop.workspace.lake)
    with Store.open_writer(shop.workspace.lake) as restarted:  # it takes the newest snapshot for the one to show
        after = rows_of(restarted)
        shop.load_with(restarted)
        whole = rows_of(restarted)
    assert after in (before, whole), f"{failed}: half of a load is stored"
    assert seen in (before, whole), f"{failed}: half of a load is shown"
    assert len(whole["load"]) == len(before["load"]) + 1
    assert sum(f"opportunities_{day}.csv" in row for row in whole["load"]) == 1
    return bool(words)


def calls_of_a_load(shop: Shop, monkeypatch: pytest.MonkeyPatch, number: int) -> list[str]:
    """Give what a load asks of the disk, one call after another; it loads an export of a number of its own for it."""
    shop.drop_deals(f"2026-{1 + number // 28:02d}-{1 + number % 28:02d}", *range(number, number + 30))
    organisation = shop.organisation
    with failing_at(NEVER, monkeypatch) as calls:
        load_with(shop, organisation)
    return calls


def points_of(calls: list[str]) -> list[int]:
    """Give which calls are to fail: all, or those on either side of each COMMIT and itself."""
    if IS_FULL:
        return [*range(len(calls))]
    commits = [number for number, name in enumerate(calls) if name == COMMIT]
    return sorted({near for number in commits for near in (number - 1, number, number + 1, number + 2)})


@contextmanager
def failing_at(point: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let the n-th call find the disk full; the list names the calls, the failing one is the last."""
    calls: list[str] = []

    def failing(name: str) -> None:
        calls.append(name)
        if len(calls) == point + 1:
            raise OSError(28, "No space left on device")

    def watched(name: str, going_on: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            if len(calls) <= point:
                failing(name)
            return going_on(*arguments, **named)

        return call

    def execute(store: Store, sql: str, parameters: Parameters | None = None) -> None:
        try:
            if sql == COMMIT and len(calls) <= point:
                failing(COMMIT)
            going_on(store, sql, parameters)
            if sql == COMMIT and len(calls) <= point:
                failing(COMMITTED)
        except OSError as error:
            raise translated(error) from error

    going_on = Store.execute
    with monkeypatch.context() as patched:
        for owner, name in CALLS:
            patched.setattr(owner, name, watched(name, getattr(owner, name)))
        patched.setattr(Store, "execute", execute)
        yield calls


def test_a_read_only_disk_is_said_and_stays_readable(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 40) as disk:
        shop = loaded_shop(disk / "shop")
        truth = contents(shop.workspace.lake)
        shop.drop_deals("2026-11-24", 1, 2, 3)
        remount(disk, "ro")
        assert "cannot be written" in load_in_trouble(shop, shop.organisation)
        assert contents(shop.workspace.lake) == truth
        remount(disk, "rw")
        shop.load()
        assert contents(shop.workspace.lake) != truth


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)
