"""The rows behind a value: their sum is the value, and each leads to its file and line."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kpi.definitions import Definitions
from kpi.errors import KpiError
from kpi.evaluate import evaluate
from kpi.period import current_quarter
from kpi.rows import rows_behind
from kpi.scope import Scope
from kpi.slice import Slice
from organisation import Organisation
from tests.kpi.conftest import Warehouse

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = Scope.everything()
SUMS = "won_value open_pipeline closing_in_period pipeline_created pushed_deals".split()
RATIOS = "average_won_deal win_rate win_rate_by_value lead_sla lead_qualified_30d data_completeness".split()
COMBINED = "attainment pace coverage".split()


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return Definitions.read(ROOT / "kpi_definitions.yaml")


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """
    deal  region  amount      state
    w1    north   100         won 5 Oct
    w2    north   300         won 6 Nov, created 40 days before
    l1    north   250         lost 7 Nov
    w3    south   200 dollar  won 5 Oct = 100 euro
    o1    north   500         open, closes 1 Dec
    o2    north   700         open, closes 2 Feb, pushed twice, no next step
    o3    south   80 dollar   open, closes 1 Dec
    """
    warehouse.feeds()
    warehouse.deal("w1", 100, won="2026-10-05", created="2026-09-05")
    warehouse.deal("w2", 300, won="2026-11-06", created="2026-09-27")
    warehouse.deal("l1", 250, lost="2026-11-07")
    warehouse.deal("w3", 200, "south", won="2026-10-05")
    warehouse.deal("o1", 500, closes="2026-12-01", created="2026-10-05", next_step="call")
    warehouse.deal("o2", 700, closes="2027-02-02", times_pushed=2)
    warehouse.deal("o3", 80, "south", closes="2026-12-01", created="2026-11-02")
    for number, touched in (("1", "2026-10-05T12:00"), ("2", "2026-10-09"), ("3", None)):
        warehouse.lead(number, due="2026-10-06", touched=touched, created="2026-10-05", qualified=touched)
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 400)
        warehouse.target(month, 200, "south")
    return warehouse


@pytest.mark.parametrize("region", ["north", "south", "group"])
@pytest.mark.parametrize("kpi", [*SUMS, *RATIOS, *COMBINED, "sales_cycle"])
def test_the_rows_give_the_value_again(
    filled: Warehouse, organisation: Organisation, definitions: Definitions, kpi: str, region: str
) -> None:
    asked = Slice(current_quarter(organisation, NOW), NOW)
    values = evaluate(filled.engine, organisation, definitions, asked, EVERYTHING, [kpi])
    value = next(value for value in values if value.region == region)
    rows = rows_behind(filled.engine, organisation, definitions, asked, EVERYTHING, kpi=kpi, region=region)
    total = sum((Decimal(str(part)) for part in rows["value"] if part is not None), Decimal(0))
    if kpi in SUMS:
        assert total == Decimal(str(value.value))
    elif kpi == "sales_cycle":
        assert rows["value"].median() == value.value
    else:
        assert total == (value.numerator or 0)
        if kpi in RATIOS:
            assert sum(Decimal(str(part)) for part in rows["weight"] if part is not None) == (value.denominator or 0)


def test_each_row_names_its_account_number_file_and_line_and_no_person(
    filled: Warehouse, organisation: Organisation, definitions: Definitions
) -> None:
    account = {"account_id": "account of w1", "name": "Acme", "country": "DE", "match_key": "acme"}
    filled.add("account", "north", account)
    asked = Slice(current_quarter(organisation, NOW), NOW)
    rows = rows_behind(filled.engine, organisation, definitions, asked, EVERYTHING, kpi="won_value", region="north")
    assert rows["number"].to_list() == ["w2", "w1"]
    assert rows["account"].to_list() == ["account of w2", "Acme"]
    assert rows["file"].to_list() == ["opportunities_2026-11-24.csv"] * 2
    assert rows["line"].to_list() == [3, 2]
    assert "owner_ref" not in rows.columns
    assert "Person One" not in str(rows.to_dicts())


def test_a_regions_rows_can_be_in_its_own_currency(
    filled: Warehouse, organisation: Organisation, definitions: Definitions
) -> None:
    asked = Slice(current_quarter(organisation, NOW), NOW, currency="local")
    rows = rows_behind(filled.engine, organisation, definitions, asked, EVERYTHING, kpi="won_value", region="south")
    assert [float(value) for value in rows["value"]] == [200.0]
    assert rows["currency"].to_list() == ["USD"]


def test_rows_follow_the_scope(filled: Warehouse, organisation: Organisation, definitions: Definitions) -> None:
    asked = Slice(current_quarter(organisation, NOW), NOW)
    rows = rows_behind(filled.engine, organisation, definitions, asked, Scope.of_regions("south"), kpi="won_value")
    assert set(rows["region"]) == {"south"}
    assert rows_behind(filled.engine, organisation, definitions, asked, Scope.of_regions(), kpi="won_value").is_empty()


def test_a_figure_that_rests_on_no_records_says_so(
    filled: Warehouse, organisation: Organisation, definitions: Definitions
) -> None:
    asked = Slice(current_quarter(organisation, NOW), NOW)
    with pytest.raises(KpiError, match="on no records"):
        rows_behind(filled.engine, organisation, definitions, asked, EVERYTHING, kpi="freshness")
