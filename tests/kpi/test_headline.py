"""The sentence above the overview."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from kpi.card import Finding, Scorecard
from kpi.headline import headline, regions_in_need
from kpi.period import Period
from organisation import Organisation
from tests.kpi.conftest import NOW

PACE = Finding("pace", "north", "pace", "act", "won value against pace", "18% behind", "", money=Decimal(600_000))
HANGS = Finding(
    "concentration", "south", "closing_in_period", "act", "what should still close", "60% in 2 deals", "",
    money=Decimal(400_000),
)  # fmt: skip


@pytest.fixture
def card() -> Scorecard:
    return Scorecard(
        period=Period(date(2026, 10, 1), date(2026, 12, 31), "2026 Q4 (Oct-Dec)", to_date=date(2026, 11, 24)),
        as_of=NOW,
        compare="plan",
        currency="EUR",
        regions=("north", "south", "east"),
        kpis=(),
        cells={},
        at_stake=Decimal(1_000_000),
        changeable=Decimal(800_000),
        stake_of={"north": Decimal(600_000), "south": Decimal(400_000)},
        findings=(PACE, HANGS),
        calm=78,
        missing=(),
    )


def test_it_names_the_regions_in_need_and_why(card: Scorecard, organisation: Organisation) -> None:
    found = headline(card, organisation)
    assert found.sentence == (
        "Two of three regions need you: North is 18% behind pace; South has 60% of what should still close in 2 deals."
    )
    assert found.detail == (
        "**€1.0\u202fM** at stake, **€800\u202fk** can still be changed this period, "
        "by **regional manager north and regional manager south**; 78 figures are calm."
    )


def test_without_money_it_still_says_who_acts(card: Scorecard, organisation: Organisation) -> None:
    found = headline(replace(card, at_stake=Decimal(0)), organisation)
    assert found.detail.startswith("To act: **regional manager north and regional manager south**; ")


def test_money_that_can_all_be_changed_is_said_once(card: Scorecard, organisation: Organisation) -> None:
    detail = headline(replace(card, changeable=card.at_stake), organisation).detail
    assert detail.startswith("**€1.0\u202fM** at stake, all of it can still be changed this period, by ")


def test_when_nothing_deviates_it_says_so(card: Scorecard, organisation: Organisation) -> None:
    calm = replace(card, findings=(), stake_of={}, at_stake=Decimal(0), changeable=Decimal(0), missing=("east",))
    found = headline(calm, organisation)
    assert found.sentence == "No region needs you now."
    assert found.detail == "78 figures are calm. East is late: the totals stand on older figures there."


def test_without_money_the_regions_with_something_to_act_on_are_in_need(card: Scorecard) -> None:
    flag = Finding("flag", "east", "lead_sla", "act", "leads answered in time", "", "")
    note = Finding("currency", "north", "won_value", "note", "won value", "", "")
    assert regions_in_need(replace(card, findings=(flag, note), stake_of={})) == ("east",)


def test_one_region_needs_no_count(card: Scorecard, organisation: Organisation) -> None:
    alone = replace(card, regions=("north",), findings=(PACE,), stake_of={"north": Decimal(600_000)})
    assert headline(alone, organisation).sentence == "North is 18% behind pace."
