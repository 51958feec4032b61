"""Real exports through profiles of their own: rows, sums and outcomes as an independent reading finds them."""

import csv
import re
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from etl.check import check_file
from organisation import Workspace

EXPORTS = Path(__file__).parent.parent.parent.parent / "shared" / "exports"
BASE = 'crm: zendesk_sell\nregion: nordics\ntimezone: Europe/Stockholm\nencoding: utf-8\ndelimiter: ","\ndecimal: "."\n'
LIME = "crm: lime\nregion: nordics\ntimezone: Europe/Stockholm\ndates: ymd\n"


def read(name: str, table: str, profile: str, tmp_path: Path) -> dict[str, Any]:
    """Give what checking a real file under a profile gives; skip where the real files are not here."""
    file = EXPORTS / name
    if not EXPORTS.exists():
        pytest.skip(f"the real exports are not here: {EXPORTS}")
    (tmp_path / "real.yaml").write_text(profile, encoding="utf-8")
    found: dict[str, Any] = check_file(
        file, Workspace(tmp_path), source=None, table=table, profile=tmp_path / "real.yaml"
    )
    return found


def records(name: str, delimiter: str = ",") -> list[dict[str, str]]:
    """Give the records of a real file as Python's own reader finds them."""
    with (EXPORTS / name).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


def total(rows: list[dict[str, Any]], column: str) -> Decimal:
    """Give the sum of a column."""
    return sum((Decimal(row[column]) for row in rows if row[column]), Decimal(0))


def outcomes(found: dict[str, Any]) -> Counter[str]:
    """Give how many deals have each outcome."""
    return Counter(row["outcome"] for row in found["rows"])


def test_base_deals_with_three_ways_of_writing_a_date(tmp_path: Path) -> None:
    profile = BASE + "dates: ymd\nstages: {Prospecting: qualify, Qualified: develop, Won: won}\n"
    found = read("lime_basecrm/deals.csv", "opportunities", profile, tmp_path)
    oracle = records("lime_basecrm/deals.csv")
    assert (found["refused"], found["rejects"]) == (None, [])
    assert total(found["rows"], "amount") == total(oracle, "scope")
    assert outcomes(found) == {"open": 2, "won": sum(row["stage_name"] == "Won" for row in oracle)}
    assert [row["created_at"][:19] + "Z" for row in found["rows"]] == [row["created_at"] for row in oracle]
    assert [row["owner_ref"] for row in found["rows"]] == [row["owner"] for row in oracle]


def test_base_deals_by_the_day_they_were_added(tmp_path: Path) -> None:
    profile = (
        BASE
        + "dates: ymd\nstages: {Prospecting: qualify}\ncolumns: {created_at: added_at, expected_close_on: added_on}\n"
    )
    found = read("lime_basecrm/deals.csv", "opportunities", profile, tmp_path)
    added = [row["added_at"].removesuffix(" UTC").replace(" ", "T") for row in records("lime_basecrm/deals.csv")]
    assert [row["created_at"].removesuffix("+00:00") for row in found["rows"]] == added


def test_base_leads_and_notes(tmp_path: Path) -> None:
    leads = read("lime_basecrm/leads.csv", "leads", BASE + "dates: ymd\n", tmp_path)
    assert [(row["lead_id"], row["status_raw"]) for row in leads["rows"]] == [
        (row["id"], row["status"]) for row in records("lime_basecrm/leads.csv")
    ]
    assert [row["status"] for row in leads["rows"]] == ["open", "rejected", "open"]
    notes = read("lime_basecrm/histories.csv", "activities", BASE + "dates: ymd\n", tmp_path)
    assert [(row["activity_id"], row["related_ref"]) for row in notes["rows"]] == [
        (row["id"], row["noteable_id"]) for row in records("lime_basecrm/histories.csv")
    ]


def test_base_tasks_whose_records_are_one_quoted_cell_each_are_refused(tmp_path: Path) -> None:
    found = read("lime_basecrm/tasks.csv", "activities", BASE + "dates: ymd\n", tmp_path)
    assert found["rows"] == []
    assert found["refused"]["reason"] == "RAGGED"


def test_base_coworkers_are_known_by_their_address(tmp_path: Path) -> None:
    profile = BASE.replace("zendesk_sell", "generic") + "columns: {person_ref: email, name: last_name}\n"
    found = read("lime_basecrm/coworkers.csv", "persons", profile, tmp_path)
    assert [row["person_ref"] for row in found["rows"]] == [r["email"] for r in records("lime_basecrm/coworkers.csv")]


def test_lime_coworkers_are_known_by_their_number(tmp_path: Path) -> None:
    profile = LIME + "encoding: utf-8\ncolumns: {person_ref: id, name: last_name}\n"
    found = read("lime_csv/coworkers.csv", "persons", profile, tmp_path)
    people = [(row["id"], row["last_name"]) for row in records("lime_csv/coworkers.csv", ";")]
    assert [(row["person_ref"], row["name"]) for row in found["rows"]] == people


def test_lime_deals_with_mark_and_semicolons(tmp_path: Path) -> None:
    profile = LIME + (
        "decimal: '.'\ncurrency: SEK\nstages: {Vunnen: won}\ncolumns: {opportunity_id: id, name: name, amount: value,"
        " owner_ref: responsible_id, account_ref: customer_id, stage_raw: status}\n"
    )
    found = read("lime_csv/deals.csv", "opportunities", profile, tmp_path)
    oracle = records("lime_csv/deals.csv", ";")
    assert [(row["opportunity_id"], row["name"]) for row in found["rows"]] == [(r["id"], r["name"]) for r in oracle]
    assert total(found["rows"], "amount") == total(oracle, "value")
    assert outcomes(found) == {"won": 1}


