"""The page Weekly review: its empty state, each item of its agenda, and what it refuses."""

import os
import re
import time
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from docket.database import Database
from docket.docket import Docket
from docket.meetings import Decision, Meetings
from docket.pack.freezing import freeze
from docket.pack.shelf import Shelf
from docket.recording import record
from docket.states import Actor, Moment
from etl.child import Readers
from etl.loading import Loading
from etl.requests import HANDLERS, execute_requests
from kpi.definitions import Definitions
from kpi.deviations.reading import Key, Reading
from kpi.engines.duckdb import DuckDbEngine
from kpi.evaluate import evaluate
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.slice import Slice
from organisation import Organisation, Workspace
from organisation.requests import Answer, Request, answer, ask, take, waiting_requests
from tests.pages.conftest import Draw, click, html_of
from tests.small_company import copy_of
from ui.review_lead import ask_for_no_lead
from warehouse.store import Store

PAGE = "review/weekly.py"
CHAIR = Actor("director", "global sales director")
KEPT_TOO_LITTLE = Reading(
    Key("lead_sla", "dach", "", "agreement"), "process", 1.5, "watch", "DACH answers fewer leads than was agreed.",
    unit="percent", value=0.5, money=Decimal(90_000_000), changeable=Decimal(40_000_000),
)  # fmt: skip


