"""Sparklines, tiles, findings, trends, contributions: what the drawings promise."""

import re

from kpi.peers import Peers
from tests.ui.figures import cell, value
from ui.contributions import Part, contribution_list
from ui.explain import Explanation
from ui.findings import FindingRow, finding_list
from ui.kpi_table import KpiRow, kpi_table
from ui.sparkline import Guides, small_sparkline, wide_sparkline
from ui.tiles import Tile, tiles
from ui.trend import Trend, trend_chart

EXPLAINED = Explanation(
    "Won value", "How much did we win?", (("Formula", "sum(amount)"), ("Rests on", "61 deals"), ("Empty", ""))
)


def test_the_running_week_is_drawn_lighter_than_closed_weeks() -> None:
    line = small_sparkline((1.0, 2.0, 3.0), "none", None)
    assert line.count('class="line"') == 1
    assert line.count('class="line now"') == 1


def test_a_week_without_data_is_a_gap_and_not_zero() -> None:
    line = small_sparkline((1.0, 2.0, None, 4.0, 5.0, 6.0), "none", None)
    assert line.count('class="line"') == 2


def test_the_dot_is_coloured_only_when_flagged() -> None:
    assert 'class="end worse"' in small_sparkline((1.0, 2.0), "act", False)
    assert 'class="end "' in small_sparkline((1.0, 2.0), "none", False)


def test_too_few_weeks_draw_no_line() -> None:
    assert "too few weeks" in wide_sparkline((None, 1.0), "none", None, Guides())


def test_a_tile_shows_value_reason_n_and_badge_in_words() -> None:
    tile = Tile("won_value", "Won value", cell(value(), "act"), "18% behind", "61 deals", "", "region", EXPLAINED)
    html = tiles([tile])
    for words in (
        "€3.54\u202fM",
        "18% behind",
        "61 deals",
        "comparable",
        "act, worse than expected",
        "Explain Won value",
    ):
        assert words in html


def test_an_explanation_leaves_out_what_it_does_not_know() -> None:
    tile = Tile("won_value", "Won value", cell(value()), "", "61 deals", "", "region", EXPLAINED)
    assert "<dt>Empty</dt>" not in tiles([tile])


def test_a_finding_escapes_the_text_of_a_crm() -> None:
    row = FindingRow("DACH", "<script>", "−18%", "**two** of <b>", "act", False, False, "region?a=1&b=2")
    html = finding_list([row])
    assert "<script>" not in html
    assert "<b>two</b> of &lt;b&gt;" in html
    assert 'href="region?a=1&amp;b=2"' in html


def test_contributions_share_one_zero() -> None:
    html = contribution_list([Part("A", "", -3.0, "−3", False), Part("B", "", 1.0, "+1", True)], "Sum", "−2")
    assert html.count('class="zero" style="left:75.0%"') == 2
    assert 'class="worse" style="left:0.0%;width:75.0%"' in html
    assert 'class="better" style="left:75.0%;width:25.0%"' in html


def test_a_trend_names_every_line_at_its_end_and_starts_at_zero() -> None:
    trend = Trend(
        ("week 1", "w2", "w3"),
        (1.0, 2.0, None),
        (1.5, 2.5, 4.0),
        4.0,
        "2 won",
        "2.5 expected",
        "4 plan",
        ("a", "b", "c"),
    )
    html = trend_chart(trend)
    for words in ("2 won", "2.5 expected", "4 plan"):
        assert words in html
    assert '<polyline class="expected" points="0,100' in html


def test_a_missing_figure_in_the_table_says_why() -> None:
    nothing = cell(value(None, unit="percent", comparable="no"), change=None)
    row = KpiRow("lead_sla", "SLA", nothing, "", "0 leads", "", "No first contact.", "region", EXPLAINED)
    html = kpi_table([row], "Japan", "Against plan")
    assert "No first contact." in html
    assert re.search(r'class="why hatch"', html)


def test_the_strip_puts_better_at_the_right() -> None:
    figure = cell(value(0.1, unit="percent"))
    others = Peers(3, 0.25, 0.3, 0.35, lowest=0.2, highest=0.4)
    good, bad = (
        kpi_table([KpiRow("k", "K", figure, "", "", "", "", "", EXPLAINED, others, higher)], "DACH", "")
        for higher in (True, False)
    )
    assert 'class="own " style="left:4.0%"' in good
    assert 'class="own " style="left:96.0%"' in bad


def test_the_strip_of_quartiles_alone_has_no_range() -> None:
    figure = cell(value(0.1, unit="percent"))
    row = KpiRow("k", "K", figure, "", "", "", "", "", EXPLAINED, Peers(5, 0.2, 0.3, 0.4), higher_is_better=True)
    html = kpi_table([row], "DACH", "")
    assert 'class="box"' in html
    assert 'class="range"' not in html
