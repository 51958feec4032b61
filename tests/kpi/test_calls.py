"""The stated calls of a period: the newest of each region and category counts."""

from datetime import date
from decimal import Decimal

from kpi.calls import stated_calls
from kpi.scope import Scope
from tests.kpi.conftest import NOW, Warehouse

Q4 = ("2026-10-01", "2026-12-31")
DAY = date(2026, 11, 24)


def test_the_newest_call_counts_and_says_what_it_was_before(warehouse: Warehouse) -> None:
    """
    day     role      call    counts
    2 Nov   manager   100
    9 Nov   manager   120     the one before
    16 Nov  director  90      the newest, whoever said it
    """
    warehouse.forecast(*Q4, 100, locked_on="2026-11-02")
    warehouse.forecast(*Q4, 120, locked_on="2026-11-09")
    warehouse.forecast(*Q4, 90, locked_on="2026-11-16", submitted_by_role="director", reason="two deals moved")
    (call,) = stated_calls(warehouse.engine, DAY, NOW, Scope.everything()).values()
    assert (call.value, call.before, call.role, call.reason) == (
        Decimal(90),
        Decimal(120),
        "director",
        "two deals moved",
    )


def test_another_period_another_category_and_another_region_are_their_own(warehouse: Warehouse) -> None:
    warehouse.forecast(*Q4, 100)
    warehouse.forecast(*Q4, 80, category="commit")
    warehouse.forecast(*Q4, 7, "south")
    warehouse.forecast("2026-07-01", "2026-09-30", 999)
    found = stated_calls(warehouse.engine, DAY, NOW, Scope.everything())
    assert {key: call.value for key, call in found.items()} == {
        ("north", "call"): Decimal(100),
        ("north", "commit"): Decimal(80),
        ("south", "call"): Decimal(7),
    }


def test_a_reader_of_one_region_sees_its_calls_only(warehouse: Warehouse) -> None:
    warehouse.forecast(*Q4, 100)
    warehouse.forecast(*Q4, 7, "south")
    assert set(stated_calls(warehouse.engine, DAY, NOW, Scope.of_regions("south"))) == {("south", "call")}
    assert stated_calls(warehouse.engine, DAY, NOW, Scope.of_regions()) == {}
