"""What the commands share: where the workspace is, exit codes, and how results are printed."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from organisation import Organisation, Workspace

PROBLEM, USAGE, REFUSED = 1, 2, 3

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", envvar="DENOMINATOR_WORKSPACE", help="Folder of the company; default: this one."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]

people = Console(stderr=True)  # words for people go to stderr, so that stdout stays clean for programs


def organisation_of(folder: Path | None) -> Organisation:
    """Give the organisation of the workspace that was named; raises ConfigurationError with all its problems."""
    return Organisation.read(Workspace.find(folder))


def print_json(value: object) -> None:
    """Print one JSON value on one line of standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def instant_text(instant: datetime) -> str:
    """Give an instant as ISO text in UTC, such as 2026-11-24T13:02:00Z."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a progress display on standard error; it draws nothing where that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=people, transient=True) as progress:
        yield progress


def stop_on_signal() -> threading.Event:
    """Give an event that Ctrl-C and a polite kill set."""
    stop = threading.Event()

    def asked(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)
    return stop
