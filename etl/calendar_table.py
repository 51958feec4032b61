"""The table calendar: the regions' working time, kept in step with their profiles."""

from datetime import date, datetime

import polars as pl

from organisation import Organisation
from organisation.calendars import FIRST_YEAR, LAST_YEAR
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
    rows: list[tuple[str, date, datetime, datetime]] = []
    for name, calendar in organisation.working_calendars.items():
        rows.extend((name, *day) for day in calendar.days(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)))
    schema = tables()["calendar"].polars_schema()
    return pl.DataFrame(rows, schema=schema, orient="row").sort("region", "day")
