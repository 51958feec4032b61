"""The sentence above the overview."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from kpi.card import Finding, Scorecard
from kpi.headline import Claim, headline, regions_in_need
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


def test_what_was_agreed_counts_in_the_total_and_no_deal_twice(card: Scorecard, organisation: Organisation) -> None:
    """
    region  its figures  of which can change  commits past their date  counts
    north   600 k        500 k                700 k, 200 k can change  700 k, 200 k
    south   400 k        300 k                100 k, 100 k can change  400 k, 300 k
    east    nothing                           50 k, all can change     50 k, 50 k
    """
    changeable = {"north": Decimal(500_000), "south": Decimal(300_000)}
    found = tuple(replace(one, changeable=changeable[one.region]) for one in card.findings)
    claims = [
        Claim(region, "commits past their date", Decimal(amount) * 1000, Decimal(part) * 1000)
        for region, amount, part in (("north", 700, 200), ("south", 100, 100), ("east", 50, 50))
    ]
    told = headline(replace(card, findings=found), organisation, claims)
    assert told.sentence == (
        "Three of three regions need you: North's commits past their date; "
        "South has 60% of what should still close in 2 deals; East's commits past their date."
    )
    assert told.detail.startswith(
        "**€1.1\u202fM** at stake, **€550\u202fk** can still be changed this period, "
        "by **regional manager north, regional manager south and regional manager east**; "
    )
    assert (told.at_stake, told.changeable) == (Decimal(1_150_000), Decimal(550_000))


def test_what_several_regions_do_to_one_customer_stands_beside_the_total(
    card: Scorecard, organisation: Organisation
) -> None:
    shared = Claim("group", "parallel work", Decimal(90_000), Decimal(90_000))
    detail = headline(card, organisation, [shared]).detail
    assert detail.startswith("**€1.0\u202fM** at stake, ")
    assert detail.endswith("Beside it €90\u202fk in what regions do on one customer, which may be the same deals.")
