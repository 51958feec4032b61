"""The weeks around a deviation: which were tested, in which scale, and what was expected of them."""

from datetime import date

from kpi.asking import Asking
from kpi.deviations.tested import Judged, WeeksTested, weeks_tested
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped


def weeks(warehouse: Warehouse, judged: Judged) -> WeeksTested:
    asked = Slice(current_quarter(warehouse.organisation, NOW), NOW)
    asking = Asking(warehouse.engine, warehouse.organisation, shipped(), asked, Scope.everything())
    found = weeks_tested(asking, judged)
    assert found is not None
    return found


def leads(warehouse: Warehouse) -> None:
    """Three leads arrive in north in the week of 2 November, one in each of the two weeks after it."""
    warehouse.feeds()
    for number, day in enumerate(("02", "03", "04", "10", "17")):
        warehouse.lead(str(number), created=f"2026-11-{day}T09:00", due=f"2026-11-{day}T17:00")


def test_what_was_tested_week_by_week_is_shown_so_and_its_weeks_are_marked(warehouse: Warehouse) -> None:
    """The line of leads received elsewhere adds up four weeks; the tested ones are single ones."""
    leads(warehouse)
    found = weeks(warehouse, Judged("leads_received", "north", "weekly", 2, expected=3, low=2, high=4))
    assert found.values[-4:] == (3, 1, 1, 0)
    assert [found.weeks[found.first], found.weeks[found.last]] == [date(2026, 11, 9), date(2026, 11, 16)]
    assert (found.band, found.expected, found.what) == ((2, 4), 3, "week by week")


def test_a_figure_of_the_period_was_tested_since_the_period_began(warehouse: Warehouse) -> None:
    leads(warehouse)
    found = weeks(warehouse, Judged("lead_sla", "north", "agreement", expected=0.85))
    assert found.weeks[found.first] <= date(2026, 10, 1)
    assert found.weeks[found.first + 1] > date(2026, 10, 1)
    assert found.last == len(found.weeks) - 1
    assert found.band == (0.85, None), "as agreed is anything from the agreed level on"


def test_a_band_of_the_quarter_is_not_drawn_behind_single_weeks(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for week in ("02", "09", "16"):
        warehouse.deal(week, 100, created=f"2026-11-{week}", closes="2026-12-10")
    found = weeks(warehouse, Judged("pipeline_created", "north", "own past", expected=900, low=800, high=1000))
    assert (found.band, found.expected) == (None, None)
