"""When an export should have arrived, and whether it is late."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from kpi.errors import KpiError

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
WRITTEN = re.compile(
    r"(?:(?P<cycle>daily|weekdays)|(?:weekly on |every )?(?P<day>[a-z]+day)|every (?P<hours>\d+) hours?)"
    r"(?: by (?P<at>\d\d:\d\d))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Arrival:
    """The rhythm of a feed: every so many days by a time of day, in the source's own zone; weekday 0 is Monday."""

    every: timedelta
    at: time
    zone: str
    weekday: int | None = None
    weekdays_only: bool = False

    @classmethod
    def parse(cls, text: str, zone: str) -> "Arrival":
        """Give the rhythm of "weekly on tuesday by 09:00", "daily by 07:00", "weekdays by 07:00" or "every 4 hours".

        Raises KpiError where the text says no rhythm.
        """
        found = WRITTEN.fullmatch(text.strip())
        day = (found["day"] or "").lower() if found else ""
        if found is None or (day and day not in WEEKDAYS):
            raise KpiError(f'"arrives: {text}" cannot be read. Write weekly on tuesday by 09:00, or daily by 07:00')
        at = time.fromisoformat(found["at"] or "00:00")
        if found["hours"]:
            return cls(timedelta(hours=int(found["hours"])), at, zone)
        if day:
            return cls(timedelta(days=7), at, zone, WEEKDAYS.index(day))
        return cls(timedelta(days=1), at, zone, weekdays_only=found["cycle"].lower() == "weekdays")

    def last_due(self, now: datetime) -> datetime:
        """Give the newest moment, not after now, by which an export should have been there."""
        local = now.astimezone(ZoneInfo(self.zone))
        if self.every < timedelta(days=1):
            return now - self.every
        due = local.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        while due > local or not self._is_due_on(due.weekday()):
            due -= timedelta(days=1)
        return due

    def is_late(self, exported_at: datetime | None, now: datetime) -> bool:
        """Say whether the export that is due by now is missing.

        An export belongs to a due moment when it is nearer to it than to the one before.
        """
        return exported_at is None or exported_at <= self.last_due(now) - self.every / 2

    def _is_due_on(self, weekday: int) -> bool:
        if self.weekday is not None:
            return weekday == self.weekday
        return not self.weekdays_only or weekday < 5
