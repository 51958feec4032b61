"""The table calendar: the regions' working time, kept in step with their profiles."""

from datetime import date, datetime
from functools import lru_cache

import polars as pl

from organisation import Organisation
from organisation.calendars import FIRST_YEAR, LAST_YEAR, WorkingCalendar
from warehouse.schema import tables
from warehouse.store import Store


def refresh_calendar(organisation: Organisation, store: Store) -> bool:
    """Write the regions' working days where they differ from what is stored; says whether they did."""
    wanted = working_time(organisation)
    stored = store.query("SELECT region, day, opens_at, closes_at FROM calendar ORDER BY region, day")
    if stored.equals(wanted):
        return False
    with store.transaction("calendar"):
        store.execute("DELETE FROM calendar")
        store.insert("calendar", wanted)
    return True


def working_time(organisation: Organisation) -> pl.DataFrame:
    """Give the rows of the table calendar as the regions' profiles state them."""
    return _working_time(tuple(organisation.working_calendars.items()))


@lru_cache(maxsize=8)  # asked before each load, and hardly ever another
def _working_time(calendars: tuple[tuple[str, WorkingCalendar], ...]) -> pl.DataFrame:
    rows: list[tuple[str, date, datetime, datetime]] = []
    for name, calendar in calendars:
        rows.extend((name, *day) for day in calendar.days(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)))
    schema = tables()["calendar"].polars_schema()
    return pl.DataFrame(rows, schema=schema, orient="row").sort("region", "day")
