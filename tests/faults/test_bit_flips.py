"""Promise 4: damage of stored bytes is noticed, not shown; it is named, and repaired from the archive."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands.after_load import catch_up
from etl.repair import damages, repair
from tests.etl.shop import Shop
from tests.faults.company import contents, loaded_shop, report, rows_of, tries
from warehouse.compaction import compact
from warehouse.errors import StoreError
from warehouse.store import Store

FLIPS = tries(7, 200)  # at least one in each kind of file
KINDS = {
    "data file": "lake/files/main/*/*.parquet",
    "catalog": "lake/meta.sqlite",
    "seal": "lake/catalog.seal",
    "checksums": "lake/checksums/*",
    "version": "lake/version",
    "archived export": "archive/shop/*/*.csv",
    "ledger copy": "archive/ledger.jsonl",
}
pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return loaded_shop(tmp_path_factory.mktemp("flips"))


@contextmanager
def flipped(file: Path, moments: random.Random) -> Iterator[str]:
    """Flip one bit of a file while the block lasts."""
    before = file.read_bytes()
    place, bit = moments.randrange(len(before)), moments.randrange(8)
    changed = bytearray(before)
    changed[place] ^= 1 << bit
    file.write_bytes(changed)
    try:
        yield f"{file.name}: bit {bit} of byte {place}"
    finally:
        file.write_bytes(before)


def needed(shop: Shop, kind: str) -> list[Path]:
    """Give the files of a kind that the warehouse still needs."""
    with Store.open_reader(shop.workspace.lake) as store:
        used = store.snapshot_files()
    found = sorted(file for file in shop.workspace.data.glob(KINDS[kind]) if file.stat().st_size)
    if kind == "data file":
        return [file for file in found if file.name in used]
    if kind == "checksums":
        noted = {file: [line.rpartition("/")[2] for line in file.read_text().splitlines()] for file in found}
        return [file for file in found if used.issuperset(noted[file])]
    return found


def test_every_flipped_bit_is_noticed_and_none_is_shown(shop: Shop) -> None:
    lake, moments = shop.workspace.lake, random.Random(4)
    truth = contents(lake)
    silent, unnoticed = [], []
    for number in range(FLIPS):
        kind = list(KINDS)[number % len(KINDS)]
        with flipped(moments.choice(needed(shop, kind)), moments) as where:
            try:
                if contents(lake) != truth:
                    silent.append(where)
            except StoreError:
                continue
            if kind != "version" and not damages(shop.organisation):
                unnoticed.append(where)
    report(f"4  {FLIPS} flipped bits: {len(silent)} silently wrong, {len(unnoticed)} unnoticed")
    assert not silent
    assert not unnoticed
    assert contents(lake) == truth


def test_a_flipped_version_file_shows_the_newest_rows_all_the_same(shop: Shop) -> None:
    truth, moments = contents(shop.workspace.lake), random.Random(1)
    for _ in range(tries(2, 50)):
        with flipped(shop.workspace.lake / "version", moments):
            assert contents(shop.workspace.lake) == truth


def test_a_damaged_file_is_named_with_table_loads_and_days(tmp_path: Path) -> None:
    shop = loaded_shop(tmp_path)
    file = newest_file(shop, "opportunity_version")
    file.write_bytes(file.read_bytes()[:-20])
    (damage,) = [each for each in damages(shop.organisation) if each.kind == "data"]
    assert damage.table == "opportunity_version"
    assert len(damage.loads) >= 1
    assert damage.since.startswith("2026-11-")
    assert "denominator scrub --repair" in damage.sentence()


def newest_file(shop: Shop, table: str) -> Path:
    with Store.open_reader(shop.workspace.lake) as store:
        current = store.data_files()
    return next(file for file in shop.workspace.lake.glob(f"files/main/{table}/*.parquet") if file.name in current)


@pytest.mark.parametrize("table", ["opportunity_version", "load", "rejected_row", "calendar"][: tries(2, 4)])
def test_a_damaged_table_is_built_again_as_it_was(tmp_path: Path, table: str) -> None:
    shop = loaded_shop(tmp_path)
    truth = contents(shop.workspace.lake)
    with Store.open_writer(shop.workspace.lake) as store:
        past = store.snapshot
    file = newest_file(shop, table)
    file.write_bytes(file.read_bytes()[::-1])
    found = damages(shop.organisation)
    assert [each.table for each in found] == [table]
    repair(shop.organisation, found)
    assert damages(shop.organisation) == []
    assert contents(shop.workspace.lake) == truth
    with pytest.raises(StoreError, match="is missing"):
        Store.open_reader(shop.workspace.lake, past)


@pytest.mark.parametrize("how", ["bytes", "gone"][: tries(1, 2)])
def test_a_damaged_catalog_is_built_again_from_the_archive_and_the_ledgers_copy(tmp_path: Path, how: str) -> None:
    shop = loaded_shop(tmp_path)
    truth = contents(shop.workspace.lake)
    catalog = shop.workspace.lake / "meta.sqlite"
    catalog.write_bytes(catalog.read_bytes()[::-1] if how == "bytes" else b"")
    with pytest.raises(StoreError):
        contents(shop.workspace.lake)
    found = damages(shop.organisation)
    assert [each.kind for each in found] == ["catalog"]
    (sentence,) = repair(shop.organisation, found)
    assert "was built again from 3 loads" in sentence
    with Store.open_writer(shop.workspace.lake) as store:
        catch_up(shop.organisation, store, anew=True)  # as the command does: what is judged after loads is judged anew
        store.seal()
    assert contents(shop.workspace.lake) == truth
    assert damages(shop.organisation) == []


def test_a_damaged_export_is_never_read_again_in_silence(tmp_path: Path) -> None:
    shop = loaded_shop(tmp_path)
    truth = contents(shop.workspace.lake)
    export = next(shop.workspace.archive.glob("shop/*/*.csv"))
    export.write_text(export.read_text().replace("12", "92", 1))
    (damage,) = damages(shop.organisation)
    assert (damage.kind, Path(damage.file)) == ("archive", export)
    file = newest_file(shop, "opportunity_version")
    file.write_bytes(file.read_bytes()[::-1])
    with pytest.raises(Exception, match="is not what was loaded"):
        repair(shop.organisation, damages(shop.organisation))
    file.write_bytes(file.read_bytes()[::-1])
    assert contents(shop.workspace.lake) == truth


def test_damage_of_the_past_is_told_apart_from_damage_of_today(tmp_path: Path) -> None:
    shop = loaded_shop(tmp_path)
    with Store.open_writer(shop.workspace.lake) as store:
        compact(store)
        truth, past = rows_of(store), store.snapshot_files() - store.data_files()
        store.seal()
    file = next(file for file in shop.workspace.lake.glob("files/*/*/*.parquet") if file.name in past)
    file.write_bytes(file.read_bytes()[::-1])
    assert [each.kind for each in damages(shop.organisation)] == ["past"]
    assert contents(shop.workspace.lake) == truth
