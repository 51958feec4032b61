"""A lead region agreed in the weekly review: a row of account_plan for each region at work, and nothing else moves."""

from pathlib import Path

import pytest

from organisation.requests import ask
from tests.etl.shop import Shop
from tests.etl.test_requests import WHO, answered, execute

EXPORT = """  {name}:
    files: "{name}_*.csv"
    mode: delta
    encoding: utf-8
    delimiter: ","
    decimal: "."
    dates: ymd
    footers: [Request]
"""
LEAD = {
    "customer": "Skagerion AB",
    "account_source": "shop",
    "account_id": "7",
    "global_account_id": "",
    "regions": "north,south",
    "lead_region": "north",
    "starts_on": "2026-11-24",
    "ends_on": "2026-12-31",
}
PLANS = """SELECT global_account_id, region, CAST(starts_on AS VARCHAR), CAST(ends_on AS VARCHAR), lead_region
FROM account_plan ORDER BY region, starts_on"""
MATCHES = "SELECT account_source, account_id, global_account_id, confirmed_by FROM account_match"
KEY = "review-shop-7"


@pytest.fixture(scope="module")
def with_review(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop.open(tmp_path_factory.mktemp("review"))
    profiles = shop.workspace.regions_dir
    (profiles / "south.yaml").write_text(
        (profiles / "north.yaml").read_text(encoding="utf-8").replace("North", "South"), encoding="utf-8"
    )
    exports = "".join(EXPORT.format(name=name) for name in ("account_plans", "account_matches"))
    review = f"crm: generic\ntimezone: Europe/Berlin\nexports:\n{exports}"
    (shop.workspace.sources_dir / "weekly_review.yaml").write_text(review, encoding="utf-8")
    (shop.workspace.sources_dir / "planning.yaml").write_text(
        review.replace("mode: delta", "mode: full"), encoding="utf-8"
    )
    own = shop.workspace.sources_dir / "shop.yaml"
    accounts = EXPORT.format(name="accounts").replace("    footers: [Request]\n", "")
    own.write_text(own.read_text(encoding="utf-8").replace("exports:\n", f"exports:\n{accounts}"), encoding="utf-8")
    (shop.workspace.inbox / "shop" / "accounts_1.csv").write_text("account_id,name\n7,Skagerion AB\n", encoding="utf-8")
    assert [each.status for each in Shop(shop.workspace).load()] == ["loaded"]
    return Shop(shop.workspace)


@pytest.fixture
def shop(with_review: Shop, tmp_path: Path) -> Shop:
    return with_review.copied(tmp_path)


def test_it_is_a_row_for_each_region_at_work_and_the_ledger_names_who_agreed(shop: Shop) -> None:
    given = answered(shop, "agree_lead", **LEAD)
    assert (given.done, given.message) == (True, "North leads at Skagerion AB from 2026-11-24 to 2026-12-31.")
    assert shop.query(PLANS) == [(KEY, each, "2026-11-24", "2026-12-31", "north") for each in ("north", "south")]
    assert shop.query(MATCHES) == [("shop", "7", KEY, WHO)]
    ledger = "SELECT table_name, who, loaded FROM load WHERE source = 'weekly_review' ORDER BY table_name"
    assert shop.query(ledger) == [("account_match", WHO, 1), ("account_plan", WHO, 2)]


def test_it_states_no_target_and_no_look_at_the_plan(shop: Shop) -> None:
    """Else an agreed lead would make an old plan fresh, and a missing one there."""
    answered(shop, "agree_lead", **LEAD)
    assert shop.query("SELECT DISTINCT target, updated_on, actions, owner_role FROM account_plan") == [(None,) * 4]


def test_a_customer_with_an_id_of_the_group_keeps_it(shop: Shop) -> None:
    answered(shop, "agree_lead", **LEAD | {"global_account_id": "GA-1"})
    assert {row[0] for row in shop.query(PLANS)} == {"GA-1"}
    assert shop.query(MATCHES) == []


def test_another_lead_on_another_day_ends_the_first_on_the_day_before(shop: Shop) -> None:
    answered(shop, "agree_lead", **LEAD)
    answered(shop, "agree_lead", **LEAD | {"starts_on": "2026-12-01", "lead_region": "south"})
    assert [row[2:] for row in shop.query(PLANS)][:2] == [
        ("2026-11-24", "2026-11-30", "north"),
        ("2026-12-01", "2026-12-31", "south"),
    ]


def test_taken_back_on_its_day_nobody_leads(shop: Shop) -> None:
    answered(shop, "agree_lead", **LEAD)
    given = answered(shop, "agree_lead", **LEAD | {"lead_region": ""})
    assert (given.done, given.message) == (True, "Nobody leads at Skagerion AB from 2026-11-24 on.")
    assert {row[4] for row in shop.query(PLANS)} == {None}


def test_a_request_that_a_kill_left_unanswered_is_done_once(shop: Shop) -> None:
    request = ask(shop.workspace, "agree_lead", who=WHO, arguments=LEAD)
    execute(shop)
    loads = shop.query("SELECT count(*) FROM load")
    (shop.workspace.requests / f"{request.id}.answer.json").unlink()
    execute(shop)
    assert shop.query("SELECT count(*) FROM load") == loads
    assert len(shop.query(PLANS)) == 2


def test_what_the_plans_of_another_source_say_otherwise_is_refused(shop: Shop) -> None:
    plan = "global_account_id,region,starts_on,ends_on,lead_region\nGA-1,south,2026-01-01,2026-12-31,south\n"
    (shop.workspace.inbox / "planning").mkdir()
    (shop.workspace.inbox / "planning" / "account_plans_1.csv").write_text(plan, encoding="utf-8")
    shop.load()
    given = answered(shop, "agree_lead", **LEAD | {"global_account_id": "GA-1"})
    assert not given.done
    assert "The plans of planning say that South leads at Skagerion AB." in given.message
    assert len(shop.query(PLANS)) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"lead_region": "nort"}, 'There is no region "nort". Did you mean "north"?'),
        ({"regions": "south"}, "North does not work on Skagerion AB: South."),
        ({"account_id": "8"}, "shop has no account 8 (any more)"),
        ({"ends_on": "2026-11-01"}, "before it begins"),
        ({"customer": " "}, "needs customer"),
        ({"starts_on": "today"}, "expected 2026-11-24"),
    ],
)
def test_what_is_no_agreement_is_refused(with_review: Shop, changed: dict[str, str], says: str) -> None:
    given = answered(with_review, "agree_lead", **LEAD | changed)
    assert not given.done
    assert says in given.message
    assert with_review.query(PLANS) == []
