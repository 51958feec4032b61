"""The comparability page: where the common denominator ends, and what brings the next KPI."""

import re

from kpi.definitions import Definitions
from tests.pages.conftest import ROOT, Draw, html_of

PAGE = "data/comparability.py"
SHOWN = Definitions.read(ROOT / "kpi_definitions.yaml").figures
REGIONS = 6


def test_every_kpi_stands_in_the_table_once_with_a_cell_for_each_region(html: dict[str, str]) -> None:
    shown = html[PAGE]
    rows = re.findall(r'<tr><th scope="row"><a href="definitions\?kpi=(\w+)".*?</tr>', shown)
    assert sorted(rows) == sorted(kpi.name for kpi in SHOWN)
    cells = re.findall(r'<td class="(same|half|hatch)"><a class="tip" href="region\?[^"]+" data-go', shown)
    assert len(cells) == len(SHOWN) * REGIONS


def test_what_all_can_measure_stands_above_the_line_and_nothing_else_does(html: dict[str, str]) -> None:
    above, line, below = html[PAGE].partition("The common denominator ends here")
    assert line
    table = above[above.index('<table class="compare">') :]
    assert "hatch" not in table.partition("<tbody>")[2]
    below = below[: below.index("</table>")]
    assert all("hatch" in row for row in re.findall(r'<tr><th scope="row">.*?</tr>', below))
    assert "no first contact" in below


def test_the_roadmap_says_who_exports_what_and_ends_at_all_kpis(html: dict[str, str]) -> None:
    shown = html[PAGE]
    assert "<b>Japan</b> exports the first contact of its leads" in shown
    steps = re.findall(r'<div class="segments".*?</div>', shown)
    assert steps
    assert all(step.count("<i") == len(SHOWN) for step in steps)
    assert all('class="new"' in step for step in steps)
    out_of_reach = shown.partition('<ul class="beyond">')[2].partition("</ul>")[0].count("<li>")
    assert f"<b>{len(SHOWN) - out_of_reach} of {len(SHOWN)}</b>" in shown


def test_without_the_region_that_lacks_the_field_only_figures_about_persons_are_missing(draw: Draw) -> None:
    shown = html_of(draw(PAGE, regions="amer,dach"))
    below = shown.partition("The common denominator ends here")[2].partition("</table>")[0]
    labels = re.findall(r'<th scope="row"><a [^>]*>([^<]+)', below)
    assert labels == [kpi.label for kpi in SHOWN if kpi.of_persons]
    assert "Japan" not in shown
    assert "KPIs mean the same in every region." in shown


def test_one_region_alone_is_told_what_it_can_measure(draw: Draw) -> None:
    assert "<h1>Japan can measure " in html_of(draw(PAGE, regions="japan"))
