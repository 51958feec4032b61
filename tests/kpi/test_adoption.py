"""Adoption by week: owners whose deals changed or who did an activity, of all who own deals; never of a person."""

import pytest

from kpi.adoption import Adoption, adoption
from kpi.scope import Scope
from tests.kpi.conftest import Warehouse

FIRST, BEFORE, NEWEST = "2026-11-09T06:30", "2026-11-16T06:30", "2026-11-23T06:30"


@pytest.fixture
def exported(warehouse: Warehouse) -> Warehouse:
    """Three weekly exports of north; five owners with an open deal each since the first of them."""
    for moment in (FIRST, BEFORE, NEWEST):
        warehouse.feed("north", "opportunity", moment)
    for owner in range(1, 6):
        held_until = NEWEST if owner == 1 else None
        warehouse.deal(f"{owner}", 10, owner_ref=f"p{owner}", known_from=FIRST, known_until=held_until)
    warehouse.deal("1", 20, owner_ref="p1", known_from=NEWEST)  # changed in the newest week
    return warehouse


def north(warehouse: Warehouse) -> Adoption:
    return next(one for one in adoption(warehouse.engine, Scope.everything(), weeks=3) if one.region == "north")


def done(warehouse: Warehouse, owner: str, at: str, **given: object) -> None:
    columns = {"activity_id": f"{owner}{at}", "owner_ref": owner, "at": at, "done_at": at, "related_ref": "1"}
    warehouse.add("activity", "north", columns | given)


def test_an_owner_counts_by_a_changed_deal_and_what_changed_before_the_first_export_is_unknown(
    exported: Warehouse,
) -> None:
    """Newest week: one of five. The week before: none of five. The first export has no week before it."""
    found = north(exported)
    assert found.weeks == (None, 0.0, 0.2)
    assert (found.owners, found.share, found.change) == (5, 0.2, 0.2)


def test_an_owner_counts_by_an_activity_that_was_done_once_and_only_where_it_owns_deals(exported: Warehouse) -> None:
    """p2 did something twice, p3's task was planned and not done, p9 owns no deal: p1 and p2 of five."""
    for moment in (FIRST, BEFORE, NEWEST):
        exported.feed("north", "activity", moment)
    done(exported, "p2", "2026-11-18")
    done(exported, "p2", "2026-11-19")
    done(exported, "p3", "2026-11-18", done_at=None)
    done(exported, "p9", "2026-11-18")
    assert north(exported).weeks == (None, 0.0, 0.4)


def test_where_no_export_says_when_activities_were_done_they_count_when_they_took_place(exported: Warehouse) -> None:
    for moment in (FIRST, BEFORE, NEWEST):
        exported.feed("north", "activity", moment)
    done(exported, "p2", "2026-11-18", done_at=None)
    assert north(exported).share == 0.4


def test_an_owner_who_has_left_is_not_waited_for(exported: Warehouse) -> None:
    exported.deal("6", 10, owner_ref="p6", known_from=FIRST)
    exported.add("person", "north", {"person_ref": "p6", "name": "P Six", "is_active": False, "team": "A"})
    assert (north(exported).owners, north(exported).share) == (5, 0.2)


def test_fewer_than_five_owners_have_no_figure(exported: Warehouse) -> None:
    exported.add("person", "north", {"person_ref": "p5", "name": "P Five", "is_active": False, "team": "A"})
    found = north(exported)
    assert found.weeks == (None, None, None)
    assert found.owners is None


def test_a_week_whose_activities_are_missing_has_no_figure(exported: Warehouse) -> None:
    exported.feed("north", "activity", BEFORE)
    assert north(exported).weeks == (None, 0.0, None)


def test_a_reader_of_another_region_sees_no_adoption(exported: Warehouse) -> None:
    assert adoption(exported.engine, Scope.of_regions("south")) == ()
    assert [one.region for one in adoption(exported.engine, Scope.of_regions("north"))] == ["north"]
