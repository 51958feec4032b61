"""The request of the weekly review's page: it freezes once, whatever happens between asking and the answer."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from commands.packs import Freezing
from docket.database import Database, address_of
from docket.meetings import Meetings
from docket.pack.shelf import Shelf
from docket.states import Actor, Moment
from etl.errors import EtlError
from etl.loading import Loading
from kpi.scope import Scope
from organisation import Workspace
from organisation.requests import Request
from tests.docket.pack.by_hand import by_hand

DAY = by_hand().head.id


def asked(held_on: str = DAY, number: str = "r1") -> Request:
    return Request(number, "freeze_pack", "global sales director", {"held_on": held_on, "person": "director"})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "data").mkdir()
    return Workspace(tmp_path)


@pytest.fixture
def loading(workspace: Workspace) -> Loading:
    group = SimpleNamespace(timezone="Europe/Berlin")
    return cast(Loading, SimpleNamespace(organisation=SimpleNamespace(workspace=workspace, group=group)))


@pytest.fixture
def meetings(workspace: Workspace) -> Iterator[Meetings]:
    database = Database(address_of(workspace))
    yield Meetings(database, Scope.everything())
    database.close()


@dataclass
class Process:
    """One that has been started: it runs until it is given what it printed."""

    printed: str = ""
    told: str = ""
    returncode: int | None = None
    commands: list[list[str]] = field(default_factory=list)

    def poll(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self.returncode = -9

    def communicate(self) -> tuple[str, str]:
        return self.printed, self.told


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    """Give the process that freezing starts."""
    started = Process()

    def popen(command: list[str], **_: object) -> Process:
        started.commands.append(command)
        return started

    monkeypatch.setattr(subprocess, "Popen", popen)
    return started


def freeze_as(workspace: Workspace, process: Process, request: str) -> None:
    """Let the process end, with the pack that it made on the shelf."""
    content = by_hand()
    kept = Shelf(workspace.packs).put(replace(content, head=replace(content.head, request=request)))
    process.printed, process.returncode = json.dumps({"id": kept.head.id}) + "\n", 0


def test_the_loader_goes_on_while_a_pack_is_frozen_and_answers_when_it_is_there(
    workspace: Workspace, loading: Loading, process: Process, meetings: Meetings
) -> None:
    handler = Freezing()
    assert (handler(loading, asked()), handler(loading, asked())) == (None, None)
    assert [command[2:8] for command in process.commands] == [
        ["report", "--freeze", "--json", "--day", DAY, "--request"]
    ]
    freeze_as(workspace, process, "r1")
    done = handler(loading, asked())
    assert done is not None
    assert (done.result, done.message) == ({"pack": DAY}, f"The pack {DAY} is frozen.")
    prepared = meetings.newest()
    assert prepared is not None
    assert (prepared.held_on.isoformat(), prepared.pack, prepared.state) == (DAY, DAY, "prepared")
    assert [(entry.person, entry.role) for entry in prepared.trail] == [("director", "global sales director")]


def test_a_loader_that_was_killed_before_it_answered_finds_the_pack_and_freezes_no_second(
    workspace: Workspace, loading: Loading, process: Process, meetings: Meetings
) -> None:
    Freezing()(loading, asked())
    freeze_as(workspace, process, "r1")
    done = Freezing()(loading, asked())
    assert done is not None
    assert (done.result, len(process.commands)) == ({"pack": DAY}, 1)
    assert meetings.newest() is not None


def test_who_asks_for_a_day_that_is_being_frozen_gets_the_same_pack(
    workspace: Workspace, loading: Loading, process: Process, meetings: Meetings
) -> None:
    handler = Freezing()
    assert (handler(loading, asked()), handler(loading, asked(number="r2"))) == (None, None)
    freeze_as(workspace, process, "r1")
    for given in (handler(loading, asked()), handler(loading, asked(number="r2"))):
        assert given is not None
        assert given.result == {"pack": DAY}
    assert len(process.commands) == 1
    assert Shelf(workspace.packs).ids() == (DAY,)
    prepared = meetings.newest()
    assert prepared is not None
    assert len(prepared.trail) == 1


def test_a_killed_loader_remembers_who_waits_for_the_same_pack(
    workspace: Workspace, loading: Loading, process: Process
) -> None:
    handler = Freezing()
    handler(loading, asked())
    handler(loading, asked(number="r2"))
    freeze_as(workspace, process, "r1")
    given = Freezing()(loading, asked(number="r2"))
    assert given is not None
    assert (given.result, len(process.commands)) == ({"pack": DAY}, 1)


def test_who_waited_for_a_freezing_that_failed_freezes_itself(
    workspace: Workspace, loading: Loading, process: Process
) -> None:
    handler = Freezing()
    handler(loading, asked())
    handler(loading, asked(number="r2"))
    process.returncode = 1
    with pytest.raises(EtlError, match="Nothing was frozen"):
        handler(loading, asked())
    assert handler(loading, asked(number="r2")) is None
    assert len(process.commands) == 2


def test_two_days_are_frozen_each_by_itself(workspace: Workspace, loading: Loading, process: Process) -> None:
    handler = Freezing()
    handler(loading, asked())
    handler(loading, asked("2027-01-11", "r2"))
    assert len(process.commands) == 2


def test_two_processes_of_one_request_leave_one_pack(workspace: Workspace) -> None:
    shelf, content = Shelf(workspace.packs), by_hand()
    asked_for = replace(content, head=replace(content.head, request="r1"))
    assert [shelf.put(asked_for).head.id, shelf.put(asked_for).head.id] == [DAY, DAY]
    assert shelf.ids() == (DAY,)
    assert shelf.put(content).head.id == f"{DAY}-2", "nobody's request"


def test_nothing_is_frozen_for_a_review_that_has_begun(
    loading: Loading, process: Process, meetings: Meetings, workspace: Workspace
) -> None:
    by, moment = Actor("director", "global sales director"), Moment(workspace.now(), date(2026, 11, 24), 1)
    meeting = meetings.prepare(date.fromisoformat(DAY), None, by, moment)
    meetings.start(meeting.ref, by, moment)
    with pytest.raises(EtlError, match=f"Nothing was frozen: the review of {DAY} is under way"):
        Freezing()(loading, asked())
    assert process.commands == []


def test_what_goes_wrong_is_the_answer_and_it_can_be_asked_again(loading: Loading, process: Process) -> None:
    handler = Freezing()
    with pytest.raises(EtlError, match='"soon" is no day'):
        handler(loading, asked("soon"))
    handler(loading, asked())
    process.returncode, process.told = 1, "…\nThere is no warehouse yet.\n"
    with pytest.raises(EtlError, match=r"Nothing was frozen: There is no warehouse yet\."):
        handler(loading, asked())
    process.returncode = None
    assert handler(loading, asked(number="r2")) is None


def test_a_process_that_hangs_is_given_up(loading: Loading, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Freezing()
    monkeypatch.setattr("commands.packs.WAIT_SECONDS", 0.0)
    handler(loading, asked())
    with pytest.raises(EtlError, match="was given up; ask again"):
        handler(loading, asked())
    assert process.returncode == -9
