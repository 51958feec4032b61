"""Every page draws, says what it should, and takes its choices from the address."""

import re
from pathlib import Path

import pytest

from kpi.definitions import Definitions
from organisation import Organisation, Workspace
from tests.pages.conftest import FILES, ROOT, Draw, html_of
from tests.small_company import copy_of
from ui.frame import READERS
from warehouse.store import Store

DEFINED = Definitions.read(ROOT / "kpi_definitions.yaml")


def test_every_page_file_is_in_the_navigation_and_none_lies_directly_in_pages() -> None:
    named = [file for entries in READERS.values() for file, _, _ in entries]
    assert sorted(named) == FILES
    assert not list((ROOT / "pages").glob("*.py"))


@pytest.mark.parametrize("page", FILES)
def test_a_page_draws_its_sentence(page: str, html: dict[str, str]) -> None:
    assert re.search(r"<h1[^>]*>[^<]+\.</h1>", html[page])


@pytest.mark.parametrize("page", FILES)
def test_a_page_file_says_first_which_question_it_answers(page: str) -> None:
    first = (ROOT / "pages" / page).read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith('"""')
    assert first.endswith('?"""')


@pytest.mark.parametrize("page", FILES)
def test_no_person_is_named_on_a_page(page: str, html: dict[str, str], company: Workspace) -> None:
    names = persons(company)
    assert names
    assert not [name for name in names if name in html[page]]


def test_the_overview_has_six_tiles_with_n_and_badge_and_a_cell_for_each_kpi_and_region(html: dict[str, str]) -> None:
    overview = html["director/overview.py"]
    assert overview.count('<article class="tile"') == 6
    assert len(re.findall(r'<span class="n">[\d,]+ \w+', overview)) == 6
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', overview)
    assert len(rows) == len(DEFINED.overview)
    assert all(row.count("<td ") == 7 for row in rows)
    assert "no first contact" in overview


def test_a_late_export_that_is_called_among_the_deviations_is_not_told_again(html: dict[str, str]) -> None:
    assert (
        html["director/overview.py"].count("LATAM's export of")
        + html["director/overview.py"].count("LATAM&#x27;s export of")
        == 1
    )


def test_a_figure_that_hangs_on_time_says_up_to_which_day_it_is_told(html: dict[str, str]) -> None:
    """LATAM's newest export is eight days older than the others."""
    assert html["director/overview.py"].count("the oldest of 16 Nov 2026 (LATAM)") >= 1


def test_every_figure_of_the_matrix_says_its_n(html: dict[str, str]) -> None:
    labels = re.findall(r'data-go aria-label="([^"]+)" data-tip', html["director/overview.py"])
    assert len(labels) == len(DEFINED.overview) * 7
    assert all(re.search(r"; [\d,]+ (open )?\w+", label) for label in labels)


def test_the_choices_stand_in_the_address(draw: Draw) -> None:
    app = draw(regions="dach,amer", against="last_year", period="2026-Q3")
    html = html_of(app)
    assert html.count('<button type="button" data-choose=') == 3
    assert app.radio(key="choose_period").value == "2026-Q3"
    assert "against=last_year" in html


def test_words_of_an_address_that_mean_nothing_are_passed_over(draw: Draw) -> None:
    app = draw(regions="<script>,atlantis", against="x", period="1; drop", money="gold", rates="y")
    assert html_of(app).count('<button type="button" data-choose=') == 7


def test_a_choice_goes_into_the_address(draw: Draw) -> None:
    app = draw()
    app.radio(key="choose_against").set_value("last_year").run()
    assert app.query_params["against"] == "last_year"
    app.radio(key="choose_against").set_value("plan").run()
    assert "against" not in app.query_params


def test_a_region_keeps_its_own_currency_and_calendar(draw: Draw) -> None:
    html = html_of(draw("market/region.py", region="japan"))
    assert "¥" in html
    assert "Japan FY27 Q3" in html


def test_the_rows_behind_a_figure_give_it_again_and_name_file_and_line(draw: Draw) -> None:
    app = draw("market/region.py", region="amer", kpi="won_value")
    rows = app.dataframe[0].value
    assert {"file", "line", "account"} <= set(rows.columns)
    assert "owner_ref" not in rows.columns
    assert "the figure above" in html_of(app)


