"""The waterfall: every event has its bar, and over any history start and bars give the end."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi.change.states import Between
from kpi.change.waterfall import Waterfall, waterfalls
from kpi.errors import KpiError
from kpi.evaluate import evaluate
from kpi.period import Period, parse_period
from kpi.scope import Scope
from kpi.slice import Currency, Rates, Slice
from tests.kpi.conftest import NOW, Warehouse, shipped

START, END = date(2026, 9, 30), date(2026, 11, 20)
State = dict[str, object]
OPEN: State = {"amount": 100, "closes": "2026-12-01"}
EVERYTHING = Scope.everything()


def asked(**given: object) -> Between:
    return Between(**{"since": START, "until": END, "as_of": NOW} | given)  # type: ignore[arg-type]


def bars(warehouse: Warehouse, region: str = "north", scope: Scope = EVERYTHING, **given: object) -> dict[str, int]:
    found = waterfalls(warehouse.engine, warehouse.organisation, asked(**given), scope)[region]
    assert_reconciles(found)
    return {bar.name: int(bar.amount) for bar in found.bars}


def history(warehouse: Warehouse, deal: str, early: State, late: State, region: str = "north") -> None:
    """Add a deal that is first early's, and from the middle of October late's."""
    warehouse.history(deal, region, _2026_08_01=early, _2026_10_15=late)


def assert_reconciles(found: Waterfall) -> None:
    assert found.start + sum(bar.amount for bar in found.bars) == found.end
    start, shown, end = found.cents
    assert start + sum(bar.amount for bar in shown) == end


@pytest.mark.parametrize(
    ("bar", "amount", "later"),
    [
        ("increased", 20, OPEN | {"amount": 120}),
        ("decreased", -60, OPEN | {"amount": 40}),
        ("decreased", -100, OPEN | {"amount": None}),
        ("won", -100, {"amount": 150, "won": "2026-10-10"}),
        ("lost", -100, {"amount": 100, "lost": "2026-10-10"}),
        ("dropped", -100, {"amount": 100, "outcome": "dropped"}),
        ("stage_unknown", -100, OPEN | {"outcome": None, "stage": None}),
        ("removed", -100, OPEN | {"is_deleted": True}),
    ],
)
def test_each_event_has_its_bar(warehouse: Warehouse, bar: str, amount: int, later: dict[str, object]) -> None:
    history(warehouse, "a", OPEN, later)
    assert bars(warehouse) == {bar: amount}


@pytest.mark.parametrize(("because", "bar"), [("deleted", "removed"), ("left_view", "left_view")])
def test_a_deal_that_is_gone_says_why(warehouse: Warehouse, because: str, bar: str) -> None:
    warehouse.deal("a", 100, known_from="2026-08-01", known_until="2026-10-15", ended_because=because)
    assert bars(warehouse) == {bar: -100}


def test_a_new_deal_a_late_registered_one_and_one_that_is_open_again(warehouse: Warehouse) -> None:
    late = {"known_from": "2026-10-15", "first_seen_at": "2026-10-15"}
    warehouse.deal("new", 10, created="2026-10-14", **late)
    warehouse.deal("late", 20, created="2026-06-01", **late)
    history(warehouse, "again", {"amount": 40, "lost": "2026-08-01"}, OPEN | {"amount": 40})
    warehouse.deal("back", 80, known_from="2026-07-01", known_until="2026-08-01", ended_because="left_view")
    warehouse.deal("back", 80, known_from="2026-10-15")
    assert bars(warehouse) == {"new": 10, "late_registered": 20, "reopened": 120}


def test_pulls_and_pushes_around_a_named_period(warehouse: Warehouse) -> None:
    quarter = parse_period("2026-Q4", warehouse.organisation, NOW)

    def moved(deal: str, amount: int, before: str, after: str, **later: object) -> None:
        history(warehouse, deal, {"amount": amount, "closes": before}, {"amount": amount, "closes": after, **later})

    moved("pulled in", 1, "2027-02-01", "2026-12-01")
    moved("pushed in", 2, "2026-09-20", "2026-12-01")
    moved("pushed out", 4, "2026-12-01", "2027-02-01")
    moved("pulled ahead", 8, "2026-12-01", "2026-09-20")
    moved("on hold", 16, "2026-12-01", "2026-12-01", on_hold=True)
    moved("inside", 32, "2026-12-01", "2026-11-01")
    expected = {"pulled_in": 1, "pushed_in": 2, "pushed_out": -4, "pulled_ahead": -8, "set_aside": -16}
    assert bars(warehouse, closing_in=quarter) == expected
    assert bars(warehouse) == {}


def test_a_move_between_regions_is_nothing_in_the_group(warehouse: Warehouse) -> None:
    """100 in north become 120 in south (both in euro): north −100, south +100 and +20, the group +20."""
    warehouse.deal("a", 100, source="crm", known_from="2026-08-01", known_until="2026-10-15", ended_because="changed")
    warehouse.deal("a", 120, "south", source="crm", currency="EUR", known_from="2026-10-15")
    assert bars(warehouse, "north") == {"moved": -100}
    assert bars(warehouse, "south") == {"moved": 100, "increased": 20}
    assert bars(warehouse, "group") == {"moved": 0, "increased": 20}
    assert bars(warehouse, "north", Scope.of_regions("north")) == {"moved": -100}
    assert bars(warehouse, "south", Scope.of_regions("south")) == {"moved": 120}


def test_exchange_rates_are_a_bar_of_their_own(warehouse: Warehouse) -> None:
    """100 dollars at 0.5, then 120 at 0.6: rates +10, amount +12; in dollars nothing but the amount."""
    warehouse.rate("USD", "2026-11-01", "0.6", kind="spot")
    history(warehouse, "a", OPEN, OPEN | {"amount": 120}, "south")
    assert bars(warehouse, "group", rates="booked") == {"fx": 10, "increased": 12}
    assert bars(warehouse, "group", rates="budget") == {"increased": 10}
    assert bars(warehouse, "south", rates="booked", currency="local") == {"increased": 20}


def test_an_unrated_currency_is_counted_and_never_one_to_one(warehouse: Warehouse) -> None:
    warehouse.history("a", _2026_08_01=OPEN | {"currency": "CHF"})
    found = waterfalls(warehouse.engine, warehouse.organisation, asked(), EVERYTHING)["group"]
    assert found.start == found.end == 0
    assert found.unrated == 1


def test_an_end_before_its_start_is_refused() -> None:
    with pytest.raises(KpiError, match="before it begins"):
        asked(until=date(2026, 1, 1))


def test_a_reader_of_no_region_sees_no_waterfall(warehouse: Warehouse) -> None:
    warehouse.history("a", _2026_08_01=OPEN)
    found = waterfalls(warehouse.engine, warehouse.organisation, asked(), Scope.of_regions())
    assert all(one.start == one.end == 0 and not one.moves for one in found.values())


DAYS = st.dates(date(2026, 7, 1), date(2026, 11, 24))
STATE = st.fixed_dictionaries(
    {
        "amount": st.none() | st.decimals(min_value=-50, max_value=10**6, places=2),
        "currency": st.sampled_from(["EUR", "USD", "JPY", "CHF"]),
        "region": st.sampled_from(["north", "south", "east"]),
        "outcome": st.sampled_from(["open", "open", "open", "open", "won", "lost", "dropped", None]),
        "expected_close_on": st.none() | st.dates(date(2026, 8, 1), date(2027, 3, 1)),
        "reached_develop": st.sampled_from([True, True, False, None]),
        "on_hold": st.sampled_from([False, False, True, None]),
        "is_deleted": st.sampled_from([False, False, False, True]),
        "held_back": st.booleans(),
        "gap": st.sampled_from([None, None, None, "left_view", "deleted"]),
    }
)
MOMENTS = st.integers(0, 146 * 24).map(lambda hours: datetime(2026, 7, 1, tzinfo=UTC) + timedelta(hours=hours))
HISTORY = st.lists(st.tuples(MOMENTS, STATE), min_size=1, max_size=5)


@pytest.fixture
def random_history(warehouse: Warehouse) -> Warehouse:
    warehouse.feeds(exported="2026-06-01T06:30")
    warehouse.feeds()
    for region in warehouse.organisation.regions:
        warehouse.deal("first", None, region, outcome="dropped", known_from="2026-06-01")
    warehouse.rate("USD", "2026-10-10", "0.61234567", kind="spot")
    warehouse.rate("JPY", "2026-10-20", "0.00912345", kind="spot")
    return warehouse


def fill(warehouse: Warehouse, histories: list[list[tuple[datetime, dict[str, object]]]]) -> None:
    warehouse.engine.connection.execute("DELETE FROM opportunity_version WHERE opportunity_id <> 'first'")
    for number, states in enumerate(histories):
        ordered = sorted(dict(states).items())
        for place, (moment, state) in enumerate(ordered):
            columns = dict(state)
            gap, region = columns.pop("gap"), str(columns.pop("region"))
            until = ordered[place + 1][0] if place + 1 < len(ordered) else None
            if gap and (until is None or until - moment > timedelta(days=5)):
                until = moment + timedelta(days=5)
            since, ended = moment, until
            because = gap or ("changed" if ended else None)
            known = {"known_from": since, "known_until": ended, "ended_because": because, "source": "crm"}
            amount = columns.pop("amount")
            seen = {"first_seen_at": ordered[0][0]}
            warehouse.deal(str(number), amount, region, **columns, **known, **seen)  # type: ignore[arg-type]


def kpi_on(warehouse: Warehouse, day: date, rates: Rates, currency: Currency) -> dict[str, Fraction]:
    """Give what the KPI says at the end of a day by region; nothing where it refuses a value or lacks a region's."""
    question = Slice(Period(day, day, "one day", "group", day), NOW, currency=currency, rates=rates)
    values = evaluate(warehouse.engine, warehouse.organisation, shipped(), question, EVERYTHING, ["open_pipeline"])
    return {one.region: Fraction(one.value) for one in values if one.value is not None and not one.missing_regions}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    histories=st.lists(HISTORY, min_size=1, max_size=10),
    days=st.tuples(DAYS, DAYS).map(sorted),
    rates=st.sampled_from(["budget", "booked", "spot"]),
    currency=st.sampled_from(["group", "local"]),
    closing=st.sampled_from([None, "2026-Q4"]),
)
def test_start_and_bars_give_the_end_and_both_ends_are_the_kpi(
    random_history: Warehouse,
    histories: list[list[tuple[datetime, dict[str, object]]]],
    days: list[date],
    rates: Rates,
    currency: Currency,
    closing: str | None,
) -> None:
    fill(random_history, histories)
    named = parse_period(closing, random_history.organisation, NOW) if closing else None
    question = Between(days[0], days[1], NOW, named, currency=currency, rates=rates)
    found = waterfalls(random_history.engine, random_history.organisation, question, EVERYTHING)
    for one in found.values():
        assert_reconciles(one)
    for day, ends in zip(days, ("start", "end"), strict=True):
        for region, level in kpi_on(random_history, day, rates, currency).items() if closing is None else ():
            if region in found:
                assert getattr(found[region], ends) == level, (region, day)
    if currency == "group":
        regions = [one for name, one in found.items() if name != "group"]
        assert sum(one.end for one in regions) == found["group"].end
        assert sum(move.amount for one in regions for move in one.moves if move.bar == "moved") == sum(
            move.amount for move in found["group"].moves if move.bar == "moved"
        )
