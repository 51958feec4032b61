"""The compiled KPIs against the same KPIs in plain Python, over random companies."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import GROUP, Value
from organisation import Organisation
from tests.kpi.conftest import NOW, Warehouse, empty_warehouse, shipped
from tests.kpi.oracle import ORACLE, Deal, Lead, World

COMPANIES = 1000 if os.environ.get("DENOMINATOR_FULL") else 12
REGIONS = {"north": "EUR", "south": "USD", "east": "JPY"}
START = datetime(2026, 4, 1, tzinfo=UTC)
SPAN = int((NOW - START).total_seconds())
EMPTIED = ("opportunity_version", "lead_version", "target_version", "load", "load_region")


def test_random_companies_get_the_numbers_of_plain_python(store: Warehouse) -> None:
    compared = 0
    for seed in range(COMPANIES):
        for table in EMPTIED:
            store.engine.connection.execute(f"DELETE FROM {table}")
        world = _company(Random(seed), store)
        compared += _agree(seed, world, _values(store))
    assert compared > 30 * COMPANIES


def _agree(seed: int, world: World, values: dict[tuple[str, str], Value]) -> int:
    """Hold every value of every region and the group to the oracle; gives how many had a number to compare."""
    found = 0
    for name, oracle in ORACLE.items():
        answering = [region for region in REGIONS if values[name, region].comparable != "no"]
        for region in (*answering, GROUP):
            value = values[name, region].value
            expected = oracle(world.within(answering if region == GROUP else [region]))
            where = f"company {seed}, {name} of {region}: {value}, plain Python says {expected}"
            if value is None:
                assert expected in (None, 0) or values[name, region].reasons, where
                continue
            assert expected is not None, where
            assert float(value) == pytest.approx(float(expected), rel=1e-9, abs=1e-9), where
            if isinstance(expected, Decimal):
                assert value == expected, where
            found += 1
    return found


def _values(store: Warehouse) -> dict[tuple[str, str], Value]:
    asked = Slice(parse_period("2026-Q4", store.organisation, NOW), NOW)
    found = evaluate(store.engine, store.organisation, shipped(), asked, Scope.everything(), list(ORACLE))
    return {(value.kpi, value.region): value for value in found}


def _company(random: Random, store: Warehouse) -> World:
    """Fill the store with a random company; gives what it holds."""
    store.feeds()
    deals = [state for number in range(random.randint(3, 40)) for state in _deal(random, str(number))]
    leads = [_lead(random, str(number)) for number in range(random.randint(2, 25))]
    targets = {region: Decimal(random.randint(1, 10**7)) for region in REGIONS}
    for deal in deals:
        given = asdict(deal)
        number, amount, region = given.pop("number"), given.pop("amount"), given.pop("region")
        ends = None if deal.known_until is None else "changed"
        store.deal(number, amount, region, **given, ended_because=ends)
    for lead in leads:
        given = asdict(lead)
        store.lead(given.pop("number"), given.pop("region"), **given)
    for region, plan in targets.items():
        store.target("2026-11", str(plan), region, currency="EUR")
    return World(deals, leads, targets)


def _deal(random: Random, number: str) -> Iterator[Deal]:
    """Give one or two states of a deal: in the second, it is as it came to be."""
    region = random.choice(list(REGIONS))
    created = START + timedelta(seconds=random.randrange(SPAN))
    changed = created + timedelta(seconds=random.randrange(int((NOW - created).total_seconds()) + 1))
    first = Decimal(random.randint(0, 10**9)) / 100
    two = random.random() < 0.5
    for place in range(2 if two else 1):
        last = place == (1 if two else 0)
        outcome = random.choice(["open", "won", "lost", "dropped"]) if last else "open"
        closed = None if outcome == "open" else (changed if two else created).date()
        yield Deal(
            number=number,
            region=region,
            amount=None if random.random() < 0.05 else Decimal(random.randint(0, 10**9)) / 100,
            first_amount=first,
            currency=random.choice([REGIONS[region], REGIONS[region], "USD"]),
            outcome=outcome,
            created_at=created,
            expected_close_on=closed or (NOW + timedelta(days=random.randint(-40, 80))).date(),
            closed_on=closed,
            won_on=closed if outcome == "won" else None,
            reached_develop=random.choice([True, True, True, False]),
            business_type=random.choice(["new", "expansion", "renewal", None]),
            times_pushed=random.choice([0, 0, 1, 2, 3]),
            on_hold=random.choice([True, False, None]),
            is_deleted=last and random.random() < 0.05,
            known_from=created if place == 0 else changed,
            known_until=changed if two and place == 0 else None,
        )


def _lead(random: Random, number: str) -> Lead:
    created = START + timedelta(seconds=random.randrange(SPAN))

    def later(chance: float) -> datetime | None:
        return created + timedelta(hours=random.randint(0, 1500)) if random.random() < chance else None

    due = created + timedelta(hours=random.choice([8, 24, 70]))
    return Lead(number, random.choice(list(REGIONS)), created, due, later(0.9), later(0.5))


@pytest.fixture
def store(organisation: Organisation) -> Iterator[Warehouse]:
    filled = empty_warehouse(organisation)
    yield filled
    filled.engine.connection.close()
