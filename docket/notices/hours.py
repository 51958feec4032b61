"""When a person's digest is due: at the hour of their own zone, daily or on one weekday."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from organisation.people import WEEKDAYS, Person


def last_digest_hour(person: Person, now: datetime) -> datetime | None:
    """Give the latest digest hour (UTC) that is not ahead of an instant; None for who wants no digest.

    An hour that the clocks skip in spring falls on the one after it; one that comes twice in autumn counts once.
    """
    if person.digest == "off":
        return None
    zone = ZoneInfo(person.timezone)
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=back) for back in range(9))
    wanted = (day for day in days if person.digest == "daily" or WEEKDAYS[day.weekday()] == person.digest_day)
    hours = (datetime.combine(day, time(person.digest_hour), zone).astimezone(UTC) for day in wanted)
    return next((hour for hour in hours if hour <= now), None)
