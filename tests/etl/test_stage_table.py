"""Deals that name their stage by an id: the source's stage table says what it is called and what it ends."""

from pathlib import Path

import pytest

from etl.check import check_file
from etl.replay import replay
from tests.etl.shop import SOURCE, Shop
from warehouse.store import Store

STAGES = """  pipeline_stages:
    files: "stages_*.csv"
    exported_at: "file name: stages_%Y-%m-%d.csv at 06:00"
    encoding: utf-8
    delimiter: ","
    decimal: "."
    dates: ymd
"""
TABLE = """stage_id,label,pipeline,probability,is_closed,is_won
9f,Talking,Sales,20,false,false
a1,Signed,Sales,100,true,true
b2,Gone,Sales,0,true,false
c3,Trial,Sales,40,false,false
"""
DEALS = """opportunity_id,name,stage_raw,amount,expected_close_on,created_at
1,One,9f,100,2026-12-01,2026-01-05
2,Two,a1,200,2026-10-01,2026-01-05
3,Three,b2,300,2026-10-01,2026-01-05
4,Four,zz,400,2026-12-01,2026-01-05
5,Five,c3,500,2026-12-01,2026-01-05
"""
SEEN = "SELECT opportunity_id, stage_raw, pipeline, stage, outcome FROM opportunity ORDER BY 1"
EXPECTED = [
    ("1", "Talking", "Sales", "qualify", "open"),
    ("2", "Signed", "Sales", "won", "won"),
    ("3", "Gone", "Sales", "lost", "lost"),
    ("4", "zz", None, None, None),
    ("5", "Trial", "Sales", None, None),
]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop.open(tmp_path)
    profile = SOURCE.replace("stages: {Open: qualify", "stages: {Talking: qualify").replace(
        "  activities:\n", f"{STAGES}  activities:\n"
    )
    (tmp_path / "sources" / "shop.yaml").write_text(profile, encoding="utf-8")
    return shop


def test_the_label_is_shown_and_the_outcome_follows_the_table(shop: Shop) -> None:
    shop.drop("opportunities_2026-11-20.csv", DEALS)
    shop.drop("stages_2026-11-20.csv", TABLE)  # by name after the deals, yet stored before they are read
    shop.load()
    assert shop.query(SEEN) == EXPECTED
    warned = "SELECT code, column_name, word, rows FROM load_warning WHERE code = 'UNMAPPED_STAGE' ORDER BY word"
    assert shop.query(warned) == [
        ("UNMAPPED_STAGE", "stage_raw", "Trial", 1),
        ("UNMAPPED_STAGE", "stage_raw", "zz", 1),
    ]


def test_stages_that_come_later_take_effect_by_replay(shop: Shop) -> None:
    shop.drop("opportunities_2026-11-20.csv", DEALS)
    shop.load()
    assert {outcome for *_, outcome in shop.query(SEEN)} == {None}
    shop.drop("stages_2026-11-21.csv", TABLE)
    shop.load()
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert shop.query(SEEN) == EXPECTED


def test_replay_reads_deals_with_the_stages_it_has_just_read(shop: Shop) -> None:
    shop.drop("stages_2026-11-20.csv", TABLE)
    shop.drop("opportunities_2026-11-20.csv", DEALS)
    shop.load()
    profile = shop.workspace.root / "sources" / "shop.yaml"
    said = profile.read_text(encoding="utf-8")
    profile.write_text(
        said.replace('stages_*.csv"\n', 'stages_*.csv"\n    columns: {label: pipeline}\n'), encoding="utf-8"
    )
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert {stage for _, stage, *_ in shop.query(SEEN)} == {"Sales", "zz"}


def test_a_stage_that_is_gone_still_names_the_deals_that_stood_in_it(shop: Shop) -> None:
    shop.drop("stages_2026-11-20.csv", TABLE)
    shop.drop("stages_2026-11-21.csv", TABLE.replace("b2,Gone,Sales,0,true,false\n", ""))
    shop.load()
    shop.drop("opportunities_2026-11-21.csv", DEALS)
    shop.load()
    assert shop.query(SEEN) == EXPECTED


def test_exported_stage_history_is_read_with_the_stages_too(shop: Shop) -> None:
    profile = shop.workspace.root / "sources" / "shop.yaml"
    said = profile.read_text(encoding="utf-8")
    history = STAGES.replace("pipeline_stages", "stage_history").replace("stages_", "changes_")
    profile.write_text(said.replace("  activities:\n", f"{history}  activities:\n"), encoding="utf-8")
    shop.drop("stages_2026-11-20.csv", TABLE)
    shop.drop("opportunities_2026-11-20.csv", DEALS)
    changes = "opportunity_id,changed_at,field,value_raw\n2,2026-02-01,stage_raw,9f\n2,2026-10-01,stage_raw,a1\n"
    shop.drop("changes_2026-11-20.csv", changes)
    shop.load()
    stored = "SELECT stage_raw, stage, outcome FROM opportunity_change ORDER BY changed_at"
    assert shop.query(stored) == [("Talking", "qualify", "open"), ("Signed", "won", "won")]


def test_check_reads_with_the_stages_that_are_stored(shop: Shop, tmp_path: Path) -> None:
    shop.drop("stages_2026-11-20.csv", TABLE)
    shop.load()
    deals = tmp_path / "opportunities_2026-11-22.csv"
    deals.write_text(DEALS, encoding="utf-8")
    found = check_file(deals, shop.workspace, source="shop", table="opportunities")
    rows = found["rows"]
    assert isinstance(rows, list)
    assert [(row["stage_raw"], row["outcome"]) for row in rows] == [(row[1], row[4]) for row in EXPECTED]


def test_the_files_own_flags_go_before_the_tables(shop: Shop) -> None:
    shop.drop("stages_2026-11-20.csv", TABLE)
    header, first, *_ = DEALS.splitlines()
    shop.drop("opportunities_2026-11-20.csv", f"{header},is_closed,is_won\n{first},true,false\n")
    shop.load()
    assert shop.query(SEEN) == [("1", "Talking", "Sales", "lost", "lost")]
