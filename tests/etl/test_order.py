"""Which export is the newest where no file name says it: what is not sure waits for a person, and nothing is undone."""

from pathlib import Path

import pytest

from etl.load import release, replay
from tests.etl.shop import SOURCE, Shop
from warehouse.store import Store

UNNAMED = SOURCE.replace('    exported_at: "file name: opportunities_%Y-%m-%d.csv at 06:30"\n', "")
HEADER = "opportunity_id,name,stage_raw,amount,expected_close_on,created_at,modified_at"
PLAIN = "opportunity_id,name,stage_raw,amount,expected_close_on,created_at"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop.open(tmp_path)
    (made.workspace.sources_dir / "shop.yaml").write_text(UNNAMED, encoding="utf-8")
    return made


def on(shop: Shop, day: int) -> None:
    (shop.workspace.data / "clock").write_text(f"2026-11-{day:02}T14:00:00+00:00", encoding="utf-8")


def drop(shop: Shop, name: str, *deals: tuple[str, object, str]) -> None:
    """Drop an export of deals: (id, amount, day and hour of November in which it was changed last)."""
    rows = [f"{key},Deal,Open,{amount},2026-12-01,2026-01-05,2026-11-{at}:00:00Z" for key, amount, at in deals]
    shop.drop(f"opportunities_{name}.csv", "\n".join([HEADER, *rows]) + "\n")


def load(shop: Shop) -> list[tuple[str, str | None]]:
    return [(each.status, each.reason) for each in shop.load()]


def let_in(shop: Shop) -> None:
    with Store.open_writer(shop.workspace.lake) as store:
        for (load_id,) in store.query("SELECT load_id FROM load WHERE status = 'held'").iter_rows():
            release(shop.organisation, store, load_id, who="manager")


def build_again(shop: Shop) -> None:
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)


A = [("d1", 1, "02T09"), ("d2", 2, "03T09"), ("d3", 3, "04T09"), ("d4", 4, "05T09"), ("d5", 5, "06T09")]


def test_an_export_without_the_newest_deal_waits_and_says_why(shop: Shop) -> None:
    on(shop, 7)
    drop(shop, "a", *A)
    assert load(shop) == [("loaded", None)]
    on(shop, 8)
    drop(shop, "b", *A[:4])
    assert load(shop) == [("held", "EXPORT_ORDER")]
    ((message,),) = shop.query("SELECT message FROM load WHERE status = 'held'")
    assert "2026-11-05 09:00" in str(message)
    assert "2026-11-06 09:00" in str(message)
    assert "exported_at" in str(message)
    assert len(shop.present()) == 5, "nothing was undone"


def test_let_in_it_is_the_newest_today_and_when_the_history_is_built_again(shop: Shop) -> None:
    test_an_export_without_the_newest_deal_waits_and_says_why(shop)
    let_in(shop)
    for _ in range(2):
        assert [key for key, *_ in shop.present()] == ["d1", "d2", "d3", "d4"]
        assert shop.history()[4] == ("d5", 5, "2026-11-06", "2026-11-08", "deleted")
        assert shop.query("SELECT exported_at_from FROM load ORDER BY file") == [("column",), ("release",)]
        build_again(shop)


def test_after_it_the_next_exports_follow_by_themselves(shop: Shop) -> None:
    test_let_in_it_is_the_newest_today_and_when_the_history_is_built_again(shop)
    on(shop, 9)
    drop(shop, "c", *A[1:4])  # d1 is gone, nothing was changed since
    assert load(shop) == [("loaded", None)]
    assert [key for key, *_ in shop.present()] == ["d2", "d3", "d4"]
    on(shop, 10)
    drop(shop, "d", *A[1:4], ("d6", 6, "09T20"))
    assert load(shop) == [("loaded", None)]
    build_again(shop)
    assert [key for key, *_ in shop.present()] == ["d2", "d3", "d4", "d6"]
    assert shop.query("SELECT file[15:15], exported_at_from FROM load ORDER BY file") == [
        ("a", "column"),
        ("b", "release"),
        ("c", "release"),
        ("d", "column"),
    ]


