"""Loading: from the inbox to the store, all or nothing, once, and nothing wiped by accident."""

from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.child import Readers, Task
from etl.conformed import Conformed
from etl.errors import EtlError, Refused
from etl.load import load_new, load_waiting, release, replay
from etl.loading import Loading
from etl.replay import take_back
from kpi.engines.duckdb import DuckDbEngine
from kpi.left_view import left_view
from kpi.scope import Scope
from tests.etl.shop import HEADER, SOURCE, Shop
from tests.faults.company import tries
from warehouse.store import Store


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(tmp_path)


def test_an_export_goes_from_the_inbox_to_the_store_and_the_archive(shop: Shop) -> None:
    file = shop.drop_deals("2026-11-03", 10, 20, "ten")
    (result,) = shop.load_results()
    (done,) = result.files
    assert (done.status, done.rows_in, done.loaded, done.changed, done.rejected, done.ignored) == (
        "loaded",
        3,
        2,
        2,
        1,
        0,
    )
    assert shop.present() == [("d1", 10, False), ("d2", 20, False)]
    assert (result.source, set(result.regions), set(result.tables)) == ("shop", {"north"}, {"opportunity"})
    assert "2026-12-01" in {str(day) for day in result.days}
    assert not file.exists()
    ((archived,),) = shop.query("SELECT archived_as FROM load")
    assert (shop.workspace.archive / str(archived)).read_text().startswith("opportunity_id")
    assert shop.query("SELECT line, reason, record_key FROM rejected_row") == [(4, "TYPE_NUMBER", "d3")]
    assert shop.query("SELECT region, rows FROM load_region") == [("north", 2)]
    assert shop.query("SELECT table_name, region FROM feed") == [("opportunity", "north")]
    assert shop.query("SELECT count(*) > 200 FROM calendar WHERE year(day) = 2026") == [(True,)]


def test_the_same_file_again_is_known_and_changes_nothing(shop: Shop) -> None:
    shop.drop_deals("2026-11-03", 10)
    shop.load()
    before = shop.query("SELECT max(snapshot_id) FROM __ducklake_metadata_lake.ducklake_snapshot")
    file = shop.drop_deals("2026-11-03", 10)
    (again,) = shop.load()
    assert (again.status, again.changed) == ("known", 0)
    assert not file.exists()
    assert shop.query("SELECT max(snapshot_id) FROM __ducklake_metadata_lake.ducklake_snapshot") == before
    assert shop.query("SELECT count(*) FROM load") == [(1,)]


def test_what_a_later_export_shows_again_word_for_word_is_true_again(shop: Shop) -> None:
    for day, amount in (("2026-11-03", 10), ("2026-11-10", 11), ("2026-11-17", 10), ("2026-11-24", 10)):
        shop.drop_deals(day, amount)
        assert [each.status for each in shop.load()] == ["loaded"]
        assert shop.present() == [("d1", amount, False)]
    assert shop.query("SELECT exported_at::DATE::VARCHAR FROM feed") == [("2026-11-24",)], "and no feed looks late"
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert [state[1] for state in shop.history()] == [10, 11, 10]


def test_a_backlog_is_one_transaction_with_a_ledger_row_for_each_export(shop: Shop) -> None:
    shop.drop_deals("2026-11-17", 12, 21)
    shop.drop_deals("2026-11-03", 10, 20)
    shop.drop_deals("2026-11-10", 11, 20)
    (result,) = shop.load_results()
    assert [(each.file.name[14:24], each.changed) for each in result.files] == [
        ("2026-11-03", 2),
        ("2026-11-10", 1),
        ("2026-11-17", 2),
    ]
    assert shop.history() == [
        ("d1", 10, "2026-11-03", "2026-11-10", "changed"),
        ("d1", 11, "2026-11-10", "2026-11-17", "changed"),
        ("d1", 12, "2026-11-17", None, None),
        ("d2", 20, "2026-11-03", "2026-11-17", "changed"),
        ("d2", 21, "2026-11-17", None, None),
    ]


