"""Freshness in a browser: a held export is refused and let in after all, rejected rows go out and come back."""

import csv
import io
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from commands.load import load_all
from organisation import Organisation, Workspace
from organisation.requests import waiting_requests
from tests.browser.conftest import PATIENCE, Watched, serving
from tests.small_company import copy_of, load
from warehouse.store import Store


@pytest.fixture(scope="module")
def workspace(reviewed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give a small company of these tests' own: they take exports in and out."""
    return copy_of(reviewed, tmp_path_factory.mktemp("freshness"))


@pytest.fixture(scope="module")
def shown(workspace: Workspace) -> Iterator[str]:
    with serving(workspace) as address:
        yield address


def drop_short_export(workspace: Workspace) -> str:
    """Put an export of tomorrow into the inbox that holds only the first rows of AMER's newest one; gives its name."""
    tomorrow = workspace.now() + timedelta(days=1)
    newest = max(workspace.archive.glob("amer_salesforce/*/opportunities_*.csv"), key=lambda file: file.name)
    lines = newest.read_text(encoding="utf-8").splitlines()[:12]
    workspace.clock_file.write_text(tomorrow.isoformat() + "\n", encoding="utf-8")
    name = f"opportunities_{tomorrow:%Y-%m-%d}.csv"
    partial = workspace.inbox / "amer_salesforce" / f".{name}.part"
    partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    partial.rename(partial.with_name(name))
    return name


def answer(workspace: Workspace) -> None:
    """Let the loader do what was asked, as soon as it is asked."""
    for _ in range(300):
        if waiting_requests(workspace):
            break
        time.sleep(0.1)
    load_all(Organisation.read(workspace))
    assert not waiting_requests(workspace)


def deals_of(workspace: Workspace, region: str) -> list[tuple[object, ...]]:
    """Give the deals of a region as they stand: number, stage and amount."""
    with Store.open_reader(workspace.lake) as store:
        sql = "SELECT opportunity_id, stage, amount, closed_on FROM opportunity WHERE region = $region ORDER BY ALL"
        return store.query(sql, {"region": region}).rows()


def decide(page: Page, link: str, button: str) -> None:
    page.get_by_role("link", name=link, exact=True).first.click()
    page.get_by_role("dialog").get_by_role("button", name=button).click(timeout=PATIENCE)
    expect(page.get_by_text("The loader is at work").first).to_be_visible(timeout=PATIENCE)


def test_a_held_export_is_refused_and_then_let_in_and_the_figures_follow(
    workspace: Workspace, shown: str, page: Watched
) -> None:
    before = len(deals_of(workspace, "amer"))
    name = drop_short_export(workspace)
    load(workspace)
    assert len(deals_of(workspace, "amer")) == before
    opened = page.open(f"{shown}/freshness")
    expect(opened.get_by_text(name).first).to_be_visible()
    decide(opened, "Refuse", "Refuse it")
    answer(workspace)
    expect(opened.get_by_text("is refused; the figures stay as they are").first).to_be_visible(timeout=PATIENCE)
    decide(opened, "Let it in after all", "Let it in")
    answer(workspace)
    expect(opened.get_by_text(f"{name} took effect").first).to_be_visible(timeout=PATIENCE)
    assert len(deals_of(workspace, "amer")) < before
    with Store.open_reader(workspace.lake) as store:
        found = store.query(
            "SELECT status, who FROM load WHERE file = $name AND source = 'amer_salesforce'", {"name": name}
        )
    assert found.rows() == [("loaded", "global sales director")]


def test_a_load_is_withdrawn_with_its_reason_and_put_into_force_again(
    workspace: Workspace, shown: str, page: Watched
) -> None:
    before = deals_of(workspace, "nordics")
    opened = page.open(f"{shown}/freshness?regions=nordics")
    newest = opened.locator("#loads-nordics_lime-opportunity > summary")
    newest.get_by_role("link", name="Withdraw", exact=True).click()
    dialog = opened.get_by_role("dialog")
    dialog.get_by_role("button", name="Withdraw it").click(timeout=PATIENCE)
    expect(dialog.get_by_text("Say why in a few words")).to_be_visible(timeout=PATIENCE)
    dialog.get_by_role("textbox", name="Why?").fill("the wrong quarter")
    dialog.get_by_role("button", name="Withdraw it").click(timeout=PATIENCE)
    expect(opened.get_by_text("The loader is at work").first).to_be_visible(timeout=PATIENCE)
    answer(workspace)
    expect(opened.get_by_text("its rows are in no table any more").first).to_be_visible(timeout=PATIENCE)
    assert deals_of(workspace, "nordics") != before
    assert withdrawn(workspace) == [
        "Withdrawn by global sales director (the wrong quarter): its rows are in no table any more."
    ]
    opened.get_by_role("link", name="Put it into force again", exact=True).click()
    dialog.get_by_role("textbox", name="Why?").fill("it was the right one")
    dialog.get_by_role("button", name="Put it into force").click(timeout=PATIENCE)
    answer(workspace)
    expect(opened.get_by_text("is in force again").first).to_be_visible(timeout=PATIENCE)
    assert deals_of(workspace, "nordics") == before
    assert withdrawn(workspace) == []


def withdrawn(workspace: Workspace) -> list[str]:
    with Store.open_reader(workspace.lake) as store:
        return [str(each) for each in store.query("SELECT message FROM load WHERE status = 'withdrawn'")["message"]]


def test_rejected_rows_are_downloaded_and_sent_back_and_the_page_says_what_became_of_them(
    workspace: Workspace, shown: str, page: Watched, tmp_path: Path
) -> None:
    opened = page.open(f"{shown}/freshness")
    opened.get_by_text("and send them again").click()
    with opened.expect_download() as download:
        opened.get_by_role("link", name="Download", exact=True).first.click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    content = file.read_bytes().decode("utf-8-sig", errors="replace")
    dialect = csv.Sniffer().sniff(content.splitlines()[0], delimiters=",;\t")
    rows = list(csv.DictReader(io.StringIO(content), delimiter=dialect.delimiter))
    assert rows[0]["denominator_reason"]
    opened.get_by_role("link", name="Send corrected", exact=True).first.click()
    dialog = opened.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(str(file))
    dialog.get_by_role("button", name="Send them").click(timeout=PATIENCE)
    expect(opened.get_by_text("The loader is at work").first).to_be_visible(timeout=PATIENCE)
    answer(workspace)
    expect(opened.get_by_text("corrected rows are loaded").first).to_be_visible(timeout=PATIENCE)
