"""What every CRM module has: headers that are found, languages with evidence, ways to say an outcome, its samples."""

from dataclasses import replace
from pathlib import Path

import pytest

from etl.columns import ACTUAL, WantedColumns
from etl.contract import keys_of
from etl.crm import crm_module, crm_names
from etl.crm.dialect import RECORDS, Crm
from etl.readable import outcome_ways, page
from organisation import Source, load_yaml
from organisation.habits import LINK_KINDS
from organisation.source import TABLES

ROOT = Path(__file__).parent.parent.parent
EXPORTS = ROOT / "tests" / "exports"
KEY_OF = {table: key for key, table in TABLES.items()}

# S vendor's source, D vendor's documentation, R real file, C code that reads real exports: what proves a language
PROVEN: dict[str, dict[str, str]] = {
    "bitrix24": {"api": "R", "ru": "D"},
    "dynamics": {"en": "C", "api": "C", "fr": "C"},
    "espocrm": dict.fromkeys("api en de fr es it pt-BR nl sv da no pl ja zh-CN".split(), "S"),
    "freshsales": {"api": "RC"},
    "generic": {"en": "our own names"},
    "hubspot": {"en": "C", "internal": "D", "warehouse": "R"},
    "lime": {"sv": "DR"},
    "odoo": {"en": "S", "api": "S"},
    "pipedrive": {"en": "C", "de": "C", "fr": "C", "pt-BR": "C", "api": "D"},
    "salesforce": {"api": "R", "warehouse": "R", "copy": "R", "de": "C", "fr": "C", "ja": "C"},
    "sap_sales_cloud": {"odata": "RC"},
    "suitecrm": {"en": "S", "sv": "S"},
    "superoffice": dict.fromkeys("en sv de no da nl".split(), "D"),
    "upsales": {"api": "RC"},
    "zendesk_sell": {"en": "R", "api": "D"},
    "zoho": {"en": "C", "en as potentials": "C", "api": "D"},
}


def wanted(crm: str, table: str, columns: dict[str, str], *, won: str, tmp_path: Path) -> WantedColumns:
    """Give the headers that an export of a source may have, under a setting for the amount of a won deal."""
    file = tmp_path / "source.yaml"
    profile = f"crm: {crm}\nregion: north\namount: {{won: {won}}}\nexports:\n  {KEY_OF[table]}: {{mode: full}}\n"
    file.write_text(profile, encoding="utf-8")
    source = Source.parse(load_yaml(file), file, [])
    return WantedColumns(source, replace(source.exports[KEY_OF[table]], columns=columns))


def languages(crm: Crm) -> set[str]:
    """Give every language of a module's headers."""
    return {language for table in crm.headers.values() for language in table}


@pytest.mark.parametrize("crm", crm_names())
def test_every_header_of_every_language_is_found(crm: str, tmp_path: Path) -> None:
    for table, by_language in crm_module(crm).headers.items():
        for headers in by_language.values():
            for place in range(max(map(len, headers.values()), default=0)):
                row = {names[min(place, len(names) - 1)]: column for column, names in headers.items()}
                said = {column: f"own {column}" for column in keys_of(table) if column not in row.values()}
                if table == "opportunity" and not {"stage_raw", "status_word", "is_won"} & set(row.values()):
                    said["stage_raw"] = "own stage_raw"
                header = [*row, *said.values()]
                won = "actual" if ACTUAL in row.values() else "estimated"  # read only where it counts
                found = wanted(crm, table, said, won=won, tmp_path=tmp_path).find(header)
                for number, name in enumerate(row):
                    assert found.places[row[name]] == number, f"{crm} {table}: {name}"


@pytest.mark.parametrize("crm", crm_names())
def test_every_declared_export_has_a_sample(crm: str) -> None:
    files = [file.name for file in (EXPORTS / crm).iterdir() if file.suffix != ".yaml"]
    lacking = [table for table in crm_module(crm).headers if not any(name.startswith(KEY_OF[table]) for name in files)]
    assert not lacking


@pytest.mark.parametrize("crm", crm_names())
def test_each_table_is_exported_or_has_a_reason_why_not(crm: str) -> None:
    module = crm_module(crm)
    assert set(module.not_exported) == set(RECORDS) - set(module.headers)
    assert all(len(why.split()) > 5 and not why.endswith(".") for why in module.not_exported.values())


@pytest.mark.parametrize("crm", [crm for crm in crm_names() if crm != "generic"])
def test_a_system_says_what_stands_in_a_cell_that_points_at_another_record(crm: str) -> None:
    module = crm_module(crm)
    columns = {column for table in module.headers for column in module.headers_of(table)}
    assert {"account_ref", "owner_ref", "related_ref"} & columns <= set(module.links)
    assert set(module.links.values()) <= set(LINK_KINDS)


@pytest.mark.parametrize("crm", crm_names())
def test_a_language_is_proven_or_said_not_to_be(crm: str) -> None:
    module = crm_module(crm)
    assert languages(module) - set(PROVEN[crm]) == set(module.languages_unproven)


@pytest.mark.parametrize("crm", crm_names())
def test_languages_said_to_be_unproven_exist(crm: str) -> None:
    assert set(crm_module(crm).languages_unproven) <= languages(crm_module(crm))


@pytest.mark.parametrize("crm", crm_names())
def test_a_deal_can_be_open_won_and_lost(crm: str) -> None:
    module = crm_module(crm)
    assert outcome_ways(module)
    said = {*module.status_words.values(), *module.reason_words.values()}
    if "a status word" in outcome_ways(module):
        assert {"open", "won", "lost"} <= said


@pytest.mark.parametrize("crm", crm_names())
def test_proposed_stages_end_in_won(crm: str) -> None:
    stages = set(crm_module(crm).stages.values())
    assert not stages or "won" in stages or "a status word" in outcome_ways(crm_module(crm))


def test_the_handbooks_page_is_that_of_the_modules() -> None:
    assert (ROOT / "docs" / "crm-exports.md").read_text(encoding="utf-8") == page(), (
        "write it anew: python -m etl.readable > docs/crm-exports.md"
    )
