"""What follows a load: done after it, never in its way, and repaired at the next start."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands import after_load
from commands.after_load import catch_up, follow_up
from commands.app import app
from commands.load import load_all
from commands.upkeep import Nightly
from etl.ledger_copy import copied
from etl.load import LoadResult
from organisation import Organisation
from organisation.requests import ANSWERED, Answer, answer, answer_of, ask
from tests.etl.shop import Shop
from warehouse.store import Store, current_version
from warehouse.upkeep import last_upkeep


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(tmp_path)


class Step:
    """A step that notes what it was given, and fails while it is told to."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.fails = False
        self.__name__ = "count_deals"

    def __call__(self, _organisation: Organisation, _store: Store, loaded: LoadResult) -> None:
        self.seen.append(loaded.source or "everything")
        if self.fails:
            raise RuntimeError("out of paper")


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Step:
    step = Step()
    monkeypatch.setattr(after_load, "STEPS", (step,))
    return step


def test_a_failing_step_is_reported_undoes_nothing_and_is_repaired_at_the_next_start(
    shop: Shop, step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    step.fails = True
    shop.drop_deals("2026-11-03", 10)
    (loaded,) = load_all(shop.organisation)
    assert loaded.status == "loaded"
    assert shop.present() == [("d1", 10, False)]
    assert "count_deals failed (out of paper)" in capsys.readouterr().err
    step.fails = False
    load_all(shop.organisation)
    load_all(shop.organisation)
    assert step.seen == ["shop", "everything"], "the load, then its repair, then nothing more to do"


def test_a_load_that_was_cut_off_before_its_steps_is_caught_up_with(shop: Shop, step: Step) -> None:
    shop.drop_deals("2026-11-03", 10)
    load_all(shop.organisation)
    shop.drop_deals("2026-11-10", 11)
    shop.load()  # the loader alone: as if it had been killed right after the commit
    with Store.open_writer(shop.workspace.lake) as store:
        catch_up(shop.organisation, store)
        catch_up(shop.organisation, store)
        assert step.seen[1:] == ["everything"]
        shop.drop_deals("2026-11-17", 12)
    load_all(shop.organisation)
    assert step.seen[2:] == ["shop"]


def test_a_step_behind_an_earlier_load_is_given_everything(shop: Shop, step: Step) -> None:
    shop.drop_deals("2026-11-03", 10)
    load_all(shop.organisation)
    for day, amount in (("2026-11-10", 11), ("2026-11-17", 12)):
        shop.drop_deals(day, amount)
        (result,) = shop.load_results()
    with Store.open_writer(shop.workspace.lake) as store:
        follow_up(shop.organisation, store, result)
    assert step.seen[1:] == ["everything"]


def test_the_ledger_is_kept_with_the_archive_after_each_load(shop: Shop) -> None:
    shop.drop_deals("2026-11-03", 10)
    load_all(shop.organisation)
    assert [entry.file for entry in copied(shop.workspace.archive).values()] == ["opportunities_2026-11-03.csv"]


def noted_weeks(shop: Shop) -> list[tuple[str, str]]:
    with Store.open_reader(shop.workspace.lake) as store:
        rows = store.query("SELECT week, comparable FROM comparability_week ORDER BY week")
    return [(str(week), comparable) for week, comparable in rows.iter_rows()]


def test_what_all_regions_can_measure_is_noted_week_by_week_and_only_when_it_changes(shop: Shop) -> None:
    """Exports of Tue 10 and Tue 24 Nov; now is Tue 24 Nov: two weeks have ended, one runs."""
    for day in ("2026-11-10", "2026-11-24"):
        shop.drop_deals(day, 10)
    load_all(shop.organisation)
    assert noted_weeks(shop) == [("2026-11-09", "yes"), ("2026-11-16", "reservation"), ("2026-11-23", "yes")], "12 days"
    before = current_version(shop.workspace.lake)
    with Store.open_writer(shop.workspace.lake) as store:
        catch_up(shop.organisation, store, anew=True)
    assert current_version(shop.workspace.lake) == before, "noted again, nothing is written"


def test_definitions_at_fault_harm_no_load_and_their_weeks_are_made_up_for(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shop.workspace.definitions_file
    sound = file.read_text(encoding="utf-8")
    file.write_text(sound.replace("outcome", "outcme"), encoding="utf-8")
    for day in ("2026-11-17", "2026-11-24"):
        shop.drop_deals(day, 10)
    assert {loaded.status for loaded in load_all(shop.organisation)} == {"loaded"}
    told = capsys.readouterr().err
    assert "keep_comparability failed" in told
    assert "Traceback" not in told
    assert noted_weeks(shop) == []
    file.write_text(sound, encoding="utf-8")
    load_all(shop.organisation)
    assert [week for week, _ in noted_weeks(shop)] == ["2026-11-16", "2026-11-23"]


def test_a_night_without_a_watcher_is_made_up_for_by_the_next_load(shop: Shop) -> None:
    for day, clock in (("03", "2026-11-24T14:00:00+00:00"), ("10", "2026-11-25T14:00:00+00:00")):
        shop.workspace.clock_file.write_text(clock)
        shop.drop_deals(f"2026-11-{day}", 10)
        load_all(shop.organisation)
    done = last_upkeep(shop.workspace.lake)
    assert done is not None
    assert done.done_at == shop.workspace.now()
    assert done.snapshot > 0


def test_a_watcher_tends_when_a_night_has_begun_and_waits_after_trouble(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nightly = Nightly()
    with Store.open_writer(shop.workspace.lake) as store:
        nightly(shop.organisation, store)
        tomorrow = shop.workspace.now() + timedelta(days=1)
        shop.workspace.clock_file.write_text(tomorrow.isoformat())
        with monkeypatch.context() as patched:
            patched.setattr("warehouse.upkeep.write_synced", full)
            nightly(shop.organisation, store)
            nightly(shop.organisation, store)
        assert capsys.readouterr().err.count("The nightly upkeep waits") == 1
        Nightly()(shop.organisation, store)
    done = last_upkeep(shop.workspace.lake)
    assert done is not None
    assert done.done_at == tomorrow


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_nightly_upkeep_puts_old_answered_requests_away(shop: Shop) -> None:
    asked = ask(shop.workspace, "refuse", who="director")
    answer(shop.workspace, Answer(asked.id, done=False, message="No."))
    shop.workspace.clock_file.write_text("2027-01-24T14:00:00+00:00", encoding="utf-8")
    ran = CliRunner().invoke(app, ["upkeep", "--workspace", str(shop.workspace.root)])
    assert ran.exit_code == 0, ran.output
    assert (shop.workspace.requests / ANSWERED / f"{asked.id}.json").is_file()
    assert answer_of(shop.workspace, asked.id) is not None
