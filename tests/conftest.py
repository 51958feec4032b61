"""What tests of several folders share: the demonstration company, written and loaded once for all of them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from organisation import Workspace
from tests.made_once import made_once
from tests.reviewed_company import reviewed_company
from tests.small_company import copy_of, small_company

ROOT = Path(__file__).parent.parent
TODAY = "2026-11-24"

# What takes longest begins first, so that no worker is still at it when the others have nothing left to do.
LONGEST_FIRST = (
    "browser/test_onboarding.py", "commands/test_commands.py", "browser/test_browser.py", "commands/test_rehearse.py",
    "browser/test_meeting.py", "browser/test_freshness.py", "warehouse/test_upkeep.py", "etl/test_load.py",
    "etl/test_merges.py", "etl/test_corrections.py", "faults/test_backup.py", "kpi/test_scope_holds.py",
    "kpi/test_restatements.py", "pages/test_pages.py", "docket/pack/test_check.py", "etl/test_propose_accuracy.py",
    "faults/test_full_disk.py", "etl/test_shared_archive.py", "etl/test_order.py", "etl/test_requests.py",
    "etl/test_several_exports.py", "etl/test_stage_history.py", "commands/test_after_load.py",
    "warehouse/test_store.py",
    "warehouse/test_doctor.py", "faults/test_bit_flips.py", "faults/test_compaction.py", "test_stories.py",
    "kpi/deviations/test_findings.py", "kpi/test_scorecard.py", "test_maven.py", "etl/test_propose_anything.py",
)  # fmt: skip

settings.register_profile("steady", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; within a file, and among the others, the order stays as it is."""
    place = {ROOT / "tests" / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


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

    def make(place: Path) -> None:
        for words in (("demo", str(place), "--today", TODAY), ("load", "--workspace", str(place))):
            done = command(*words)
            assert done.returncode == 0, done.stderr

    return Workspace(made_once(tmp_path_factory, "demonstration", make))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give a small company, loaded; made once for all test processes, to be read and never written."""
    return Workspace(made_once(tmp_path_factory, "small", small_company))


@pytest.fixture(scope="session")
def reviewed(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give the small company with its docket and last week's review; to be read and never written."""
    return Workspace(made_once(tmp_path_factory, "reviewed", lambda place: reviewed_company(small, place)))


@pytest.fixture
def own_reviewed(reviewed: Workspace, tmp_path: Path) -> Workspace:
    """Give a copy of the small company with its docket that the test may change."""
    return copy_of(reviewed, tmp_path / "workspace")
