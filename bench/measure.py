"""One contender measured as a process of its own: seconds, CPU seconds, and the memory of it and its children."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from organisation.workspace import REPOSITORY

SAMPLE_SECONDS = 0.02
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Measured:
    """What one run took; parent and child: the largest resident memory of the process and of any below it, in MB."""

    seconds: float
    cpu_seconds: float
    parent: float
    child: float


@dataclass(frozen=True)
class Contender:
    """One way to do the work: a context of a bench module that is entered, in a fresh process, with text arguments.

    What it gives is called, and only that call is measured.
    """

    name: str
    context: str  # "bench.peers:raw_duckdb"
    arguments: tuple[str, ...]


class ContenderFailed(Exception):
    """A contender ended with an error; its own words are the message."""


def run(contender: Contender) -> Measured:
    """Run a contender once; it says itself how long its work took, so that imports do not count.

    Raises ContenderFailed.
    """
    command = [sys.executable, "-c", _CALL, contender.context, *contender.arguments]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    peak = _Peak(process.pid)
    peak.start()
    output, errors = process.communicate()
    peak.join()
    if process.returncode:
        raise ContenderFailed(f"{contender.name}: {errors.strip().splitlines()[-1] if errors.strip() else 'failed'}")
    said = json.loads(output.splitlines()[-1])
    return Measured(said["seconds"], said["cpu_seconds"], peak.parent / MEGABYTE, peak.child / MEGABYTE)


def middle(runs: Sequence[Measured]) -> Measured:
    """Give the median of each figure."""
    return Measured(
        median(run.seconds for run in runs),
        median(run.cpu_seconds for run in runs),
        max(run.parent for run in runs),
        max(run.child for run in runs),
    )


_CALL = """
import importlib, json, os, sys, time
if __name__ == "__main__":
    module, name = sys.argv[1].split(":")
    with getattr(importlib.import_module(module), name)(*sys.argv[2:]) as work:
        used, started = sum(os.times()[:4]), time.monotonic()
        work()
        seconds, cpu_seconds = time.monotonic() - started, sum(os.times()[:4]) - used
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds}))
"""


class _Peak(threading.Thread):
    """Watches the resident memory of a process and of every process below it, where the system shows it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.parent = 0
        self.child = 0

    def run(self) -> None:
        while (own := _resident(self.pid)) is not None:
            self.parent = max(self.parent, own)
            self.child = max([self.child, *(_resident(child) or 0 for child in _below(self.pid))])
            time.sleep(SAMPLE_SECONDS)


def _resident(pid: int) -> int | None:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") or None  # a zombie has no memory any more


def _below(pid: int) -> list[int]:
    found, look_at = [], [pid]
    while look_at:
        for task in Path(f"/proc/{look_at.pop()}/task").glob("*/children"):
            try:
                children = [int(child) for child in task.read_text(encoding="ascii").split()]
            except OSError:
                continue
            found += children
            look_at += children
    return found
