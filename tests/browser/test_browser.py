"""What a person sees: first load, deep link, choices, new data, and nothing asked of another machine."""

import csv
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from kpi.definitions import Definitions
from organisation import Workspace
from tests.browser.conftest import PATIENCE, ROOT, Watched, serving
from tests.small_company import load

HARMLESS = "404 (Not Found)"  # Streamlit asks below the deep link's path for its health first
PAGES = sorted((ROOT / "pages").glob("*/*.py"))
PATHS = (
    "",
    "deviations",
    "region?region=dach",
    "pipeline",
    "freshness",
    "comparability",
    "definitions",
    "onboarding",
    "weekly",
)


def tile(page: Page, kpi: str) -> str:
    return page.locator(f'.tile[data-kpi="{kpi}"] .value').inner_text()


def test_the_first_page_shows_sentence_tiles_and_matrix(address: str, page: Watched, company: Workspace) -> None:
    shown_kpis = Definitions.read(company.definitions_file).overview
    shown = page.open(address)
    expect(shown.locator(".tile")).to_have_count(6)
    expect(shown.locator(".matrix tbody th[scope=row]")).to_have_count(len(shown_kpis))
    assert shown.locator("h1").inner_text().endswith(".")
    expect(shown.get_by_text("regions on time")).to_be_visible()


@pytest.mark.parametrize("path", PATHS)
def test_no_request_leaves_the_machine_and_the_console_is_silent(address: str, page: Watched, path: str) -> None:
    page.open(f"{address}/{path}")
    page.page.wait_for_load_state("networkidle")
    outside = [
        url for url in page.requests if not url.startswith((address, "data:", "blob:", address.replace("http", "ws")))
    ]
    assert not outside
    assert not [complaint for complaint in page.complaints if HARMLESS not in complaint]


def test_a_deep_link_works_on_a_fresh_server(company: Workspace, page: Watched) -> None:
    with serving(company) as fresh:
        shown = page.open(f"{fresh}/region?region=japan&kpi=win_rate")
        assert shown.locator("h1").inner_text().startswith("Japan")
        assert shown.locator(".kpis tr.chosen th").inner_text() == "Win rate"
        expect(shown.locator("[data-testid=stSidebarNavLink]")).to_have_count(len(PAGES))
        expect(shown.get_by_text("Page not found")).to_have_count(0)


def test_a_choice_changes_the_figures_and_the_address(address: str, page: Watched) -> None:
    shown = page.open(address)
    before = tile(shown, "won_value")
    shown.get_by_role("button", name="All 6 regions").click()
    shown.get_by_test_id("stPopoverBody").get_by_text("AMER", exact=True).click()
    expect(shown).to_have_url(re.compile(r"regions=(?!.*amer)"), timeout=PATIENCE)
    expect(shown.locator('.tile[data-kpi="won_value"] .value')).not_to_have_text(before, timeout=PATIENCE)
    expect(shown.locator(".matrix thead th[data-region=amer]")).to_have_count(0)


def test_a_cell_leads_to_its_region_and_the_choices_come_along(address: str, page: Watched) -> None:
    shown = page.open(f"{address}/?against=last_year")
    shown.locator('.matrix td[data-region="dach"] a').first.click()
    expect(shown).to_have_url(re.compile(r"/region\?.*against=last_year.*region=dach.*kpi=won_value"), timeout=PATIENCE)
    expect(shown.locator("h1")).to_contain_text("DACH", timeout=PATIENCE)


def test_an_explanation_opens_by_keyboard_and_closes_with_escape(address: str, page: Watched) -> None:
    shown = page.open(address)
    sign = shown.locator('.tile[data-kpi="win_rate"] summary')
    sign.focus()
    shown.keyboard.press("Enter")
    panel = shown.locator('.tile[data-kpi="win_rate"] .panel')
    expect(panel).to_contain_text("It is not")
    shown.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_phone_shows_one_region_at_a_time(address: str, page: Watched) -> None:
    page.page.set_viewport_size({"width": 390, "height": 844})
    shown = page.open(address)
    shown.get_by_role("button", name="Japan").click()
    expect(shown.locator(".matrix thead th[data-region=japan]")).to_be_visible()
    expect(shown.locator(".matrix thead th[data-region=amer]")).to_be_hidden()
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390


def test_definitions_are_searched_while_typing(address: str, page: Watched) -> None:
    shown = page.open(f"{address}/definitions")
    shown.get_by_role("searchbox").fill("first_touch_at")
    expect(shown.locator(".entries article:visible")).to_have_count(1)
    shown.get_by_role("searchbox").fill("no such word")
    expect(shown.get_by_text("holds these words")).to_be_visible()


def test_a_dropped_export_changes_the_figure_on_the_open_page(address: str, page: Watched, company: Workspace) -> None:
    shown = page.open(address)
    before = tile(shown, "won_value")
    drop_larger_wins(company)
    load(company)
    expect(shown.locator('.tile[data-kpi="won_value"] .value')).not_to_have_text(before, timeout=PATIENCE)
    expect(shown.locator("#place[data-changed]")).to_have_count(1)
    expect(shown.locator(".news")).to_contain_text("New: AMER deals of")
    assert not [complaint for complaint in page.complaints if HARMLESS not in complaint]


def drop_larger_wins(company: Workspace) -> None:
    """Put an export of the next day into the inbox in which every won deal of AMER is twice as large."""
    tomorrow = company.now() + timedelta(days=1)
    newest = max(company.archive.glob("amer_salesforce/*/opportunities_*.csv"), key=lambda file: file.name)
    with newest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    head = rows[0]
    stage, amount = head.index("Stage"), head.index("Amount")
    for row in rows[1:]:
        if len(row) == len(head) and row[stage] == "Closed Won":
            row[amount] = str(2 * float(row[amount].replace(",", "")))
    waiting = company.inbox / "amer_salesforce" / f".{tomorrow:%Y%m%d}.part"
    with waiting.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    company.clock_file.write_text(tomorrow.isoformat() + "\n", encoding="utf-8")
    waiting.rename(waiting.with_name(f"opportunities_{tomorrow:%Y-%m-%d}.csv"))
