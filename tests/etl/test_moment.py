from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from etl.moment import exported_at

ARRIVAL = datetime(2026, 11, 24, 14, 2, 7, 5, tzinfo=UTC)
RULE = "file name: deals_%Y-%m-%d.csv at 06:30"
ROWS = pl.DataFrame({"modified_at": [datetime(2026, 11, 23, 12, tzinfo=UTC), None]})


def moment(name: str, rule: str | None = RULE, rows: pl.DataFrame = ROWS) -> tuple[str, str]:
    found, origin = exported_at(name, rule, rows, zone=ZoneInfo("Europe/Berlin"), arrived_at=ARRIVAL)
    return found.isoformat(), origin


@pytest.mark.parametrize("name", ["deals_2026-11-24.csv", "deals_2026-11-24 (1).csv", "deals_2026-11-24T1101.csv"])
def test_the_name_tells_the_day_and_the_rule_the_time(name: str) -> None:
    assert moment(name) == ("2026-11-24T05:30:00+00:00", "file name")


def test_a_time_in_the_name_counts() -> None:
    rule = "file name: deals_%Y-%m-%dT%H%M.csv"
    assert moment("deals_2026-11-24T1101.csv", rule) == ("2026-11-24T10:01:00+00:00", "file name")


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("file name: All Deals %Y-%m-%d.csv", "All Deals 2026-11-24.csv"),
        ("file name: All Deals %d.%m.%Y.csv at 00:00", "All Deals 24.11.2026 (1).csv"),
        ("file name: what is at 10 %Y%m%d.xlsx", "what is at 10 20261124.xlsx"),
    ],
)
def test_names_may_have_spaces_and_dots(rule: str, name: str) -> None:
    assert moment(name, rule) == ("2026-11-23T23:00:00+00:00", "file name")


@pytest.mark.parametrize(
    "name", ["deals.csv", "deals_2026-13-01.csv", "deals_2026-11-241.csv", "old_deals_2026-11-24.csv"]
)
def test_another_name_leaves_it_to_the_newest_change(name: str) -> None:
    assert moment(name) == ("2026-11-23T12:00:00+00:00", "column")


def test_without_anything_else_the_arrival_counts() -> None:
    assert moment("deals.csv", rows=pl.DataFrame({"id": ["1"]})) == ("2026-11-24T14:02:07+00:00", "arrival")


def test_no_export_shows_what_is_still_to_come() -> None:
    assert moment("deals_2026-11-25.csv") == ("2026-11-24T14:02:07+00:00", "arrival")
