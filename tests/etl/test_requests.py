"""Requests: what people ask of the loader is done once, answered always, and stops nothing."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from etl.child import Readers
from etl.errors import EtlError
from etl.load import LoadResult
from etl.loading import Loading
from etl.requests import HANDLERS, Handler, execute_requests
from etl.results import Done
from etl.watch import watch
from organisation.requests import Answer, Request, answer_of, ask, waiting_requests
from tests.etl.shop import Shop
from warehouse.errors import DiskTrouble
from warehouse.store import Store

WHO = "global sales director"


@pytest.fixture(scope="module")
def two_loads(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Give a shop whose second export is held; loaded once, to be read and never written."""
    shop = Shop.open(tmp_path_factory.mktemp("two_loads"))
    shop.drop_deals("2026-11-03", 10, 20, 30, 40)
    shop.load()
    shop.drop_deals("2026-11-10", 11)
    shop.load()
    return shop


@pytest.fixture
def shop(two_loads: Shop, tmp_path: Path) -> Shop:
    return two_loads.copied(tmp_path)


def held(shop: Shop) -> str:
    ((load_id,),) = shop.query("SELECT load_id FROM load WHERE file LIKE '%11-10%'")
    return str(load_id)


def execute(shop: Shop, handlers: Mapping[str, Handler] = HANDLERS) -> list[Answer]:
    seen: list[LoadResult] = []
    with Store.open_writer(shop.workspace.lake) as store, Readers(shop.organisation) as readers:
        return execute_requests(Loading(shop.organisation, store, readers), handlers, seen.append)


def answered(shop: Shop, what: str, **arguments: str) -> Answer:
    request = ask(shop.workspace, what, who=WHO, arguments=arguments)
    execute(shop)
    found = answer_of(shop.workspace, request.id)
    assert found is not None
    return found


def test_a_released_export_takes_effect_and_the_ledger_names_the_person(shop: Shop) -> None:
    load_id = held(shop)
    given = answered(shop, "release", load_id=load_id)
    assert given.done
    assert "1 rows loaded, 0 rejected" in given.message
    assert f"--without {load_id} takes it back" in given.message
    assert shop.present() == [("d1", 11, False)]
    assert shop.query("SELECT status, who, message FROM load ORDER BY exported_at")[1] == (
        "loaded",
        WHO,
        f"released by {WHO}",
    )
    assert not list((shop.workspace.data / "held").rglob("*.csv"))
    assert answered(shop, "replay", source="shop").done, "the archive holds the released export"


def test_a_refused_export_changes_nothing_keeps_its_file_and_can_be_released_after_all(shop: Shop) -> None:
    load_id = held(shop)
    given = answered(shop, "refuse", load_id=load_id)
    assert (given.done, f"denominator release {load_id}" in given.message) == (True, True)
    assert len(shop.present()) == 4
    ((status, who, message),) = shop.query("SELECT status, who, message FROM load WHERE file LIKE '%11-10%'")
    assert (status, who) == ("refused", WHO)
    assert str(message).startswith(f"refused by {WHO}. It was held because: The export holds 1 rows")
    assert list((shop.workspace.data / "refused" / "shop").rglob("opportunities_2026-11-10.csv"))
    assert answered(shop, "release", load_id=load_id).done
    assert shop.present() == [("d1", 11, False)]


def test_a_refused_export_that_is_sent_again_is_held_again(shop: Shop) -> None:
    answered(shop, "refuse", load_id=held(shop))
    shop.drop_deals("2026-11-10", 11)
    assert [each.status for each in shop.load()] == ["held"]


def test_a_withdrawn_export_is_out_of_every_table(shop: Shop) -> None:
    load_id = held(shop)
    answered(shop, "release", load_id=load_id)
    assert answered(shop, "withdraw", load_id=load_id).done
    assert len(shop.present()) == 4
    assert shop.query("SELECT status, who FROM load WHERE file LIKE '%11-10%'") == [("withdrawn", WHO)]


def test_a_withdrawn_export_is_taken_back_and_the_ledger_says_by_whom_and_why(shop: Shop) -> None:
    load_id = held(shop)
    answered(shop, "release", load_id=load_id)
    answered(shop, "withdraw", load_id=load_id)
    given = answered(shop, "take_back", load_id=load_id, why="it was right")
    assert (given.done, given.result) == (True, {"load_id": load_id})
    assert shop.present() == [("d1", 11, False)]
    assert shop.query("SELECT status, who, message FROM load WHERE file LIKE '%11-10%'") == [
        ("loaded", WHO, f"Withdrawn once, taken back by {WHO} (it was right).")
    ]


@pytest.mark.parametrize("what", ["release", "refuse", "withdraw", "take_back"])
def test_a_request_done_but_not_answered_is_recognised_and_done_no_second_time(shop: Shop, what: str) -> None:
    load_id = held(shop)
    if what in ("withdraw", "take_back"):
        answered(shop, "release", load_id=load_id)
    if what == "take_back":
        answered(shop, "withdraw", load_id=load_id)
    request = ask(shop.workspace, what, who=WHO, arguments={"load_id": load_id})
    execute(shop)
    before = shop.query("SELECT max(snapshot_id) FROM __ducklake_metadata_lake.ducklake_snapshot")
    (shop.workspace.requests / f"{request.id}.answer.json").unlink()
    (again,) = execute(shop)
    assert again.done
    assert "already" in again.message
    assert shop.query("SELECT max(snapshot_id) FROM __ducklake_metadata_lake.ducklake_snapshot") == before


