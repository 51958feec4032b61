"""The moment an export shows: from its file name, else its newest change, else its arrival.

A name may go on after what the rule says of it: "deals_2026-11-24 (1).csv" is how browsers name a second download.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from organisation.name_rule import name_rule


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


def named_moment(file_name: str, rule: str | None, *, zone: ZoneInfo, arrived_at: datetime) -> datetime | None:
    """Give the moment that a file's name states under the rule; None where it states none, or one still to come."""
    named = _from_name(file_name, rule, zone) if rule else None
    return None if named is None or named > arrived_at else named


def _from_name(file_name: str, stated: str, zone: ZoneInfo) -> datetime | None:
    rule = name_rule(stated)
    written = re.fullmatch(rf"(?P<stem>{rule.expression})(?:\D.*)?\.{re.escape(rule.ending)}", file_name)
    if not written:
        return None
    try:
        named = datetime.strptime(written["stem"], rule.stem)  # noqa: DTZ007 - the zone is the source's
    except ValueError:
        return None
    if rule.at and "%H" not in rule.stem:
        named = named.replace(hour=rule.at.hour, minute=rule.at.minute)
    return (named if named.tzinfo else named.replace(tzinfo=zone)).astimezone(UTC)
