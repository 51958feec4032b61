"""The demonstration set going: the clock advances day by day, and exports keep arriving."""

import json
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from demo import exports
from demo.company import SOURCES
from demo.exports import Truth
from demo.texts import csv_bytes
from demo.timeline import CLOCK, moment
from demo.write import deliver, make_company
from organisation import Workspace

DAYS_AHEAD = 40  # beyond that the company's future is not known


def live(
    root: Path,
    *,
    stop: threading.Event | None = None,
    seconds: float = 4.0,
    days: int = DAYS_AHEAD,
    on_export: Callable[[Path], None] | None = None,
) -> None:
    """Let a written demonstration run until stopped: each day every source delivers, a few seconds apart.

    Raises FileNotFoundError where no demonstration was written into the workspace.
    """
    workspace = Workspace(root.resolve())
    settings = json.loads((workspace.data / "demonstration.json").read_text(encoding="utf-8"))
    stop = stop or threading.Event()
    company = make_company(settings["seed"], date.fromisoformat(settings["today"]), settings["scale"])
    truths = {source: company.of(source) for source in SOURCES}
    last = company.plan.time.today + timedelta(days=min(days, DAYS_AHEAD))
    day = workspace.now().date() + timedelta(days=1)
    while day <= last and not stop.is_set():
        now = workspace.now().replace(year=day.year, month=day.month, day=day.day, hour=CLOCK.hour, minute=CLOCK.minute)
        _set_clock(workspace, now.isoformat())
        for source, truth in truths.items():
            for name, content in _exports_of(truth, day):
                deliver(workspace.inbox / source, name, content)
                if on_export:
                    on_export(workspace.inbox / source / name)
            if stop.wait(seconds):
                return
        day += timedelta(days=1)


def _exports_of(truth: Truth, day: date) -> list[tuple[str, bytes]]:
    """Give the exports (name, bytes) that a source delivers in the morning of a day."""
    form, now = truth.form, moment(day)
    frames = {
        "opportunities": exports.opportunities(truth, now),
        "leads": exports.leads(truth, now),
        "activities": exports.activities(truth, now - 1, now),
    }
    return [(f"{table}_{day}.csv", csv_bytes(frame, form, year=day.year)) for table, frame in frames.items()]


def _set_clock(workspace: Workspace, instant: str) -> None:
    waiting = workspace.clock_file.with_name(".clock.part")
    waiting.write_text(instant + "\n", encoding="utf-8")
    waiting.replace(workspace.clock_file)
