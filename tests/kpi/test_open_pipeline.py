"""Open pipeline: what all open deals are worth on the last day."""

from decimal import Decimal

from tests.kpi.conftest import Warehouse


def test_two_months_are_never_added_together(warehouse: Warehouse) -> None:
    """
    deal  amount  open
    a     100     since June
    b     50      since 10 November     October 100, November 150, the quarter 150 and not 250
    """
    warehouse.feeds(exported="2026-10-30T06:30")
    warehouse.feeds()
    warehouse.deal("a", 100, closes="2026-12-01", known_from="2026-06-02")
    warehouse.deal("b", 50, closes="2026-12-01", known_from="2026-11-10")
    assert warehouse.value("open_pipeline", period="2026-10").value == Decimal(100)
    assert warehouse.value("open_pipeline", period="2026-11").value == Decimal(150)
    assert warehouse.value("open_pipeline").value == Decimal(150)


def test_a_closed_or_unmapped_deal_is_not_open(warehouse: Warehouse) -> None:
    """Four open deals of 25; one won and one in a stage that nobody mapped are in no figure, and it says so."""
    warehouse.feeds()
    for number in range(4):
        warehouse.deal(str(number), 25, closes="2026-12-01")
    warehouse.deal("b", 900, won="2026-10-05")
    warehouse.deal("c", 900, outcome=None, stage=None, stage_raw="Parked", closes="2026-12-01")
    assert warehouse.value("open_pipeline").value == Decimal(100)
    assert "STAGE_UNMAPPED" in warehouse.value("open_pipeline").reasons


def test_a_late_region_keeps_its_last_number(warehouse: Warehouse) -> None:
    """South's last export is two weeks old: its 100 dollars stay in the total, and the total says so."""
    warehouse.feeds("north")
    warehouse.feeds("south", exported="2026-11-10T06:30")
    warehouse.deal("a", 100, closes="2026-12-01")
    warehouse.deal("b", 100, "south", closes="2026-12-01")
    group = warehouse.value("open_pipeline", "group")
    assert group.value == Decimal(150)
    assert "south" in group.missing_regions
