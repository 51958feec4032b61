from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docket.notices.hours import last_digest_hour
from organisation.people import WEEKDAYS, Person

ZONES = ("UTC", "Asia/Tokyo", "America/Sao_Paulo", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")


def person(zone: str, digest: str = "daily", hour: int = 7, day: str = "monday") -> Person:
    return Person("p", "P", "manager", None, zone, digest, digest_hour=hour, digest_day=day)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "2026-11-24 06:00"),  # 07:00 at UTC+1
        ("Asia/Tokyo", "2026-11-23 22:00"),  # 07:00 on the 24th at UTC+9
        ("America/New_York", "2026-11-23 12:00"),  # 07:00 at UTC-5 is still ahead on the 24th
    ],
)
def test_the_hour_is_that_of_the_persons_own_zone(zone: str, expected: str) -> None:
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert last_digest_hour(person(zone), now) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_weekly_digest_waits_for_its_weekday() -> None:
    """24 Nov 2026 is a Tuesday."""
    found = last_digest_hour(person("UTC", "weekly", day="wednesday"), datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert found == datetime(2026, 11, 18, 7, tzinfo=UTC)


def test_who_wants_no_digest_has_no_hour() -> None:
    assert last_digest_hour(person("UTC", "off"), datetime(2026, 11, 24, 9, tzinfo=UTC)) is None


@given(
    st.integers(0, 3 * 365 * 24 * 60).map(
        lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(ZONES),
    st.sampled_from(("daily", "weekly")),
    st.integers(0, 23),
    st.sampled_from(WEEKDAYS),
)
def test_the_hour_has_come_and_no_later_one_has(now: datetime, zone: str, digest: str, hour: int, day: str) -> None:
    """Also across changes of the clocks, where a day has 23 or 25 hours and the hour itself may be skipped."""
    reader = person(zone, digest, hour, day)
    found = last_digest_hour(reader, now)
    assert found is not None
    assert found <= now < found + timedelta(days=1 if digest == "daily" else 7, hours=2)
    local = found.astimezone(ZoneInfo(zone))
    assert local.hour in (hour, (hour + 1) % 24)
    assert digest == "daily" or WEEKDAYS[local.weekday()] == day
    assert last_digest_hour(reader, found) == found
