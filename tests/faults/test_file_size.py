"""Promise 3: a write that is refused in the middle of a file is said plainly, and leaves nothing half."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.etl.shop import Shop
from tests.faults.company import IS_FULL, contents, report, tries
from warehouse.errors import DiskTrouble

CENTS = [1000 + number * 7 % 2500 for number in range(3000)]
SIZES = [0, 4096, 24_000] if not IS_FULL else range(0, 48_000, 2000)
pytestmark = pytest.mark.faults


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Have the system refuse whatever this process writes behind that many bytes of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))  # Python ignores the signal: the write fails
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_refused_in_the_middle_of_a_file_stores_nothing_half(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path / "shop")
    shop.drop_deals("2026-11-23", *[cents / 100 + 1 for cents in CENTS])
    shop.load()
    shop.drop_deals("2026-11-24", *[cents / 100 for cents in CENTS])
    before, stopped = contents(shop.workspace.lake), 0
    for size in SIZES:
        words = ""
        with no_file_larger_than(size):
            try:
                shop.load()
            except DiskTrouble as trouble:
                words = str(trouble)
        if not words:
            break
        stopped += 1
        assert "disk" in words, f"at {size} bytes: {words}"
        assert contents(shop.workspace.lake) == before, f"refused behind {size} bytes, half of a load is shown"
        assert list(shop.workspace.inbox.rglob("*.csv"))
    shop.load()
    report(f"3  {stopped} loads stopped by a write refused in the middle of a file: 0 wrong answers")
    assert stopped >= tries(2, 10)
    assert shop.query("SELECT count(*), (100 * sum(amount))::INTEGER FROM opportunity") == [(len(CENTS), sum(CENTS))]
    assert len(contents(shop.workspace.lake)["load"]) == len(before["load"]) + 1
