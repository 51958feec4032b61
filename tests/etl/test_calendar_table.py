"""The stored working time: another opening hour, holiday or region is stored by the next load, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.calendar_table import refresh_calendar
from tests.etl.shop import REGION, Shop
from warehouse.store import Store

MONDAY = (
    "SELECT region, strftime(opens_at AT TIME ZONE 'UTC', '%H:%M') FROM calendar WHERE day = '2026-11-23' ORDER BY 1"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(tmp_path)


@pytest.fixture
def store(shop: Shop) -> Iterator[Store]:
    with Store.open_writer(shop.workspace.lake) as opened:
        yield opened


def test_other_hours_a_holiday_and_another_region_are_stored_and_taken_back(shop: Shop, store: Store) -> None:
    """North opens at 8 of Berlin, 7 UTC in winter; the Monday is one of its working days."""
    assert not refresh_calendar(shop.organisation, store)
    profile = shop.workspace.regions_dir / "north.yaml"
    stated = [
        (REGION.replace("08:00-17:00", "09:30-17:00"), [("north", "08:30")]),
        (REGION + "holidays: {2026-11-23: the works outing}\n", []),
        (REGION, [("north", "07:00")]),
    ]
    for text, expected in stated:
        profile.write_text(text, encoding="utf-8")
        assert refresh_calendar(shop.organisation, store)
        assert store.query(MONDAY).rows() == expected
        assert not refresh_calendar(shop.organisation, store)
    profile.with_name("south.yaml").write_text(REGION.replace("Europe/Berlin", "Europe/London"), encoding="utf-8")
    assert refresh_calendar(shop.organisation, store)
    assert store.query(MONDAY).rows() == [("north", "07:00"), ("south", "08:00")]
