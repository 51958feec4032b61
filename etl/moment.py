"""The moment an export shows: from its file name, else its newest change, else its arrival."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

_RULE = re.compile(r"file name: (?P<pattern>\S+)(?: at (?P<time>\d\d:\d\d))?")


def exported_at(
    file_name: str, rule: str | None, rows: pl.DataFrame, *, zone: ZoneInfo, arrived_at: datetime
) -> tuple[datetime, str]:
    """Give the moment in UTC and where it was found: file name, column or arrival.

    No export shows what is still to come: a moment after its arrival means that somebody's clock or a file's name
    is wrong, and the arrival counts.
    """
    arrival = arrived_at.astimezone(UTC).replace(microsecond=0)
    named = _from_name(file_name, rule, zone) if rule else None
    newest = rows["modified_at"].max() if "modified_at" in rows.columns else None
    found = named or (newest.astimezone(UTC) if isinstance(newest, datetime) else None)
    if found is None or found > arrived_at:
        return arrival, "arrival"
    return found, "file name" if named else "column"


def _from_name(file_name: str, rule: str, zone: ZoneInfo) -> datetime | None:
    found = _RULE.fullmatch(rule.strip())
    if not found:
        return None
    try:
        named = datetime.strptime(file_name, found["pattern"])  # noqa: DTZ007 - the zone is the source's
    except ValueError:
        return None
    if found["time"] and "%H" not in found["pattern"]:
        hour, minute = map(int, found["time"].split(":"))
        named = named.replace(hour=hour, minute=minute)
    return (named if named.tzinfo else named.replace(tzinfo=zone)).astimezone(UTC)
