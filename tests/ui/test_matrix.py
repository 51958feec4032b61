"""The matrix: markers by shape and colour, hatches with a reason, n in every label, one region on a phone."""

import re

from tests.ui.figures import cell, value
from ui.matrix import Column, Row, Wording, matrix, spoken_cell

COLUMNS = [
    Column("group", "Group", "2 regions"),
    Column("dach", "DACH", "13:58", alarm="act"),
    Column("japan", "Japan", "late, Fri", late=True),
]
ROWS = [Row("won_value", "Won value", "€ M", "Result"), Row("lead_sla", "Leads answered in time", "%", "Leads")]
WORDING = Wording(
    href=lambda kpi, region: f"region?region={region}&kpi={kpi}",
    spoken=lambda kpi, region: f"{kpi} of {region}; 61 deals",
    why_not=lambda kpi, region: "no first contact",
)


def drawn() -> str:
    missing = value(None, unit="percent", region="japan", comparable="no", reasons=("FIELD_MISSING",))
    return matrix(
        COLUMNS,
        ROWS,
        {
            ("won_value", "group"): cell(value(region="group", comparable="reservation")),
            ("won_value", "dach"): cell(value(), "act"),
            ("won_value", "japan"): cell(value(region="japan"), "watch", 0.09),
            ("lead_sla", "japan"): cell(missing, change=None),
        },
        WORDING,
    )


def test_act_is_filled_tinted_and_points_down_while_watch_is_hollow() -> None:
    html = drawn()
    assert re.search(r'data-region="dach" class="shown region act worse"', html)
    assert html.count('class="tri act worse"') == 3  # the key, the phone's chip, the cell
    assert html.count('class="tri watch worse"') == 2  # the key, the cell


def test_what_cannot_be_compared_is_hatched_with_its_reason_and_never_zero() -> None:
    html = drawn()
    assert 'hatch"><a' in html
    assert "no first contact" in html


def test_every_cell_is_a_link_with_its_n_in_the_label() -> None:
    links = re.findall(r'<a class="tip" href="([^"]+)" data-go aria-label="([^"]+)"', drawn())
    assert len(links) == 4
    assert all("61 deals" in label for _, label in links)


def test_a_group_over_fewer_regions_carries_the_half_badge() -> None:
    assert 'class="dot half"' in drawn()


def test_a_phone_opens_on_the_worst_region() -> None:
    html = drawn()
    assert 'data-choose="dach" aria-pressed="true"' in html
    assert 'data-choose="japan" aria-pressed="false"' in html


def test_a_late_region_says_so_in_its_head() -> None:
    assert '<small class="late">late, Fri</small>' in drawn()


def test_names_from_profiles_are_escaped() -> None:
    html = matrix([Column("group", "<b>", ""), Column("x", "<i>", "")], ROWS, {}, WORDING)
    assert "<b>" not in html.replace("<b>&", "")
    assert "&lt;i&gt;" in html


def test_a_spoken_cell_names_figure_n_deviation_and_reason() -> None:
    spoken = spoken_cell("Won value", "DACH", "€3.54 M", cell(value(), "act"), counted="61 deals", reasons="")
    assert spoken == "Won value, DACH: €3.54 M; 61 deals; −18% act, worse than expected; Behind."