def test_loading_one_by_one_gives_the_same_tables_as_a_backlog(tmp_path: Path) -> None:
    weeks = {
        "2026-11-03": (10, 20, 30),
        "2026-11-10": (11, "?", 30),
        "2026-11-17": (12, 20),
        "2026-11-24": (12, 21, 31),
    }
    at_once, one_by_one = Shop.open(tmp_path / "a"), Shop.open(tmp_path / "b")
    for day, amounts in weeks.items():
        at_once.drop_deals(day, *amounts)
        one_by_one.drop_deals(day, *amounts)
        one_by_one.load()
    at_once.load()
    for table in ("opportunity_version", "rejected_row", "load_region", "load"):
        mine, other = (
            each.frame(f"SELECT * FROM {table} ORDER BY ALL").drop("seconds", "loaded_at", strict=False)
            for each in (at_once, one_by_one)
        )
        assert mine.equals(other), table
    assert at_once.query("SELECT count(*) FROM rejected_row WHERE corrected_by IS NOT NULL") == [(1,)]


def test_a_deal_whose_absence_means_lost_is_lost_and_comes_back_with_all_its_cells(shop: Shop) -> None:
    profile = shop.workspace.sources_dir / "shop.yaml"
    profile.write_text(SOURCE.replace("gone_means: deleted", "gone_means: lost"), encoding="utf-8")
    for day, first, third in (("2026-11-03", 1, 1), ("2026-11-10", 2, 2), ("2026-11-17", 2, 3), ("2026-11-24", 1, 4)):
        shop.drop_deals(day, 10, 20, third, first=first)
        assert [each.rows_in == each.loaded + each.rejected + each.ignored for each in shop.load()] == [True]
    asked = (
        "SELECT known_from::DATE::VARCHAR, outcome, stage, closed_on::VARCHAR, closed_on_estimated, name, amount > 0"
    )
    assert shop.query(f"{asked} FROM opportunity_version WHERE opportunity_id = 'd1' ORDER BY 1") == [
        ("2026-11-03", "open", "qualify", None, False, "Deal 1", True),
        ("2026-11-10", "lost", "lost", "2026-11-10", True, "Deal 1", True),
        ("2026-11-24", "open", "qualify", None, False, "Deal 1", True),
    ]
    assert shop.query(
        "SELECT ended_because FROM opportunity_version WHERE opportunity_id = 'd1' ORDER BY known_from"
    ) == [
        ("absent",),
        ("changed",),
        (None,),
    ]
    assert shop.query(
        "SELECT file, line FROM opportunity_version JOIN load USING (load_id) "
        "WHERE outcome = 'lost' AND opportunity_id = 'd1'"
    ) == [("opportunities_2026-11-10.csv", 0)], "the file that lacks it, and no line of it"


def test_a_rejected_deal_keeps_its_last_state_held_back(shop: Shop) -> None:
    shop.drop_deals("2026-11-03", 10, 20)
    shop.drop_deals("2026-11-10", 10, "twenty")
    shop.load()
    assert shop.present() == [("d1", 10, False), ("d2", 20, True)]


def test_a_deal_whose_row_is_torn_is_not_gone(shop: Shop) -> None:
    shop.drop_deals("2026-11-03", 10, 20, 30, 40)
    whole = [f"d{number},Deal,Open,10,2026-12-01,2026-01-05" for number in (1, 3)]
    shop.drop("opportunities_2026-11-10.csv", "\n".join([HEADER, whole[0], "d2,Deal 2,Open,20", whole[1]]) + "\n")
    shop.load()
    assert shop.query("SELECT reason, record_key FROM rejected_row") == [("RAGGED", None)]
    assert shop.present() == [("d1", 10, False), ("d2", 20, True), ("d3", 10, False)], "d2 is torn, d4 is gone"


