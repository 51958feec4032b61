"""Work beside the loader: the newest job counts, nothing waits for it, and what is cut off is done again."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from commands.after_load import catch_up, follow_up, take_up
from commands.beside import Beside, EndedEarly
from etl.load import LoadResult
from tests.etl.shop import Shop
from warehouse.store import Store

PATIENCE = 60.0


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    with Beside(gives_way=False) as beside:  # no test waits for the tests beside it
        yield beside


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(tmp_path)


def all_answers(beside: Beside) -> list[object]:
    found: list[object] = []
    while beside.is_busy:
        found += beside.answers(wait_seconds=PATIENCE)
    return found


def test_of_the_jobs_that_come_meanwhile_only_the_newest_is_done(beside: Beside) -> None:
    for job in ("first", "second", "third"):
        beside.ask(partial(iter, (job, f"{job} again")))
    assert all_answers(beside) == ["first", "first again", "third", "third again"]
    assert list(beside.answers()) == []


def test_a_process_that_ends_is_said_and_the_next_job_gets_another(beside: Beside) -> None:
    beside.ask(partial(os._exit, 3))
    with pytest.raises(EndedEarly):
        all_answers(beside)
    beside.ask(partial(iter, ("next",)))
    assert all_answers(beside) == ["next"]


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system knows no priorities of this kind")
def test_it_gives_way_to_other_processes() -> None:
    with Beside() as beside:
        beside.ask(partial(map, os.nice, (0,)))
        assert all_answers(beside) > [os.nice(0)]


def loaded(shop: Shop, day: str) -> LoadResult:
    shop.drop_deals(day, 10)
    (result,) = shop.load_results()
    return result


def noted_weeks(shop: Shop) -> int:
    return shop.frame("SELECT DISTINCT week FROM comparability_week").height


def test_a_load_waits_for_nothing_and_what_was_read_beside_is_written_when_it_is_there(
    shop: Shop, beside: Beside
) -> None:
    first = loaded(shop, "2026-11-17")
    with Store.open_writer(shop.workspace.lake) as store:
        follow_up(shop.organisation, store, first, beside=beside)
        assert noted_weeks(shop) == 0
        second = loaded(shop, "2026-11-24")
        follow_up(shop.organisation, store, second, beside=beside)
        while beside.is_busy:
            take_up(shop.organisation, store, beside, wait_seconds=PATIENCE)
        assert noted_weeks(shop) == 2
        assert (shop.workspace.data / "docket.sqlite").exists()
        catch_up(shop.organisation, store, beside=beside)
        assert not beside.is_busy, "nothing is behind"


def test_what_a_kill_cuts_off_is_made_up_for_at_the_next_start(shop: Shop, beside: Beside) -> None:
    result = loaded(shop, "2026-11-24")
    with Store.open_writer(shop.workspace.lake) as store:
        follow_up(shop.organisation, store, result, beside=beside)
        beside.close()
        assert noted_weeks(shop) == 0
        catch_up(shop.organisation, store)
    assert noted_weeks(shop) == 1


def test_a_step_that_fails_beside_is_said_plainly_and_done_again(
    shop: Shop, beside: Beside, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = shop.workspace.definitions_file.read_text(encoding="utf-8")
    result, organisation = loaded(shop, "2026-11-24"), shop.organisation
    shop.workspace.definitions_file.write_text(sound.replace("outcome", "outcme"), encoding="utf-8")
    with Store.open_writer(shop.workspace.lake) as store:
        follow_up(organisation, store, result, beside=beside)
        while beside.is_busy:
            take_up(organisation, store, beside, wait_seconds=PATIENCE)
        told = capsys.readouterr().err
        assert "keep_comparability failed" in told
        assert "Traceback" not in told
        shop.workspace.definitions_file.write_text(sound, encoding="utf-8")
        catch_up(organisation, store)
    assert noted_weeks(shop) == 1
