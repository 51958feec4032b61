"""Rows of the tables that the organisation keeps itself, for tests."""

from decimal import Decimal

from tests.kpi.conftest import Cell, Warehouse


def account(warehouse: Warehouse, number: str, region: str = "north", **given: Cell) -> None:
    """Add an account; its name is that of its number's customer unless one is given."""
    defaults: dict[str, Cell] = {"account_id": number, "name": f"customer {number}", "is_key": True}
    warehouse.add("account", region, {**defaults, "segment": "enterprise", **given})


def match(warehouse: Warehouse, place: str, global_account: str) -> None:
    """Confirm that the account at "north/1" is a global account."""
    region, number = place.split("/")
    told = {"account_source": f"{region}_crm", "account_id": number, "global_account_id": global_account}
    told |= {"confirmed_by": "Key accounts", "confirmed_on": "2026-01-05"}
    warehouse.add("account_match", None, {"source": "planning", **told})


def plan(warehouse: Warehouse, global_account: str, region: str = "north", **given: Cell) -> None:
    """Add the plan of a region for a global account in 2026: target=100 in euro."""
    defaults: dict[str, Cell] = {
        "source": "planning",
        "global_account_id": global_account,
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "currency": "EUR",
        "updated_on": "2026-11-01",
        "actions": "Visit the plant",
    }
    told = {**defaults, **given}
    if told.get("target") is not None:
        told["target"] = Decimal(str(told["target"]))
    warehouse.add("account_plan", region, told)


def feeds(warehouse: Warehouse) -> None:
    """Say that deals, leads and accounts of all regions were loaded."""
    warehouse.feeds()
    for region in warehouse.organisation.regions:
        warehouse.feed(region, "account")
