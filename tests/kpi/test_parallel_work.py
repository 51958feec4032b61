"""Parallel work: customers that two regions work on without an agreed lead region."""

from datetime import UTC, date, datetime

import pytest

from kpi.customers import customer_accounts, match_proposals, shared_customers
from kpi.scope import Scope
from tests.kpi.conftest import Cell, Warehouse
from tests.kpi.own_rows import account, feeds, match, plan


def worked(warehouse: Warehouse, place: str, amount: float = 100, **given: Cell) -> None:
    """Add an open deal with the account at "north/1"."""
    region, number = place.split("/")
    warehouse.deal(
        f"deal {sum(warehouse.lines.values())}", amount, region, account_ref=number, closes="2026-12-10", **given
    )


def test_a_customer_of_two_regions_counts_once_in_the_group_and_in_each_of_them(warehouse: Warehouse) -> None:
    """
    customer  north   south          one customer because of
    A         100     200 dollars    the domain
    B         50      none open
    north 1, south 1, group 1;  value: north 100, south 100, group 200
    """
    feeds(warehouse)
    account(warehouse, "1", domain="skagerion.example")
    account(warehouse, "7", "south", domain="https://www.Skagerion.example/en")
    account(warehouse, "2")
    worked(warehouse, "north/1")
    worked(warehouse, "south/7", 200)
    worked(warehouse, "north/2", 50)
    assert [warehouse.value("parallel_work", one).value for one in ("north", "south", "east", "group")] == [1, 1, 0, 1]
    assert [warehouse.value("parallel_value", one).value for one in ("north", "south", "group")] == [100, 100, 200]


def test_the_shared_customers_are_listed_with_regions_value_and_lead(warehouse: Warehouse) -> None:
    """
    customer  north   south          known since        who leads
    A         100     200 dollars    the second began   nobody agreed
    """
    feeds(warehouse)
    account(warehouse, "1", name="Skagerion AB", domain="skagerion.example")
    account(warehouse, "7", "south", name="Skagerion GmbH", domain="skagerion.example")
    account(warehouse, "2", name="Alone")
    worked(warehouse, "north/1")
    worked(warehouse, "south/7", 200)
    worked(warehouse, "north/2", 50)
    when = datetime(2026, 11, 23, 12, tzinfo=UTC), date(2026, 11, 23)
    (found,) = shared_customers(warehouse.engine, "EUR", *when, Scope.everything()).to_dicts()
    assert (found["name"], found["regions"], found["deals"]) == ("Skagerion GmbH", ["north", "south"], 2)
    assert (found["value"], found["lead_region"]) == (200, None)
    assert shared_customers(warehouse.engine, "EUR", *when, Scope.of_regions("north")).is_empty()
    accounts = customer_accounts(warehouse.engine, found["customer"], Scope.everything())
    assert accounts["account_id"].to_list() == ["1", "7"]


def test_a_like_name_is_a_proposal_and_counts_nowhere(warehouse: Warehouse) -> None:
    """Both are called Skagerion; nobody has confirmed that they are one."""
    feeds(warehouse)
    account(warehouse, "1", name="Skagerion GmbH", match_key="skagerion")
    account(warehouse, "7", "south", name="Skagerion AB", match_key="skagerion")
    worked(warehouse, "north/1")
    worked(warehouse, "south/7")
    assert warehouse.value("parallel_work", "group").value == 0
    proposed = match_proposals(warehouse.engine, Scope.everything())
    assert proposed.select("region", "name", "other_region", "other_name").rows() == [
        ("north", "Skagerion GmbH", "south", "Skagerion AB")
    ]
    assert match_proposals(warehouse.engine, Scope.of_regions("north")).is_empty(), "the other's name is not told"
    match(warehouse, "north/1", "G1")
    match(warehouse, "south/7", "G1")
    assert warehouse.value("parallel_work", "group").value == 1
    assert match_proposals(warehouse.engine, Scope.everything()).is_empty()


def test_an_agreed_lead_region_takes_a_customer_out_while_its_plan_runs(warehouse: Warehouse) -> None:
    """Not every overlap is harmful. The plan of last year agrees to nothing this year."""
    feeds(warehouse)
    for place, customer in (("north/1", "G1"), ("south/1", "G1"), ("north/2", "G2"), ("south/2", "G2")):
        region, number = place.split("/")
        account(warehouse, number, region)
        match(warehouse, place, customer)
        worked(warehouse, place)
    assert warehouse.value("parallel_work", "group").value == 2
    plan(warehouse, "G1", lead_region="north")
    plan(warehouse, "G2", lead_region="north", starts_on="2025-01-01", ends_on="2025-12-31")
    assert warehouse.value("parallel_work", "group").value == 1


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"organisation_number": "DE 811-222-333"}, 1),  # written in two ways
        ({"domain": "gmail.com"}, 0),  # a mail provider is no customer
        ({"organisation_number": "1"}, 0),  # too short to be anybody's number
        ({}, 0),
    ],
)
def test_what_tells_one_customer_from_another(warehouse: Warehouse, given: dict[str, str], count: int) -> None:
    feeds(warehouse)
    account(warehouse, "1", **given)
    other = {name: text.replace(" ", "").replace("-", "") for name, text in given.items()}
    account(warehouse, "7", "south", **other)
    worked(warehouse, "north/1")
    worked(warehouse, "south/7")
    assert warehouse.value("parallel_work", "group").value == count


def test_a_chain_of_numbers_and_domains_is_one_customer(warehouse: Warehouse) -> None:
    """north's account has the number of south's, south's has the domain of east's: one customer in three regions."""
    feeds(warehouse)
    account(warehouse, "1", organisation_number="811222333")
    account(warehouse, "1", "south", organisation_number="811222333", domain="one.example")
    account(warehouse, "1", "east", domain="one.example")
    for region in ("north", "south", "east"):
        worked(warehouse, f"{region}/1")
    assert warehouse.value("parallel_work", "group").value == 1
    assert warehouse.value("parallel_work", "east").value == 1


def test_what_people_confirmed_to_be_two_customers_stays_two(warehouse: Warehouse) -> None:
    """A holding and its daughter share a domain; somebody gave them two global ids."""
    feeds(warehouse)
    account(warehouse, "1", domain="holding.example")
    account(warehouse, "1", "south", domain="holding.example")
    for place, customer in (("north/1", "G1"), ("south/1", "G2")):
        match(warehouse, place, customer)
        worked(warehouse, place)
    assert warehouse.value("parallel_work", "group").value == 0


def test_a_stock_looks_at_who_works_there_at_the_moment(warehouse: Warehouse) -> None:
    """South's deal was lost on 10 November: parallel at the end of October, no longer today."""
    feeds(warehouse)
    account(warehouse, "1", domain="one.example")
    account(warehouse, "1", "south", domain="one.example")
    worked(warehouse, "north/1")
    worked(warehouse, "south/1", known_until="2026-11-10", ended_because="changed")
    for region in warehouse.organisation.regions:
        warehouse.feed(region, "account", "2026-10-30T06:30")
        warehouse.feed(region, "opportunity", "2026-10-30T06:30")
    assert warehouse.value("parallel_work").value == 0
    assert warehouse.value("parallel_work", period="2026-10").value == 1


def test_without_accounts_nobody_can_say_who_is_one_customer(warehouse: Warehouse) -> None:
    warehouse.feeds()
    worked(warehouse, "north/1")
    found = warehouse.value("parallel_work")
    assert found.value is None
    assert "NO_DATA" in found.reasons
