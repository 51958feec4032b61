"""Linearity: how a region's own fiscal quarter is spread over its months."""

import pytest

from tests.kpi.conftest import Warehouse


@pytest.fixture
def company(warehouse: Warehouse) -> Warehouse:
    """
    deal  region  won         amount    in its own quarter
    a     north   2026-10-05  60        first month of October to December
    b     north   2026-11-05  40        second month
    c     east    2026-10-30  90000 ¥   no: it belongs to August to October
    d     east    2026-11-10  10000 ¥   first month of November to January: 100 €
    """
    warehouse.feeds()
    for deal, region, won, amount in (
        ("a", "north", "2026-10-05", 60),
        ("b", "north", "2026-11-05", 40),
        ("c", "east", "2026-10-30", 90_000),
        ("d", "east", "2026-11-10", 10_000),
    ):
        warehouse.deal(deal, amount, region, won=won)
    return warehouse


def test_each_region_has_the_months_of_its_own_quarter(company: Warehouse) -> None:
    """The group is all over all: (60 + 100) / 200 = 80 %."""
    for region, first, second in (("north", 0.6, 0.4), ("east", 1.0, 0.0), ("group", 0.8, 0.2)):
        shares = [company.value(f"linearity_m{month}", region).value for month in (1, 2, 3)]
        assert shares == [pytest.approx(first), pytest.approx(second), 0]


def test_a_running_quarter_says_so_also_where_only_the_regions_own_runs(company: Warehouse) -> None:
    """In 2026 Q3 (July to September) north's quarter is over, east's from August to October is not."""
    assert "SO_FAR" in company.value("linearity_m1").reasons
    assert "SO_FAR" not in company.value("linearity_m1", period="2026-Q3").reasons
    assert "SO_FAR" in company.value("linearity_m1", "east", period="2026-Q3").reasons
