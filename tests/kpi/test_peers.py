"""What a region's page tells of the other regions."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kpi.peers import Peers, peers
from kpi.period import parse_period
from kpi.slice import Slice
from organisation import Organisation
from tests.kpi.conftest import NOW, empty_warehouse, region, shipped, source


def lying(organisation: Organisation, others: int, shown: str) -> Mapping[str, Peers]:
    """Give how the others lie of north: their win rates are 1/2, 1/3, 1/4 …, north's own is 1."""
    names = ("north", *(f"other_{number}" for number in range(1, others + 1)))
    company = replace(
        organisation,
        group=replace(organisation.group, peers=shown),
        regions={name: region(name) for name in names},
        sources={f"{name}_crm": source(name, "EUR") for name in names},
    )
    warehouse = empty_warehouse(company)
    warehouse.feeds()
    for place, name in enumerate(names):
        warehouse.deal(f"{name} won", 100, name, won="2026-10-05")
        for number in range(place):
            warehouse.deal(f"{name} lost {number}", 100, name, lost="2026-10-06")
    asked = Slice(parse_period("2026-Q4", company, NOW), NOW, regions=("north",), currency="local")
    return peers(warehouse.engine, company, shipped(), asked, "north")


def test_the_others_lie_between_their_ends_with_their_quartiles(organisation: Organisation) -> None:
    """
    win rates of the five others:  1/6  1/5  1/4  1/3  1/2     (north's own 1 is not among them)
                                   end  25 % 50 % 75 % end
    """
    found = lying(organisation, 5, "values")
    assert found["win_rate"] == Peers(5, 1 / 5, 1 / 4, 1 / 3, lowest=1 / 6, highest=1 / 2)


def test_quartiles_alone_hide_the_ends(organisation: Organisation) -> None:
    found = lying(organisation, 5, "quartiles")
    assert found["win_rate"] == Peers(5, 1 / 5, 1 / 4, 1 / 3)


@pytest.mark.parametrize(("shown", "others"), [("quartiles", 4), ("values", 2)])
def test_fewer_others_are_not_shown(organisation: Organisation, shown: str, others: int) -> None:
    found = lying(organisation, others, shown)
    assert found == {}


def test_money_is_not_laid_beside_the_money_of_others(organisation: Organisation) -> None:
    found = lying(organisation, 5, "values")
    assert not {"won_value", "open_pipeline"} & set(found)
