"""Real files of two systems: each is loaded, or refused for the right reason, with the figures of another reader."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from etl.check import check_file
from organisation import Workspace

EXPORTS = Path(__file__).parent.parent.parent.parent / "shared" / "exports"
Row = Mapping[str, str]
PLAIN = """region: north
currency: USD
timezone: UTC
encoding: utf-8
delimiter: ","
decimal: "."
dates: ymd
"""
HASHED_STAGES = (
    "stages: {GavUFuuf4DrnQAoiRGlWpQ==: won, 9RN9J3tlxr89gDctReax5w==: propose, tXi3M8u3iPxq0ggxTSxMKw==: lost}\n"
)
COUNTRY = "countries: {dRb9Q62qXguKZaZyw5hF0g==: US}\n"  # the file's own disguise of a code


def nothing(row: Row) -> str | None:
    return None


def too_likely(row: Row) -> str | None:
    return "RANGE" if row["probability"] and Decimal(row["probability"]) > 100 else None


def no_stage(row: Row) -> str | None:
    return None if row["deal_pipeline_stage_id"] else "MISSING_VALUE"


def outcome_of_flags(row: Row) -> str:
    if row["is_won"] == "true":
        return "won"
    return "lost" if row["is_closed"] == "true" else "open"


def truth(name: str) -> Callable[[Row], str]:
    return lambda row: row[name].lower()


def same(name: str) -> Callable[[Row], str | None]:
    return lambda row: row[name] or None


def money(name: str) -> Callable[[Row], str | None]:
    return lambda row: f"{Decimal(row[name]):.2f}" if row[name] else None


def instant(name: str) -> Callable[[Row], str | None]:
    """Give what the text of an instant in UTC says: "2021-01-07 6:49:18" has an hour of one digit."""

    def read(row: Row) -> str | None:
        if not row[name]:
            return None
        day, _, clock = row[name].partition(" ")
        hour, minute, second = (clock or "0:00:00").split(":")
        whole, _, fraction = second.partition(".")
        rest = f".{fraction:0<6}" if fraction.strip("0") else ""
        return f"{day}T{int(hour):02d}:{minute}:{whole}{rest}+00:00"

    return read


@dataclass(frozen=True)
class Loads:
    """A file that loads: which records are rejected and why, and what its columns say by another reader."""

    file: str
    table: str
    profile: str
    says: dict[str, Callable[[Row], str | None]]
    rejected: Callable[[Row], str | None] = nothing
    where: str = ""

    def __str__(self) -> str:
        return f"{self.file} as {self.table}"


@dataclass(frozen=True)
class RefusedFile:
    """A file that holds no such records: the reason, and words of the message."""

    file: str
    table: str
    profile: str
    message: str
    reason: str = field(default="MISSING_COLUMN")

    def __str__(self) -> str:
        return f"{self.file} as {self.table}"


SALESFORCE, HUBSPOT = f"crm: salesforce\n{PLAIN}", f"crm: hubspot\n{PLAIN}"
DEAL: dict[str, Callable[[Row], str | None]] = {
    "opportunity_id": same("id"),
    "name": same("name"),
    "account_ref": same("account_id"),
    "owner_ref": same("owner_id"),
    "amount": money("amount"),
    "outcome": outcome_of_flags,
    "is_deleted": truth("is_deleted"),
    "created_at": instant("created_date"),
    "expected_close_on": lambda row: row["close_date"][:10],
    "won_on": lambda row: row["close_date"][:10] if row["is_won"] == "true" else None,
}
LOADED = (
    Loads("fivetran_salesforce/sf_opportunity_data.csv", "opportunities", SALESFORCE + HASHED_STAGES, DEAL, too_likely),
    Loads(
        "fivetran_salesforce/sf_opportunity_history_data.csv",
        "opportunities",
        SALESFORCE + HASHED_STAGES,
        DEAL,
        too_likely,
    ),
    Loads(
        "fivetran_salesforce/sf_account_data.csv",
        "accounts",
        SALESFORCE + COUNTRY,
        {
            "account_id": same("id"),
            "name": same("name"),
            "merged_into": same("master_record_id"),
            "is_deleted": truth("is_deleted"),
            "country": lambda row: "US" if row["billing_country_code"] else None,
        },
    ),
    Loads(
        "fivetran_salesforce/sf_account_history_data.csv",
        "accounts",
        SALESFORCE,
        {"account_id": same("id"), "merged_into": same("master_record_id"), "is_deleted": truth("is_deleted")},
    ),
    Loads(
        "fivetran_salesforce/sf_lead_data.csv",
        "leads",
        SALESFORCE,
        {
            "lead_id": same("id"),
            "created_at": instant("created_date"),
            "converted_at": instant("converted_date"),
            "status": lambda row: "converted" if row["is_converted"] == "TRUE" else None,
            "is_deleted": truth("is_deleted"),
        },
    ),
    Loads(
        "fivetran_salesforce/sf_task_data.csv",
        "activities",
        SALESFORCE,
        {
            "activity_id": same("id"),
            "owner_ref": same("owner_id"),
            "related_ref": same("what_id"),
            "at": instant("activity_date"),
            "done_at": instant("completed_date_time"),
            "is_touch": lambda row: None,  # "X" is the only type it names, and nothing says what that is
        },
    ),
    Loads(
        "fivetran_salesforce/sf_event_data.csv",
        "activities",
        SALESFORCE,
        {
            "activity_id": same("id"),
            "at": instant("activity_date_time"),
            "type": lambda row: row["type"].lower(),
            "is_touch": lambda row: "true",
        },
    ),
    Loads(
        "fivetran_salesforce/sf_user_data.csv",
        "persons",
        SALESFORCE,
        {"person_ref": same("id"), "name": same("name"), "is_active": truth("is_active")},
    ),
    Loads(
        "fivetran_hubspot/deal_data.csv",
        "opportunities",
        HUBSPOT,
        {"opportunity_id": same("deal_id")},
        no_stage,  # none of the 44 deals of this file stands in a stage
    ),
    Loads(
        "fivetran_hubspot/deal_data.csv",
        "opportunities",
        HUBSPOT + "columns: {stage_raw: portal_id}\nstages: {'4727653': qualify}\n",
        {
            "opportunity_id": same("deal_id"),
            "owner_ref": same("owner_id"),
            "name": same("property_dealname"),
            "is_deleted": truth("is_deleted"),
            "created_at": instant("property_createdate"),
            "amount": money("property_amount"),
        },
        where="with a stage that all share",
    ),
    Loads(
        "fivetran_hubspot/deal_pipeline_stage_data.csv",
        "pipeline_stages",
        HUBSPOT,
        {
            "stage_id": same("stage_id"),
            "label": same("label"),
            "pipeline": same("pipeline_id"),
            "is_won": truth("closed_won"),
            "is_closed": truth("is_closed"),
            "is_deleted": truth("_fivetran_deleted"),
            "probability": lambda row: f"{Decimal(row['probability']) * 100:.2f}",
        },
    ),
    Loads(
        "fivetran_hubspot/company_data.csv",
        "accounts",
        HUBSPOT,
        {
            "account_id": same("id"),
            "name": same("property_name"),
            "is_deleted": truth("is_deleted"),
            "country": lambda row: {"United States": "US", "United Kingdom": "GB"}[row["property_country"]],
        },
    ),
    Loads(
        "fivetran_hubspot/deal_property_history_data.csv",
        "stage_history",
        HUBSPOT,
        {
            "opportunity_id": same("deal_id"),
            "changed_at": instant("timestamp"),
            "field": same("name"),
            "value_raw": same("value"),
            "stage_raw": lambda row: None,  # the file disguises the properties' names, so none is known as the stage
        },
    ),
    Loads(
        "fivetran_hubspot/deal_stage_data.csv",
        "stage_history",
        HUBSPOT + "columns: {stage_raw: value}\nstages: {f66ca9bc5a02c2f1513ce83f0a0e117d: qualify}\n",
        {
            "opportunity_id": same("deal_id"),
            "changed_at": instant("date_entered"),
            "stage_raw": same("value"),
            "stage": lambda row: "qualify" if row["value"].startswith("f66") else None,
        },
    ),
    Loads(
        "fivetran_salesforce/sf_opportunity_history_data.csv",
        "stage_history",
        SALESFORCE + HASHED_STAGES,
        {
            "opportunity_id": same("id"),
            "changed_at": instant("_fivetran_start"),
            "amount": money("amount"),
            "outcome": outcome_of_flags,
            "expected_close_on": lambda row: row["close_date"][:10],
        },
    ),
    Loads("fivetran_hubspot/owner_data.csv", "persons", HUBSPOT, {"person_ref": same("owner_id")}),
)
REFUSED = (
    RefusedFile("fivetran_hubspot/company_property_history_data.csv", "accounts", HUBSPOT, "no header for account_id"),
    RefusedFile("fivetran_hubspot/deal_property_history_data.csv", "opportunities", HUBSPOT, "stage or outcome"),
    RefusedFile("fivetran_hubspot/deal_company_data.csv", "opportunities", HUBSPOT, "stage or outcome"),
    RefusedFile("fivetran_hubspot/deal_stage_data.csv", "opportunities", HUBSPOT, "stage or outcome"),
    RefusedFile("fivetran_hubspot/merged_deal_data.csv", "opportunities", HUBSPOT, "stage or outcome"),
    RefusedFile("fivetran_hubspot/deal_pipeline_data.csv", "pipeline_stages", HUBSPOT, "no header for stage_id"),
    RefusedFile(
        "fivetran_salesforce/sf_user_role_data.csv",
        "persons",
        f"{SALESFORCE}required: [is_active]\n",
        "no header for is_active",
    ),
)


def real(name: str) -> Path:
    file = EXPORTS / name
    if not EXPORTS.exists():
        pytest.skip(f"the real exports are not here: {EXPORTS}")
    return file


def checked(case: Loads | RefusedFile, folder: Path) -> dict[str, object]:
    profile = folder / "profile.yaml"
    profile.write_text(case.profile, encoding="utf-8")
    return check_file(real(case.file), Workspace(folder), source=None, table=case.table, profile=profile)


@pytest.mark.parametrize("case", LOADED, ids=str)
def test_a_real_file_loads_with_the_figures_of_another_reader(case: Loads, tmp_path: Path) -> None:
    found = checked(case, tmp_path)
    assert found["refused"] is None
    rows, rejects = found["rows"], found["rejects"]
    assert isinstance(rows, list)
    assert isinstance(rejects, list)
    with real(case.file).open(encoding="utf-8-sig", newline="") as file:
        theirs = list(csv.DictReader(file))
    assert found["ignored"] == []
    kept = [row for row in theirs if case.rejected(row) is None]
    assert len(rows) == len(kept)
    assert sorted(r["reason"] for r in rejects) == sorted(str(case.rejected(r)) for r in theirs if r not in kept)
    for column, says in case.says.items():
        assert [row[column] for row in rows] == [says(row) for row in kept], column
    if "amount" in case.says:
        amounts = [Decimal(row["amount"]) for row in rows if row["amount"]]
        assert sum(amounts) == sum(Decimal(money or 0) for row in kept for money in [case.says["amount"](row)])


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_real_file_of_something_else_is_refused(case: RefusedFile, tmp_path: Path) -> None:
    refused = checked(case, tmp_path)["refused"]
    assert isinstance(refused, dict)
    assert refused["reason"] == case.reason
    assert case.message in refused["message"]


def test_every_real_file_of_these_systems_is_tried() -> None:
    folders = ("fivetran_salesforce", "fivetran_hubspot")
    there = {str(file.relative_to(EXPORTS)) for name in folders for file in real(name).glob("*.csv")}
    assert there == {case.file for case in (*LOADED, *REFUSED)}
