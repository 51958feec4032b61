"""Fiscal calendars: by months, by weeks, and across a change."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation import FiscalCalendar, FiscalYear, Problem, load_yaml
from organisation.fields import Fields
from organisation.fiscal import PATTERNS, fiscal_years

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
STARTS = st.integers(1, 12)
WEEKS = st.none() | st.sampled_from(sorted(PATTERNS))


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
    quarter = FiscalCalendar.from_month(starts).quarter_of(day)
    assert (quarter.year, quarter.number, quarter.start, quarter.end) == (year, number, start, end)


@given(STARTS, WEEKS, st.integers(1, 12), WEEKS, DAYS)
def test_quarters_follow_one_another_without_gap_across_any_change(
    old: int, old_weeks: str | None, new: int, new_weeks: str | None, day: date
) -> None:
    changed = FiscalYear(new, new_weeks)
    since = list(changed.quarters(2026))[2].start
    calendar = FiscalCalendar((FiscalYear(old, old_weeks), FiscalYear(new, new_weeks, since)))
    quarter = calendar.quarter_of(day)
    assert quarter.start <= day <= quarter.end
    following = calendar.quarter_of(quarter.end + timedelta(days=1))
    assert following.start == quarter.end + timedelta(days=1)
    assert calendar.quarter_index(following.start) == calendar.quarter_index(day) + 1


def test_a_year_of_weeks_starts_on_the_monday_nearest_to_its_month() -> None:
    """
    February 2026 begins on a Sunday, so its year begins on Monday the 2nd; 2027's on Monday the 1st: 52 weeks.
      Q1  4 weeks 2 Feb   4 weeks 2 Mar   5 weeks 30 Mar - 3 May
    """
    first = FiscalCalendar((FiscalYear(2, "4-4-5"),)).quarter_of(date(2026, 3, 1))
    assert (first.year, first.number, first.start, first.end) == (2027, 1, date(2026, 2, 2), date(2026, 5, 3))
    assert first.months == (date(2026, 2, 2), date(2026, 3, 2), date(2026, 3, 30))


@given(STARTS, st.sampled_from(sorted(PATTERNS)), st.integers(1995, 2090))
def test_a_year_of_weeks_has_52_or_53_whole_weeks_near_its_month(month: int, weeks: str, year: int) -> None:
    quarters = FiscalCalendar((FiscalYear(month, weeks),)).quarters_of_year(year)
    days = (quarters[-1].end - quarters[0].start).days + 1
    assert quarters[0].start.weekday() == 0
    assert days in (52 * 7, 53 * 7)
    named = year if month == 1 else year - 1
    assert abs((quarters[0].start - date(named, month, 1)).days) <= 3
    assert all((quarter.end - quarter.start).days + 1 == 91 for quarter in quarters[:3])


def test_a_changed_year_leaves_a_short_one_behind() -> None:
    """
    Calendar years until March 2026, then years from April:
      2025 Q1-Q4 | 2026 Q1 (Jan-Mar) | FY27 Q1 (Apr-Jun) Q2 Q3 Q4
    """
    calendar = FiscalCalendar((FiscalYear(1), FiscalYear(4, valid_from=date(2026, 4, 1))))
    assert [quarter.number for quarter in calendar.quarters_of_year(2026)] == [1]
    assert [quarter.start.month for quarter in calendar.quarters_of_year(2027)] == [4, 7, 10, 1]
    march, april = calendar.quarter_index(date(2026, 3, 31)), calendar.quarter_index(date(2026, 4, 1))
    assert april == march + 1


def test_a_change_within_a_quarter_cuts_it_short() -> None:
    calendar = FiscalCalendar((FiscalYear(1), FiscalYear(2, valid_from=date(2026, 2, 1))))
    january = calendar.quarter_of(date(2026, 1, 15))
    assert (january.start, january.end, january.months) == (date(2026, 1, 1), date(2026, 1, 31), (date(2026, 1, 1),))


def test_a_day_that_no_export_may_name_has_no_quarter() -> None:
    with pytest.raises(ValueError, match="1066-10-14 lies outside of 1900 to 2150"):
        FiscalCalendar.from_month(1).quarter_of(date(1066, 10, 14))


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("july", (FiscalYear(7),)),
        ("{month: february, weeks: 4-4-5}", (FiscalYear(2, "4-4-5"),)),
        ("[{month: april, valid_from: 2026-04-01}, january]", (FiscalYear(1), FiscalYear(4, None, date(2026, 4, 1)))),
    ],
)
def test_a_profile_states_its_years(tmp_path: Path, stated: str, read: tuple[FiscalYear, ...]) -> None:
    assert _stated(tmp_path, stated) == (read, [])


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ("jully", "cannot be read"),
        ("{month: july, weeks: 5-5-3}", '"5-5-3" is no weeks'),
        ("[january, {month: july, valid_from: 2026-08-01}]", "2026-08-01 begins no quarter of the new fiscal year"),
        ("[{month: july, valid_from: 2026-07-01}]", 'nothing says "fiscal_year_starts" for earlier days'),
        ("[january, july]", "two fiscal years hold from the beginning"),
    ],
)
def test_a_year_that_cannot_be_is_named_with_its_line(tmp_path: Path, stated: str, fault: str) -> None:
    (problem,) = _stated(tmp_path, stated)[1]
    assert fault in str(problem)
    assert ":1" in str(problem)


def _stated(folder: Path, stated: str) -> tuple[tuple[FiscalYear, ...], list[Problem]]:
    file = folder / "north.yaml"
    file.write_text(f"fiscal_year_starts: {stated}\n", encoding="utf-8")
    problems: list[Problem] = []
    fields = Fields(load_yaml(file), problems, known=("fiscal_year_starts",))
    return fiscal_years(fields, "fiscal_year_starts"), problems
