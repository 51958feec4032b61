"""Periods: fiscal quarters, weeks and to-date twins."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.errors import KpiError
from kpi.period import (
    Period,
    current_quarter,
    elapsed_share,
    last_periods,
    last_quarters,
    last_weeks,
    last_year,
    parse_period,
    previous_quarter,
    today,
    working_days,
)
from organisation import FiscalYear, Organisation
from tests.kpi.conftest import three_regions

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


def test_the_current_quarter_names_its_months_and_stops_at_the_clock(organisation: Organisation) -> None:
    found = current_quarter(organisation, NOW)
    assert (found.start, found.end, found.to_date) == (date(2026, 10, 1), date(2026, 12, 31), date(2026, 11, 24))
    assert (found.label, found.code, found.calendar) == ("2026 Q4 (Oct-Dec)", "2026-Q4", "group")
    assert found.is_running


def test_a_fiscal_year_is_named_by_the_year_it_ends_in(organisation: Organisation) -> None:
    assert current_quarter(organisation, NOW, "south").label == "South FY27 Q2 (Oct-Dec)"
    found = current_quarter(organisation, NOW, "east")
    assert (found.label, found.start, found.end) == ("East FY27 Q3 (Nov-Jan)", date(2026, 11, 1), date(2027, 1, 31))


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30), "2026 Q3 (Jul-Sep)"),
        ("south:2027-Q1", date(2026, 7, 1), date(2026, 9, 30), "South FY27 Q1 (Jul-Sep)"),
        ("east:2027-Q4", date(2027, 2, 1), date(2027, 4, 30), "East FY27 Q4 (Feb-Apr)"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "Dec 2026"),
        ("south:2026", date(2025, 7, 1), date(2026, 6, 30), "South FY26 (Jul-Jun)"),
    ],
)
def test_written_periods_are_understood(
    organisation: Organisation, text: str, start: date, end: date, label: str
) -> None:
    found = parse_period(text, organisation, NOW)
    assert (found.start, found.end, found.label, found.code) == (start, end, label, text)


@pytest.mark.parametrize("text", ["", "Q4", "2026-Q5", "2026-13", "west:2026-Q1", "2026-Q4; drop table"])
def test_what_names_no_period_is_refused(organisation: Organisation, text: str) -> None:
    with pytest.raises(KpiError, match="names no period"):
        parse_period(text, organisation, NOW)


def test_a_code_leads_back_to_its_period(organisation: Organisation) -> None:
    for calendar in ("group", "north", "south", "east"):
        found = current_quarter(organisation, NOW, calendar)
        assert parse_period(found.code, organisation, NOW) == found


def test_a_past_period_is_complete_and_a_future_one_has_not_begun(organisation: Organisation) -> None:
    past, future = parse_period("2026-Q3", organisation, NOW), parse_period("2027-Q1", organisation, NOW)
    assert (past.to_date, past.is_running) == (past.end, False)
    assert future.to_date == date(2026, 12, 31)
    assert elapsed_share(future, organisation) == 0


def test_weeks_run_from_monday_and_week_one_holds_the_first_day(organisation: Organisation) -> None:
    assert current_quarter(organisation, NOW).week_label == "week 9 of 14"
    assert replace(parse_period("2026-Q2", organisation, NOW), to_date=date(2026, 6, 2)).week_label == "week 10 of 14"


def test_the_last_thirteen_weeks_end_with_the_running_one() -> None:
    weeks = last_weeks(date(2026, 11, 24))
    assert len(weeks) == 13
    assert (weeks[0].start, weeks[-1].start, weeks[-1].to_date) == (
        date(2026, 8, 31),
        date(2026, 11, 23),
        date(2026, 11, 24),
    )
    assert [week.is_running for week in weeks] == [False] * 12 + [True]


def test_last_year_stops_after_as_many_working_days(organisation: Organisation) -> None:
    """1 Oct - 24 Nov 2026 has 39 weekdays; 2025 starts on a Wednesday, so its 39th is Mon 24 Nov."""
    found = last_year(current_quarter(organisation, NOW), organisation)
    assert (found.start, found.end, found.to_date) == (date(2025, 10, 1), date(2025, 12, 31), date(2025, 11, 24))
    assert found.label == "2025 Q4 (Oct-Dec)"


def test_a_holiday_that_fell_on_a_sunday_a_year_before_moves_the_twin(organisation: Organisation) -> None:
    """Germany, 3 Oct: a Saturday in 2026, a Friday in 2025: north needs one day more in 2025 for its 39 days."""
    found = last_year(current_quarter(organisation, NOW), organisation, "north")
    assert found.to_date == date(2025, 11, 25)


def test_a_twin_of_a_complete_period_is_complete(organisation: Organisation) -> None:
    found = last_year(parse_period("2026-Q3", organisation, NOW), organisation)
    assert found.to_date == found.end == date(2025, 9, 30)


def test_the_previous_quarter_stops_at_the_same_working_day(organisation: Organisation) -> None:
    """39 weekdays from Wed 1 July 2026 end on Mon 24 Aug."""
    found = previous_quarter(current_quarter(organisation, NOW), organisation)
    assert (found.start, found.to_date) == (date(2026, 7, 1), date(2026, 8, 24))


def test_the_last_quarters_follow_the_regions_own_year(organisation: Organisation) -> None:
    found = last_quarters(current_quarter(organisation, NOW, "east"), organisation, 2)
    assert [one.start for one in found] == [date(2026, 5, 1), date(2026, 8, 1)]


def test_the_periods_before_a_month_are_months_and_before_a_quarter_quarters(organisation: Organisation) -> None:
    months = last_periods(parse_period("2026-02", organisation, NOW), organisation, 3)
    assert [(one.start, one.end) for one in months] == [
        (date(2025, 11, 1), date(2025, 11, 30)),
        (date(2025, 12, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), date(2026, 1, 31)),
    ]
    quarters = last_periods(current_quarter(organisation, NOW), organisation)
    assert quarters == last_quarters(current_quarter(organisation, NOW), organisation)


def test_elapsed_share_counts_the_regions_working_days(organisation: Organisation) -> None:
    """2026 Q4: 66 weekdays, 39 passed. Germany is off on 25 Dec (26 Dec is a Saturday): 39 of 65."""
    period = current_quarter(organisation, NOW)
    assert elapsed_share(period, organisation) == pytest.approx(39 / 66)
    assert elapsed_share(period, organisation, "north") == pytest.approx(39 / 65)


def test_today_is_the_regions_own_day(organisation: Organisation) -> None:
    late = datetime(2026, 11, 24, 20, tzinfo=UTC)
    assert today(organisation, late) == date(2026, 11, 24)
    assert today(organisation, late, "east") == date(2026, 11, 25)


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(KpiError, match="cannot end"):
        Period(date(2026, 2, 1), date(2026, 1, 1), "backwards")


def _with_years(organisation: Organisation, *years: FiscalYear) -> Organisation:
    regions = {**organisation.regions, "north": replace(organisation.regions["north"], fiscal_years=years)}
    return replace(organisation, regions=regions)


def test_an_iso_week_runs_from_monday_to_sunday(organisation: Organisation) -> None:
    """2026 has 53 ISO weeks: its first of January is a Thursday."""
    week = parse_period("2026-W53", organisation, NOW)
    assert (week.start, week.end, week.label) == (date(2026, 12, 28), date(2027, 1, 3), "2026 week 53 (28 Dec-3 Jan)")
    with pytest.raises(KpiError, match="2027 has no ISO week 53"):
        parse_period("2027-W53", organisation, NOW)


def test_the_months_of_a_year_of_weeks_follow_its_pattern(organisation: Organisation) -> None:
    """
    north, 4-4-5 from the Monday nearest to 1 February:  FY27  P01 2 Feb-1 Mar  P02 2 Mar-29 Mar  P03 30 Mar-3 May
    """
    company = _with_years(organisation, FiscalYear(2, "4-4-5"))
    third = parse_period("north:2027-P03", company, NOW)
    assert (third.start, third.end) == (date(2026, 3, 30), date(2026, 5, 3))
    assert third.label == "North FY27 P03 (30 Mar-3 May)"
    assert parse_period("north:2027-Q1", company, NOW).label == "North FY27 Q1 (Feb-Apr)"


def test_two_calendars_hold_at_the_same_time_and_one_of_them_changes(organisation: Organisation) -> None:
    company = _with_years(organisation, FiscalYear(1), FiscalYear(4, None, date(2026, 4, 1)))
    assert parse_period("north:2027-Q1", company, NOW).start == date(2026, 4, 1)
    assert parse_period("north:2026", company, NOW).end == date(2026, 3, 31)
    assert parse_period("2026-Q2", company, NOW).start == date(2026, 4, 1)
    with pytest.raises(KpiError, match="that year has no Q3"):
        parse_period("north:2026-Q3", company, NOW)


def test_last_year_across_a_change_is_the_quarter_of_the_same_days(organisation: Organisation) -> None:
    company = _with_years(organisation, FiscalYear(1), FiscalYear(4, None, date(2026, 4, 1)))
    twin = last_year(parse_period("north:2027-Q1", company, NOW), company, "north")
    assert (twin.start, twin.end) == (date(2025, 4, 1), date(2025, 6, 30))


def test_last_year_of_a_quarter_of_weeks_is_a_quarter_of_weeks(organisation: Organisation) -> None:
    company = _with_years(organisation, FiscalYear(2, "4-4-5"))
    twin = last_year(parse_period("north:2027-Q1", company, NOW), company, "north")
    assert (twin.start, twin.end) == (date(2025, 2, 3), date(2025, 5, 4))


@pytest.mark.parametrize(
    ("region", "day", "then"),
    [
        # Good Friday and Easter Monday: 3 and 6 April 2026, 18 and 21 April 2025. The 6th working day of April.
        ("north", date(2026, 4, 10), date(2025, 4, 8)),
        # The 12th: after Easter in both years.
        ("north", date(2026, 4, 20), date(2025, 4, 16)),
        # Golden Week: 29 April and 4 to 6 May in 2026, 29 April and 5 and 6 May in 2025. The 24th.
        ("east", date(2026, 5, 8), date(2025, 5, 7)),
    ],
)
def test_moving_holidays_move_the_twin(organisation: Organisation, region: str, day: date, then: date) -> None:
    now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    found = last_year(parse_period("2026-Q2", organisation, now), organisation, region)
    assert found.to_date == then
    count = organisation.working_calendars[region].working_days
    assert count(found.start, found.to_date) == count(date(2026, 4, 1), day)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return three_regions(tmp_path_factory.mktemp("periods"))


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.sampled_from(["north", "south", "east", "group"]))
def test_to_date_is_compared_with_as_many_working_days(company: Organisation, day: date, region: str) -> None:
    """Unless the whole earlier period has fewer: then with all of it."""
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    period = current_quarter(company, now)
    found = last_year(period, company, region)
    count = working_days(company, region)
    passed, reached = count(period.start, period.to_date), count(found.start, found.to_date)
    assert reached == min(passed, count(found.start, found.end)) or not period.is_running
    assert found.start - timedelta(days=1) <= found.to_date <= found.end