def test_what_is_let_in_late_overrides_nothing_that_came_after_it(shop: Shop) -> None:
    test_an_export_without_the_newest_deal_waits_and_says_why(shop)
    on(shop, 9)
    drop(shop, "c", *A, ("d7", 7, "08T10"))  # changed before b arrived, and exported after it
    assert load(shop) == [("loaded", None)]
    let_in(shop)
    assert [key for key, *_ in shop.present()] == ["d1", "d2", "d3", "d4", "d5", "d7"]


def test_a_change_that_cannot_be_read_dates_its_export_all_the_same(shop: Shop) -> None:
    on(shop, 7)
    drop(shop, "a", *A)
    load(shop)
    on(shop, 8)
    drop(shop, "b", *A[:4], ("d5", "abc", "07T15"))
    assert load(shop) == [("loaded", None)]
    assert shop.present()[4] == ("d5", 5, True), "held back"
    assert shop.query("SELECT record_key, corrected_by FROM rejected_row") == [("d5", None)]


def test_few_old_rows_are_a_short_export_and_no_old_one(shop: Shop) -> None:
    on(shop, 20)
    many = [(f"d{number:02}", number, f"{number:02}T09") for number in range(1, 20)]
    drop(shop, "a", *many)
    load(shop)
    drop(shop, "b", *many[:2])
    assert load(shop) == [("held", "VOLUME")]
    assert len(shop.present()) == 19


def test_what_was_held_for_its_few_rows_is_the_newest_when_let_in(shop: Shop) -> None:
    test_few_old_rows_are_a_short_export_and_no_old_one(shop)
    let_in(shop)
    assert [key for key, *_ in shop.present()] == ["d01", "d02"]


def amounts(shop: Shop, name: str, *values: int) -> None:
    rows = [f"d{number},Deal,Open,{value},2026-12-01,2026-01-05" for number, value in enumerate(values, 1)]
    shop.drop(f"opportunities_{name}.csv", "\n".join([PLAIN, *rows]) + "\n")


def test_the_bytes_of_an_earlier_export_again_wait_and_say_so(shop: Shop) -> None:
    for day, (name, amount) in enumerate((("a", 10), ("b", 99)), 7):
        on(shop, day)
        amounts(shop, name, amount)
        assert load(shop) == [("loaded", None)]
    for day in (9, 10):
        on(shop, day)
        amounts(shop, "c", 10)
        assert load(shop) == [("held", "REPEATED_EXPORT")], "however often it is sent"
    ((message,),) = shop.query("SELECT message FROM load WHERE status = 'held'")
    assert "opportunities_a.csv" in str(message)
    assert "opportunities_b.csv" in str(message)
    assert shop.present() == [("d1", 99, False)]
    assert shop.query("SELECT count(*) FROM load WHERE status = 'loaded'") == [(2,)], "the first one stays in force"
    let_in(shop)
    build_again(shop)
    assert shop.present() == [("d1", 10, False)]
    assert [state[1] for state in shop.history()] == [10, 99, 10]
    on(shop, 11)
    amounts(shop, "e", 10)
    assert load(shop) == [("known", None)], "the newest again changes nothing"


def test_the_same_bytes_twice_in_one_backlog_are_no_repeat_where_another_lies_between(shop: Shop) -> None:
    amounts(shop, "a", 10)
    amounts(shop, "b", 99)
    amounts(shop, "c", 10)
    amounts(shop, "d", 10)
    assert sorted(load(shop), key=str) == [("held", "REPEATED_EXPORT")] * 2 + [("loaded", None)] * 2
    assert shop.present() == [("d1", 99, False)]


def test_files_that_a_kill_left_in_the_inbox_are_known_again(shop: Shop) -> None:
    amounts(shop, "a", 10)
    amounts(shop, "b", 99)
    load(shop)
    for file in sorted(shop.workspace.archive.rglob("*.csv")):  # as if they had never been put away
        file.rename(shop.workspace.inbox / "shop" / file.name)
    assert load(shop) == [("known", None), ("known", None)]
    assert len(list(shop.workspace.archive.rglob("*.csv"))) == 2
