"""The ledger's copy beside the archive: complete, durable, and honest about what is damaged."""

from pathlib import Path

import pytest

from etl.ledger import Entry
from etl.ledger_copy import NAME, copied, copy_ledger, damaged_lines
from tests.etl.shop import Shop
from warehouse.store import Store


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop.open(tmp_path)
    shop.drop_deals("2026-11-03", 10, 20)
    shop.drop("strange.csv", "x\n")
    shop.load()
    return shop


def copy(shop: Shop) -> int:
    with Store.open_reader(shop.workspace.lake) as store:
        return copy_ledger(store, shop.workspace.archive)


def test_the_copy_equals_the_ledger_refused_files_included(shop: Shop) -> None:
    assert copy(shop) == 2
    assert copy(shop) == 0
    rows = shop.frame("SELECT * FROM load").iter_rows(named=True)
    assert copied(shop.workspace.archive) == {entry.load_id: entry for entry in (Entry(**row) for row in rows)}


def test_the_newest_line_of_a_load_counts(shop: Shop) -> None:
    copy(shop)
    with Store.open_writer(shop.workspace.lake) as store, store.transaction("change"):
        store.execute("UPDATE load SET status = 'withdrawn' WHERE status = 'loaded'")
    assert copy(shop) == 1
    assert {entry.status for entry in copied(shop.workspace.archive).values()} == {"withdrawn", "refused"}


def test_a_torn_or_damaged_line_is_left_out_counted_and_written_again(shop: Shop) -> None:
    copy(shop)
    file = shop.workspace.archive / NAME
    content = bytearray(file.read_bytes()[:-9])
    content[60] ^= 1
    file.write_bytes(content)
    assert copied(shop.workspace.archive) == {}
    assert damaged_lines(shop.workspace.archive) == 2
    assert copy(shop) == 2
    assert len(copied(shop.workspace.archive)) == 2
