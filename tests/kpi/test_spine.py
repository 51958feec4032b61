"""The days that cells stand for, and the earlier stretches they are compared with."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kpi.definition import OWN_QUARTER
from kpi.period import parse_period
from kpi.slice import Slice
from kpi.spine import cells, past_quarters
from kpi.told import Told
from organisation import FiscalYear, Organisation

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


def before(organisation: Organisation, period: str) -> list[tuple[date, date]]:
    """Give the first and last day of the stretches before north's cell of a period, the nearest first."""
    asked = Slice(parse_period(period, organisation, NOW), NOW)
    return [
        (one.lo, one.hi)
        for one in past_quarters(organisation, cells(organisation, asked, ("north",), ("alone",), Told()))
    ]


def test_a_quarter_of_weeks_follows_the_quarters_of_weeks_before_it(organisation: Organisation) -> None:
    regions = {"north": replace(organisation.regions["north"], fiscal_years=(FiscalYear(2, "4-4-5"),))}
    found = before(replace(organisation, regions=regions), "north:2027-Q1")
    assert found[0] == (date(2025, 11, 3), date(2026, 2, 1))
    assert found[3] == (date(2025, 2, 3), date(2025, 5, 4))
    assert len(found) == 8


def test_a_month_follows_the_months_at_its_place_in_the_quarters(organisation: Organisation) -> None:
    found = before(organisation, "2026-11")
    assert found[:2] == [(date(2026, 8, 1), date(2026, 8, 31)), (date(2026, 5, 1), date(2026, 5, 31))]


@pytest.mark.parametrize(
    ("region", "week", "hours"),
    [
        ("north", "2026-W13", 7 * 24 - 1),  # 29 March: Berlin's clocks go forward
        ("north", "2026-W43", 7 * 24 + 1),  # 25 October: and back
        ("south", "2026-W43", 7 * 24),  # New York's go back a week later
        ("east", "2026-W43", 7 * 24),  # Tokyo's never change
    ],
)
def test_a_regions_days_keep_its_own_clock(organisation: Organisation, region: str, week: str, hours: int) -> None:
    asked = Slice(parse_period(week, organisation, NOW), NOW)
    (cell,) = cells(organisation, asked, (region,), ("alone",), Told())
    assert cell.end_at - cell.lo_at == timedelta(hours=hours)
    assert cell.lo_at.astimezone(ZoneInfo(organisation.regions[region].timezone)).hour == 0


def test_each_region_has_the_months_of_its_own_calendar(organisation: Organisation) -> None:
    """North by calendar months, south from July (the same quarters), east from May, a region of weeks by 4-4-5."""
    weeks = replace(organisation.regions["north"], id="weeks", fiscal_years=(FiscalYear(1, "4-4-5"),))
    company = replace(organisation, regions={**organisation.regions, "weeks": weeks})
    asked = Slice(parse_period("2026-Q4", company, NOW), NOW)
    found = cells(company, asked, tuple(company.regions), (OWN_QUARTER,), Told())
    assert {cell.region: (cell.lo, cell.second_month, cell.third_month, cell.until) for cell in found} == {
        "north": (date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1), date(2026, 12, 31)),
        "south": (date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1), date(2026, 12, 31)),
        "east": (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 1, 31)),
        "weeks": (date(2026, 9, 28), date(2026, 10, 26), date(2026, 11, 23), date(2027, 1, 3)),
    }
