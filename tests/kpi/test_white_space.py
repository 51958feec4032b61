"""White space: relevant cells of account and product without a sale and without an open deal."""

from tests.kpi.conftest import Warehouse
from tests.kpi.own_rows import account, feeds, match


def test_only_cells_that_somebody_marked_are_relevant(warehouse: Warehouse) -> None:
    """
    account 1   relevant  deals
    Press       yes       won last year    sold
    Line        yes       open             on offer
    Kit         yes       lost             white
    Robot       yes       none             white      2 of 4
    Belt        no        none             could not buy it: does not count
    Pump        not marked                 does not count
    """
    feeds(warehouse)
    account(warehouse, "1")
    match(warehouse, "north/1", "G1")
    for product, relevant in (("Press", True), ("Line", True), ("Kit", True), ("Robot", True), ("Belt", False)):
        told = {"source": "planning", "global_account_id": "G1", "product": product, "is_relevant": relevant}
        warehouse.add("account_potential", "north", told)
    warehouse.deal("a", 10, won="2025-10-05", product="Press", account_ref="1")
    warehouse.deal("b", 10, closes="2026-12-05", product="Line", account_ref="customer 1")
    warehouse.deal("c", 10, lost="2026-10-05", product="Kit", account_ref="1")
    warehouse.deal("d", 10, "south", won="2026-10-05", product="Robot", account_ref="1")
    found = warehouse.value("white_space")
    assert [found.numerator, found.denominator] == [2, 4]
    assert warehouse.value("white_space", "south").value is None
