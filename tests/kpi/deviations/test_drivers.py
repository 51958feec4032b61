"""Drivers: parts of a gap that add up to it to the cent, and never a person."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.asking import Asking
from kpi.deviations.drivers import SMALL_TEAMS, Drivers, drivers, gap_parts, merged_teams
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.slice import Slice
from tests.kpi.conftest import NOW, Warehouse, shipped

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
    assert found(behind, "pace", "group") is None
    assert found(behind, "pace", "south") is None, "no plan"


@given(expected=st.decimals(0, 10**8, places=2), now=AMOUNTS, usual=AMOUNTS)
def test_parts_of_any_gap_add_up_to_the_cent(
    expected: Decimal, now: dict[str, Decimal], usual: dict[str, Decimal]
) -> None:
    parts = gap_parts(expected, now, usual)
    assert not parts or sum(parts.values()) == sum(now.values()) - expected