@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_or_short_export_is_held_and_wipes_nothing(shop: Shop, rows: int) -> None:
    shop.drop_deals("2026-11-03", 10, 20, 30, 40)
    shop.load()
    shop.drop_deals("2026-11-10", *range(rows))
    (held,) = shop.load()
    assert (held.status, held.reason) == ("held", "VOLUME")
    assert len(shop.present()) == 4
    assert shop.query("SELECT status FROM load ORDER BY exported_at") == [("loaded",), ("held",)]
    assert list((shop.workspace.data / "held" / "shop").rglob("opportunities_2026-11-10.csv"))


def test_a_held_export_takes_effect_once_a_person_releases_it(shop: Shop) -> None:
    shop.drop_deals("2026-11-03", 10, 20, 30, 40)
    shop.load()
    shop.drop_deals("2026-11-10", 11)
    shop.load()
    ((load_id,),) = shop.query("SELECT load_id FROM load WHERE status = 'held'")
    with Store.open_writer(shop.workspace.lake) as store:
        release(shop.organisation, store, str(load_id), who="sales operations")
    assert shop.present() == [("d1", 11, False)]
    assert shop.query("SELECT status, who FROM load ORDER BY exported_at") == [
        ("loaded", "loader"),
        ("loaded", "sales operations"),
    ]


def test_an_older_export_that_comes_late_changes_history_and_not_the_present(shop: Shop) -> None:
    shop.drop_deals("2026-11-03", 10, 20)
    shop.drop_deals("2026-11-17", 12, 20)
    shop.load()
    present = shop.present()
    shop.drop_deals("2026-11-10", 11, 20)
    (late,) = [each for each in shop.load() if "11-10" in each.file.name]
    assert (late.status, late.changed) == ("loaded", 1)
    assert shop.present() == present
    assert [state[1] for state in shop.history() if state[0] == "d1"] == [10, 11, 12]


def test_replay_without_a_load_takes_it_out_of_history(shop: Shop) -> None:
    shop.drop_deals("2026-11-03", 10)
    shop.drop_deals("2026-11-10", 999)
    shop.drop_deals("2026-11-17", 12)
    shop.load()
    ((wrong,),) = shop.query("SELECT load_id FROM load WHERE file LIKE '%11-10%'")
    with Store.open_writer(shop.workspace.lake) as store:
        with pytest.raises(EtlError, match="no load of shop"):
            replay(shop.organisation, store, "shop", without="nothing")
        replay(shop.organisation, store, "shop", without=str(wrong))
    assert [state[1] for state in shop.history()] == [10, 12]
    assert shop.query("SELECT status, rows_in = loaded + rejected + ignored FROM load ORDER BY exported_at") == [
        ("loaded", True),
        ("withdrawn", True),
        ("loaded", True),
    ]


def test_a_withdrawal_says_who_and_why_and_can_be_taken_back(shop: Shop) -> None:
    for day, amount in (("2026-11-03", 10), ("2026-11-10", 999), ("2026-11-17", 12)):
        shop.drop_deals(day, amount)
    shop.load()
    states = shop.history()
    ((wrong,),) = shop.query("SELECT load_id FROM load WHERE file LIKE '%11-10%'")
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=str(wrong), who="sales operations", why="a test export")
    ((status, who, message),) = shop.query(f"SELECT status, who, message FROM load WHERE load_id = '{wrong}'")
    assert (status, who) == ("withdrawn", "sales operations")
    assert "Withdrawn by sales operations (a test export)" in str(message)
    with Store.open_writer(shop.workspace.lake) as store:
        with pytest.raises(EtlError, match="no load of shop that is withdrawn"):
            take_back(shop.organisation, store, "shop", "nothing", who="director")
        take_back(shop.organisation, store, "shop", str(wrong), who="director", why="it was right")
    assert shop.history() == states
    assert shop.query("SELECT status, who, rows_in = loaded + rejected + ignored FROM load ORDER BY exported_at") == [
        ("loaded", "loader", True),
        ("loaded", "director", True),
        ("loaded", "loader", True),
    ]


