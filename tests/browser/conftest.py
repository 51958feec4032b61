"""A real Chromium in front of a real server, with a small company of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, expect, sync_playwright

from organisation import Workspace
from tests.small_company import copy_of

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
FOR_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
CHROMIUM = next((Path(found) for name in NAMES if (found := shutil.which(name))), FOR_MACOS)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 150_000  # milliseconds: a busy machine is no fault of the page
MISSING = "These tests need Chromium. Debian: apt install chromium; macOS: brew install --cask google-chrome"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def company(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give a small company, loaded, that the browser tests may change."""
    return copy_of(small, tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="session")
def address(company: Workspace) -> Iterator[str]:
    """Give the address of a running dashboard."""
    with serving(company) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give one Chromium for all tests."""
    with sync_playwright() as playwright:
        found = launched(playwright)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator["Watched"]:
    """Give a new page that remembers what it asked for and complained about."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield Watched(context.new_page())
    context.close()


class Watched:
    """A page with its requests and its console's complaints."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._asked)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, address: str) -> Page:
        """Go to an address and wait until its figures are complete."""
        self.page.goto(address)
        self.page.wait_for_selector("main.dn h1", timeout=PATIENCE)
        expect(self.page.get_by_text("Reading the newest data")).to_have_count(0, timeout=PATIENCE)
        return self.page

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)


class serving:  # noqa: N801 — used as a verb: with serving(…)
    """A dashboard server of a workspace on a free port."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def __enter__(self) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "dashboard.py", f"--server.port={port}"],
            cwd=ROOT,
            env=os.environ | {"DENOMINATOR_WORKSPACE": str(self.workspace.root)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        address = f"http://127.0.0.1:{port}"
        for _ in range(1200):
            if answers(address):
                return address
            time.sleep(0.1)
        raise AssertionError("the dashboard did not start within two minutes")

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def answers(address: str) -> bool:
    """Say whether a dashboard answers there."""
    try:
        with closing(HTTPConnection(address.removeprefix("http://"), timeout=1)) as connection:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
    except OSError:
        return False


def launched(playwright: Playwright) -> Browser:
    """Start Debian's Chromium where it is, else playwright's own; says what to install where there is neither."""
    if CHROMIUM.exists():
        return playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
    if not Path(playwright.chromium.executable_path).exists():
        pytest.fail(MISSING)
    return playwright.chromium.launch(args=ARGUMENTS)
