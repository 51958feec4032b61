"""The compiled KPIs against the same KPIs in plain Python, over random companies."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from kpi.definitions import Definitions
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import GROUP, Value
from organisation import Organisation
from tests.kpi.conftest import NOW, ROOT, Warehouse, empty_warehouse
from tests.kpi.oracle import ORACLE, Call, Deal, Lead, World
from tests.kpi.oracle_bases import BASES
from tests.kpi.oracle_combined import COMBINED, NOT_DRAWN
from tests.kpi.oracle_expected import EXPECTED, STAGES

COMPANIES = 1000 if os.environ.get("DENOMINATOR_FULL") else 8
ONCE_WRONG = (110, 860)  # nothing won by now in any past quarter; a past that only a region had that was left out
REGIONS = {"north": "EUR", "south": "USD", "east": "JPY"}
STARTS = (datetime(2026, 4, 1, tzinfo=UTC), datetime(2024, 9, 1, tzinfo=UTC))
EVERY = {**ORACLE, **BASES, **EXPECTED, **COMBINED}
CALENDAR = (date(2024, 10, 1), date(2026, 12, 31))
CUSTOMERS = """
  customers_won:
    label: Customers won
    heading: Result
    question: How many customers did we win?
    formula: count(distinct account_ref) filter (where outcome = 'won')
    from: opportunity
    counted_on: won_on
    unit: count
    not: Deals.
"""
LEADS_UNTIL = {region: NOW - timedelta(hours=late) for region, late in (("north", 8), ("south", 30), ("east", 80))}
EMPTIED = ("opportunity_version", "lead_version", "target_version", "load", "load_region", "forecast_version")


@pytest.mark.timeout(7200)
def test_random_companies_get_the_numbers_of_plain_python(store: Warehouse, definitions: Definitions) -> None:
    compared = Counter[str]()
    for seed in sorted({*range(COMPANIES), *ONCE_WRONG}):
        for table in EMPTIED:
            store.engine.connection.execute(f"DELETE FROM {table}")
        world = _company(Random(seed), store)
        compared.update(_agree(seed, world, _values(store, definitions)))
    assert min(compared[name] for name in EVERY) > COMPANIES // 4, compared


def test_every_kpi_is_in_plain_python_too_or_says_what_no_random_company_has(definitions: Definitions) -> None:
    told = " ".join(NOT_DRAWN.values()).split()
    assert len(told) == len(set(told))
    assert not set(told) & set(EVERY)
    assert {*EVERY, *told} == set(definitions.kpis)


def _agree(seed: int, world: World, values: dict[tuple[str, str], Value]) -> Iterator[str]:
    """Hold every value of every region and the group to the oracle; gives each KPI that had a number to compare."""
    for name, oracle in EVERY.items():
        answering = [region for region in REGIONS if _is_in_total(values[name, region])]
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
            yield name


def _is_in_total(value: Value) -> bool:
    """Say whether the group holds a region's rows: also where its history is too short for a value of its own."""
    return value.comparable != "no" or bool({"NO_HISTORY", "NO_FORECAST"} & set(value.reasons))


def _values(store: Warehouse, definitions: Definitions) -> dict[tuple[str, str], Value]:
    asked = Slice(parse_period("2026-Q4", store.organisation, NOW), NOW)
    found = evaluate(store.engine, store.organisation, definitions, asked, Scope.everything(), list(EVERY))
    return {(value.kpi, value.region): value for value in found}


