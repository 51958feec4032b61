"""Process: held to what was agreed, where it was agreed, and each region's money once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from kpi.asking import Asking
from kpi.card import Cell, Scorecard
from kpi.definitions import Definitions
from kpi.deviations.process import Process, process_readings, with_money_once
from kpi.deviations.reading import Key, Reading
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import Value
from tests.kpi.conftest import NOW, Warehouse, shipped
from tests.kpi.own_rows import account, feeds, match, plan

TODAY = date(2026, 11, 24)
EVERYWHERE = dict.fromkeys(("north", "south", "east"), "2026-02-01")


def agreed(**when: str) -> Definitions:
    """Give the shipped definitions as if the regions of the tiny company had agreed to the process."""
    known = shipped()
    kpis = {**known.kpis}
    for name in known.rules.process:
        kpis[name] = replace(kpis[name], agreed={**EVERYWHERE, **when})
    return replace(known, kpis=kpis)


def card_of(*cells: Cell) -> Scorecard:
    held = {(cell.value.kpi, cell.value.region): cell for cell in cells}
    shared = {"period": None, "as_of": NOW, "compare": "plan", "currency": "EUR", "kpis": (), "cells": held}
    nothing = {"at_stake": Decimal(0), "changeable": Decimal(0), "stake_of": {}, "findings": (), "calm": 0}
    return Scorecard(regions=("north", "south", "east"), missing=(), **shared, **nothing)  # type: ignore[arg-type]


def read(warehouse: Warehouse, definitions: Definitions) -> dict[tuple[str, str], Process]:
    asked = Slice(current_quarter(warehouse.organisation, NOW), NOW)
    asking = Asking(warehouse.engine, warehouse.organisation, definitions, asked, Scope.everything())
    found = process_readings(asking, card_of(), TODAY)
    return {(one.reading.key.kpi, one.reading.key.region): one for one in found}


@pytest.fixture
def committed(warehouse: Warehouse) -> Warehouse:
    """
    region  committed to close by the end of the year   past its date
    north   5 deals of 100                              3 of them        60 %, agreed is at most 20 %
    south   5 deals of 100                              1 of them        20 %: as agreed
    east    4 deals of 100                              4 of them        too few to judge
    """
    feeds(warehouse)
    for region, deals, past in (("north", 5, 3), ("south", 5, 1), ("east", 4, 4)):
        for number in range(deals):
            closes = "2026-11-10" if number < past else "2026-12-10"
            warehouse.deal(f"{region}{number}", 100, region, closes=closes, forecast_category="commit")
    return warehouse


def test_commits_past_their_date_are_called_where_they_are_more_than_agreed(committed: Warehouse) -> None:
    found = read(committed, agreed())
    north = found["commit_overdue", "north"].reading
    assert (north.deviates, north.level, north.kind) == (True, "act", "process")
    assert north.sentence == ("North: Committed and past its date: 60%, agreed is at most 20%: 3 deals worth €300.")
    assert not found["commit_overdue", "south"].reading.deviates
    assert ("commit_overdue", "east") not in found


def test_a_region_is_held_from_the_day_on_which_it_agreed(committed: Warehouse) -> None:
    assert ("commit_overdue", "north") not in read(committed, agreed(north="open"))
    assert ("commit_overdue", "north") not in read(committed, agreed(north="2026-11-25"))
    assert ("commit_overdue", "north") in read(committed, agreed(north="2026-11-24"))


def test_a_customer_of_two_regions_is_one_deviation_of_the_group(warehouse: Warehouse) -> None:
    """
    customer  north  south   who leads
    A         open   open    nobody has agreed
    B         open   open    north, by its plan
    """
    feeds(warehouse)
    for number, customer in (("1", "GA"), ("2", "GB")):
        for region in ("north", "south"):
            account(warehouse, number, region)
            match(warehouse, f"{region}/{number}", customer)
            warehouse.deal(f"{customer}{region}", 100, region, account_ref=number, closes="2026-12-10")
    plan(warehouse, "GB", target=100, lead_region="north")
    found = read(warehouse, agreed())
    assert [region for kpi, region in found if kpi == "parallel_work"] == ["group"]
    reading = found["parallel_work", "group"].reading
    assert (reading.deviates, reading.level) == (True, "watch")
    assert reading.sentence.startswith("North and South work on one customer and have not agreed who leads: 2 deals")
    plan(warehouse, "GA", target=100, lead_region="south")
    assert read(warehouse, agreed())["parallel_work", "group"].reading.is_calm(0.5)


def test_key_accounts_without_a_plan_that_is_kept_are_called(warehouse: Warehouse) -> None:
    """North keeps plans for 2 of 5 key accounts, south for 4 of 5; agreed are three of four."""
    feeds(warehouse)
    for region, kept in (("north", 2), ("south", 4)):
        for number in range(5):
            account(warehouse, str(number), region)
            match(warehouse, f"{region}/{number}", f"{region}{number}")
            if number < kept:
                plan(warehouse, f"{region}{number}", region, target=100)
    found = read(warehouse, agreed())
    north = found["plan_coverage", "north"].reading
    assert (north.deviates, north.level) == (True, "act")
    assert north.sentence == "North: Account plans kept: 40%, agreed is at least 75%."
    assert not found["plan_coverage", "south"].reading.deviates


def deviation(kpi: str, region: str, money: int | None = None) -> Reading:
    amount = None if money is None else Decimal(money)
    return Reading(Key(kpi, region, "", "agreement"), "process", 1.0, "watch", "off", money=amount, changeable=amount)


def test_each_regions_money_counts_in_its_largest_deviation_and_no_other() -> None:
    """
    region  pace  commits  parallel work of both
    north   600   100      50                      counts in pace
    south         -        70                      counts in parallel work, of which 40 can still close
    """
    still = Value("closing_in_period", "south", "", Decimal(40), 9, "money", NOW, currency="EUR")
    found = [deviation("pace", "north", 600)]
    commits = Process(deviation("commit_overdue", "north"), {"north": Decimal(100)})
    shared = Process(deviation("parallel_work", "group"), {"north": Decimal(50), "south": Decimal(70)})
    told = {
        one.key.kpi: (one.money, one.changeable)
        for one in with_money_once(found, [commits, shared], card_of(Cell(still)))
    }
    assert told == {"pace": (600, 600), "commit_overdue": (None, None), "parallel_work": (70, 40)}


def test_a_larger_stake_of_process_takes_the_regions_money_from_the_others() -> None:
    commits = Process(deviation("commit_overdue", "north"), {"north": Decimal(900)})
    told = {one.key.kpi: one.money for one in with_money_once([deviation("pace", "north", 600)], [commits], card_of())}
    assert told == {"pace": None, "commit_overdue": 900}
