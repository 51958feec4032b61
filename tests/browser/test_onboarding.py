"""A stranger's file becomes a region, driven by hand: few interactions, and nothing is stored before acceptance."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from organisation import Workspace
from tests.browser.conftest import PATIENCE, ROOT, Watched, serving
from tests.etl.strangers import FOLDER, POLISH_NAME
from tests.small_company import copy_of

MOST_INTERACTIONS = 25  # at ten seconds each, four minutes and ten seconds


@pytest.fixture(scope="module")
def workspace(reviewed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give a small company of these tests' own: a region joins it."""
    return copy_of(reviewed, tmp_path_factory.mktemp("onboarding"))


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    with serving(workspace) as found:
        yield found


@pytest.fixture
def loader(workspace: Workspace) -> Iterator[None]:
    """Let a loader execute what pages ask for from now on."""
    shutil.rmtree(workspace.requests, ignore_errors=True)
    process = subprocess.Popen(
        [sys.executable, ".", "watch", "--workspace", str(workspace.root)],
        cwd=ROOT, env=os.environ.copy(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield
    process.terminate()
    process.wait(timeout=20)


class Hand:
    """A person at the page, whose interactions are counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def drop(self, file: Path) -> None:
        self.count += 1
        self.page.set_input_files("input[type=file]", file)
        expect(self.page.get_by_text("1.0KB")).to_be_visible(timeout=PATIENCE)

    def write(self, field: str, words: str) -> None:
        self.count += 1
        self.page.get_by_role("textbox", name=field).fill(words)

    def choose(self, words: str) -> None:
        self.count += 1
        self.page.get_by_text(words, exact=True).click()

    def press(self, button: str) -> None:
        self.count += 1
        self.page.get_by_role("button", name=button, exact=True).click()

    def pick(self, field: str, option: str) -> None:
        self.count += 1
        box = self.page.get_by_role("combobox", name=field)
        box.click()
        box.fill(option)
        box.press("Enter")


def test_without_a_loader_the_page_says_what_to_start(address: str, page: Watched) -> None:
    shown = page.open(f"{address}/onboarding")
    hand = Hand(shown)
    hand.press("Rehearse")
    expect(shown.get_by_text("An export, a short name and your role are needed.")).to_be_visible(timeout=PATIENCE)
    hand.drop(FOLDER / POLISH_NAME)
    hand.write("Short name of the region", "poland")
    hand.write("Your role", "sales operations")
    hand.press("Rehearse")
    expect(shown.get_by_text("The loader reads the files")).to_be_visible(timeout=PATIENCE)
    expect(shown.get_by_text("No loader has answered yet.")).to_be_visible(timeout=PATIENCE)


@pytest.mark.usefixtures("loader")
def test_a_strangers_file_becomes_a_region(workspace: Workspace, address: str, page: Watched) -> None:
    shown = page.open(f"{address}/onboarding")
    expect(shown.locator("h1")).to_have_text("A new region joins by a rehearsal.")
    hand = Hand(shown)
    hand.drop(FOLDER / POLISH_NAME)
    hand.write("Short name of the region", "poland")
    hand.write("Your role", "sales operations")
    hand.press("Rehearse")
    expect(shown.get_by_text("In which of these readings are all letters right?")).to_be_visible(timeout=PATIENCE)
    hand.choose("Central Europe: cp1250")
    hand.choose("all rows are Poland's")
    hand.write("Which part of the group is it in?", "EMEA")
    hand.press("Rehearse again")
    expect(shown.get_by_text(f"Columns of {POLISH_NAME}")).to_be_visible(timeout=PATIENCE)
    expect(shown.get_by_text("Kowalski")).to_have_count(0)
    for words in ("the whole contract", "without tax", "in units", "all deals", "it was lost (archived)"):
        hand.choose(words)
    hand.pick("Meaning of Czeka na zarząd", "close")
    hand.write("2026-09 in PLN", "160000.26")
    hand.press("Rehearse again")
    expect(shown.get_by_text("0.01", exact=False).first).to_be_visible(timeout=PATIENCE)
    expect(shown.get_by_role("button", name="Accept: poland joins")).to_be_disabled()
    hand.write("2026-09 in PLN", "160000.25")
    hand.press("Rehearse again")
    expect(shown.locator("h1")).to_have_text("Poland is ready to join.", timeout=PATIENCE)
    expect(shown.get_by_text("common KPIs stay").first).to_be_visible()
    assert not (workspace.sources_dir / "poland.yaml").exists()
    assert not (workspace.inbox / "poland").exists()
    hand.press("Accept: poland joins")
    expect(shown.locator("h1")).to_have_text("Poland has joined.", timeout=PATIENCE)
    expect(shown.get_by_text("6 rows loaded, equal to the rehearsal.")).to_be_visible()
    assert "Czeka na zarząd: close" in (workspace.sources_dir / "poland.yaml").read_text(encoding="utf-8")
    assert hand.count <= MOST_INTERACTIONS