def _company(random: Random, store: Warehouse) -> World:
    """Fill the store with a random company; gives what it holds."""
    for region, until in LEADS_UNTIL.items():
        store.feed(region, "opportunity")
        store.feed(region, "lead", f"{until:%Y-%m-%dT%H:%M}", load_id=f"leads until {until}")
    deals = [state for number in range(random.randint(20, 60)) for state in _deal(random, str(number))]
    leads = [_lead(random, str(number)) for number in range(random.randint(2, 25))]
    drawn = {region: random.randint(1, 10**7) for region in REGIONS}
    targets = {region: Decimal(plan * (1 + plan % 40)) for region, plan in drawn.items()}  # some reached, some far
    for deal in deals:
        given = asdict(deal)
        number, amount, region = given.pop("number"), given.pop("amount"), given.pop("region")
        ends = None if deal.known_until is None else "changed"
        store.deal(number, amount, region, **given, ended_because=ends, first_seen_at=deal.created_at)
    for lead in leads:
        given = asdict(lead)
        until = given.pop("told_until")
        store.lead(given.pop("number"), given.pop("region"), **given, load_id=f"leads until {until}")
    for region, plan in targets.items():
        store.target("2026-11", str(plan), region, currency="EUR")
    calendars = store.organisation.working_calendars
    days = {region: [day for day, _, _ in calendars[region].days(*CALENDAR)] for region in REGIONS}
    calls = [call for region in REGIONS for call in _calls(random, region)]
    for call in calls:
        told = {"locked_on": str(call.locked_on), "currency": call.currency}
        store.forecast(str(call.starts), str(call.ends), float(call.amount), call.region, **told)
    return World(deals, leads, targets, days, calls)


def _calls(random: Random, region: str) -> Iterator[Call]:
    """Give none, one or two calls of each of some past quarters, on different days."""
    for year, month in ((2025, 1), (2025, 4), (2025, 7), (2025, 10), (2026, 1), (2026, 4), (2026, 7)):
        starts = date(year, month, 1)
        ends = date(year + month // 10, (month + 2) % 12 + 1, 1) - timedelta(days=1)
        for day in random.sample(range(80), random.choice([0, 1, 1, 2])):
            amount = Decimal(random.randint(0, 10**8)) / 100
            yield Call(
                region, starts, ends, starts + timedelta(days=day), amount, random.choice([REGIONS[region], "USD"])
            )


def _deal(random: Random, number: str) -> Iterator[Deal]:
    """Give one or two states of a deal: in the second, it is as it came to be; some are not exported any more."""
    region = random.choice(list(REGIONS))
    start = random.choice(STARTS)
    created = start + timedelta(seconds=random.randrange(int((NOW - start).total_seconds())))
    left = int(min(NOW - created, timedelta(days=300)).total_seconds())
    changed = created + timedelta(seconds=random.randrange(left + 1))
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
            stage=STAGES[int(number) % 4] if outcome == "open" else outcome,
            created_at=created,
            expected_close_on=closed
            or (random.choice((NOW, changed)) + timedelta(days=random.randint(-40, 80))).date(),
            closed_on=closed,
            won_on=closed if outcome == "won" else None,
            reached_develop=random.choice([True, True, True, False]),
            business_type=random.choice(["new", "expansion", "renewal", None]),
            times_pushed=random.choice([0, 0, 1, 2, 3]),
            on_hold=random.choice([True, False, None]),
            account_ref=random.choice([*"ABCDEFGH", None]),
            forecast_category=random.choice(["commit", "commit", "best_case", None]),
            is_deleted=last and random.random() < 0.05,
            known_from=created if place == 0 else changed,
            known_until=changed if two and place == 0 else None,
        )


def _lead(random: Random, number: str) -> Lead:
    created = STARTS[0] + timedelta(seconds=random.randrange(int((NOW - STARTS[0]).total_seconds())))

    def later(chance: float) -> datetime | None:
        return created + timedelta(hours=random.randint(0, 1500)) if random.random() < chance else None

    due = created + timedelta(hours=random.choice([8, 24, 70]))
    hours = None if random.random() < 0.1 else float(random.randint(0, 200)) / 4
    region = random.choice(list(REGIONS))
    return Lead(number, region, created, due, later(0.9), later(0.5), LEADS_UNTIL[region], hours)


@pytest.fixture
def store(organisation: Organisation) -> Iterator[Warehouse]:
    filled = empty_warehouse(organisation)
    yield filled
    filled.engine.connection.close()


@pytest.fixture
def definitions(tmp_path: Path) -> Definitions:
    """The shipped definitions, and one that counts each customer once."""
    file = tmp_path / "kpi_definitions.yaml"
    file.write_text((ROOT / file.name).read_text(encoding="utf-8") + CUSTOMERS, encoding="utf-8")
    return Definitions.read(file)
