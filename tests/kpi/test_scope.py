"""Who may see which rows: part of every query, and never forgotten."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import pytest
import sqlglot
from sqlglot import exp

from kpi.definitions import Definitions
from kpi.evaluate import evaluate
from kpi.period import Period
from kpi.query import compile_query
from kpi.scope import NoScopeError, Scope, allowed_sources
from kpi.shape import Shape
from kpi.slice import Slice
from organisation import Organisation, RegionRule
from tests.kpi.conftest import Warehouse

SHIPPED = Definitions.read(Path(__file__).resolve().parents[2] / "kpi_definitions.yaml")
QUARTER = Period(date(2026, 10, 1), date(2026, 12, 31), "2026 Q4", to_date=date(2026, 11, 24))


@pytest.fixture
def asked() -> Slice:
    return Slice(QUARTER, datetime(2026, 11, 24, 14, 2, tzinfo=UTC))


def test_without_a_scope_nothing_is_answered(warehouse: Warehouse, asked: Slice) -> None:
    with pytest.raises(NoScopeError, match="needs a scope"):
        evaluate(warehouse.engine, warehouse.organisation, SHIPPED, asked, cast(Scope, None), ["won_value"])


def test_an_empty_scope_sees_nothing(warehouse: Warehouse, asked: Slice) -> None:
    warehouse.deal("1", 100, won="2026-10-05")
    assert evaluate(warehouse.engine, warehouse.organisation, SHIPPED, asked, Scope.of_regions(), ["won_value"]) == []


def test_a_total_rests_on_the_regions_in_scope_and_names_the_others(warehouse: Warehouse, asked: Slice) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-10-05")
    warehouse.deal("2", 100, "south", won="2026-10-05")
    values = evaluate(
        warehouse.engine, warehouse.organisation, SHIPPED, asked, Scope.of_regions("north"), ["won_value"]
    )
    found = {value.region: value for value in values}
    assert set(found) == {"north", "group"}
    assert found["group"].value == 100
    assert found["group"].missing_regions == ("east", "south")


# What is read of all regions whatever the reader may see, and gives no row of its own: who else works for a customer
# (a count), what was agreed for it, thresholds, when an export was made, and the shares of deals and that they are
# planned, which the scope of the deal's scan holds.
OF_ALL_REGIONS = {"told", "customers", "at_work", "every_survivor", "plans", "planned", "rules", "credits"}


@pytest.mark.parametrize("name", [kpi.name for kpi in SHIPPED.figures])
def test_every_source_scan_is_under_the_scope(name: str) -> None:
    shape = Shape((name,), (), False, False, "budget", False, False, Scope.of_regions("north"))
    tree = sqlglot.parse_one(compile_query(SHIPPED, shape).sql, dialect="duckdb")
    stored = [table for table in tree.find_all(exp.Table) if table.name.endswith("_version") or table.name == "load"]
    for table in stored:
        if table.name != "fx_rate_version" and not scans_around(table) & OF_ALL_REGIONS:
            select = cast(exp.Select, table.find_ancestor(exp.Select))
            assert "$scope_regions" in select.args["where"].sql(dialect="duckdb"), table.name
    assert stored


def scans_around(table: exp.Table) -> set[str]:
    """Give the names of the scans that a table is read in."""
    names, scan = set[str](), table.find_ancestor(exp.CTE)
    while scan is not None:
        names.add(scan.alias)
        scan = scan.find_ancestor(exp.CTE)
    return names


def test_a_source_of_the_whole_company_is_shown_to_readers_of_all_regions_only(organisation: Organisation) -> None:
    """Plans and order intake name every region; their rejected rows are no single region's."""
    planning = replace(organisation.sources["north_crm"], id="planning", region=RegionRule(None))
    company = replace(organisation, sources={**organisation.sources, "planning": planning})
    assert allowed_sources(company, Scope.of_regions("north")) == ["north_crm"]
    assert "planning" in allowed_sources(company, Scope.of_regions("north", "south", "east"))
    assert "planning" in allowed_sources(company, Scope.everything())
