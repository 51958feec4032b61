"""A clock that is put back, between loads or during one: exports keep their order, the past its snapshots."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from organisation import Workspace
from tests.etl.shop import Shop
from tests.faults.company import rows_of, tries
from warehouse.connection import META
from warehouse.store import Store

TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
PUT_BACK = [timedelta(days=40), timedelta(seconds=1), timedelta(days=700)][: tries(1, 3)]
pytestmark = pytest.mark.faults


def put_clock(monkeypatch: pytest.MonkeyPatch, *instants: datetime) -> None:
    """Have the loader's clock show these instants one after another, the last one for good."""
    ahead: Iterator[datetime] = iter(instants[:-1])
    monkeypatch.setattr(Workspace, "now", lambda _: next(ahead, instants[-1]))


def drop_unnamed(shop: Shop, *amounts: int) -> None:
    """Drop an export of which only its arrival tells the moment."""
    shop.drop_deals("now", *amounts)


@pytest.mark.parametrize("back", PUT_BACK)
def test_what_arrives_after_the_clock_was_put_back_is_the_present(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    shop = Shop.open(tmp_path)
    for amount, instant in ((10, TODAY), (20, TODAY - back), (30, TODAY - back + timedelta(hours=1))):
        put_clock(monkeypatch, instant)
        drop_unnamed(shop, amount)
        shop.load()
    assert shop.present() == [("d1", 30, False)]
    assert [amount for _, amount, *_ in shop.query(IN_ORDER)] == [10, 20, 30]
    arrivals = [instant for (instant,) in shop.query("SELECT loaded_at FROM load ORDER BY loaded_at")]
    assert len(set(arrivals)) == 3


@pytest.mark.parametrize("back", PUT_BACK)
def test_a_named_export_after_the_clock_was_put_back_is_no_older_than_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    shop = Shop.open(tmp_path)
    put_clock(monkeypatch, TODAY)
    shop.drop_deals("2026-11-24", 10)
    shop.load()
    put_clock(monkeypatch, TODAY - back)
    shop.drop_deals("2026-11-25", 20)
    shop.load()
    assert shop.present() == [("d1", 20, False)]
    assert [amount for _, amount, *_ in shop.query(IN_ORDER)] == [10, 20]


@pytest.mark.parametrize("back", PUT_BACK)
def test_a_clock_put_back_in_the_middle_of_a_load_changes_no_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    monkeypatch.setattr("etl.load.BATCH_BYTES", 1)  # every file is a batch of its own, read ahead of the one before
    shop = Shop.open(tmp_path)
    for day, amount in (("01", 10), ("02", 20), ("03", 30), ("04", 40)):
        shop.drop_deals(f"2026-11-{day}", amount)
    put_clock(monkeypatch, TODAY, TODAY - back, TODAY - 2 * back)
    assert [each.status for each in shop.load()] == ["loaded"] * 4
    assert shop.present() == [("d1", 40, False)]
    assert [amount for _, amount, *_ in shop.query(IN_ORDER)] == [10, 20, 30, 40]


IN_ORDER = (
    "SELECT opportunity_id, amount::INTEGER, known_from FROM opportunity_version ORDER BY known_from, known_until"
)


def test_a_snapshot_is_found_by_its_number_whatever_time_the_clock_gave_it(tmp_path: Path) -> None:
    shop, seen = Shop.open(tmp_path), {}
    with Store.open_writer(shop.workspace.lake) as writer:
        for day, amount in (("01", 10), ("02", 20), ("03", 30)):
            shop.drop_deals(f"2026-11-{day}", amount)
            shop.load_with(writer)
            seen[writer.snapshot] = rows_of(writer)
        hour = "INTERVAL (snapshot_id) HOUR"
        writer.execute(f"UPDATE {META}.ducklake_snapshot SET snapshot_time = TIMESTAMPTZ '2026-11-24' - {hour}")
    for snapshot, rows in seen.items():
        with Store.open_reader(shop.workspace.lake, snapshot) as reader:
            assert rows_of(reader) == rows
    with Store.open_writer(shop.workspace.lake) as writer:
        shop.drop_deals("2026-11-04", 40)
        shop.load_with(writer)
    with Store.open_reader(shop.workspace.lake) as newest:
        assert newest.snapshot > max(seen)
    assert shop.present() == [("d1", 40, False)]
