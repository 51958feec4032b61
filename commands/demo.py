"""denominator demo: write the demonstration company."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.shared import people, progress_bar, stop_on_signal
from demo import live as advance
from demo import write_demo
from organisation import Workspace
from organisation.workspace import REPOSITORY


def demo(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to write it; without it, only the data of this workspace.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed and date, same bytes.")] = 1,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day of the quarter to show; default today.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Let time pass and exports arrive every few seconds until stopped.")
    ] = False,
) -> None:
    """Write the demonstration company: six regions, five CRM systems, three years of deals."""
    root = (folder or REPOSITORY).expanduser().resolve()
    if live and Workspace(root).clock_file.exists():
        people.print(f"Exports arrive in {Workspace(root).inbox}. Stop with Ctrl-C.", soft_wrap=True)
    else:
        write(root, seed=seed, today=today.date() if today else None)
    if live:
        advance(root, stop=stop_on_signal())


def write(root: Path, *, seed: int = 1, today: date | None = None) -> None:
    """Write the demonstration company into a folder, with progress, and say what was written."""
    day = today or Workspace(root).now().date()
    with progress_bar() as progress:
        task = progress.add_task("Writing the demonstration company", total=None)

        def shown(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        summary = write_demo(root, seed=seed, today=day, progress=shown)
    people.print(str(summary), soft_wrap=True)
