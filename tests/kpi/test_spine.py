"""The days that cells stand for, and the earlier stretches they are compared with."""

from dataclasses import replace
from datetime import UTC, date, datetime

from kpi.period import parse_period
from kpi.slice import Slice
from kpi.spine import cells, past_quarters
from organisation import FiscalYear, Organisation

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


def before(organisation: Organisation, period: str) -> list[tuple[date, date]]:
    """Give the first and last day of the stretches before north's cell of a period, the nearest first."""
    asked = Slice(parse_period(period, organisation, NOW), NOW)
    return [(one.lo, one.hi) for one in past_quarters(organisation, cells(organisation, asked, ("north",), ("alone",)))]


def test_a_quarter_of_weeks_follows_the_quarters_of_weeks_before_it(organisation: Organisation) -> None:
    regions = {"north": replace(organisation.regions["north"], fiscal_years=(FiscalYear(2, "4-4-5"),))}
    found = before(replace(organisation, regions=regions), "north:2027-Q1")
    assert found[0] == (date(2025, 11, 3), date(2026, 2, 1))
    assert found[3] == (date(2025, 2, 3), date(2025, 5, 4))
    assert len(found) == 8


def test_a_month_follows_the_months_at_its_place_in_the_quarters(organisation: Organisation) -> None:
    found = before(organisation, "2026-11")
    assert found[:2] == [(date(2026, 8, 1), date(2026, 8, 31)), (date(2026, 5, 1), date(2026, 5, 31))]
