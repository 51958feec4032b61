"""Freezing on request: the weekly review's page asks, and a process of its own freezes while the loader goes on."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from commands.shared import PROBLEM
from docket.database import Database, address_of
from docket.errors import DocketError
from docket.meetings import Meetings
from docket.pack.shelf import Shelf
from docket.states import Actor, Moment
from etl.errors import EtlError
from etl.loading import Loading
from etl.requests import Handler
from etl.results import Done
from kpi.scope import Scope
from organisation import Organisation, Workspace
from organisation.requests import Request, take, taken_with
from organisation.workspace import REPOSITORY

WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class _Run:
    """A process that freezes a day's pack, and when it is given up, on the monotonic clock."""

    process: subprocess.Popen[str]
    day: date
    until: float


@dataclass(frozen=True)
class Freezing:
    """The handler of freeze_pack: each request's process, which a later look finds ended.

    A day is frozen once at a time: who asks for it meanwhile gets the pack that is being made.
    """

    runs: dict[str, _Run] = field(default_factory=dict)

    def __call__(self, loading: Loading, request: Request) -> Done | None:
        """Freeze the pack of the day named in held_on and put it before that day's review; None while it is made.

        It is done apart: another connection in the loader's own process would loosen the catalog's lock, and loading
        would wait. A loader that was killed meanwhile finds the pack by its request.
        """
        organisation = loading.organisation
        day = _day(request.arguments.get("held_on", ""))
        shelf = Shelf(organisation.workspace.packs)
        first = self._joined(organisation.workspace, request, day)
        if first is not None:
            made = shelf.made_for(first, day.isoformat())
            if made is not None:
                return Done(f"The pack {made} is frozen; somebody else had asked for it already.", (), {"pack": made})
            if first in self.runs:
                return None
        if request.id in self.runs:
            pack = self._ended(request.id)
        else:
            pack = shelf.made_for(request.id, day.isoformat())
            if pack is None:
                self._start(organisation, request, day)
        if pack is None:
            return None
        _put_before_review(organisation, day, shelf.get(pack).head.snapshot, pack, request)
        return Done(f"The pack {pack} is frozen.", (), {"pack": pack})

    def _joined(self, workspace: Workspace, request: Request, day: date) -> str | None:
        """Give the request whose pack this one waits for; None where it freezes itself, as when that one failed."""
        under_way = (one for one, run in self.runs.items() if run.day == day and one != request.id)
        first = None if request.id in self.runs else next(under_way, None)
        if first is not None:
            take(workspace, request, joins=first)
        return None if request.id in self.runs else taken_with(workspace, request)

    def _start(self, organisation: Organisation, request: Request, day: date) -> None:
        _check_review(organisation, day)
        words = ["report", "--freeze", "--json", "--day", day.isoformat(), "--request", request.id]
        command = [sys.executable, str(REPOSITORY), *words, "--workspace", str(organisation.workspace.root)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        self.runs[request.id] = _Run(process, day, time.monotonic() + WAIT_SECONDS)

    def _ended(self, request: str) -> str | None:
        """Give the pack of a request's process, None while it runs; raises EtlError where it failed."""
        run = self.runs[request]
        if run.process.poll() is None and time.monotonic() < run.until:
            return None
        return _pack_of(self.runs.pop(request))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise EtlError(f'"{text}" is no day; name the day of the review as held_on, such as 2026-11-30.') from None


def _pack_of(run: _Run) -> str:
    """Give the id that an ended process printed; raises EtlError with its last words where it failed."""
    if run.process.poll() is None:
        run.process.kill()
        run.process.communicate()
        raise EtlError(f"Freezing took longer than {WAIT_SECONDS:.0f} seconds and was given up; ask again.")
    printed, told = run.process.communicate()
    if run.process.returncode:
        said = (told.strip().splitlines() or [f"it ended with status {run.process.returncode}"])[-1]
        where = "" if run.process.returncode == PROBLEM else f" (status {run.process.returncode})"
        raise EtlError(f"Nothing was frozen{where}: {said}")
    return str(json.loads(printed.splitlines()[-1])["id"])


def _check_review(organisation: Organisation, day: date) -> None:
    """Raise EtlError where the review of a day has begun: it keeps the pack that it works from."""
    database = Database(address_of(organisation.workspace))
    try:
        Meetings(database, Scope.everything()).check_prepared(day)
    except DocketError as error:
        raise EtlError(f"Nothing was frozen: {error}.") from error
    finally:
        database.close()


def _put_before_review(organisation: Organisation, day: date, snapshot: int, pack: str, request: Request) -> None:
    now = organisation.workspace.now()
    moment = Moment(now, now.astimezone(ZoneInfo(organisation.group.timezone)).date(), snapshot)
    by = Actor(request.arguments.get("person") or request.who, request.who)
    database = Database(address_of(organisation.workspace))
    try:
        Meetings(database, Scope.everything()).prepare(day, pack, by, moment)
    except DocketError as error:
        raise EtlError(f"The pack {pack} is frozen, but not used: {error}.") from error
    finally:
        database.close()


HANDLERS: Mapping[str, Handler] = {"freeze_pack": Freezing()}
