"""Won value by credit: each deal shared out to the regions that won it together."""

from decimal import Decimal

from tests.kpi.conftest import Cell, Warehouse


def credit(warehouse: Warehouse, deal: str, region: str, share: str, **given: Cell) -> None:
    told: dict[str, Cell] = {"source": "planning", "opportunity_source": "north_crm", "opportunity_id": deal}
    told |= {"valid_from": "2026-01-01", "kind": "revenue", "person_ref": "all", "share": Decimal(share)}
    warehouse.add("opportunity_credit", region, told | given)


def test_revenue_is_shared_out_and_an_overlay_adds_nothing(warehouse: Warehouse) -> None:
    """
    deal  won by    revenue               overlay        credited
    a     north 90  north 70, south 30    east 50        north 63, south 27, east nothing
    b     north 10  nobody said                          north 10
    north 73, south 27, east 0: together 100, as won value of the group; with the overlay it would be 145
    """
    warehouse.feeds()
    warehouse.deal("a", 90, won="2026-10-05")
    warehouse.deal("b", 10, won="2026-10-05")
    credit(warehouse, "a", "north", "70")
    credit(warehouse, "a", "south", "30")
    credit(warehouse, "a", "east", "50", kind="overlay")
    found = [warehouse.value("credited_value", one).value for one in ("north", "south", "east", "group")]
    assert found == [73, 27, 0, 100]
    assert warehouse.value("won_value", "group").value == 100
    assert warehouse.value("won_value").value == 100


def test_thirds_of_a_cent_are_not_lost(warehouse: Warehouse) -> None:
    """100.01 by 33.33, 33.33 and 33.34 %: 33.333333, 33.333333 and 33.343334 are 100.01 again."""
    warehouse.feeds()
    warehouse.deal("a", "100.01", won="2026-10-05")
    for region, share in (("north", "33.33"), ("south", "33.33"), ("east", "33.34")):
        credit(warehouse, "a", region, share)
    assert warehouse.value("credited_value").value == Decimal("33.333333")
    assert warehouse.value("credited_value", "group").value == Decimal("100.01")


def test_the_shares_of_the_day_of_the_win_count(warehouse: Warehouse) -> None:
    """All north's until 30 September, then half and half; a set of December is not there yet."""
    warehouse.feeds()
    warehouse.deal("a", 90, won="2026-10-05")
    credit(warehouse, "a", "north", "100")
    for region in ("north", "south"):
        credit(warehouse, "a", region, "50", valid_from="2026-10-01")
    credit(warehouse, "a", "east", "100", valid_from="2026-12-01")
    found = [warehouse.value("credited_value", one).value for one in ("north", "south", "east", "group")]
    assert found == [45, 45, 0, 90]


def test_a_set_that_is_no_whole_deal_shares_nothing_out(warehouse: Warehouse) -> None:
    """Half of a set was withdrawn: the deal is its own region's again, and no part of it is lost."""
    warehouse.feeds()
    warehouse.deal("a", 90, won="2026-10-05")
    credit(warehouse, "a", "south", "50")
    found = [warehouse.value("credited_value", one).value for one in ("north", "south", "group")]
    assert found == [90, 0, 90]
