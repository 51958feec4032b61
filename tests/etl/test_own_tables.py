"""The tables that the organisation keeps itself: rules, matches, plans, potentials, credits and deals that are one."""

from collections.abc import Callable

import pytest

from tests.etl.test_conform import conform as read
from tests.etl.test_conform import export

__all__ = ["read"]

from etl.conformed import Conformed

ROWS = {
    "qualification_rule": (
        "region,lead_source,rule,valid_from,threshold,agreed_by_marketing,agreed_by_sales",
        "dach,all,score,2026-01-01,55,Head of Marketing,Head of Sales",
    ),
    "account_match": (
        "account_source,account_id,global_account_id,confirmed_by,confirmed_on",
        "crm,1,G1,Key accounts,2026-10-01",
    ),
    "account_plan": (
        "global_account_id,region,starts_on,ends_on,target,currency,lead_region,updated_on,owner_role,actions",
        "G1,dach,2026-01-01,2026-12-31,500000,EUR,dach,2026-09-15,Key accounts,Visit the new plant",
    ),
    "account_potential": (
        "global_account_id,region,product,is_relevant,marked_by,marked_on",
        "G1,dach,Press X8,yes,Key accounts,2026-10-01",
    ),
    "forecast": (
        "region,scope,scope_id,starts_on,ends_on,category,submitted_by_role,locked_on,value,currency,reason",
        "dach,region,dach,2026-10-01,2026-12-31,call,regional manager DACH,2026-11-24,4100000,EUR,two deals moved",
    ),
    "opportunity_credit": (
        "opportunity_source,opportunity_id,valid_from,kind,region,person_ref,share",
        "crm,7,2026-10-01,revenue,dach,all,100",
    ),
    "same_deal": (
        "twin_source,twin_id,counted_source,counted_id,confirmed_by,confirmed_on",
        "a,1,b,2,Key accounts,2026-10-01",
    ),
}


@pytest.mark.parametrize("table", ROWS)
def test_a_row_is_loaded(read: Callable[..., Conformed], table: str) -> None:
    found = read("\n".join(ROWS[table]) + "\n", export(table))
    assert (found.rows.height, found.rejects.height) == (1, 0)


def test_revenue_shares_add_to_the_whole_deal_and_an_overlay_stands_beside_it(
    read: Callable[..., Conformed],
) -> None:
    """
    deal  kind     region   share
    1     revenue  dach     60
    1     revenue  benelux  40 %     100: loaded
    1     overlay  dach     100      beside it: loaded
    2     revenue  dach     60
    2     revenue  benelux  30       90: neither is loaded
    3     overlay  dach     50       no revenue share at all: loaded
    """
    rows = [
        "1,revenue,dach,60",
        "1,revenue,benelux,40 %",
        "1,overlay,dach,100",
        "2,revenue,dach,60",
        "2,revenue,benelux,30",
    ]
    rows.append("3,overlay,dach,50")
    header = "opportunity_id,kind,region,share,opportunity_source,valid_from,person_ref"
    found = read(
        "\n".join([header, *(f"{row},crm,2026-10-01,all" for row in rows)]) + "\n", export("opportunity_credit")
    )
    assert found.rows["opportunity_id"].to_list() == ["1", "1", "1", "3"]
    assert found.rejects.select("line", "reason").rows() == [(5, "SHARES"), (6, "SHARES")]


def test_a_twin_never_counts_for_another(read: Callable[..., Conformed]) -> None:
    """1 is left out for 2 and 3 for 2; 2 for 1 would leave out all three."""
    header = ROWS["same_deal"][0]
    good = read(f"{header}\na,1,b,2,K,2026-10-01\nc,3,b,2,K,2026-10-01\n", export("same_deal"))
    assert good.rejects.is_empty()
    bad = read(f"{header}\na,1,b,2,K,2026-10-01\nb,2,a,1,K,2026-10-01\n", export("same_deal"))
    assert set(bad.rejects["reason"]) == {"CHAIN"}


def test_who_confirmed_and_who_leads_must_be_known(read: Callable[..., Conformed]) -> None:
    nobody = read(
        "account_source,account_id,global_account_id,confirmed_by,confirmed_on\ncrm,1,G1,,\n", export("account_match")
    )
    assert set(nobody.rejects["column_name"]) == {"confirmed_by", "confirmed_on"}
    plan = "global_account_id,region,starts_on,ends_on,target,currency,lead_region,updated_on,owner_role\n"
    stranger = read(plan + "G1,dach,2026-01-01,2026-12-31,,,atlantis,2026-09-15,K\n", export("account_plan"))
    assert stranger.rejects.select("column_name", "reason").rows() == [("lead_region", "NO_REGION")]
    backwards = read(plan + "G1,dach,2026-12-31,2026-01-01,5,,dach,2026-09-15,K\n", export("account_plan"))
    assert set(backwards.rejects["column_name"]) == {"ends_on", "currency"}


@pytest.mark.parametrize(
    ("cell", "wrong", "column"),
    [
        ("call", "hope", "category"),
        ("2026-12-31", "2026-09-30", "ends_on"),
        ("dach,region,dach", "dach,region,benelux", "scope_id"),
        ("dach,region", "dach,company", "scope"),
        ("dach,region,dach", "mars,region,mars", "region"),
        ("4100000", "", "value"),
    ],
)
def test_a_forecast_says_for_what_and_from_when_it_stands(
    read: Callable[..., Conformed], cell: str, wrong: str, column: str
) -> None:
    header, row = ROWS["forecast"]
    found = read(f"{header}\n{row.replace(cell, wrong)}\n", export("forecast"))
    assert found.rows.is_empty()
    assert column in found.rejects["column_name"].to_list()