@pytest.mark.parametrize("kpi", ["win_rate", "sales_cycle", "lead_sla", "pushed_deals", "freshness", "coverage"])
def test_every_kind_of_figure_shows_what_it_rests_on(kpi: str, draw: Draw) -> None:
    html = html_of(draw("market/region.py", region="amer", kpi=kpi))
    assert 'class="chosen"' in html


def test_freshness_shows_balance_rejects_and_the_unmapped_stage(html: dict[str, str]) -> None:
    shown = html["data/freshness.py"]
    assert "every one is loaded, rejected or ignored" in shown
    assert "Pilot hos kund" in shown
    assert "does not balance" not in shown
    assert "How completely fields are filled" in shown
    assert "Who works in the CRM" in shown
    assert "Won value beside order intake" in shown
    assert "and send them again" in shown
    assert re.search(r'<ol class="raw"><li><span>[a-z_]+/[\w.-]+\.csv:\d+', shown)


def test_freshness_speaks_of_the_regions_in_view_only(draw: Draw, html: dict[str, str], company: Workspace) -> None:
    """AMER's page names no file, reject or sum of another region's system; the group's own files stay."""
    organisation = Organisation.read(company)
    others = [
        name for name, source in organisation.sources.items() if source.region.regions and name != "amer_salesforce"
    ]
    assert all(name in html["data/freshness.py"] for name in others)
    shown = html_of(draw("data/freshness.py", regions="amer"))
    assert "amer_salesforce" in shown
    assert "AMER is " in shown
    assert not [name for name in others if name in shown]
    assert "Pilot hos kund" not in shown
    assert rows_in_all(shown) < rows_in_all(html["data/freshness.py"])


def rows_in_all(shown: str) -> int:
    """Give the headline's sum of rows."""
    found = re.search(r"<b>([\d,]+) rows</b> in", shown)
    assert found
    return int(found[1].replace(",", ""))


def test_definitions_show_every_kpi_with_what_it_is_not(html: dict[str, str]) -> None:
    shown = html["data/definitions.py"]
    assert re.findall(r'<article id="(\w+)"', shown) == [kpi.name for kpi in DEFINED.figures]
    assert shown.count("<dt>It is not</dt>") == len(DEFINED.figures)
    assert shown.count("<dt>Formula</dt>") == len(DEFINED.figures)


def test_before_the_first_load_the_page_says_what_to_do(tmp_path: Path, draw: Draw, company: Workspace) -> None:
    app = draw(workspace=copied(company, tmp_path))
    assert "No figures yet." in html_of(app)


def test_settings_that_became_invalid_leave_the_last_valid_ones_in_force(
    tmp_path: Path, draw: Draw, company: Workspace
) -> None:
    workspace = copy_of(company, tmp_path / "own")
    app = draw("data/definitions.py", workspace=workspace)
    before = html_of(app)
    text = workspace.definitions_file.read_text(encoding="utf-8")
    workspace.definitions_file.write_text(text.replace("sum(amount)", "sum(amuont)", 1), encoding="utf-8")
    app.run()
    assert html_of(app) == before
    assert "last valid ones stay in force" in app.warning[0].value
    assert "kpi\\_definitions\\.yaml" in app.warning[0].value


def test_settings_that_never_were_valid_are_named_with_file_and_line(
    tmp_path: Path, draw: Draw, company: Workspace
) -> None:
    workspace = copied(company, tmp_path)
    (workspace.regions_dir / "dach.yaml").write_text("name: DACH\ncurrency: EURO\n", encoding="utf-8")
    html = html_of(draw(workspace=workspace))
    assert "The settings cannot be read." in html
    assert "dach.yaml:1" in html
    assert str(tmp_path) not in html


def copied(company: Workspace, place: Path) -> Workspace:
    """Give a workspace with the same settings and no data."""
    for folder in ("regions", "sources"):
        (place / folder).mkdir()
        for file in (company.root / folder).glob("*.yaml"):
            (place / folder / file.name).write_bytes(file.read_bytes())
    (place / "kpi_definitions.yaml").write_bytes(company.definitions_file.read_bytes())
    return Workspace(place)


def persons(company: Workspace) -> list[str]:
    """Give the names of the persons in the company's store."""
    with Store.open_reader(company.lake) as store:
        return [str(name) for name in store.query("SELECT DISTINCT name FROM person WHERE name IS NOT NULL")["name"]]
