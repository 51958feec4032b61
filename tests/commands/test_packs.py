"""The request of the weekly review's page: it freezes once, whatever happens between asking and the answer."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from commands import packs
from commands.requests import HANDLERS
from docket.pack.shelf import Shelf
from etl.errors import EtlError
from etl.loading import Loading
from organisation import Workspace
from organisation.requests import Request
from tests.docket.pack.by_hand import by_hand


def asked(held_on: str, number: str = "r1") -> Request:
    return Request(number, "freeze_pack", "global sales director", {"held_on": held_on})


def loading(root: Path) -> Loading:
    return cast(Loading, SimpleNamespace(organisation=SimpleNamespace(workspace=Workspace(root))))


def test_the_request_freezes_for_its_day_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        ran.append(command)
        return SimpleNamespace(returncode=0, stdout=json.dumps({"id": "2026-11-25-2"}) + "\n", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    done = HANDLERS["freeze_pack"](loading(tmp_path), asked("2026-11-25"))
    assert (done.result, done.message) == ({"pack": "2026-11-25-2"}, "The pack 2026-11-25-2 is frozen.")
    assert ran[0][2:8] == ["report", "--freeze", "--json", "--day", "2026-11-25", "--request"]


def test_a_request_that_was_cut_off_before_its_answer_knows_its_own_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "_run", lambda _: pytest.fail("it was frozen already"))
    content = by_hand()
    shelf = Shelf(Workspace(tmp_path).packs)
    shelf.put(content)
    shelf.put(replace(content, head=replace(content.head, request="r1")))
    assert HANDLERS["freeze_pack"](loading(tmp_path), asked("2026-11-25")).result == {"pack": "2026-11-25-2"}


def test_what_goes_wrong_is_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EtlError, match='"soon" is no day'):
        HANDLERS["freeze_pack"](loading(tmp_path), asked("soon"))
    failed = SimpleNamespace(returncode=1, stdout="", stderr="…\nThere is no warehouse yet.\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(EtlError, match=r"Nothing was frozen: There is no warehouse yet\."):
        HANDLERS["freeze_pack"](loading(tmp_path), asked("2026-11-25"))
