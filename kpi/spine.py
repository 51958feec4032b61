"""The cells of an answer: for each region and bucket the days that count, generated from the calendars."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kpi.definition import OWN_QUARTER, YEAR_BEFORE
from kpi.period import GROUP, Period, elapsed_share, last_year, monday_of
from kpi.slice import Grain, Slice
from kpi.told import LEADS, Told
from organisation import Organisation, WorkingCalendar

DAY = timedelta(days=1)
CURVE_QUARTERS = 8


@dataclass(frozen=True)
class Cell:
    """One region in one bucket: rows of lo..hi count, until is the last day of the whole period, moment its as-of.

    frame: the window that the bucket stands for. second_month, third_month: the first days of those months of the
    fiscal quarter in which the window ends. elapsed, elapsed_leads: share of working days that have come by the newest
    export of deals and of leads.
    lo_at, end_at: the instants at which the days begin and end in the region's zone.
    """

    frame: str
    region: str
    bucket: int
    lo: date
    hi: date
    until: date
    second_month: date
    third_month: date
    moment: datetime
    elapsed: float
    elapsed_leads: float
    lo_at: datetime
    end_at: datetime


@dataclass(frozen=True)
class PastQuarter:
    """A past period like the cell's own: cut is its day by which as large a share of working days had passed.

    cut_leads: the same for leads, whose exports may tell less or more far than those of deals. back: how many periods
    ago it was, 1 the nearest.
    """

    frame: str
    region: str
    bucket: int
    back: int
    lo: date
    cut: date
    cut_leads: date
    hi: date


@dataclass(frozen=True)
class Point:
    """A moment of a cell's period or of an earlier one like it (back periods ago), at which open deals are looked at.

    lo..until: that period; cut: the last day before the moment; hi: the last day by which an outcome counts.
    at_moment: what was open then; then_moment: what became of it, as known then.
    """

    taken: str
    frame: str
    region: str
    bucket: int
    back: int
    lo: date
    cut: date
    hi: date
    until: date
    at_moment: datetime
    then_moment: datetime


def bucket_periods(period: Period, grain: Grain, organisation: Organisation) -> list[Period]:
    """Give the parts of a period that a grain asks for, oldest first; those still to come are left out."""
    if grain == "total":
        return [period]
    fiscal, found, start = organisation.fiscal_calendar(period.calendar), [], period.start
    while start <= period.to_date:
        if grain == "week":
            end = monday_of(start) + 6 * DAY
        elif grain == "month":
            end = _month_after(start) - DAY
        else:
            end = fiscal.quarter_of(start).end
        end = min(end, period.end)
        found.append(Period(start, end, start.isoformat(), period.calendar, min(end, period.to_date)))
        start = end + DAY
    return found


def cells(
    organisation: Organisation, asked: Slice, regions: tuple[str, ...], frames: tuple[str, ...], exports: Told
) -> list[Cell]:
    """Give every cell of a slice, for each window that its KPIs use; exports: how far each region's tell."""
    found = []
    for region in regions:
        profile = organisation.regions.get(region)
        zone = ZoneInfo(profile.timezone if profile else organisation.group.timezone)
        buckets = bucket_periods(asked.period_of(region), asked.grain, organisation)
        for place, bucket in enumerate(buckets):
            for frame in frames:
                window = _window(frame, bucket, organisation, region, exports.day(region))
                end_at = _midnight(window.to_date + DAY, zone)
                months = _later_months(organisation, window)
                found.append(
                    Cell(
                        frame,
                        region,
                        place,
                        window.start,
                        window.to_date,
                        window.end,
                        *months,
                        moment=min(end_at, asked.as_of),
                        elapsed=elapsed_share(window.told(exports.day(region)), organisation, region),
                        elapsed_leads=elapsed_share(window.told(exports.day(region, LEADS)), organisation, region),
                        lo_at=_midnight(window.start, zone),
                        end_at=end_at,
                    )
                )
    return found


def past_quarters(organisation: Organisation, found: list[Cell]) -> list[PastQuarter]:
    """Give for each cell the last periods like its own, each up to the same share of working days."""
    return [
        PastQuarter(
            cell.frame,
            cell.region,
            cell.bucket,
            back,
            lo,
            cut=_cut(calendar, lo, hi, cell.elapsed),
            cut_leads=_cut(calendar, lo, hi, cell.elapsed_leads),
            hi=hi,
        )
        for cell in found
        for calendar in (organisation.working_calendars[cell.region],)
        for back, (lo, hi) in enumerate(_before(cell, organisation), start=1)
    ]


