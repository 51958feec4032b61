"""What would break if a field went away: exactly the figures that are said to."""

from collections.abc import Mapping

import pytest

from kpi.comparability import Verdict, common, comparability
from kpi.fill import Fill, Fills
from kpi.period import parse_period
from kpi.reliance import reliances
from kpi.slice import Slice
from organisation import Organisation
from tests.kpi.conftest import NOW, Warehouse, shipped

REGIONS = ("north", "south", "east")


def verdicts(warehouse: Warehouse, fills: Fills) -> dict[tuple[str, str], Verdict]:
    asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW)
    return comparability(warehouse.engine, warehouse.organisation, shipped(), asked, fills=fills)


def filled(gone: Mapping[tuple[str, str, str], Fill] | None = None) -> Fills:
    """Everything filled in everywhere, but for leads' first contact in the east."""
    fills = Fills()
    for kpi in shipped().kpis.values():
        for table, column in kpi.needs:
            for region in REGIONS:
                fills[table, column, region] = Fill(10, 10)
    fills["lead", "first_touch_at", "east"] = Fill(10, 0)
    fills.update(gone or {})
    fills.newest = {
        (table, region): NOW for table in ("opportunity", "lead", "activity", "account") for region in REGIONS
    }
    return fills


@pytest.mark.parametrize(
    "field", [("opportunity", "amount"), ("opportunity", "created_at"), ("lead", "sql_at"), ("lead", "first_touch_at")]
)
def test_without_a_field_exactly_what_rests_on_it_is_lost(
    warehouse: Warehouse, organisation: Organisation, field: tuple[str, str]
) -> None:
    shown = [kpi.name for kpi in shipped().figures]
    today = verdicts(warehouse, filled())
    (found,) = (one for one in reliances(shipped().figures, today, REGIONS) if (one.table, one.column) == field)
    then = verdicts(warehouse, filled({(*field, region): Fill(10, 0) for region in REGIONS}))
    lost = {
        (name, region)
        for name in shown
        for region in REGIONS
        if today[name, region].comparable != "no" and then[name, region].comparable == "no"
    }
    assert lost == {(name, region) for name, regions in found.lost.items() for region in regions}
    left = set(common(today, REGIONS)) - set(common(then, REGIONS))
    assert left & set(shown) == set(found.leave)


def test_the_field_on_which_most_rests_comes_first_and_a_region_that_lacks_it_loses_nothing(
    warehouse: Warehouse,
) -> None:
    found = reliances(shipped().figures, verdicts(warehouse, filled()), REGIONS)
    assert found[0].column in ("outcome", "amount")
    (touch,) = (one for one in found if one.column == "first_touch_at")
    assert touch.regions == ("north", "south")
    assert "lead_sla" not in touch.leave, "it is not common: the east lacks it already"
