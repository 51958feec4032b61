"""A person who changed their name is one person, in history too, once the profile says so and all is replayed."""

from pathlib import Path

import pytest

from etl.replay import replay
from kpi.engines.duckdb import DuckDbEngine
from kpi.evaluate import evaluate
from kpi.ledger import rejects
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from tests.etl.shop import SOURCE, Shop
from tests.kpi.conftest import shipped
from warehouse.store import Store

ALIASES = "aliases: {owner_ref: {Frieda Frueher: Frieda Heute}, person_ref: {Frieda Frueher: Frieda Heute}}\n"
PERSONS = """exports:
  persons: {files: "persons*.csv", mode: delta, encoding: utf-8, delimiter: ",", dates: ymd}
"""
HEADER = "opportunity_id,owner_ref,stage_raw,amount,currency,expected_close_on,created_at,closed_on\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two deals won by one person under two names, of whom only today's is in the list of persons."""
    shop = Shop.open(tmp_path)
    profile = SOURCE.replace("exports:\n", PERSONS)
    (shop.workspace.sources_dir / "shop.yaml").write_text(profile, encoding="utf-8")
    shop.drop("persons.csv", "person_ref,name,is_active,team\nFrieda Heute,Frieda Heute,true,Key accounts\n")
    won = "Won,{},EUR,2026-10-10,2026-01-05,2026-10-10\n"
    before = (
        HEADER + f"d1,Frieda Frueher,{won.format(100)}d2,Frieda Frueher,{won.format(30)}d3,Frieda Frueher,Won,x,,,,\n"
    )
    after = HEADER + f"d1,Frieda Frueher,{won.format(100)}d2,Frieda Heute,{won.format(30)}d3,Frieda Frueher,Won,x,,,,\n"
    shop.drop("opportunities_2026-11-03.csv", before)
    shop.drop("opportunities_2026-11-10.csv", after)
    shop.load()
    return shop


def say_so(shop: Shop) -> None:
    profile = shop.workspace.sources_dir / "shop.yaml"
    profile.write_text(profile.read_text(encoding="utf-8") + ALIASES, encoding="utf-8")
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)


def by_team(shop: Shop) -> dict[str, int]:
    organisation = shop.organisation
    now = organisation.workspace.now()
    asked = Slice(parse_period("2026-Q4", organisation, now), now, by=("region", "team"))
    with DuckDbEngine(shop.workspace.lake) as engine:
        found = evaluate(engine, organisation, shipped(), asked, Scope.everything(), ["won_value"])
    return {value.bucket[-1]: value.n for value in found if value.region == "north" and value.n}


def test_two_names_of_one_person_count_for_one_team_after_a_replay(shop: Shop) -> None:
    owners = "SELECT DISTINCT owner_ref FROM opportunity_version ORDER BY 1"
    assert shop.query(owners) == [("Frieda Frueher",), ("Frieda Heute",)]
    assert by_team(shop) == {"unknown": 1, "Key accounts": 1}
    say_so(shop)
    assert shop.query(owners) == [("Frieda Heute",)]
    assert by_team(shop) == {"Key accounts": 2}


def test_a_mere_change_of_name_is_no_new_state_of_the_deal(shop: Shop) -> None:
    states = "SELECT opportunity_id, count(*) FROM opportunity_version GROUP BY ALL ORDER BY 1"
    assert shop.query(states) == [("d1", 1), ("d2", 2)]
    say_so(shop)
    assert shop.query(states) == [("d1", 1), ("d2", 1)]


def test_a_former_name_stays_hidden_in_the_raw_text_of_rejected_rows(shop: Shop) -> None:
    say_so(shop)
    with DuckDbEngine(shop.workspace.lake) as engine:
        shown = rejects(engine, shop.organisation, Scope.everything())
    assert shown.height == 1
    assert not shown["raw"].str.contains("Frueher").any()