def points(
    organisation: Organisation, found: list[Cell], kinds: frozenset[tuple[str, str]], as_of: datetime
) -> list[Point]:
    """Give the moments of the cells for each kind of base: (frame, start or past)."""
    own = [cell for cell in found if cell.region in organisation.regions]
    starts = [
        _start_of(cell, taken, as_of) for cell in own for taken in ("start", "won") if (cell.frame, taken) in kinds
    ]
    past = past_quarters(organisation, [cell for cell in own if (cell.frame, "past") in kinds])
    return starts + [
        Point("past", one.frame, one.region, one.bucket, one.back, one.lo, one.cut, one.hi, one.hi, at, as_of)
        for one in past
        for at in (_midnight(one.cut + DAY, ZoneInfo(organisation.regions[one.region].timezone)),)
    ]


def _start_of(cell: Cell, taken: str, as_of: datetime) -> Point:
    # Once the period is over, what is known today says what became of its deals; before, what was known by then.
    # A deal won before it may change in any later period, and counts in the one in which it did.
    then = as_of if cell.hi >= cell.until and taken == "start" else cell.moment
    cut = cell.lo - DAY
    return Point(taken, cell.frame, cell.region, cell.bucket, 0, cell.lo, cut, cell.hi, cell.until, cell.lo_at, then)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Give the instant (UTC) at which a day begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _window(frame: str, bucket: Period, organisation: Organisation, region: str, told: date) -> Period:
    frame, _, shift = frame.partition(", ")
    if shift:
        window = _window(frame, bucket, organisation, region, told)
        if shift == YEAR_BEFORE:
            return last_year(window.told(told), organisation, region)
        return replace(window, to_date=window.start - DAY)
    if frame == "alone":
        return bucket
    if frame == OWN_QUARTER:
        own = organisation.fiscal_calendar(region).quarter_of(max(bucket.to_date, bucket.start))
        return Period(own.start, own.end, bucket.label, region, bucket.to_date)
    if frame == "quarter to date":
        quarter = organisation.fiscal_calendar(bucket.calendar).quarter_of(bucket.to_date)
        return Period(quarter.start, quarter.end, bucket.label, bucket.calendar, bucket.to_date)
    count, unit = frame.removeprefix("last ").split()
    days = int(count) * (7 if unit.startswith("week") else 1)
    end = bucket.to_date if unit.startswith("day") else bucket.end
    return Period(end - (days - 1) * DAY, end, bucket.label, bucket.calendar, bucket.to_date)


def _later_months(organisation: Organisation, window: Period) -> tuple[date, date]:
    """Give the first days of the second and third month of a window's last fiscal quarter; a short one lacks some."""
    quarter = organisation.fiscal_calendar(window.calendar).quarter_of(max(window.to_date, window.start))
    after = [*quarter.months[1:], quarter.end + DAY, quarter.end + DAY]
    return after[0], after[1]


def _before(cell: Cell, organisation: Organisation) -> Iterator[tuple[date, date]]:
    """Give the earlier stretches like a cell's own, the nearest first.

    A fiscal quarter, the region's own or the group's, follows the quarters before it. Any other stretch keeps its
    months and its place in the quarters: a region whose quarters are not the group's is compared with its own rhythm.
    """
    for calendar in (cell.region, GROUP):
        fiscal = organisation.fiscal_calendar(calendar)
        index = fiscal.quarter_index(cell.lo)
        found = fiscal.quarter_at(index)
        if (found.start, found.end) == (cell.lo, cell.until):
            earlier = (fiscal.quarter_at(index - back) for back in range(1, CURVE_QUARTERS + 1))
            yield from ((quarter.start, quarter.end) for quarter in earlier)
            return
    yield from _months_before(cell.lo, cell.until)


def _months_before(lo: date, until: date) -> Iterator[tuple[date, date]]:
    months = max((until.year - lo.year) * 12 + until.month - lo.month + 1, 1)
    step = months if months % 3 == 0 else months + 3 - months % 3
    for back in range(1, CURVE_QUARTERS + 1):
        start = _shifted(lo, -step * back)
        yield start, _shifted(until + DAY, -step * back) - DAY


def _shifted(day: date, months: int) -> date:
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    last = (_month_after(date(year, month + 1, 1)) - DAY).day
    return date(year, month + 1, min(day.day, last))


def _month_after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


@lru_cache(maxsize=4096)
def _cut(calendar: WorkingCalendar, lo: date, hi: date, share: float) -> date:
    """Give the last day of lo..hi by which no more than the share of its working days had passed."""
    days = calendar.days(lo, hi)
    passed = round(share * len(days))
    return days[passed][0] - DAY if passed < len(days) else hi
