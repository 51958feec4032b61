"""A KPI's change split over the regions."""

from fractions import Fraction

import polars as pl
import pytest

from kpi.change.deals import changes_list
from kpi.change.explained import Explained, explain_change
from kpi.change.parts import total
from kpi.change.waterfall import waterfalls
from kpi.errors import KpiError
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Rates
from tests.kpi.change.test_waterfall import OPEN, asked, history
from tests.kpi.conftest import NOW, Warehouse, shipped


def explained(warehouse: Warehouse, kpi: str, rates: Rates = "budget") -> Explained:
    company = warehouse.organisation
    periods = (parse_period("2026-Q3", company, NOW), parse_period("2026-Q4", company, NOW))
    return explain_change(
        warehouse.engine, company, shipped(), kpi, periods=periods, as_of=NOW, rates=rates, scope=Scope.everything()
    )


def test_won_value_splits_into_regions_and_exchange_rates(warehouse: Warehouse) -> None:
    """100 dollars at 0.5, then 200 at 0.6: at 0.6 south adds 60, and rates add 100 × 0.1 = 10."""
    warehouse.feeds(exported="2026-06-01T06:30")
    warehouse.feeds()
    warehouse.rate("USD", "2026-10-01", "0.6", kind="spot")
    warehouse.deal("a", 100, "south", won="2026-08-05")
    warehouse.deal("b", 200, "south", won="2026-11-05")
    found = explained(warehouse, "won_value", "booked")
    assert found.after - found.before == 70 == total(found.parts)
    assert {part.name: part.amount for part in found.parts if part.amount} == {
        "south": Fraction(60),
        "Exchange rates": Fraction(10),
    }


def test_a_rate_splits_into_rates_and_mix_that_add_up(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for number in range(4):
        warehouse.deal(f"q3 {number}", 1, **{"won" if number else "lost": "2026-08-05"})
        warehouse.deal(f"q4 {number}", 1, **{"lost" if number else "won": "2026-11-05"})
        warehouse.deal(f"south {number}", 1, "south", won="2026-11-05")
    found = explained(warehouse, "win_rate")
    assert total(found.parts) == found.after - found.before == Fraction(5, 8) - Fraction(3, 4)
    assert {part.kind for part in found.parts} == {"rate", "mix"}


def test_a_median_has_no_exact_parts(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for day, amount in (("2026-08-05", 1), ("2026-11-05", 9)):
        warehouse.deal(day, amount, won=day, created="2026-06-01")
        warehouse.deal(f"{day} south", amount, "south", won=day, created="2026-03-01")
    with pytest.raises(KpiError, match="exact parts"):
        explained(warehouse, "sales_cycle")


def test_the_list_of_changes_sums_to_its_bars_and_names_no_person(warehouse: Warehouse) -> None:
    history(warehouse, "a", OPEN, OPEN | {"amount": 120, "owner_ref": "Person Two"})
    history(warehouse, "b", OPEN, {"amount": 100, "won": "2026-10-10"})
    warehouse.feed("north", load_id="north_crm-opportunity-2026-11-24T06:30")
    found = waterfalls(warehouse.engine, warehouse.organisation, asked(), Scope.everything())["north"]
    rows = changes_list(found)
    assert rows.height == 2
    for bar in found.bars:
        assert Fraction(changes_list(found, bar.name)["counts"].sum()) == bar.amount
    grown = rows.filter(pl.col("bar") == "Increased").row(0, named=True)
    assert (grown["amount_before"], grown["amount_after"], grown["owner"]) == (100, 120, "changed")
    assert grown["file"] == "opportunities_2026-11-24.csv"
    assert grown["line"]
    assert "Person" not in rows.write_csv()
