"""The examination of sources, inbox, requests and loads: each kind of trouble made, and read in plain words."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl.examination import (
    backlog_bytes,
    examine_loads,
    examine_loads_of,
    examine_requests,
    examine_sources,
)
from organisation.requests import Answer, answer, ask
from tests.etl.shop import HEADER, SOURCE, Shop
from warehouse.finding import Finding
from warehouse.store import Store

NOW = datetime(2026, 11, 24, 14, tzinfo=UTC)
STAGES = """  pipeline_stages:
    files: "stages_*.csv"
    exported_at: "file name: stages_%Y-%m-%d.csv at 06:00"
    encoding: utf-8
    delimiter: ","
    decimal: "."
    dates: ymd
  activities:
"""
TABLE = "stage_id,label,pipeline,probability,is_closed,is_won\n9f,Open,Sales,20,false,false\n"
BY_ID = f"{HEADER}\n1,One,9f,100,2026-12-01,2026-01-05\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(tmp_path)


def loads(shop: Shop, now: datetime = NOW) -> list[Finding]:
    with Store.open_reader(shop.workspace.lake) as store:
        return examine_loads(shop.workspace, store, now) + examine_loads_of(shop.organisation, store)


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def profile(shop: Shop, change: Callable[[str], str]) -> None:
    (shop.workspace.sources_dir / "shop.yaml").write_text(change(SOURCE), encoding="utf-8")


def load_id(shop: Shop, status: str) -> str:
    return str(shop.query(f"SELECT load_id FROM load WHERE status = '{status}'")[0][0])


def test_nothing_is_wrong_with_a_shop_that_loads(shop: Shop) -> None:
    shop.drop_deals("2026-11-20", 1, 2, 3)
    shop.load()
    assert loads(shop) + examine_sources(shop.organisation) + examine_requests(shop.workspace, NOW) == []


def test_an_empty_shop_has_no_findings(shop: Shop) -> None:
    assert loads(shop) + examine_sources(shop.organisation) + examine_requests(shop.workspace, NOW) == []


def test_a_clock_behind_the_newest_load_is_a_problem(shop: Shop) -> None:
    shop.drop_deals("2026-11-20", 1)
    shop.load()
    found = only(loads(shop, NOW - timedelta(hours=1)))
    assert (found.severity, found.code) == ("problem", "clock_behind")
    assert "2026-11-24 14:00 UTC, but the clock says 2026-11-24 13:00 UTC" in found.what


def test_an_export_named_for_the_future_is_a_problem_with_the_command_that_takes_it_back(shop: Shop) -> None:
    shop.drop_deals("2026-11-20", 1)
    shop.load()
    with Store.open_writer(shop.workspace.lake) as store, store.transaction("a clock that was wrong once"):
        store.execute("UPDATE load SET exported_at = TIMESTAMPTZ '2027-11-20 06:30:00+00'")
    found = only(loads(shop))
    assert (found.severity, found.code) == ("problem", "export_in_future")
    assert f"denominator replay --source shop --without {load_id(shop, 'loaded')} --who ROLE" in found.what_to_do


@pytest.mark.parametrize(("spoil", "said"), [("missing", "is missing"), ("changed", "is not what was loaded")])
def test_an_archived_export_that_is_gone_or_changed_is_a_problem(shop: Shop, spoil: str, said: str) -> None:
    shop.drop_deals("2026-11-20", 1)
    shop.load()
    (file,) = shop.workspace.archive.rglob("opportunities_*.csv")
    if spoil == "missing":
        file.unlink()
    else:
        file.write_text("something else", encoding="utf-8")
    found = only(loads(shop))
    assert (found.severity, found.code, found.where) == ("problem", "archive_file", str(file))
    assert said in found.what


def test_an_export_that_is_withdrawn_is_not_missed(shop: Shop) -> None:
    shop.drop_deals("2026-11-20", 1)
    shop.load()
    (file,) = shop.workspace.archive.rglob("opportunities_*.csv")
    file.unlink()
    with Store.open_writer(shop.workspace.lake) as store, store.transaction("withdraw"):
        store.execute("UPDATE load SET status = 'withdrawn'")
    assert loads(shop) == []


def test_a_held_export_is_a_problem_with_both_commands(shop: Shop) -> None:
    shop.drop_deals("2026-11-19", 1, 2, 3)
    shop.drop_deals("2026-11-20")
    shop.load()
    held, found = load_id(shop, "held"), only(loads(shop))
    assert (found.severity, found.code, found.where) == ("problem", "load_held", held)
    assert f"denominator release {held} --who ROLE" in found.what_to_do
    assert f"denominator refuse {held} --who ROLE" in found.what_to_do


def test_a_refused_export_is_a_notice_until_another_one_loads(shop: Shop) -> None:
    shop.drop("opportunities_2026-11-20.csv", "<html><body>Please log in</body></html>")
    shop.load()
    found = only(loads(shop))
    assert (found.severity, found.code) == ("notice", "load_refused")
    assert "inbox/shop/" in found.what_to_do
    shop.workspace.clock_file.write_text("2026-11-24T14:01:00+00:00", encoding="utf-8")
    shop.drop_deals("2026-11-20", 1)
    shop.load()
    assert loads(shop) == []


def test_a_refused_export_that_was_cleared_away_is_no_news(shop: Shop) -> None:
    shop.drop("opportunities_2026-11-20.csv", "<html><body>Please log in</body></html>")
    shop.load()
    Path(only(loads(shop)).where).unlink()
    assert loads(shop) == []


def test_a_profile_changed_after_its_loads_offers_the_replay(shop: Shop) -> None:
    shop.drop_deals("2026-11-20", 1)
    shop.load()
    profile(shop, lambda text: text.replace("Deep: develop", "Deep: propose"))
    found = only(loads(shop))
    assert (found.severity, found.code) == ("notice", "profile_changed")
    assert "changed since 1 of its loads" in found.what
    assert "denominator replay --source shop" in found.what_to_do


def test_loads_of_an_export_that_no_profile_names_any_more_are_a_problem(shop: Shop) -> None:
    shop.drop_deals("2026-11-20", 1)
    shop.load()
    profile(shop, lambda text: text.replace("  opportunities:\n", "  leads:\n"))
    found = only(loads(shop))
    assert (found.severity, found.code, found.where) == ("problem", "profile_missing", "shop opportunity")


def test_deals_whose_stage_table_has_not_come_or_came_late_are_a_problem(shop: Shop) -> None:
    profile(shop, lambda text: text.replace("  activities:\n", STAGES))
    shop.drop("opportunities_2026-11-20.csv", BY_ID)
    shop.load()
    missing = only(loads(shop))
    assert (missing.severity, missing.code) == ("problem", "stages_missing")
    shop.drop("stages_2026-11-21.csv", TABLE)
    shop.load()
    late = only(loads(shop))
    assert (late.severity, late.code) == ("problem", "stages_late")
    assert "1 deals of shop" in late.what
    assert "denominator replay --source shop" in late.what_to_do


def test_a_file_that_nobody_claims_is_a_problem_in_the_loaders_words(shop: Shop) -> None:
    file = shop.drop("deels_2026-11-20.csv", "a,b\n1,2\n")
    found = only(examine_sources(shop.organisation))
    assert (found.severity, found.code, found.where) == ("problem", "unclaimed", str(file))
    assert "fits no export that shop.yaml names" in found.what_to_do


@pytest.mark.parametrize("said", ["", "amount: {tax: included}\n"])
def test_an_amount_whose_meaning_nobody_states_is_told(shop: Shop, said: str) -> None:
    profile(shop, lambda text: text.replace("amount: {means: total}\n", said))
    found = only(examine_sources(shop.organisation))
    assert (found.severity, found.code) == ("notice", "amount_meaning")
    assert found.what == "shop does not say what a deal's amount means; the whole contract's value is assumed."
    assert "write amount: {means: total, tax: excluded, unit: 1} into shop.yaml" in found.what_to_do


def test_an_unknown_crm_is_a_problem_of_the_settings(shop: Shop) -> None:
    profile(shop, lambda text: text.replace("crm: generic", "crm: genric"))
    found = only(examine_sources(shop.organisation))
    assert (found.severity, found.code) == ("problem", "settings")
    assert 'Did you mean "generic"?' in found.what


def test_a_request_that_waits_for_long_is_a_problem_until_it_is_answered(shop: Shop) -> None:
    request = ask(shop.workspace, "release", who="sales director")
    file = shop.workspace.requests / f"{request.id}.json"
    os.utime(file, (NOW.timestamp() - 60, NOW.timestamp() - 60))
    assert examine_requests(shop.workspace, NOW) == []
    found = only(examine_requests(shop.workspace, NOW + timedelta(minutes=30)))
    assert (found.severity, found.code, found.where) == ("problem", "request_unanswered", str(file))
    assert '"release" of sales director has waited for 31 minutes' in found.what
    answer(shop.workspace, Answer(request.id, True, "done"))
    assert examine_requests(shop.workspace, NOW + timedelta(minutes=30)) == []


def test_a_file_among_the_requests_that_is_none_is_a_notice(shop: Shop) -> None:
    shop.workspace.requests.mkdir()
    (shop.workspace.requests / "abc.json").write_text("{", encoding="utf-8")
    assert only(examine_requests(shop.workspace, NOW)).code == "request_unreadable"


def test_the_backlog_is_what_waits_or_the_newest_days_loads(shop: Shop) -> None:
    size = shop.drop_deals("2026-11-20", 1, 2, 3).stat().st_size
    assert backlog_bytes(shop.workspace, None) == size
    shop.load()
    with Store.open_reader(shop.workspace.lake) as store:
        assert backlog_bytes(shop.workspace, store) == size
