"""denominator run: loader, watcher and dashboard together."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from commands.demo import write as write_demonstration
from commands.load import load_all, summary
from commands.shared import PROBLEM, WorkspaceOption, organisation_of, people, stop_on_signal
from commands.watch import watch_until
from organisation import Workspace
from organisation.workspace import REPOSITORY

HOST = "127.0.0.1"
START_WITHIN = 60  # seconds


def run(
    workspace: WorkspaceOption = None,
    port: Annotated[
        int, typer.Option(help="Port of the dashboard; the next free one is taken where it is in use.")
    ] = 8501,
) -> None:
    """Load what waits, watch for more and show the dashboard; makes the demonstration where there are no data."""
    place = Workspace.find(workspace)
    if place.root == REPOSITORY and not place.lake.exists() and not any(place.inbox.glob("*/*")):
        write_demonstration(place.root)
    organisation = organisation_of(workspace)
    stop = stop_on_signal()
    with dashboard(place.root, free_port(port)) as (process, address):
        people.print(f"[bold]Dashboard: {address}[/bold]  (Ctrl-C stops it)")
        threading.Thread(target=_stop_with, args=(process, stop), daemon=True).start()
        people.print(summary(load_all(organisation)))
        people.print(f"New exports are loaded as they arrive in {place.inbox}.", soft_wrap=True)
        watch_until(organisation, stop)
    if process.returncode not in (0, -15, -2, None):
        raise typer.Exit(PROBLEM)


class dashboard:  # noqa: N801 — used as a verb: with dashboard(…)
    """The Streamlit server of a workspace, started on entering and stopped on leaving."""

    def __init__(self, root: Path, port: int) -> None:
        self.root, self.port = root, port

    def __enter__(self) -> tuple["subprocess.Popen[bytes]", str]:
        command = [sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "dashboard.py")]
        options = ["--server.headless=true", f"--server.port={self.port}", f"--server.address={HOST}"]
        environment = os.environ | {"DENOMINATOR_WORKSPACE": str(self.root)}
        self.process = subprocess.Popen(
            [*command, *options], cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        address = f"http://{HOST}:{self.port}"
        if not _answers(f"{address}/_stcore/health", self.process):
            self.__exit__()
            people.print("The dashboard did not start; its own words stand above.")
            raise typer.Exit(PROBLEM)
        return self.process, address

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port(wanted: int) -> int:
    """Give the wanted port, or the next one that nothing listens on."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port
    people.print(f"No free port between {wanted} and {wanted + 49}; name another with --port.")
    raise typer.Exit(PROBLEM)


def _answers(address: str, process: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + START_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=1):  # noqa: S310 — loopback only
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _stop_with(process: "subprocess.Popen[bytes]", stop: threading.Event) -> None:
    process.wait()
    stop.set()
