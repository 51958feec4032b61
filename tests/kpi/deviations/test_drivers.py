"""Drivers: parts of a gap that add up to it to the cent, and never a person."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.asking import Asking
from kpi.deviations.drivers import (
    SMALL_TEAMS,
    TWICE,
    Drivers,
    drivers,
    gap_parts,
    merged_teams,
    weekly_drivers,
    window_and_before,
)
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped
from tests.kpi.test_same_deal import same

AMOUNTS = st.dictionaries(st.sampled_from("abcdef"), st.decimals(0, 10**7, places=2), min_size=1)


def found(warehouse: Warehouse, kpi: str, region: str = "north") -> Drivers | None:
    asked = Slice(current_quarter(warehouse.organisation, NOW), NOW)
    return drivers(Asking(warehouse.engine, warehouse.organisation, shipped(), asked, Scope.everything()), kpi, region)


@pytest.fixture
def behind(warehouse: Warehouse) -> Warehouse:
    """
    North was to have 1800 by now and has 1200. A year ago two thirds were enterprise; the people: team A has five,
    B three, C two.

    segment     expected  won   gap     team of the twelve deals of 100
    enterprise  1200      600   -600    A
    small       600       600   0       B three, C three
    """
    warehouse.feeds()
    for month in ("2026-10", "2026-11", "2026-12"):
        warehouse.target(month, 1000)
    for place, team in enumerate("AAAAABBBCC"):
        person = {"person_ref": f"p{place}", "name": f"Person {place}", "team": team, "is_active": True}
        warehouse.add("person", "north", person)
    warehouse.deal("old-e", 2000, won="2025-11-03", segment="enterprise", owner_ref="p0", product="Press")
    warehouse.deal("old-s", 1000, won="2025-11-03", segment="small", owner_ref="p5", product="Press")
    for number in range(6):
        warehouse.deal(f"e{number}", 100, won="2026-10-05", segment="enterprise", owner_ref="p1", product="Press")
        owner = "p6" if number < 3 else "p8"
        warehouse.deal(f"s{number}", 100, won="2026-10-05", segment="small", owner_ref=owner, product="Mill")
    return warehouse


def test_the_parts_of_each_dimension_add_up_to_the_gap(behind: Warehouse) -> None:
    known = found(behind, "pace")
    assert known is not None
    assert known.total == Decimal("-600.00")
    assert {sum(part.adds for part in parts) for parts in known.by.values()} == {known.total}
    assert [(part.name, part.n, part.adds) for part in known.by["segment"]] == [
        ("enterprise", 6, Decimal("-600.00")),
        ("small", 6, Decimal("0.00")),
    ]
    assert [(part.name, part.adds) for part in known.by["product"]] == [
        ("Press", Decimal(-1200)),
        ("Mill", Decimal(600)),
    ]


def test_the_dimension_that_explains_without_cancelling_out_comes_first(behind: Warehouse) -> None:
    """One segment is the whole gap; of the products one lacks 1200 and another has 600 more."""
    known = found(behind, "pace")
    assert known is not None
    order = list(known.by)
    assert order.index("segment") < order.index("product")
    assert "lead_source" not in order, "a dimension of one part tells nothing"


def test_teams_of_fewer_than_five_are_merged_and_no_person_is_a_part(behind: Warehouse) -> None:
    known = found(behind, "pace")
    assert known is not None
    assert {part.name for part in known.by["team"]} == {"A", SMALL_TEAMS}


@pytest.mark.parametrize(
    ("persons", "shown"),
    [
        ({"a": 5, "b": 6}, {"a": "a", "b": "b"}),
        ({"a": 5, "b": 3, "c": 2}, {"a": "a", "b": SMALL_TEAMS, "c": SMALL_TEAMS}),
        ({"a": 5, "b": 7, "c": 2}, {"a": SMALL_TEAMS, "b": "b", "c": SMALL_TEAMS}),
        ({"a": 2, "b": 2}, {"a": SMALL_TEAMS, "b": SMALL_TEAMS}),
    ],
)
def test_merged_teams_have_five_people_together(persons: dict[str, int], shown: dict[str, str]) -> None:
    assert merged_teams(persons) == shown


def test_deals_of_nobody_in_a_team_never_stand_alone() -> None:
    """They may be those of one person who has left."""
    assert merged_teams({"a": 5, "b": 6}, others=True) == {"a": SMALL_TEAMS, "b": "b"}


def test_a_rate_is_split_against_its_own_last_four_quarters(warehouse: Warehouse) -> None:
    """
    Half of the deals were won a year ago in both segments; now enterprise wins 2 of 10, small 5 of 10: 35 % of 20.
    """
    warehouse.feeds()
    for segment, won in (("enterprise", 2), ("small", 5)):
        for number in range(10):
            outcome = "won" if number % 2 else "lost"
            warehouse.deal(f"old-{segment}{number}", 10, segment=segment, **{outcome: "2025-10-06"})
            outcome = "won" if number < won else "lost"
            warehouse.deal(f"new-{segment}{number}", 10, segment=segment, **{outcome: "2026-10-06"})
    known = found(warehouse, "win_rate")
    assert known is not None
    assert (known.unit, known.total) == ("percent", Decimal("-0.15"))
    assert [(part.name, part.n, part.adds) for part in known.by["segment"]] == [
        ("enterprise", 10, Decimal("-0.15")),
        ("small", 10, Decimal(0)),
    ]


def test_what_is_no_gap_and_no_rate_has_no_drivers(behind: Warehouse) -> None:
    assert found(behind, "freshness") is None
    assert found(behind, "pace", "south") is None, "no plan"


def weekly(warehouse: Warehouse, kpi: str, region: str, expected: float, scope: Scope | None = None) -> Drivers | None:
    asked = Slice(current_quarter(warehouse.organisation, NOW), NOW)
    asking = Asking(warehouse.engine, warehouse.organisation, shipped(), asked, scope or Scope.everything())
    return weekly_drivers(asking, kpi, region, weeks=2, expected=expected)


def test_the_groups_gap_has_regions_for_parts_that_add_up_to_it(behind: Warehouse) -> None:
    """Only north has a plan: the 600 that the group lacks are 600 of north, by any dimension."""
    known = found(behind, "pace", "group")
    assert known is not None
    assert "team" not in known.by, "teams are those of one region"
    assert {sum(part.adds for part in parts) for parts in known.by.values()} == {known.total}


def test_the_groups_parts_are_for_readers_of_all_regions_only(behind: Warehouse) -> None:
    asked = Slice(current_quarter(behind.organisation, NOW), NOW)
    own = Asking(behind.engine, behind.organisation, shipped(), asked, Scope.of_regions("north"))
    assert drivers(own, "pace", "group") is None
    assert drivers(own, "pace", "south") is None
    assert weekly_drivers(own, "leads_received", "group", weeks=2, expected=10) is None


def test_what_a_deal_of_two_regions_counts_twice_is_a_part_of_its_own(warehouse: Warehouse) -> None:
    """
    The two weeks before 23 November, of deals created; the deal of both regions is one in the group.
    region  now                usual  expected 2 x 100, by halves
    north   100                100    100
    east    10,000 yen = 100   100    100
    group   100                       200: 100 less, of which the regions by themselves lack nothing
    """
    warehouse.feeds()
    for region in ("north", "east"):
        rate = 1 if region == "north" else 100
        warehouse.deal(f"old{region}", 100 * rate, region, created="2026-10-14", closes="2026-12-20")
        warehouse.deal(f"one{region}", 100 * rate, region, created="2026-11-11", closes="2026-12-20")
    same(warehouse, "north/onenorth", "east/oneeast")
    known = weekly(warehouse, "pipeline_created", "group", 100)
    assert known is not None
    assert known.total == Decimal("-100.00")
    assert {part.name: part.adds for part in known.by["region"]} == {
        "north": Decimal("0.00"),
        "east": Decimal("0.00"),
        "south": Decimal("0.00"),
        TWICE: Decimal("-100.00"),
    }


def test_tested_weeks_are_split_against_the_quarter_before_them(warehouse: Warehouse) -> None:
    """
    Expected were 10 leads in each of the two weeks. Before, three of four came from the web.
    source  expected  came  adds
    web     15        2     -13
    fair    5         6     +1
    """
    warehouse.feeds()
    number = 0
    for day, source, count in (
        ("2026-10-14", "Web", 9),
        ("2026-10-14", "Fair", 3),
        ("2026-11-11", "Web", 2),
        ("2026-11-18", "Fair", 6),
        ("2026-11-24", "Web", 5),  # the running week is not tested
    ):
        for _ in range(count):
            number += 1
            warehouse.lead(str(number), lead_source=source, created=f"{day}T09:00", due=f"{day}T17:00")
    known = weekly(warehouse, "leads_received", "north", 10)
    assert known is not None
    assert (known.unit, known.total) == ("count", Decimal("-12.00"))
    assert [(part.name, part.n, part.adds) for part in known.by["lead_source"]] == [
        ("Web", 2, Decimal("-13.00")),
        ("Fair", 6, Decimal("1.00")),
    ]


def test_the_tested_weeks_are_the_newest_finished_ones() -> None:
    tested, before = window_and_before(date(2026, 11, 24), 2, 13)
    assert (tested.start, tested.end) == (date(2026, 11, 9), date(2026, 11, 22))
    assert (before.start, before.end) == (date(2026, 8, 10), date(2026, 11, 8))


@given(expected=st.decimals(0, 10**8, places=2), now=AMOUNTS, usual=AMOUNTS)
def test_parts_of_any_gap_add_up_to_the_cent(
    expected: Decimal, now: dict[str, Decimal], usual: dict[str, Decimal]
) -> None:
    parts = gap_parts(expected, now, usual)
    assert not parts or sum(parts.values()) == sum(now.values()) - expected
