"""What is written: the same bytes each time, in each system's own format, readable by the loader."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from demo import DemoSummary, write_demo
from demo.company import SOURCES
from demo.formats import FORMATS
from etl.conform import conform_export
from etl.conformed import Conformed
from organisation import Organisation, Workspace

TODAY = date(2026, 11, 23)
OWN = (
    "targets order_intake forecasts fx_rates qualification_rules account_matches account_plans account_potentials "
    "opportunity_credits same_deals"
).split()
REASONS = {"DUP_KEY_CONFLICT", "TYPE_NUMBER", "TYPE_DATE", "RAGGED"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, DemoSummary]:
    root = tmp_path_factory.mktemp("demonstration")
    return Workspace(root), write_demo(root, seed=3, today=TODAY, scale=0.05)


@pytest.fixture(scope="module")
def newest(written: tuple[Workspace, DemoSummary]) -> dict[tuple[str, str], Conformed]:
    workspace, _ = written
    organisation = Organisation.read(workspace)
    found: dict[tuple[str, str], Conformed] = {}
    for source in organisation.sources.values():
        for key, export in source.exports.items():
            files = sorted((workspace.inbox / source.id).glob(export.files))
            if not files:
                continue  # what the weekly review states comes later, row by row
            file = files[-1]
            arrived = datetime(2026, 11, 24, 15, tzinfo=UTC)
            found[source.id, key] = conform_export(file, source, export, organisation, arrived_at=arrived)
    return found


def fingerprint(root: Path) -> str:
    files = sorted(path for path in (root / "data").rglob("*") if path.is_file())
    lines = [f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return "\n".join(lines)


def test_same_seed_and_day_give_the_same_bytes(written: tuple[Workspace, DemoSummary], tmp_path: Path) -> None:
    write_demo(tmp_path, seed=3, today=date(2026, 10, 5), scale=0.05)  # another day of the same quarter
    assert fingerprint(tmp_path) == fingerprint(written[0].root)


def test_another_seed_gives_other_bytes(written: tuple[Workspace, DemoSummary], tmp_path: Path) -> None:
    write_demo(tmp_path, seed=4, today=TODAY, scale=0.05)
    assert fingerprint(tmp_path) != fingerprint(written[0].root)


def test_clock_stands_on_the_tuesday_of_week_nine(written: tuple[Workspace, DemoSummary]) -> None:
    now = written[0].now()
    assert (now.date(), now.strftime("%A")) == (date(2026, 11, 24), "Tuesday")


def test_every_source_delivers_every_kind_of_export(newest: dict[tuple[str, str], Conformed]) -> None:
    kinds = {"opportunities", "stage_history", "leads", "activities", "accounts", "persons"}
    planning = {("group_planning", kind) for kind in OWN}
    assert set(newest) == {(source, kind) for source in SOURCES for kind in kinds} | planning


def test_every_column_of_the_formats_is_read(newest: dict[tuple[str, str], Conformed]) -> None:
    for (source, key), conformed in newest.items():
        unread = conformed.warnings.filter(code="UNKNOWN_COLUMN")["column_name"].to_list()
        assert not unread, (source, key)
    for source, form in FORMATS.items():
        rows = newest[source, "opportunities"].rows
        stored = [column for column in form.headers["opportunities"] if column in rows.columns]
        assert not [column for column in stored if rows[column].null_count() == rows.height], source


def test_rows_outcomes_and_amounts_are_complete(newest: dict[tuple[str, str], Conformed]) -> None:
    for source in SOURCES:
        rows = newest[source, "opportunities"].rows
        assert rows["amount"].null_count() == 0
        assert set(rows["currency"]) == {"USD" if "amer" in source else rows["currency"][0]}
        mapped = rows.filter(pl.col("stage_raw") != "Pilot hos kund")
        assert mapped["outcome"].null_count() == 0, source
        assert mapped["reached_develop"].null_count() == 0, source
        assert rows.filter(outcome="won")["won_on"].null_count() == 0
        assert newest[source, "leads"].rows["status"].null_count() == 0, source
        assert newest[source, "activities"].rows["type"].null_count() == 0, source


def test_dynamics_feeds_dach_and_benelux(newest: dict[tuple[str, str], Conformed]) -> None:
    for key in ("opportunities", "leads", "activities", "accounts", "persons"):
        assert set(newest["dach_dynamics", key].rows["region"]) == {"dach", "benelux"}, key


def test_newest_exports_hold_one_mistake_of_each_kind(newest: dict[tuple[str, str], Conformed]) -> None:
    for source in SOURCES:
        assert set(newest[source, "opportunities"].rejects["reason"]) == REASONS, source
        assert newest[source, "leads"].rejects["reason"].to_list() == ["TYPE_DATE"], source


def test_only_the_pilot_stage_is_unmapped(newest: dict[tuple[str, str], Conformed]) -> None:
    words = {
        (source, word)
        for (source, _), conformed in newest.items()
        for word in conformed.warnings.filter(pl.col("code").str.starts_with("UNMAPPED"))["word"].to_list()
    }
    assert words == {("nordics_lime", "Pilot hos kund")}


def test_japan_has_no_first_contacts(newest: dict[tuple[str, str], Conformed]) -> None:
    rows = newest["japan_salesforce", "leads"].rows
    assert rows["first_touch_at"].null_count() == rows.height
    assert newest["amer_salesforce", "leads"].rows["first_touch_at"].is_not_null().sum() > 100


def test_shared_customer_has_one_match_key(newest: dict[tuple[str, str], Conformed]) -> None:
    keys = [
        set(newest[source, "accounts"].rows.filter(pl.col("name").str.starts_with("Skagerion"))["match_key"])
        for source in ("dach_dynamics", "nordics_lime")
    ]
    assert keys[0] == keys[1]
    assert len(keys[0]) == 1


def test_owners_are_persons_with_a_team(newest: dict[tuple[str, str], Conformed]) -> None:
    for source in SOURCES:
        persons = set(newest[source, "persons"].rows["person_ref"])
        assert set(newest[source, "opportunities"].rows["owner_ref"]) <= persons, source
    teams = pl.concat([newest[source, "persons"].rows for source in SOURCES]).group_by("team").len()
    assert teams.filter(pl.col("len") < 5).height == 1


def test_newest_latam_export_is_missing(written: tuple[Workspace, DemoSummary]) -> None:
    workspace, _ = written
    names = {source: sorted(p.name for p in (workspace.inbox / source).glob("opp*"))[-1] for source in SOURCES}
    assert names.pop("latam_pipedrive") == "opportunities_2026-11-16.csv"
    assert set(names.values()) == {"opportunities_2026-11-24.csv"}


def test_files_look_like_their_systems(written: tuple[Workspace, DemoSummary]) -> None:
    def newest_bytes(source: str) -> bytes:
        return sorted((written[0].inbox / source).glob("opp*"))[-1].read_bytes()

    assert newest_bytes("nordics_lime").startswith(b"\xef\xbb\xbf")
    assert "(Nicht ändern) Verkaufschance;".encode("cp1252") in newest_bytes("dach_dynamics")
    assert "商談 ID,".encode("cp932") in newest_bytes("japan_salesforce")
    assert b"Grand Totals (" in newest_bytes("amer_salesforce")
    assert "Negócio - ID,".encode() in newest_bytes("latam_pipedrive")
