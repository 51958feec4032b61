"""What tests of several folders share: the demonstration company, written and loaded once for all of them."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from organisation import Workspace

ROOT = Path(__file__).parent.parent
TODAY = "2026-11-24"

settings.register_profile("steady", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("steady")


def command(*words: str, timeout: float = 240) -> "subprocess.CompletedProcess[str]":
    """Run a command of the command line as a person would, from the checkout."""
    environment = {key: value for key, value in os.environ.items() if key != "DENOMINATOR_WORKSPACE"}
    return subprocess.run(
        [sys.executable, ".", *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout
    )


@pytest.fixture(scope="session")
def run_command() -> "Callable[..., subprocess.CompletedProcess[str]]":
    """Give the function that runs a command of the command line."""
    return command


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give the demonstration company, loaded; made once for all test processes, to be read and never written."""
    folder = tmp_path_factory.getbasetemp()
    shared = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "demonstration"
    with (shared.parent / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            shutil.rmtree(shared, ignore_errors=True)
            for words in (("demo", str(shared), "--today", TODAY), ("load", "--workspace", str(shared))):
                done = command(*words)
                assert done.returncode == 0, done.stderr
            (shared / "done").touch()
    return Workspace(shared)


@pytest.fixture
def own_demonstration(demonstration: Workspace, tmp_path: Path) -> Workspace:
    """Give a copy of the demonstration company that the test may change."""
    place = tmp_path / "workspace"
    shutil.copytree(demonstration.root, place)
    return Workspace(place)
