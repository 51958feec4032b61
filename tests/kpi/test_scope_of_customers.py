"""Of customers that several regions work for, a reader learns that there are some, and nothing of the others."""

from collections.abc import Callable

import pytest

from kpi.customers import match_proposals
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.rows import rows_behind
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi import own_rows
from tests.kpi.conftest import NOW, Warehouse, shipped
from tests.kpi.scope_worlds import HIDDEN, plain
from tests.kpi.test_same_deal import same

OWN_TABLES = (
    "parallel_work parallel_value plan_coverage plan_attainment white_space credited_value qualification_precision "
    "won_value open_pipeline lead_leak lead_response_median"
).split()


def _others_work_there(warehouse: Warehouse, told: str, amount: int) -> None:
    """Fill in north's own rows, and of the others' only that they have open deals with the same two customers.

    told, amount: what stands in the others' rows. Of the first customer it is agreed who leads.
    """
    own_rows.feeds(warehouse)
    own_rows.plan(warehouse, "G2", lead_region="south", target=500)
    for number, region in enumerate(("north", "south", "east")):
        is_own = region == "north"
        for customer in ("1", "2"):
            own_rows.match(warehouse, f"{region}/{customer}", f"G{customer}")
            named = {"name": f"customer {customer}" if is_own else f"{told} {customer}", "match_key": "same"}
            own_rows.account(warehouse, customer, region, **named)
            given = {"account_ref": customer, "closes": "2026-12-10", "owner_ref": "own" if is_own else told}
            warehouse.deal(
                f"{region} {customer}", 100 if is_own else amount, region, name=str(given["owner_ref"]), **given
            )
        warehouse.deal(f"won {region}", 50 if is_own else amount, region, won="2026-10-05", account_ref="2")
        own_rows.account(warehouse, "7", region, name="customer 7" if is_own else told, match_key=f"k{number // 2}")
    same(warehouse, "north/won north", "south/won south")


@pytest.mark.parametrize("name", OWN_TABLES)
def test_of_parallel_work_a_reader_learns_that_there_is_some_and_nothing_else(
    name: str, twins: Callable[[], tuple[Warehouse, Warehouse]]
) -> None:
    """Others' names, persons and amounts differ between both; what north's reader is told does not."""
    told = []
    for warehouse, word, amount in zip(twins(), (HIDDEN, "Somebody Else"), (1, 9_000_000), strict=True):
        _others_work_there(warehouse, word, amount)
        asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW)
        scope = Scope.of_regions("north")
        given = (warehouse.engine, warehouse.organisation, shipped(), asked, scope)
        found, rows = evaluate(*given, [name]), rows_behind(*given, kpi=name)
        assert {one.region for one in found} == {"north", "group"}
        told.append(plain(found) + plain(rows) + plain(match_proposals(warehouse.engine, scope)))
    assert told[0] == told[1]
    assert HIDDEN not in told[0]


def test_that_others_work_for_a_customer_too_is_told_as_a_count(
    twins: Callable[[], tuple[Warehouse, Warehouse]],
) -> None:
    """North works on two customers that others work on too; for the second it is agreed who leads."""
    warehouse, _ = twins()
    _others_work_there(warehouse, HIDDEN, 9_000_000)
    asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW)
    given = (warehouse.engine, warehouse.organisation, shipped(), asked, Scope.of_regions("north"))
    found = {(one.kpi, one.region): one.value for one in evaluate(*given, ["parallel_work", "parallel_value"])}
    assert found["parallel_work", "north"] == found["parallel_work", "group"] == 1
    assert found["parallel_value", "north"] == found["parallel_value", "group"] == 100
    for region in ("north", "group"):
        assert set(rows_behind(*given, kpi="parallel_work", region=region)["region"]) == {"north"}
