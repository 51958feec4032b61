"""Findings: what a person should know, from the data and in one sentence."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kpi.asking import Asking
from kpi.card import Cell, Finding
from kpi.deviations.effects import decomposed
from kpi.deviations.facts import Facts
from kpi.deviations.performance import other_flags
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.scorecard import scorecard
from kpi.slice import Slice
from kpi.value import Value
from tests.kpi.conftest import NOW, Warehouse, shipped

QUARTER = ("2026-10", "2026-11", "2026-12")


def findings(warehouse: Warehouse, kind: str) -> list[Finding]:
    asked = Slice(current_quarter(warehouse.organisation, NOW), NOW)
    card = scorecard(warehouse.engine, warehouse.organisation, shipped(), asked, Scope.everything())
    return [finding for finding in card.findings if finding.kind == kind]


def on_pace(warehouse: Warehouse, region: str = "north") -> None:
    """Twelve deals of 150 = 1800 of the 1800 that 39 of 65 working days ask of 3000."""
    for number in range(12):
        warehouse.deal(f"on{number}", 150, region, won=f"2026-10-{number + 5:02d}")
    for month in QUARTER:
        warehouse.target(month, 1000, region)


def test_a_region_behind_pace_names_the_segment_and_what_was_pushed(warehouse: Warehouse) -> None:
    """
    North was to have 1800 by now. A year ago two thirds came from enterprise, one third from small business.

    segment     expected  won  gap
    enterprise  1200      600  600    three deals of 400 were dated in the quarter and now lie after it
    small       600       600  0
    """
    warehouse.feeds()
    for month in QUARTER:
        warehouse.target(month, 1000)
    warehouse.deal("old-e", 2000, won="2025-11-03", segment="enterprise")
    warehouse.deal("old-s", 1000, won="2025-11-03", segment="small")
    for number in range(6):
        warehouse.deal(f"e{number}", 100, won="2026-10-05", segment="enterprise")
        warehouse.deal(f"s{number}", 100, won="2026-10-05", segment="small")
    for number in range(3):
        dated = {"known_from": "2026-10-06", "known_until": "2026-11-10"}
        warehouse.deal(f"p{number}", 400, closes="2026-12-01", created="2026-06-01", **dated)
        warehouse.deal(f"p{number}", 400, closes="2027-02-01", known_from="2026-11-10", times_pushed=1)
    found = findings(warehouse, "pace")
    assert [finding.sentence for finding in found] == [
        "North is 33% behind pace; the whole gap is enterprise: 3 deals worth €1.2\u202fk pushed to a later quarter."
    ]
    assert (found[0].level, found[0].distance) == ("act", "33% behind")
    assert found[0].money == pytest.approx(Decimal(600))


def test_a_quarter_that_hangs_on_a_few_deals_pushed_twice_is_told_although_it_is_on_plan(
    warehouse: Warehouse,
) -> None:
    """
    deal  amount  pushed
    big1  300     twice
    big2  300     twice     600 of 1000 that should still close
    rest  4 x 100 never
    """
    warehouse.feeds()
    on_pace(warehouse)
    for name in ("big1", "big2"):
        warehouse.deal(name, 300, closes="2026-12-10", times_pushed=2)
    for number in range(4):
        warehouse.deal(f"rest{number}", 100, closes="2026-12-10")
    found = findings(warehouse, "concentration")
    assert [(finding.region, finding.level, finding.distance) for finding in found] == [
        ("north", "act", "60% in 2 deals")
    ]
    assert found[0].sentence == (
        "North looks on plan, but 60% of what should still close this period is two deals, each pushed at least "
        "twice: account of big1 (€300) and account of big2 (€300)."
    )


@pytest.mark.parametrize(("pushed", "rest"), [(1, 4), (2, 20)])
def test_few_deals_that_were_not_pushed_or_are_a_small_part_are_no_finding(
    warehouse: Warehouse, pushed: int, rest: int
) -> None:
    warehouse.feeds()
    on_pace(warehouse)
    for name in ("big1", "big2"):
        warehouse.deal(name, 300, closes="2026-12-10", times_pushed=pushed)
    for number in range(rest):
        warehouse.deal(f"rest{number}", 100, closes="2026-12-10")
    assert findings(warehouse, "concentration") == []


def test_growth_that_is_only_the_exchange_rate_is_told(warehouse: Warehouse) -> None:
    """
    east        2025 Q4 to date   2026 Q4 to date
    yen         100,000           95,000            -5 %
    rate        0.01              0.0115
    euro        1000              1092.50           +9 %
    """
    warehouse.feeds()
    warehouse.rate("JPY", "2026-10-01", "0.0115", "spot")
    for number in range(10):
        warehouse.deal(f"then{number}", 10_000, "east", won="2025-10-06")
        warehouse.deal(f"now{number}", 9_500, "east", won="2026-10-06")
    found = findings(warehouse, "currency")
    assert [finding.sentence for finding in found] == [
        "East's won value rose 9% in EUR over last year; in JPY it fell 5%: the difference is the exchange rate."
    ]
    assert (found[0].level, found[0].favourable) == ("note", False)


def test_a_rate_that_rose_everywhere_and_fell_in_the_group_is_told(warehouse: Warehouse) -> None:
    """
    region  2025 Q4       2026 Q4
    north   15 of 30 50 % 6 of 10  60 %
    south   1 of 10  10 % 6 of 30  20 %
    group   16 of 40 40 % 12 of 40 30 %
    """
    warehouse.feeds()
    for region, day, won, closed in (
        ("north", "2025-10-06", 15, 30),
        ("south", "2025-10-06", 1, 10),
        ("north", "2026-10-06", 6, 10),
        ("south", "2026-10-06", 6, 30),
    ):
        for number in range(closed):
            outcome = {"won" if number < won else "lost": day}
            warehouse.deal(f"{region}{day}{number}", 10, region, **outcome)
    found = findings(warehouse, "mix")
    assert [finding.sentence for finding in found] == [
        "Win rate rose in every region and fell 10.0 points in the group: South, which wins 20%, closed 75% of all "
        "deals after 25% a year ago."
    ]
    assert found[0].region == "group"


def test_rate_and_mix_add_up_to_the_change_exactly() -> None:
    def rate(region: str, won: int, closed: int) -> Value:
        value = Value("win_rate", region, "", won / closed, closed, "percent", datetime(2026, 11, 24, tzinfo=UTC))
        return replace(value, numerator=Decimal(won), denominator=Decimal(closed))

    then = {"north": rate("north", 15, 30), "south": rate("south", 1, 10)}
    now = {"north": rate("north", 6, 10), "south": rate("south", 6, 30)}
    parts = decomposed(then, now)
    assert sum(part.rate + part.mix for part in parts.values()) == pytest.approx(12 / 40 - 16 / 40)
    assert parts["north"].rate == pytest.approx(0.5 * (0.75 + 0.25) * 0.1)
    assert parts["north"].mix == pytest.approx((0.25 - 0.75) * (0.55 - 0.35))


def test_far_off_plan_on_few_deals_is_a_note_with_its_reason(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for number in range(7):
        warehouse.deal(f"d{number}", 100, won="2026-10-06")
    for month in QUARTER:
        warehouse.target(month, 1000)
    found = findings(warehouse, "small_n")
    assert [(finding.region, finding.level, finding.distance) for finding in found] == [("north", "note", "61% behind")]
    assert "on 7 won deals: too few to judge" in found[0].sentence
    assert findings(warehouse, "pace") == []


def test_a_late_feed_says_what_the_group_stands_on(warehouse: Warehouse) -> None:
    warehouse.feeds("north", "south", exported="2026-11-23T05:30")
    warehouse.feeds("east", exported="2026-11-16T05:30")
    found = findings(warehouse, "late_feed")
    assert [finding.sentence for finding in found] == [
        "East's export of leads and deals was due on Sun 22 Nov, 23:00, and has not arrived; the group total stands "
        "on figures of 16 Nov for East."
    ]
    assert found[0].page == "freshness"


def test_a_field_that_is_not_delivered_names_the_figures_it_costs(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for number in range(20):
        warehouse.lead(str(number), "east", status="rejected", due="2026-10-07")
    found = findings(warehouse, "not_comparable")
    assert [(finding.region, finding.kpi) for finding in found] == [("east", "lead_sla")]
    assert found[0].sentence == (
        "East's CRM does not deliver the first contact (filled in 0% of 20). The group figure leaves East out."
    )


def test_a_stage_that_nobody_mapped_says_what_it_hides(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for number in range(2):
        warehouse.deal(f"x{number}", 450_000, outcome=None, stage=None, stage_raw="Parked", closes="2026-12-01")
    found = findings(warehouse, "unmapped_stage")
    assert [finding.sentence for finding in found] == [
        "2 deals of North worth €900\u202fk stand in “Parked”, which no profile explains: they are in no figure."
    ]


def test_a_regions_money_counts_once(warehouse: Warehouse) -> None:
    """North is behind pace (600) and hangs on two deals: the larger leads, the other keeps its words only."""
    warehouse.feeds()
    for month in QUARTER:
        warehouse.target(month, 1000)
    for number in range(12):
        warehouse.deal(f"w{number}", 100, won="2026-10-06")
    for name in ("big1", "big2"):
        warehouse.deal(name, 2000, closes="2026-12-10", times_pushed=2)
    for number in range(4):
        warehouse.deal(f"rest{number}", 100, closes="2026-12-10")
    found = [*findings(warehouse, "pace"), *findings(warehouse, "concentration")]
    assert len(found) == 2
    assert sum(finding.money is not None for finding in found) == 1


def test_a_thin_pipeline_costs_what_it_lacks_times_what_is_usually_won_of_it(warehouse: Warehouse) -> None:
    """400 should still close, usually it is 1000; of what is dated in a period 30 % are won in it: 600 x 0.3 = 180."""
    asked = Slice(current_quarter(warehouse.organisation, NOW), NOW)
    asking = Asking(warehouse.engine, warehouse.organisation, shipped(), asked, Scope.everything())
    value = Value("closing_in_period", "north", "", Decimal(400), 12, "money", NOW, currency="EUR")
    coverage = replace(value, kpi="coverage", value=0.8, unit="ratio")
    pushed = replace(value, kpi="pushed_deals", value=30.0, unit="count")
    cells = {
        (one.kpi, "north"): Cell(one, compared_with=1.0, flag="act", why="off") for one in (value, coverage, pushed)
    }
    usual = {("closing_in_period", "north"): 1000.0, ("coverage", "north"): 2.0, ("pushed_deals", "north"): 10.0}
    facts = Facts(asking, cells, {(value.kpi, "north"): value}, {}, (), usual)
    vars(facts)["yields"] = {"north": 0.3}
    found = {finding.kpi: (finding.money, finding.changeable) for finding in other_flags(facts)}
    assert found == {
        "closing_in_period": (Decimal("180.00"), Decimal("180.00")),
        "coverage": (Decimal("180.00"), Decimal("180.00")),
        "pushed_deals": (None, None),
    }
