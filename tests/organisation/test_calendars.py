from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation import FiscalCalendar, Region, WorkingCalendar

DAYS = st.dates(date(2016, 1, 1), date(2039, 12, 31))
STARTS = st.integers(1, 12)


def region(country: str = "DE", timezone: str = "Europe/Berlin", *, holidays: frozenset[date] = frozenset()) -> Region:
    return Region(
        "x", "X", None, "manager", "EUR", timezone, country, time(8), time(17), 1, {}, "off", holidays, Path("x.yaml")
    )


@pytest.mark.parametrize(
    ("starts", "day", "year", "number", "start", "end"),
    [
        (1, date(2026, 11, 24), 2026, 4, date(2026, 10, 1), date(2026, 12, 31)),
        (7, date(2026, 11, 24), 2027, 2, date(2026, 10, 1), date(2026, 12, 31)),
        (4, date(2026, 2, 1), 2026, 4, date(2026, 1, 1), date(2026, 3, 31)),
        (5, date(2026, 11, 24), 2027, 3, date(2026, 11, 1), date(2027, 1, 31)),
        (2, date(2027, 1, 31), 2027, 4, date(2026, 11, 1), date(2027, 1, 31)),
    ],
)
def test_a_fiscal_year_is_named_by_the_year_in_which_it_ends(
    starts: int, day: date, year: int, number: int, start: date, end: date
) -> None:
    quarter = FiscalCalendar(starts).quarter_of(day)
    assert (quarter.year, quarter.number, quarter.start, quarter.end) == (year, number, start, end)


@given(STARTS, DAYS)
def test_quarters_follow_one_another_without_gap(starts: int, day: date) -> None:
    calendar = FiscalCalendar(starts)
    quarter = calendar.quarter_of(day)
    assert quarter.start <= day <= quarter.end
    following = calendar.quarter_of(quarter.end + timedelta(days=1))
    assert following.start == quarter.end + timedelta(days=1)
    assert calendar.quarter_index(following.start) == calendar.quarter_index(day) + 1


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
