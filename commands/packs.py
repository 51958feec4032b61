"""Freezing on request: the weekly review's page asks, and a process of its own freezes, as a reader does."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date

from commands.shared import PROBLEM
from docket.errors import PackError
from docket.pack.shelf import Shelf
from etl.errors import EtlError
from etl.loading import Loading
from etl.requests import Handler
from etl.results import Done
from organisation.requests import Request
from organisation.workspace import REPOSITORY

WAIT_SECONDS = 300.0


def _freeze(loading: Loading, request: Request) -> Done:
    """Freeze the pack of the day named in held_on; the answer's result holds its id as "pack".

    It is done apart: another connection in the loader's own process would loosen the catalog's lock.
    """
    workspace = loading.organisation.workspace
    day = _day(request.arguments.get("held_on", ""))
    known = _frozen_before(Shelf(workspace.packs), day, request.id)
    if known is None:
        words = ["report", "--freeze", "--json", "--day", day, "--request", request.id]
        known = _run([*words, "--workspace", str(workspace.root)])
    return Done(f"The pack {known} is frozen.", (), {"pack": known})


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise EtlError(f'"{text}" is no day; name the day of the review as held_on, such as 2026-11-30.') from None


def _frozen_before(shelf: Shelf, day: str, request: str) -> str | None:
    """Give the pack that this request has made already, before a kill left it without an answer."""
    for name in shelf.ids():
        try:
            if name.startswith(day) and shelf.get(name).head.request == request:
                return name
        except PackError:
            continue  # a damaged pack says so where it is read
    return None


def _run(words: list[str]) -> str:
    command = [sys.executable, str(REPOSITORY), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise EtlError(f"Freezing took longer than {WAIT_SECONDS:.0f} seconds and was given up; ask again.") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        where = "" if done.returncode == PROBLEM else f" (status {done.returncode})"
        raise EtlError(f"Nothing was frozen{where}: {said}")
    return str(json.loads(done.stdout.splitlines()[-1])["id"])


HANDLERS: Mapping[str, Handler] = {"freeze_pack": _freeze}
