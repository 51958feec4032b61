"""What a region's joining does to the common denominator, by the real comparability over two stores."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kpi.definitions import Definitions
from kpi.joining import Joining, joining
from kpi.period import current_quarter
from kpi.slice import Slice
from organisation import Organisation
from tests.kpi.conftest import MemoryEngine, Warehouse

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return Definitions.read(ROOT / "kpi_definitions.yaml")


def complete(warehouse: Warehouse, *regions: str) -> None:
    """Give regions a won, a lost and an open deal and a lead with everything filled in."""
    for region in regions:
        warehouse.deal(f"{region}1", 100, region, won="2026-10-05", forecast_category="commit")
        warehouse.deal(f"{region}2", 100, region, lost="2026-10-06")
        warehouse.deal(f"{region}3", 100, region, closes="2026-12-01", forecast_category="commit")
        lead(warehouse, region, touched="2026-10-06")


def lead(warehouse: Warehouse, region: str, touched: str | None) -> None:
    warehouse.lead(
        region,
        region,
        status="qualified",
        touched=touched,
        due="2026-10-07",
        qualified="2026-10-08",
        created="2026-10-05",
    )


def joined(today: Warehouse, rehearsed: Warehouse, definitions: Definitions) -> Joining:
    company = replace(today.organisation, regions={k: v for k, v in today.organisation.regions.items() if k != "east"})
    asked = Slice(current_quarter(company, NOW), NOW)
    organisations = (company, today.organisation)
    return joining(today.engine, rehearsed.engine, organisations, definitions, asked=asked, region="east")


@pytest.fixture
def trial(organisation: Organisation) -> Warehouse:
    return Warehouse(organisation, MemoryEngine())


def test_a_region_that_fills_everything_costs_nothing(
    warehouse: Warehouse, trial: Warehouse, definitions: Definitions
) -> None:
    complete(warehouse, "north", "south")
    complete(trial, "east")
    found = joined(warehouse, trial, definitions)
    assert found.lost == {}
    assert found.gains == ()
    assert found.stay == found.before
    assert found.sentence == f"East joins: all {len(found.before)} common KPIs stay."


def test_a_field_that_is_not_filled_is_named_with_what_it_would_gain(
    warehouse: Warehouse, trial: Warehouse, definitions: Definitions
) -> None:
    complete(warehouse, "north", "south")
    trial.deal("e1", 100, "east", won="2026-10-05", forecast_category="commit")
    trial.deal("e2", 100, "east", lost="2026-10-06")
    trial.deal("e3", 100, "east", closes="2026-12-01", forecast_category="commit")
    lead(trial, "east", touched=None)
    found = joined(warehouse, trial, definitions)
    assert set(found.lost) == {definitions.kpis["lead_sla"].label}
    assert [(gain.do, gain.fields) for gain in found.gains] == [("fill", ("the first contact",))]
    kept = f"{len(found.before) - 1} of {len(found.before)} common KPIs stay"
    assert found.sentence == f"East joins: {kept}; fill the first contact to gain 1."


def test_a_table_that_is_not_delivered_is_missing_not_fine(
    warehouse: Warehouse, trial: Warehouse, definitions: Definitions
) -> None:
    complete(warehouse, "north", "south")
    trial.deal("e1", 100, "east", won="2026-10-05", forecast_category="commit")
    found = joined(warehouse, trial, definitions)
    assert definitions.kpis["lead_sla"].label in found.lost
    assert found.lost[definitions.kpis["lead_sla"].label].startswith("East's CRM has not delivered leads so far.")
    assert ("deliver", ("leads",)) in {(gain.do, gain.fields) for gain in found.gains}


def test_rows_of_a_known_region_are_added_to_what_it_has(
    warehouse: Warehouse, trial: Warehouse, definitions: Definitions
) -> None:
    complete(warehouse, "north", "south", "east")
    for number in range(4):
        trial.lead(f"e{number}", "east", status="qualified", due="2026-10-07", created="2026-10-05")
    found = joined(warehouse, trial, definitions)
    assert definitions.kpis["lead_sla"].label in found.lost
