"""The region of each row under a dated rule: flows by their day, what is open by the export's day."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from etl.conform import conform_export
from etl.errors import Refused
from organisation import Organisation, Workspace
from tests.etl.shop import REGION, Shop
from warehouse.history import with_row_hash
from warehouse.schema import keyed_table

DATED = """region_from:
  - {column: Land, NL: benelux, default: north, valid_from: 2026-07-01}
  - {default: north}"""
DEALS = "opportunity_id,stage_raw,amount,expected_close_on,created_at,closed_on,Land\n"
LEADS = "lead_id,status_raw,created_at,Land\n"


def company(root: Path, rule: str = DATED) -> Organisation:
    shop = Shop.open(root)
    folder = shop.workspace.regions_dir
    (folder / "benelux.yaml").write_text(REGION.replace("North", "Benelux"), encoding="utf-8")
    profile = shop.workspace.sources_dir / "shop.yaml"
    text = profile.read_text(encoding="utf-8").replace("region: north", rule)
    leads = 'exports:\n  leads: {files: "leads*.csv", encoding: utf-8, delimiter: ",", decimal: ".", dates: ymd}\n'
    profile.write_text(text.replace("exports:\n", leads) + "statuses: {Open: open}\n", encoding="utf-8")
    return Organisation.read(shop.workspace)


def regions(organisation: Organisation, key: str, name: str, text: str) -> list[tuple[object, ...]]:
    source = organisation.sources["shop"]
    export = source.exports[key]
    file = organisation.workspace.root / name
    file.write_text(text, encoding="utf-8")
    found = conform_export(file, source, export, organisation, arrived_at=organisation.workspace.now())
    assert found.rejects.is_empty()
    return found.rows.select(f"{export.table}_id", "region").rows()


def test_a_closed_deal_belongs_to_the_organisation_of_its_closing_day_and_an_open_one_to_the_exports(
    tmp_path: Path,
) -> None:
    organisation = company(tmp_path)
    text = DEALS + (
        "old,Won,10,2026-06-30,2026-01-05,2026-06-30,NL\n"
        "new,Won,10,2026-07-01,2026-01-05,2026-07-01,NL\n"
        "lost,Lost,10,2026-12-01,2026-01-05,2026-06-01,NL\n"
        "open,Open,10,2026-12-01,2026-01-05,,NL\n"
        "here,Open,10,2026-12-01,2026-01-05,,DE\n"
    )
    flows = [("old", "north"), ("new", "benelux"), ("lost", "north")]
    after = regions(organisation, "opportunities", "opportunities_2026-11-10.csv", text)
    assert after == [*flows, ("open", "benelux"), ("here", "north")]
    before = regions(organisation, "opportunities", "opportunities_2026-06-30.csv", text)
    assert before == [*flows, ("open", "north"), ("here", "north")]


def test_a_lead_belongs_to_the_organisation_of_the_day_it_came_and_an_activity_of_its_own(tmp_path: Path) -> None:
    organisation = company(tmp_path)
    leads = "l1,Open,2026-06-30T21:59:00+00:00,NL\nl2,Open,2026-06-30T22:01:00+00:00,NL\n"  # midnight in Berlin
    assert regions(organisation, "leads", "leads.csv", LEADS + leads) == [("l1", "north"), ("l2", "benelux")]
    calls = "a1,o,2026-06-30,d1,call,NL\na2,o,2026-07-01,d1,call,NL\n"
    header = "activity_id,owner_ref,at,related_ref,type_raw,Land\n"
    found = regions(organisation, "activities", "activities_2026-11-10.csv", header + calls)
    assert found == [("a1", "north"), ("a2", "benelux")]


def test_an_estimated_closing_day_stays_marked_whatever_region_the_day_leads_to(tmp_path: Path) -> None:
    organisation = company(tmp_path)
    source = organisation.sources["shop"]
    file = organisation.workspace.root / "opportunities_2026-11-10.csv"
    file.write_text(DEALS + "old,Lost,10,2026-06-30,2026-01-05,,NL\n", encoding="utf-8")
    export = source.exports["opportunities"]
    found = conform_export(file, source, export, organisation, arrived_at=organisation.workspace.now())
    columns = ["region", "closed_on", "closed_on_estimated"]
    assert found.rows.select(columns).rows() == [("north", date(2026, 6, 30), True)]


@pytest.mark.parametrize("key", ["opportunities", "leads"])
def test_a_file_without_the_rules_column_is_refused_although_there_is_a_default(tmp_path: Path, key: str) -> None:
    text = {"opportunities": DEALS, "leads": LEADS}[key].replace(",Land", "")
    with pytest.raises(Refused, match='takes the region from "Land"'):
        regions(company(tmp_path), key, f"{key}_2026-11-10.csv", text)


def test_a_deal_moves_to_its_new_region_with_the_first_export_after_the_change(tmp_path: Path) -> None:
    company(tmp_path)
    shop = Shop(Workspace(tmp_path))
    for day, amount in (("2026-06-30", 10), ("2026-07-01", 11)):
        shop.drop(f"opportunities_{day}.csv", DEALS + f"d1,Open,{amount},2026-12-01,2026-01-05,,NL\n")
        shop.load()
    moved = "SELECT region, known_from::DATE::VARCHAR, ended_because FROM opportunity_version ORDER BY known_from"
    assert shop.query(moved) == [("north", "2026-06-30", "changed"), ("benelux", "2026-07-01", None)]


def test_rules_may_ask_different_columns(tmp_path: Path) -> None:
    rule = """region_from:
  - {column: Office, R: benelux, default: north, valid_from: 2026-07-01}
  - {column: Land, NL: benelux, default: north}"""
    text = DEALS.replace("Land", "Land,Office") + (
        "old,Won,10,2026-06-30,2026-01-05,2026-06-30,NL,B\nnew,Won,10,2026-07-01,2026-01-05,2026-07-01,NL,B\n"
        "two,Won,10,2026-07-01,2026-01-05,2026-07-01,DE,R\n"
    )
    found = regions(company(tmp_path, rule), "opportunities", "opportunities_2026-11-10.csv", text)
    assert found == [("old", "benelux"), ("new", "north"), ("two", "benelux")]


def test_the_newest_rule_says_whose_each_deal_is_today_and_its_change_is_no_new_state(tmp_path: Path) -> None:
    """Closed in June, a deal of the Netherlands was north's; today it is Benelux's. One rule alone says nothing."""
    text = DEALS + "old,Won,10,2026-06-30,2026-01-05,2026-06-30,NL\nhere,Open,10,2026-12-01,2026-01-05,,DE\n"
    for place, (rule, now) in enumerate(((DATED, ["benelux", "north"]), ("region: north", [None, None]))):
        (tmp_path / f"{place}").mkdir()
        organisation = company(tmp_path / f"{place}", rule)
        source = organisation.sources["shop"]
        file = organisation.workspace.root / "opportunities_2026-11-10.csv"
        file.write_text(text, encoding="utf-8")
        arrived = organisation.workspace.now()
        rows = conform_export(file, source, source.exports["opportunities"], organisation, arrived_at=arrived).rows
        assert rows["region"].to_list() == ["north", "north"]
        assert rows["region_now"].to_list() == now
        hashes = [
            with_row_hash(keyed_table("opportunity"), each)["row_hash"].to_list()
            for each in (rows, rows.with_columns(region_now=pl.lit("elsewhere")))
        ]
        assert hashes[0] == hashes[1]
