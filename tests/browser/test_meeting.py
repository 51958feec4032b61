"""A whole weekly review driven by hand, and the one after it, which shows what was promised and whether it worked."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demo.write import deliver
from docket.database import Database
from docket.docket import Docket
from kpi.scope import Scope
from organisation import Workspace
from tests.browser.conftest import PATIENCE, ROOT, Watched, serving
from tests.small_company import copy_of

WHAT = "Offers that wait for a price are answered within two days."
CHANGE = "Japan exports the first contact of its leads."


@pytest.fixture(scope="module")
def workspace(reviewed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give a small company of this test's own, with a loader that does what the page asks for."""
    own = copy_of(reviewed, tmp_path_factory.mktemp("meeting"))
    process = subprocess.Popen(
        [sys.executable, ".", "watch", "--workspace", str(own.root)],
        cwd=ROOT, env=os.environ.copy(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield own
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    with serving(workspace) as found:
        yield found


def press(shown: Page, button: str) -> None:
    shown.get_by_role("button", name=button, exact=True).click()


def sees(shown: Page, words: str) -> None:
    expect(shown.get_by_text(words).first).to_be_visible(timeout=PATIENCE)


def turn_to(shown: Page, item: str) -> None:
    press(shown, f"Next: {item}")
    expect(shown.locator(".agenda .shown b")).to_have_text(item, timeout=PATIENCE)


def freeze_and_start(shown: Page, day: str) -> None:
    expect(shown.locator("h1")).to_have_text(f"No pack is frozen for the review of {day}.", timeout=PATIENCE)
    press(shown, "Freeze the pack")
    expect(shown.locator("h1")).to_have_text(f"Weekly review, {day}", timeout=PATIENCE)
    press(shown, "Start the review")
    sees(shown, "left for promises")


def state_a_call(shown: Page) -> None:
    """A changed call is refused without a reason; with one it becomes a row, and the page shows it."""
    amount = shown.get_by_role("spinbutton")
    amount.fill("12345000")
    press(shown, "State it")
    sees(shown, "A changed call needs a reason in writing")
    amount.fill("12345000")
    shown.get_by_role("textbox", name="Why? A changed figure needs its reason.").fill("Two deals moved to January")
    press(shown, "State it")
    sees(shown, "12,345,000.00")
    sees(shown, "Reason: Two deals moved to January")


def decide_on_the_first_deviation(shown: Page) -> None:
    """Acknowledged, given to somebody else, decided: each leaves its mark on the docket at once."""
    shown.get_by_role("link", name="Acknowledge", exact=True).click()
    press(shown, "Write it down")
    sees(shown, "acknowledged, regional manager")
    shown.get_by_role("link", name="Give it to another role", exact=True).click()
    owner = shown.get_by_role("dialog").get_by_role("combobox", name="Which role owns it?")
    owner.fill("global sales director")
    owner.press("Enter")
    press(shown, "Write it down")
    sees(shown, "acknowledged, global sales director")
    shown.get_by_role("textbox", name="What we do").fill(WHAT)
    press(shown, "Record decision")
    expect(shown.locator(".decided")).to_contain_text(WHAT, timeout=PATIENCE)


def drop_next_week(workspace: Workspace) -> None:
    """Let eight days pass, and an export of DACH arrive that sold nothing meanwhile."""
    found = sorted((workspace.archive / "dach_dynamics").rglob("opportunities_2026-11-24*"))
    content = found[-1].read_bytes()
    workspace.clock_file.write_text("2026-12-02T14:02:00+00:00\n", encoding="utf-8")
    deliver(workspace.inbox / "dach_dynamics", "opportunities_2026-12-01.csv", content + b"\r\n")


def wait_until_judged(workspace: Workspace) -> None:
    """Wait until the data have said on the day it was due whether the promise worked."""
    database = Database(f"sqlite:///{workspace.data / 'docket.sqlite'}")
    until = time.monotonic() + PATIENCE / 1000
    try:
        while time.monotonic() < until:
            items = Docket(database, Scope.everything()).items(ended_since=date(2026, 11, 1))
            if any(
                promise.what == WHAT and promise.had_effect is not None for item in items for promise in item.promises
            ):
                return
            time.sleep(0.5)
    finally:
        database.close()
    raise AssertionError("the promise was not judged")


def exported(shown: Page, label: str) -> bytes:
    with shown.expect_download(timeout=PATIENCE) as waiting:
        shown.get_by_role("button", name=label, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def test_a_review_is_held_and_the_next_one_shows_what_came_of_it(
    workspace: Workspace, address: str, page: Watched
) -> None:
    shown = page.open(f"{address}/weekly")
    freeze_and_start(shown, "25 November 2026")
    effects = shown.locator(".promises .moved small")
    expect(effects).to_have_count(2)
    assert set(effects.all_inner_texts()) == {"it worked", "without effect"}
    turn_to(shown, "Call and pace")
    state_a_call(shown)
    turn_to(shown, "Deviations")
    decide_on_the_first_deviation(shown)
    for item in ("Next quarters", "Accounts", "Process"):
        turn_to(shown, item)
    shown.get_by_role("textbox", name="What do we change?").fill(CHANGE)
    press(shown, "Record decision")
    expect(shown.locator(".decided")).to_contain_text(CHANGE, timeout=PATIENCE)
    press(shown, "Read back and close")
    expect(shown.get_by_role("dialog")).to_contain_text(WHAT)
    press(shown, "Close the review")
    sees(shown, "The review is closed.")
    press(shown, "Export")
    assert exported(shown, "Excel, every row").startswith(b"PK")
    assert WHAT in exported(shown, "Minutes, Markdown").decode()

    drop_next_week(workspace)
    wait_until_judged(workspace)
    shown.reload()
    sees(shown, "No pack is frozen for the review of 3 December 2026.")
    freeze_and_start(shown, "3 December 2026")
    promise = shown.locator(".promises li", has_text=WHAT)
    expect(promise.locator(".moved small")).to_have_text("without effect")
    expect(promise.locator(".moved")).to_contain_text("→")
    expect(shown.locator(".promises li", has_text=CHANGE)).to_have_count(1)
    assert not [said for said in page.complaints if "404" not in said]