def test_an_export_of_open_deals_leaves_closed_ones_alone_and_lists_the_rest_until_answered(shop: Shop) -> None:
    profile = shop.workspace.sources_dir / "shop.yaml"
    profile.write_text(SOURCE.replace("covers: all", "covers: open_only"), encoding="utf-8")
    shop.drop_deals("2026-11-03", 10, 20, 30)
    shop.drop_deals("2026-11-10", 10)
    shop.drop_deals("2026-11-17", 10, 21)
    shop.load()
    with DuckDbEngine(shop.workspace.lake) as engine:
        asked = left_view(engine, shop.organisation, Scope.everything())
        assert asked.select("number", "region", "value", "last_line").rows() == [("d3", "north", 30, 4)]
        assert left_view(engine, shop.organisation, Scope.of_regions("south")).is_empty()
        assert left_view(engine, shop.organisation, Scope.of_regions()).is_empty()


@settings(max_examples=tries(2, 50), deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(range(4)), rest=st.integers(0, 4))
def test_exports_in_any_order_of_arrival_give_the_same_history(
    order: list[int], rest: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    days = ("2026-11-03", "2026-11-10", "2026-11-17", "2026-11-24")
    weeks = list(zip(days, ((10, 20, 30), (11, 20), (11, "?", 31), (12, 20, 31)), strict=True))
    shop = Shop.open(tmp_path_factory.mktemp("shop"))
    for place, week in enumerate(order):
        shop.drop_deals(weeks[week][0], *weeks[week][1])
        if place < rest:
            shop.load()
    shop.load()
    assert shop.history() == [
        ("d1", 10, "2026-11-03", "2026-11-10", "changed"),
        ("d1", 11, "2026-11-10", "2026-11-24", "changed"),
        ("d1", 12, "2026-11-24", None, None),
        ("d2", 20, "2026-11-03", None, None),
        ("d3", 30, "2026-11-03", "2026-11-10", "deleted"),
        ("d3", 31, "2026-11-17", None, None),
    ]


def test_replay_reads_the_archive_with_todays_profile(shop: Shop) -> None:
    shop.drop_deals("2026-11-03", 10)
    shop.load()
    profile = shop.workspace.sources_dir / "shop.yaml"
    profile.write_text(SOURCE.replace("Open: qualify", "Open: propose"), encoding="utf-8")
    with Store.open_writer(shop.workspace.lake) as store:
        result = replay(shop.organisation, store, "shop", without=None)
    assert [each.status for each in result.files] == ["loaded"]
    assert shop.query("SELECT stage FROM opportunity") == [("propose",)]
    shop.drop_deals("2026-11-03", 10)
    assert [each.status for each in shop.load()] == ["known"]


def test_a_file_that_no_export_claims_is_refused_and_visible(shop: Shop) -> None:
    shop.drop("holiday.csv", "a,b\n1,2\n")
    stranger = shop.workspace.inbox / "shpo" / "opportunities_2026-11-03.csv"
    stranger.parent.mkdir()
    stranger.write_text("a\n")
    shop.drop_deals("2026-11-03", 10)
    results = {each.file.name: each for each in shop.load()}
    assert results["holiday.csv"].status == "refused"
    assert "opportunities_*.csv" in str(results["holiday.csv"].message)
    assert [each.source for each in shop.load()] == ["shpo"] or stranger.exists() is False
    assert shop.query("SELECT count(*) FROM load WHERE status = 'refused' AND reason = 'WRONG_TYPE'") == [(2,)]
    (message,) = (shop.workspace.data / "refused" / "shpo").rglob("reason.txt")
    assert 'Did you mean "shop"?' in message.read_text()


def test_an_unreadable_file_is_refused_and_the_others_load(shop: Shop) -> None:
    shop.drop("opportunities_2026-11-10.csv", "Nothing of ours,at all\n1,2\n")
    shop.drop_deals("2026-11-03", 10)
    assert sorted((each.status, each.reason) for each in shop.load()) == [
        ("loaded", None),
        ("refused", "MISSING_COLUMN"),
    ]
    assert shop.present() == [("d1", 10, False)]


def test_a_file_that_is_still_being_written_waits(shop: Shop) -> None:
    file = shop.workspace.inbox / "shop" / "opportunities_2026-11-03.csv"
    with file.open("w") as writing:
        writing.write("opportunity_id,stage_raw\nd1,Open\n")
        writing.flush()
        assert shop.load() == []
        assert file.exists()
    assert [each.status for each in shop.load()] == ["loaded"]


def test_what_another_loader_loads_while_this_one_waits_for_its_turn_is_left_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.drop_deals("2026-11-03", 10)
    locked = Store.exclusive

    def after_another(store: Store, *, wait_seconds: float = 30.0) -> AbstractContextManager[None]:
        monkeypatch.undo()
        assert [each.status for each in shop.load()] == ["loaded"]
        return locked(store, wait_seconds=wait_seconds)

    with Store.open_writer(shop.workspace.lake) as store:
        monkeypatch.setattr(Store, "exclusive", after_another)
        assert load_new(Loading(shop.organisation, store, Readers(shop.organisation))) == []
    assert shop.present() == [("d1", 10, False)]


@pytest.mark.parametrize(
    ("files", "read_by_then"),
    [
        (("activities_2026-11-20.csv", "opportunities_2026-11-20.csv", "opportunities_2026-11-21.csv"), 3),
        # the memory and the moments of an export's next batch need the one before: one is read ahead, not two
        (("opportunities_2026-11-20.csv", "opportunities_2026-11-21.csv", "opportunities_2026-11-22.csv"), 2),
    ],
)
def test_both_readers_have_work_while_a_batch_is_stored(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], read_by_then: int
) -> None:
    monkeypatch.setattr("etl.load.BATCH_BYTES", 1)  # every file is a batch of its own
    for name in files:
        header = HEADER if name.startswith("opp") else "activity_id,type_raw,at"
        shop.drop(name, f"{header}\n")
    asked: list[str] = []
    submit = Readers.submit

    def noted(readers: Readers, task: Task) -> "Future[Conformed | Refused]":
        asked.append(task.file.name)
        return submit(readers, task)

    monkeypatch.setattr(Readers, "submit", noted)
    seen: list[int] = []
    with Store.open_writer(shop.workspace.lake) as store:
        load_waiting(shop.organisation, store, on_file=lambda _: seen.append(len(asked)))
    assert (seen[0], asked) == (read_by_then, list(files))


