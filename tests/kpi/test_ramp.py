"""Ramp-up: months to the first month at target productivity; off by default, and never about fewer than five."""

from dataclasses import replace

import pytest

from tests.kpi.conftest import Warehouse

MONTHS = [f"2026-{month:02d}" for month in range(1, 12)]


def switched_on(warehouse: Warehouse) -> Warehouse:
    regions = dict(warehouse.organisation.regions)
    for name in ("north", "south"):
        regions[name] = replace(regions[name], person_level="shown")
    organisation = replace(warehouse.organisation, regions=regions)
    return replace(warehouse, organisation=organisation)


def starts(warehouse: Warehouse, seller: str, at_target: int | None, region: str = "north") -> None:
    """Somebody starts in January and is at target so many months later; with None not so far."""
    person = {"person_ref": seller, "is_active": True, "started_on": "2026-01-12", "team": "A"}
    warehouse.add("person", region, person)
    warehouse.deal(f"small {seller}", 5, region, won="2026-02-10", owner_ref=seller)
    if at_target is not None:
        warehouse.deal(f"large {seller}", 200, region, won=f"{MONTHS[at_target]}-10", owner_ref=seller)


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """
    plan of north 500 a month, five sellers: 100 each
    seller  first month of 100 or more
    a       March      2 months
    b       April      3
    c       June       5
    d       October    9
    e       not yet    longer than any: 5 is the middle of 2 3 5 9 and this one
    """
    warehouse.feeds()
    for region in ("north", "south"):
        warehouse.feed(region, "person")
    for month in MONTHS:
        warehouse.target(month, 500)
    for seller, months in {"a": 2, "b": 3, "c": 5, "d": 9, "e": None}.items():
        starts(warehouse, seller, months)
    return warehouse


def test_it_is_off_until_a_region_switches_it_on(filled: Warehouse) -> None:
    found = filled.value("ramp")
    assert (found.value, found.comparable, found.n) == (None, "no", 0)
    assert "PERSON_LEVEL_OFF" in found.reasons


def test_who_is_not_there_yet_takes_longer_than_any_other(filled: Warehouse) -> None:
    found = switched_on(filled).value("ramp")
    assert (found.value, found.n) == (5.0, 5)


def test_fewer_than_five_are_persons_and_not_even_counted(filled: Warehouse) -> None:
    """South has four: no value, no n. The group has five from north alone and four more: nine."""
    for seller in "vwxy":
        starts(filled, seller, 1, "south")
    found = switched_on(filled).value("ramp", "south")
    assert (found.value, found.n, found.left_out) == (None, 0, 0)
    assert "GROUP_TOO_SMALL" in found.reasons


def test_where_most_are_not_there_yet_the_middle_is_not_known(filled: Warehouse) -> None:
    for seller in ("f", "g"):
        starts(filled, seller, None)
    for seller in ("h", "i"):
        starts(filled, seller, None)
    found = switched_on(filled).value("ramp")
    assert found.value is None
    assert "STILL_WAITING" in found.reasons
