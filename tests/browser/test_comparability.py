"""The page Comparability in a browser."""

import re

from playwright.sync_api import expect

from kpi.definitions import Definitions
from organisation import Workspace
from tests.browser.conftest import PATIENCE, Watched


def test_a_kpi_leads_to_its_definition_and_a_cell_to_its_region(
    address: str, page: Watched, company: Workspace
) -> None:
    figures = Definitions.read(company.definitions_file).figures
    shown = page.open(f"{address}/comparability?against=last_year")
    rows = shown.locator(".compare tbody th[scope=row]")
    expect(rows).to_have_count(len(figures))
    label = rows.first.inner_text()
    rows.first.get_by_role("link").click()
    expect(shown).to_have_url(re.compile(r"/definitions\?.*against=last_year.*kpi="), timeout=PATIENCE)
    expect(shown.locator(".entries article:focus h3")).to_contain_text(label, timeout=PATIENCE)
    shown.go_back()
    shown.locator('.compare td a[href*="kpi=landing"][href*="region=dach"]').click()
    expect(shown).to_have_url(re.compile(r"/region\?.*region=dach.*kpi=landing"), timeout=PATIENCE)
    expect(shown.locator(".further tr.chosen th")).to_have_text("Landing", timeout=PATIENCE)


def test_a_phone_reads_the_matrix_by_codes_and_nothing_runs_over(address: str, page: Watched) -> None:
    page.page.set_viewport_size({"width": 390, "height": 844})
    shown = page.open(f"{address}/comparability")
    expect(shown.locator(".compare abbr").first).to_be_visible()
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
