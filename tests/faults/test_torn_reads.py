"""One page's reading shows one version, however many loads are stored while it asks one question after another."""

import time
from pathlib import Path

import pytest

from tests.etl.shop import Shop
from tests.faults.company import report, tries
from tests.faults.loader import start_loader
from warehouse.store import Store, current_version

PAGES = tries(2, 100)
DEALS = 25
PATIENCE = 120.0
QUESTIONS = (
    "SELECT count(*) FROM load",
    "SELECT min(amount)::INTEGER - 1000 FROM opportunity",
    "SELECT max(amount)::INTEGER - 1000 FROM opportunity",
    f"SELECT count(*) // {DEALS} FROM opportunity_version",
    f"SELECT sum(loaded)::INTEGER // {DEALS} FROM load",
)
pytestmark = pytest.mark.faults


def drop(shop: Shop, load: int) -> None:
    """Drop the n-th export, in which every deal's amount says that it is the n-th."""
    shop.drop_deals(f"2026-{1 + load // 28:02d}-{1 + load % 28:02d}", *[1000 + load] * DEALS)


def wait_for_a_load_after(lake: Path, snapshot: int) -> None:
    end = time.monotonic() + PATIENCE
    while (current_version(lake) or 0) <= snapshot:
        assert time.monotonic() < end, "no load was stored meanwhile"
        time.sleep(0.005)


def answers_of_a_page(shop: Shop, dropped: int) -> list[object]:
    """Ask every question of a page; a load is stored after each of them."""
    lake, answers = shop.workspace.lake, list[object]()
    with Store.open_reader(lake) as page:
        seen = page.snapshot
        for question in QUESTIONS:
            answers.append(page.query(question).item())
            if question != QUESTIONS[-1]:
                drop(shop, dropped + len(answers))
                wait_for_a_load_after(lake, seen)
                seen = current_version(lake) or seen
    return answers


def test_no_page_mixes_two_versions_while_another_process_loads(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path / "shop")
    drop(shop, 1)
    shop.load()
    loader, mixed, dropped = start_loader(shop, tmp_path / "acknowledged"), [], 1
    try:
        for _ in range(PAGES):
            answers = answers_of_a_page(shop, dropped)
            dropped += len(QUESTIONS) - 1
            if len(set(answers)) > 1:
                mixed.append(answers)
    finally:
        loader.kill()
        loader.wait()
    report(f"   {PAGES} pages read while {dropped - 1} loads were stored: {len(mixed)} mixed two versions")
    assert not mixed