def test_a_delta_adds_and_closes_nothing(shop: Shop) -> None:
    header = "activity_id,owner_ref,at,related_ref,type_raw\n"
    shop.drop("activities_2026-11-03.csv", header + "a1,o,2026-11-02,d1,call\na2,o,2026-11-02,d1,call\n")
    shop.load()
    shop.drop("activities_2026-11-10.csv", header + "a2,o,2026-11-02,d1,meeting\n")
    shop.load()
    assert shop.query("SELECT activity_id, type FROM activity ORDER BY 1") == [("a1", "call"), ("a2", "meeting")]


def test_of_two_exports_of_one_moment_the_later_arrival_counts_also_after_a_replay(shop: Shop) -> None:
    for amount in (10, 30, 20):
        shop.drop_deals("2026-11-03", amount)
        shop.load()
        assert shop.present() == [("d1", amount, False)]
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert shop.present() == [("d1", 20, False)]


def test_an_export_named_after_tomorrow_counts_from_its_arrival(shop: Shop) -> None:
    shop.drop_deals("2026-11-24", 10)
    shop.load()
    shop.drop_deals("2026-11-25", 20)
    shop.load()
    newest = "SELECT amount, known_from <= TIMESTAMPTZ '2026-11-24 14:00:00+00' FROM opportunity"
    assert [(int(str(amount).split(".")[0]), known) for amount, known in shop.query(newest)] == [(20, True)]
    assert shop.query("SELECT exported_at_from FROM load ORDER BY loaded_at") == [("file name",), ("arrival",)]
