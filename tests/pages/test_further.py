"""The region page's further figures: folded by heading, computed for the one that is open."""

import re

from kpi.definitions import Definitions
from tests.pages.conftest import ROOT, Draw, html_of

PAGE = "market/region.py"
FURTHER = [kpi for kpi in Definitions.read(ROOT / "kpi_definitions.yaml").figures if kpi.shown != "overview"]


def test_every_heading_with_further_figures_is_a_closed_line_that_says_how_many(html: dict[str, str]) -> None:
    folds = re.findall(r'aria-expanded="(\w+)">([\w ]+)<small>(\d+) figures?</small>', html[PAGE])
    assert {state for state, _, _ in folds} == {"false"}
    assert [heading for _, heading, _ in folds] == list(dict.fromkeys(kpi.heading for kpi in FURTHER))
    assert sum(int(count) for _, _, count in folds) == len(FURTHER)
    assert 'class="further"' not in html[PAGE]


def test_a_link_to_a_further_figure_opens_its_heading_at_it(draw: Draw) -> None:
    shown = html_of(draw(PAGE, region="japan", kpi="lead_leak"))
    table = shown.partition('<table class="further" data-opened="lead_leak">')[2].partition("</table>")[0]
    rows = re.findall(r'<tr id="(\w+)" tabindex="-1"( class="chosen")?>', table)
    assert [name for name, _ in rows] == [kpi.name for kpi in FURTHER if kpi.heading == "Leads"]
    assert [name for name, chosen in rows if chosen] == ["lead_leak"]
    assert re.search(r">Group<small>2026 Q4", table)
    assert shown.count('aria-expanded="true"') == 1
    label = next(kpi.label for kpi in FURTHER if kpi.name == "lead_leak")
    assert re.search(rf"The \d+ leads? behind {label}", shown)


def test_what_a_region_cannot_measure_says_why_beside_the_groups_figure(draw: Draw) -> None:
    shown = html_of(draw(PAGE, region="japan", kpi="lead_response_median"))
    row = shown.partition('<tr id="lead_response_median"')[2].partition("</tr>")[0]
    assert 'class="why hatch"' in row
    assert "Japan&#x27;s CRM does not deliver the first contact" in row
    assert "The total lacks Japan." in row
    assert re.search(r'<b>[\d.,]+\u202fh</b></td><td class="num n">\d+ leads', row)