def test_an_export_that_is_in_force_cannot_be_taken_back(shop: Shop) -> None:
    load_id = held(shop)
    answered(shop, "release", load_id=load_id)
    given = answered(shop, "take_back", load_id=load_id)
    assert (given.done, "is no load of shop that is withdrawn" in given.message) == (False, True)


def test_a_release_killed_before_its_commit_leaves_the_export_held(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    request = ask(shop.workspace, "release", who=WHO, arguments={"load_id": held(shop)})
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.local_place.sync_all", killed)
        with pytest.raises(Killed):
            execute(shop)
    assert answer_of(shop.workspace, request.id) is None
    assert len(shop.present()) == 4
    (again,) = execute(shop)
    assert again.done
    assert shop.present() == [("d1", 11, False)]


@pytest.mark.parametrize(
    ("what", "arguments", "says"),
    [
        ("release", {"load_id": "nothing"}, 'no load "nothing". Held are: shop-opportunity-'),
        ("release", {}, 'lacks "load_id"'),
        ("refuse", {"load_id": "nothing"}, 'no load "nothing"'),
        ("withdraw", {"load_id": "nothing"}, 'no load "nothing"'),
        ("take_back", {"load_id": "nothing"}, 'no load "nothing"'),
        ("take_back", {}, 'lacks "load_id"'),
        ("replay", {"source": "shpo"}, 'no source "shpo"; there are shop'),
        ("dance", {}, 'knows no "dance"; it knows agree_lead, refuse, release, replay'),
    ],
)
def test_what_cannot_be_done_is_answered_with_a_sentence(
    shop: Shop, what: str, arguments: dict[str, str], says: str
) -> None:
    given = answered(shop, what, **arguments)
    assert not given.done
    assert says in given.message
    assert not waiting_requests(shop.workspace)


def test_only_a_held_export_can_be_refused(shop: Shop) -> None:
    ((loaded,),) = shop.query("SELECT load_id FROM load WHERE status = 'loaded'")
    assert "is loaded, not held" in answered(shop, "refuse", load_id=str(loaded)).message


def test_a_request_without_a_person_is_answered_and_not_done(shop: Shop) -> None:
    request = ask(shop.workspace, "release", who=" ", arguments={"load_id": held(shop)})
    execute(shop)
    given = answer_of(shop.workspace, request.id)
    assert given is not None
    assert not given.done
    assert "name your role" in given.message


def test_a_failing_handler_is_an_answer_and_the_next_request_is_done(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_loading: Loading, _request: Request) -> Done:
        raise KeyError("stage")

    def hello(_loading: Loading, request: Request) -> Done:
        return Done(f"Hello {request.who}.", result={"n": 1})

    ask(shop.workspace, "fail", who=WHO)
    ask(shop.workspace, "hello", who=WHO)
    first, second = execute(shop, {"fail": failing, "hello": hello})
    assert (first.done, "KeyError" in first.message, "nothing was changed" in first.message) == (False, True, True)
    assert (second.done, second.message, second.result) == (True, f"Hello {WHO}.", {"n": 1})
    assert "failed" in caplog.text


def test_trouble_of_the_disk_leaves_the_request_waiting(shop: Shop) -> None:
    def full(_loading: Loading, _request: Request) -> Done:
        raise DiskTrouble("The disk is full")

    ask(shop.workspace, "fill", who=WHO)
    with pytest.raises(DiskTrouble):
        execute(shop, {"fill": full})
    assert len(waiting_requests(shop.workspace)) == 1


def test_an_error_of_the_loader_is_the_answer(shop: Shop) -> None:
    def refusing(_loading: Loading, _request: Request) -> Done:
        raise EtlError("It is Sunday.")

    ask(shop.workspace, "work", who=WHO)
    (given,) = execute(shop, {"work": refusing})
    assert (given.done, given.message) == (False, "It is Sunday.")


def test_the_watcher_does_at_once_what_is_asked(shop: Shop) -> None:
    load_id = held(shop)
    seen: list[LoadResult] = []
    stop = threading.Event()

    def run() -> None:
        with Store.open_writer(shop.workspace.lake) as store:
            watch(shop.organisation, store, seen.append, stop)

    watcher = threading.Thread(target=run)
    watcher.start()
    try:
        request = ask(shop.workspace, "release", who=WHO, arguments={"load_id": load_id})
        end = time.monotonic() + 30
        while answer_of(shop.workspace, request.id) is None and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        stop.set()
        watcher.join(10)
    given = answer_of(shop.workspace, request.id)
    assert given is not None
    assert given.done
    assert [result.source for result in seen] == ["shop"]
    assert shop.present() == [("d1", 11, False)]