def test_lime_organisations(tmp_path: Path) -> None:
    profile = LIME + "encoding: utf-8\ncolumns: {account_id: id, name: name, owner_ref: responsible_id}\n"
    found = read("lime_csv/organizations.csv", "accounts", profile, tmp_path)
    assert [(row["account_id"], row["name"], row["owner_ref"]) for row in found["rows"]] == [
        (row["id"], row["name"], row["responsible_id"]) for row in records("lime_csv/organizations.csv", ";")
    ]


def test_a_lime_workbook_of_several_sheets_needs_the_sheets_name(tmp_path: Path) -> None:
    found = read("lime_excel/sample-data.xlsx", "accounts", LIME, tmp_path)
    assert found["refused"]["reason"] == "AMBIGUOUS_SHEET"


def test_lime_companies_of_a_workbook(tmp_path: Path) -> None:
    found = read("lime_excel/Exempelfil.xlsx", "accounts", LIME + "sheet: Företag\n", tmp_path)
    assert found["refused"] is None
    names = [row["name"] for row in found["rows"]]
    assert names[:4] == ["Volvo", "Ericsson", "Spotify", "IKEA"]
    assert len(names) == cells_of("lime_excel/Exempelfil.xlsx", "sheet1", "A") - 1
    assert {row["owner_ref"] for row in found["rows"]} == {"Vincent Vega", "Billy Bob"}


def test_lime_meetings_are_three_in_a_used_range_of_2390_rows(tmp_path: Path) -> None:
    profile = LIME + "sheet: Möten\ncolumns: {activity_id: Rubrik, at: Datum}\nconstants: {type_raw: Möte}\n"
    found = read("lime_excel/sample-data.xlsx", "activities", profile, tmp_path)
    assert found["refused"] is None
    assert [row["activity_id"] for row in found["rows"]] == ["Måste ha möte", "Ring igen", "Lunchmötet"]
    assert {row["type"] for row in found["rows"]} == {"meeting"}
    assert cells_of("lime_excel/sample-data.xlsx", "sheet8", "B") == 3 + 1
    assert found["rejects"] == []


def test_a_workbook_without_a_known_header_is_refused(tmp_path: Path) -> None:
    found = read("lime_excel/excel.xlsx", "opportunities", LIME, tmp_path)
    assert found["refused"]["reason"] == "MISSING_COLUMN"


def test_maven_pipeline_sums_and_outcomes(tmp_path: Path) -> None:
    profile = (
        'region: world\ncurrency: USD\ntimezone: UTC\nencoding: utf-8\ndelimiter: ","\ndecimal: "."\ndates: ymd\n'
        "columns: {stage_raw: deal_stage, created_at: engage_date, closed_on: close_date, amount: close_value}\n"
        "stages: {Prospecting: qualify, Engaging: develop, Won: won, Lost: lost}\n"
    )
    found = read("maven_crm/sales_pipeline.csv", "opportunities", profile, tmp_path)
    oracle = records("maven_crm/sales_pipeline.csv")
    assert (len(found["rows"]), found["rejects"], found["ignored"]) == (len(oracle), [], [])
    assert total(found["rows"], "amount") == total(oracle, "close_value")
    stages = Counter(row["deal_stage"] for row in oracle)
    assert outcomes(found) == {
        "won": stages["Won"],
        "lost": stages["Lost"],
        "open": stages["Engaging"] + stages["Prospecting"],
    }


def test_duckflow_deals_sums_and_outcomes(tmp_path: Path) -> None:
    oracle = records("duckflow/deals.csv") if EXPORTS.exists() else []
    profile = (
        'region: world\ncurrency: EUR\ntimezone: UTC\nencoding: utf-8\ndelimiter: ","\ndecimal: "."\ndates: ymd\n'
        "close_date: overwritten\n"
        "columns: {opportunity_id: deal_id, stage_raw: stage, expected_close_on: close_date, lead_source: source}\n"
        "stages: {Discovery: develop, Proposal: propose,"
        " Negotiation: close, Closed Won: won, Closed Lost: lost}\n"
    )
    found = read("duckflow/deals.csv", "opportunities", profile, tmp_path)
    assert (len(found["rows"]), found["rejects"]) == (len(oracle), [])
    assert total(found["rows"], "amount") == total(oracle, "amount")
    stages = Counter(row["stage"] for row in oracle)
    assert outcomes(found)["won"] == stages["Closed Won"]
    assert outcomes(found)["lost"] == stages["Closed Lost"]
    assert outcomes(found)["open"] == len(oracle) - stages["Closed Won"] - stages["Closed Lost"]
    won = {row["deal_id"]: row["close_date"] for row in oracle if row["stage"] == "Closed Won"}
    assert {row["opportunity_id"]: row["won_on"] for row in found["rows"] if row["won_on"]} == won


def cells_of(name: str, sheet: str, column: str) -> int:
    """Give how many cells of a workbook's column hold a value, by its own XML."""
    with zipfile.ZipFile(EXPORTS / name) as book:
        xml = book.read(f"xl/worksheets/{sheet}.xml").decode()
    return len(re.findall(rf'<c r="{column}\d+"[^>/]*>(?:<f>.*?</f>)?<v>', xml))