@pytest.fixture(scope="module")
def running(reviewed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give a company whose review is under way, frozen once; tests decide in it."""
    workspace = copy_of(reviewed, tmp_path_factory.mktemp("running"))
    database = Database(f"sqlite:///{workspace.data / 'docket.sqlite'}")
    everything = Scope.everything()
    organisation, now = Organisation.read(workspace), workspace.now()
    definitions = Definitions.read(workspace.definitions_file)
    record(database, [KEPT_TOO_LITTLE], Moment(now, now.date(), 1))
    content = freeze(organisation, definitions, Docket(database, everything), made_at=now)
    meetings, moment = Meetings(database, everything), Moment(now, now.date(), content.head.snapshot)
    meetings.start(meetings.prepare(content.head.period.to_date, content.head.id, CHAIR, moment).ref, CHAIR, moment)
    database.close()
    return workspace


def app_role(app: AppTest) -> str:
    """The role of who was chosen to act: the list shows names with their roles."""
    return str(app.selectbox[0].value).split(", ")[-1] if app.selectbox else "global sales director"


def test_without_a_pack_the_page_says_what_freezing_does_and_offers_it(draw: Draw) -> None:
    app = draw(PAGE)
    assert "No pack is frozen for the review of 25 November 2026." in html_of(app)
    assert "evening before in its own zone" in html_of(app)
    assert [button.label for button in app.button] == ["Freeze the pack"]


def test_a_pack_that_is_being_frozen_is_told_to_every_reader_and_asked_for_no_second_time(
    draw: Draw, reviewed: Workspace, tmp_path: Path
) -> None:
    own = copy_of(reviewed, tmp_path / "asked")
    app = draw(PAGE, workspace=own)
    app.button[0].click().run()
    (request,) = waiting_requests(own)
    assert (request.what, request.who) == ("freeze_pack", app_role(app))
    assert request.arguments["held_on"] == "2026-11-25"
    for reader in (app, draw(PAGE, workspace=own)):
        assert "The pack of 25 November 2026 is being frozen" in html_of(reader)
        assert not reader.button
    answer(own, Answer(request.id, False, "Nothing was frozen: the disk is full."))
    app.run()
    assert "Nothing was frozen: the disk is full." in html_of(app)
    assert [button.label for button in app.button] == ["Freeze the pack"]


def test_a_reader_is_told_where_no_loader_takes_up_what_was_asked(
    draw: Draw, reviewed: Workspace, tmp_path: Path
) -> None:
    own = copy_of(reviewed, tmp_path / "silent")
    request = ask(own, "freeze_pack", who="global sales director", arguments={"held_on": "2026-11-25"})
    long_ago = time.time() - 60
    os.utime(own.requests / f"{request.id}.json", (long_ago, long_ago))
    assert "The pack of 25 November 2026 waits" in html_of(draw(PAGE, workspace=own))
    take(own, request)
    assert "is being frozen" in html_of(draw(PAGE, workspace=own))


@pytest.mark.parametrize(
    ("item", "shows"),
    [
        ("promises", ["Last week’s promises", "it worked", "without effect", "→"]),
        (
            "call",
            ["Commit, best case, pace", "Waterfall since the last review", "The past has changed", "No next step"],
        ),
        ("deviations", ["Deviation 1 of", "at stake", "Next in line"]),
        ("quarters", ["2027 Q1", "2027 Q2", "Coverage"]),
        ("accounts", ["Parallel work"]),
        ("process", ["One improvement of the common process"]),
    ],
)
def test_each_item_of_the_agenda_shows_its_part_of_the_pack(
    draw: Draw, running: Workspace, item: str, shows: list[str]
) -> None:
    found = html_of(draw(PAGE, workspace=running, at=item))
    assert [words for words in shows if words not in found] == []
    assert "Frozen pack, week 9" in found
    assert 'aria-current="step"' in found


def test_overview_and_pack_tell_the_same_total_with_what_was_agreed_counted_once(
    draw: Draw, running: Workspace
) -> None:
    """DACH's figures say less than the 90 M of what it agreed to keep, so these count, and its figures do not."""
    (folder,) = running.packs.glob("2026-*")
    head = Shelf(running.packs).get(folder.name).head
    page = unescape(re.sub(r"</?b>", "", html_of(draw(workspace=running))))
    assert f">{head.headline}</h1>" in page
    assert f">{head.detail}</p>" in page
    assert "DACH's leads answered in time" in head.headline
    assert (head.at_stake, head.changeable) == (KEPT_TOO_LITTLE.money, KEPT_TOO_LITTLE.changeable)


def test_a_missing_feed_is_shown_as_missing_with_its_last_figures(draw: Draw, running: Workspace) -> None:
    found = html_of(draw(PAGE, workspace=running))
    assert "LATAM is missing in this pack" in found
    assert "last figures of" in found


def test_a_decision_without_words_is_refused_and_written_nowhere(draw: Draw, running: Workspace) -> None:
    app = draw(PAGE, workspace=running, at="quarters")
    next(button for button in app.button if button.label == "Record decision").click().run()
    found = html_of(app)
    assert "Say in a few words what is decided" in found
    assert "Nothing yet." in found


def test_the_review_works_from_its_pack_even_where_it_is_damaged_later(
    draw: Draw, running: Workspace, tmp_path: Path
) -> None:
    damaged = copy_of(running, tmp_path / "damaged")
    part = next(damaged.packs.glob("*/figures.json"))
    part.write_text(part.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8")
    app = draw(PAGE, workspace=damaged)
    found = html_of(app)
    assert "The pack of this review is damaged" in found
    assert "figures.json" in found


def test_the_page_watches_for_the_answer_to_a_stated_call_until_it_shows_it(
    draw: Draw, running: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes after the row that it is about: one that watched the data alone would wait for ever."""
    own = copy_of(running, tmp_path / "stated")
    request = ask(own, "state_forecast", who="global sales director").id
    state_call(own, request)
    watched: list[frozenset[str]] = []
    monkeypatch.setattr("ui.review_side.watch_answers", lambda _view, waiting: watched.append(waiting))
    assert "Waits for the loader" in html_of(draw(PAGE, workspace=own))
    assert watched == [frozenset({request})]
    answer(own, Answer(request, True, "Commit of dach: 12,345,000.00 EUR."))
    assert "12,345,000.00" in html_of(draw(PAGE, workspace=own))
    assert len(watched) == 1


def state_call(workspace: Workspace, request: str) -> None:
    database = Database(f"sqlite:///{workspace.data / 'docket.sqlite'}")
    meetings, now = Meetings(database, Scope.everything()), workspace.now()
    meeting = meetings.newest()
    assert meeting is not None
    stated = Decision(
        "call", "call", "Commit of DACH: €12.3 M", reason="two deals moved", region="dach",
        amount=Decimal(12_345_000), currency="EUR", request=request,
    )  # fmt: skip
    meetings.decide(meeting.id, stated, CHAIR, Moment(now, now.date(), 1))
    database.close()


def agree_lead(draw: Draw, workspace: Workspace) -> AppTest:
    app = draw(PAGE, workspace=workspace, at="accounts")
    assert app.selectbox(key="lead_region").value == "DACH"
    app.text_input(key="lead_dach_words").input("Calls purchasing")
    next(button for button in app.button if button.label == "Record decision").click().run()
    assert not app.exception
    return app


def leads_asked(workspace: Workspace) -> list[Request]:
    return [one for one in waiting_requests(workspace) if one.what == "agree_lead"]


def test_an_agreed_lead_region_is_asked_of_the_loader_and_taken_back(
    draw: Draw, running: Workspace, tmp_path: Path
) -> None:
    own = copy_of(running, tmp_path / "led")
    app = agree_lead(draw, own)
    (request,) = leads_asked(own)
    given = request.arguments
    assert (given["starts_on"], given["ends_on"], given["lead_region"]) == ("2026-11-24", "2026-12-31", "dach")
    assert "dach" in given["regions"].split(",")
    assert "DACH leads at" in html_of(app)
    assert "Waits for the loader" in html_of(app)
    take_back(app)
    assert "It is taken back." in html_of(app)
    assert "do=take-back" not in html_of(app)
    (_, undone) = leads_asked(own)
    assert undone.arguments == {**given, "lead_region": ""}


def take_back(app: AppTest) -> None:
    """Go through the dialog, which opens on a click and asks why before it can be done."""
    assert press_in(click(app, "do=take-back")).disabled
    app.text_input[-1].input("Nordics asked again")
    press_in(click(app, "do=take-back")).click()
    click(app, "do=take-back")


def press_in(app: AppTest) -> Button:
    return next(button for button in app.button if button.label == "Take it back")


def test_a_lead_region_that_the_loader_refused_needs_no_taking_back(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    request = ask(workspace, "agree_lead", who=CHAIR.role, arguments={"lead_region": "dach"})
    answer(workspace, Answer(request.id, False, "Another plan says otherwise."))
    ask_for_no_lead(workspace, request.id, CHAIR)
    assert leads_asked(workspace) == []


def test_an_agreed_lead_region_is_no_parallel_work_once_loaded_and_is_again_once_taken_back(
    draw: Draw, running: Workspace, tmp_path: Path
) -> None:
    """One customer of several regions: nobody leads there, DACH leads from today on, nobody leads again."""
    own = copy_of(running, tmp_path / "counted")
    counted = [parallel_work(own)]
    app = agree_lead(draw, own)
    execute(own)
    counted.append(parallel_work(own))
    take_back(app)
    assert "from 2026-11-24 to 2026-12-31." in html_of(app), "the loader's answer"
    execute(own)
    counted.append(parallel_work(own))
    assert counted == [1, 0, 1]


def execute(workspace: Workspace) -> None:
    organisation = Organisation.read(workspace)
    with Store.open_writer(workspace.lake) as store, Readers(organisation) as readers:
        given = execute_requests(Loading(organisation, store, readers), HANDLERS, lambda _load: None)
    assert [one.message for one in given if not one.done] == []


def parallel_work(workspace: Workspace) -> float:
    organisation, now = Organisation.read(workspace), workspace.now()
    definitions, asked = Definitions.read(workspace.definitions_file), Slice(current_quarter(organisation, now), now)
    with DuckDbEngine(workspace.lake) as engine:
        values = evaluate(engine, organisation, definitions, asked, Scope.everything(), ["parallel_work"])
    return next(float(one.value) for one in values if one.region == "group" and one.value is not None)
