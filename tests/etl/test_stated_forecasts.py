"""A forecast stated in the weekly review: a canonical row with who, when and why, and nothing else is touched."""

from pathlib import Path

import pytest

from organisation.requests import answer_of, ask
from tests.etl.shop import Shop
from tests.etl.test_requests import WHO, answered, execute

REVIEW = """crm: generic
timezone: Europe/Berlin
exports:
  forecasts:
    files: "forecasts_*.csv"
    mode: delta
    encoding: utf-8
    delimiter: ","
    decimal: "."
    dates: ymd
    footers: [Request]
"""
CALL = {
    "region": "north",
    "category": "call",
    "starts_on": "2026-10-01",
    "ends_on": "2026-12-31",
    "locked_on": "2026-11-24",
    "value": "4100000.50",
    "currency": "EUR",
    "why": 'Two deals, "A" and =B, moved',
}
ROWS = "SELECT region, category, submitted_by_role, value::VARCHAR, reason FROM forecast ORDER BY category"


@pytest.fixture(scope="module")
def with_review(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop.open(tmp_path_factory.mktemp("review"))
    (shop.workspace.sources_dir / "weekly_review.yaml").write_text(REVIEW, encoding="utf-8")
    return shop


@pytest.fixture
def shop(with_review: Shop, tmp_path: Path) -> Shop:
    return with_review.copied(tmp_path)


def test_a_stated_call_is_a_row_and_the_ledger_names_who_stated_it(shop: Shop) -> None:
    given = answered(shop, "state_forecast", **CALL)
    assert (given.done, given.message) == (True, "Call of north: 4,100,000.50 EUR.")
    assert shop.query(ROWS) == [("north", "call", WHO, "4100000.50", CALL["why"])]
    assert shop.query("SELECT source, who, rows_in, loaded, ignored FROM load") == [("weekly_review", WHO, 2, 1, 1)]


def test_who_states_a_then_b_then_a_again_has_stated_a(shop: Shop) -> None:
    for value in ("1", "2", "1"):
        assert answered(shop, "state_forecast", **CALL | {"value": value}).done
    assert [row[3] for row in shop.query(ROWS)] == ["1.00"]


def test_a_second_category_leaves_the_first_in_force(shop: Shop) -> None:
    answered(shop, "state_forecast", **CALL)
    answered(shop, "state_forecast", **CALL | {"category": "commit", "value": "3"})
    assert [(row[1], row[3]) for row in shop.query(ROWS)] == [("call", "4100000.50"), ("commit", "3.00")]


def test_a_request_that_a_kill_left_unanswered_is_done_once(shop: Shop) -> None:
    request = ask(shop.workspace, "state_forecast", who=WHO, arguments=CALL)
    execute(shop)
    answer = shop.workspace.requests / f"{request.id}.answer.json"
    answer.unlink()
    execute(shop)
    found = answer_of(shop.workspace, request.id)
    assert found is not None
    assert found.done
    assert shop.query("SELECT count(*) FROM load") == [(1,)]


NO_FORECASTS: dict[str, dict[str, str]] = {
    'There is no region "nort". Did you mean "north"?': {"region": "nort"},
    "expected call, commit, best_case": {"category": "guess"},
    "North forecasts in EUR, not in SEK.": {"currency": "SEK"},
    "cannot be read": {"value": "a lot"},
    "A forecast of -1 is none; expected an amount of zero or more": {"value": "-1"},
    "A forecast of NaN is none": {"value": "NaN"},
    "before it begins": {"ends_on": "2026-09-30"},
    "A forecast needs why": {"why": " "},
}


def test_what_is_no_forecast_is_refused_with_what_was_expected(shop: Shop) -> None:
    asked = {
        message: ask(shop.workspace, "state_forecast", who=WHO, arguments=CALL | changed)
        for message, changed in NO_FORECASTS.items()
    }
    execute(shop)
    for message, request in asked.items():
        given = answer_of(shop.workspace, request.id)
        assert given is not None
        assert not given.done
        assert message in given.message
    assert shop.query(ROWS) == []


def test_without_a_source_that_takes_rows_it_is_said_what_to_add(shop: Shop) -> None:
    (shop.workspace.sources_dir / "weekly_review.yaml").unlink()
    bare = Shop(shop.workspace)
    given = answered(bare, "state_forecast", **CALL)
    assert not given.done
    assert "Add sources/weekly_review.yaml" in given.message
