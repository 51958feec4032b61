from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation import FiscalYear, Region, WorkingCalendar

DAYS = st.dates(date(2016, 1, 1), date(2039, 12, 31))
STARTS = st.integers(1, 12)


def region(country: str = "DE", timezone: str = "Europe/Berlin", *, holidays: frozenset[date] = frozenset()) -> Region:
    return Region(
        "x",
        "X",
        None,
        "manager",
        "EUR",
        timezone,
        country,
        time(8),
        time(17),
        (FiscalYear(1),),
        {},
        "off",
        holidays,
        Path("x.yaml"),
    )


def test_public_and_company_holidays_are_no_working_days() -> None:
    calendar = WorkingCalendar(region(holidays=frozenset({date(2026, 12, 24)})))
    assert not calendar.is_working_day(date(2026, 12, 24))
    assert not calendar.is_working_day(date(2026, 12, 25))
    assert calendar.working_days(date(2026, 12, 21), date(2026, 12, 27)) == 3


def test_a_lead_of_friday_evening_is_due_on_monday() -> None:
    calendar = WorkingCalendar(region())
    friday_evening = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 16:30 in Berlin, half an hour before closing
    assert calendar.add_hours(friday_evening, 1) == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


def test_working_hours_keep_the_local_clock_over_a_change_of_summer_time() -> None:
    calendar = WorkingCalendar(region())
    friday = datetime(2026, 10, 23, 6, 0, tzinfo=UTC)  # 08:00 in summer time
    monday = datetime(2026, 10, 26, 7, 0, tzinfo=UTC)  # 08:00 in winter time
    assert calendar.hours_between(friday, monday) == pytest.approx(9.0)


FROM, TO = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01")
INSTANTS = st.datetimes(min_value=FROM, max_value=TO, timezones=st.just(UTC))


@given(INSTANTS, st.floats(0, 200))
def test_adding_hours_and_counting_them_agree(instant: datetime, hours: float) -> None:
    calendar = WorkingCalendar(region("JP", "Asia/Tokyo"))
    assert calendar.hours_between(instant, calendar.add_hours(instant, hours)) == pytest.approx(hours, abs=1e-5)
