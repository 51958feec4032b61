"""What stands in the address: read with mistrust, written as short as it is clear."""

from dataclasses import replace

import pytest

from organisation import Organisation, Workspace
from organisation.workspace import REPOSITORY
from ui.choice import Choice, chosen_period, parts_of


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    """Give the demonstration company as configured."""
    return Organisation.read(Workspace(REPOSITORY))


def test_the_default_choice_needs_no_query(organisation: Organisation) -> None:
    assert Choice.read({}, organisation) == Choice()
    assert Choice().query() == {}
    assert Choice().link("") == "./"


def test_a_choice_survives_its_own_address(organisation: Organisation) -> None:
    choice = Choice("2026-Q3", "last_year", "local", "spot", ("dach", "japan"), "dach")
    page, query = parts_of(choice.link("region"))
    assert page == "region"
    assert Choice.read(query, organisation) == choice


def test_strange_words_are_passed_over(organisation: Organisation) -> None:
    strange = {"period": "'; drop", "against": "x", "money": "y", "rates": "z", "regions": "<b>,mars", "region": "../"}
    assert Choice.read(strange, organisation) == Choice()


def test_all_regions_are_no_choice(organisation: Organisation) -> None:
    assert Choice.read({"regions": ",".join(organisation.regions)}, organisation).regions == ()


def test_a_link_can_take_a_choice_away() -> None:
    assert Choice(regions=("dach",)).link("region", region="dach", regions="") == "region?region=dach"


def test_a_group_quarter_is_the_regions_own_quarter_of_those_days(organisation: Organisation) -> None:
    choice = Choice("2026-Q2")
    group = chosen_period(choice, organisation)
    own = chosen_period(choice, organisation, "dach")
    assert own.calendar == "dach"
    assert own.start <= group.end <= own.end
    assert chosen_period(replace(choice, period="dach:2026-Q4"), organisation, "dach").code == "dach:2026-Q4"
