"""Real files of small CRM systems: every record is read as it stands there, or refused for the right reason."""

import csv
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from etl.check import check_file
from organisation import Workspace

REAL = Path(__file__).parents[3] / "shared" / "exports"
DEALS = "crm: generic\ntimezone: Europe/Stockholm\n"
DUCKFLOW = "columns: {opportunity_id: deal_id, stage_raw: stage, account_ref: contact_id, closed_on: close_date}\n"
LIME = (
    "stages: {Vunnen: won}\n"
    "columns: {opportunity_id: id, stage_raw: status, amount: value, owner_ref: responsible_id}\n"
)
BASE = (
    "columns: {opportunity_id: id, stage_raw: stage_name, amount: scope, owner_ref: owner, created_at: added_at, "
    "expected_close_on: added_on, stage_changed_at: last_stage_change_at, modified_at: created_at}\n"
)
pytestmark = pytest.mark.skipif(not REAL.exists(), reason=f"the real exports are not here: {REAL}")


def read(name: str, profile: str, folder: Path, table: str = "opportunities") -> Any:
    (folder / "profile.yaml").write_text(profile, encoding="utf-8")
    return check_file(REAL / name, Workspace(folder), source=None, table=table, profile=folder / "profile.yaml")


def records(name: str, delimiter: str = ",") -> list[dict[str, str]]:
    with (REAL / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def amounts(rows: list[dict[str, str]], column: str) -> list[Decimal | None]:
    return [Decimal(row[column]) if row[column] else None for row in rows]


def test_windows_line_ends_and_whole_amounts(tmp_path: Path) -> None:
    found, file = read("duckflow/deals.csv", DEALS + DUCKFLOW, tmp_path), records("duckflow/deals.csv")
    assert (len(file), found["rejects"], found["ignored"]) == (150, [], [])
    assert amounts(found["rows"], "amount") == amounts(file, "amount")
    assert [row["closed_on"] for row in found["rows"]] == [row["close_date"] or None for row in file]
    assert found["warnings"] == ["UNKNOWN_COLUMN", "UNMAPPED_STAGE"]


def test_a_mark_semicolons_and_swedish_letters(tmp_path: Path) -> None:
    (row,) = read("lime_csv/deals.csv", DEALS + LIME, tmp_path)["rows"]
    shown = (row["opportunity_id"], row["name"], row["amount"], row["outcome"])
    assert shown == ("333", "Feta affären", "10000.00", "won")


def test_three_ways_of_writing_dates_in_one_row(tmp_path: Path) -> None:
    found, file = read("lime_basecrm/deals.csv", DEALS + BASE, tmp_path), records("lime_basecrm/deals.csv")
    assert (len(found["rows"]), found["rejects"]) == (len(file), [])
    assert amounts(found["rows"], "amount") == amounts(file, "scope")
    for row, written in zip(found["rows"], file, strict=True):
        created = datetime.fromisoformat(written["added_at"].replace(" UTC", "+00:00"))
        assert datetime.fromisoformat(row["created_at"]) == created
        assert row["expected_close_on"] == written["added_on"]
        assert datetime.fromisoformat(row["modified_at"]) == datetime.fromisoformat(written["created_at"])


def test_records_quoted_as_a_whole_are_no_column(tmp_path: Path) -> None:
    columns = "columns: {activity_id: id, owner_ref: owner, at: date, related_ref: taskable_id}\n"
    found = read("lime_basecrm/tasks.csv", DEALS + columns, tmp_path, "activities")
    assert found["rows"] == []
    assert found["refused"]["reason"] == "RAGGED"
    assert "one cell that holds the text of 15" in found["refused"]["message"]


def test_leads_with_empty_cells_all_load(tmp_path: Path) -> None:
    columns = "columns: {lead_id: id, status_raw: status, owner_ref: owner, modified_at: updated_at}\n"
    found = read("lime_basecrm/leads.csv", DEALS + columns, tmp_path, "leads")
    assert [row["lead_id"] for row in found["rows"]] == [row["id"] for row in records("lime_basecrm/leads.csv")]


def test_a_country_misspelt_rejects_its_account_alone(tmp_path: Path) -> None:
    columns = "columns: {name: account, country: office_location, parent_id: subsidiary_of}\n"
    found = read("maven_crm/accounts.csv", DEALS + columns, tmp_path, "accounts")
    misspelt = [
        row["account"] for row in records("maven_crm/accounts.csv") if row["office_location"] in ("Philipines", "Korea")
    ]
    assert len(found["rows"]) == 85 - len(misspelt)
    assert {(each["column"], each["reason"]) for each in found["rejects"]} == {("country", "COUNTRY")}
    assert [each["raw"].split(",")[0] for each in found["rejects"]] == misspelt


def test_people_and_their_teams_all_load(tmp_path: Path) -> None:
    columns = "columns: {person_ref: sales_agent, team: manager}\n"
    found = read("maven_crm/sales_teams.csv", DEALS + columns, tmp_path, "persons")
    assert len(found["rows"]) == len(records("maven_crm/sales_teams.csv")) == 35


@pytest.mark.parametrize("table", ["opportunities", "accounts", "persons"])
def test_a_list_of_products_is_no_table_of_ours(table: str, tmp_path: Path) -> None:
    refused = read("maven_crm/products.csv", DEALS, tmp_path, table)["refused"]
    assert refused["reason"] == "MISSING_COLUMN"
    assert 'the file begins with "product,series,sales_price"' in refused["message"]


def test_every_real_file_is_tried_by_name() -> None:
    tests = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_real_*.py"))
    files = [file.relative_to(REAL).as_posix() for kind in ("csv", "xlsx") for file in REAL.glob(f"*/*.{kind}")]
    assert len(files) > 30
    assert [name for name in files if name not in tests] == []
