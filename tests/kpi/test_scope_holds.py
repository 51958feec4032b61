"""What a reader is told is the same whether the rows outside of the reader's scope exist or not."""

import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kpi
from kpi.accounts import unresolved_merges
from kpi.adoption import adoption
from kpi.calls import stated_calls
from kpi.change.dated import dated_changes
from kpi.change.explained import explain_change
from kpi.change.states import Between
from kpi.change.waterfall import waterfalls
from kpi.comparability import comparability
from kpi.comparability_weeks import Week, common_weeks, noted_weeks, week_verdicts, weeks_due
from kpi.completeness import completeness
from kpi.customers import customer_accounts, match_proposals, shared_customers
from kpi.engines.base import Engine
from kpi.errors import KpiError
from kpi.evaluate import evaluate, evaluate_together
from kpi.fill import measured_fills
from kpi.intake import order_intake_differences
from kpi.joining import joining
from kpi.ledger import unmapped_stages
from kpi.left_view import left_view
from kpi.masking import known_persons, mask_persons
from kpi.peers import peers
from kpi.period import parse_period
from kpi.restatements import Known, restatements
from kpi.roadmap import roadmap
from kpi.rows import part_with_rows, rows_behind
from kpi.same_deals import has_twins, twins_of
from kpi.scope import Scope
from kpi.scorecard import scorecard
from kpi.slice import DIMENSIONS, Slice
from kpi.targets import target_regions
from organisation import Organisation
from tests.kpi import own_rows
from tests.kpi.conftest import NOW, Warehouse, empty_warehouse, shipped
from tests.kpi.test_same_deal import same

EXAMPLES = 300 if os.environ.get("DENOMINATOR_FULL") else 10
COSTLY = 100 if os.environ.get("DENOMINATOR_FULL") else 3  # a whole scorecard asks some forty questions
REGIONS = ("north", "south", "east")
HIDDEN = "Person Nobody May See"
OTHER = {"amount": 777, "segment": None, "lead_source": None, "business_type": "new", "times_pushed": 0}


@dataclass(frozen=True)
class Row:
    """A deal or a lead of a region; a second region is where a deal, worth one more, belongs since 10 November."""

    kind: str
    region: str
    moved_to: str | None
    given: Mapping[str, object]


@dataclass(frozen=True)
class Question:
    """What is asked in one example, by whom."""

    seen: tuple[str, ...]
    regions: tuple[str, ...]
    by: tuple[str, ...]
    grain: str
    currency: str
    rates: str
    period: str
    kpi: str

    def slice(self, warehouse: Warehouse) -> Slice:
        return Slice(
            parse_period(self.period, warehouse.organisation, NOW),
            NOW,
            regions=self.regions,
            by=self.by,
            grain=self.grain,  # type: ignore[arg-type]
            currency=self.currency,  # type: ignore[arg-type]
            rates=self.rates,  # type: ignore[arg-type]
        )


_days = st.dates(date(2026, 5, 1), date(2026, 11, 23)).map(date.isoformat)
_facts = st.fixed_dictionaries(
    {
        "segment": st.sampled_from(["enterprise", "small", None]),
        "lead_source": st.sampled_from(["Web", "Fair", None]),
        "business_type": st.sampled_from(["new", "renewal", None]),
    }
)


@st.composite
def _deals(draw: st.DrawFn) -> Row:
    given: dict[str, object] = {**draw(_facts), "amount": draw(st.integers(1, 9_999_999)), "created": draw(_days)}
    given["times_pushed"] = draw(st.sampled_from([0, 1, 2]))
    ends = draw(st.sampled_from(["won", "lost", "closes"]))
    given[ends] = draw(_days) if ends != "closes" else "2026-12-10"
    given["stage"] = draw(st.sampled_from(["propose", None])) if ends == "closes" else ends
    if given["stage"] is None:
        given |= {"outcome": None, "stage_raw": "Angebot 2"}
    given["account_ref"] = draw(st.sampled_from(["A-1", "A-2", "A-3"]))
    region = draw(st.sampled_from(REGIONS))
    return Row("deal", region, draw(st.none() | st.sampled_from(REGIONS)), given)


@st.composite
def _leads(draw: st.DrawFn) -> Row:
    given: dict[str, object] = {"created": draw(_days), "due": draw(_days), "lead_source": draw(st.just("Web"))}
    given |= {"touched": draw(st.none() | _days), "qualified": draw(st.none() | _days)}
    return Row("lead", draw(st.sampled_from(REGIONS)), None, given)


_worlds = st.lists(st.one_of(_deals(), _deals(), _leads()), min_size=3, max_size=14)
_questions = st.builds(
    Question,
    seen=st.lists(st.sampled_from(REGIONS), max_size=2, unique=True).map(tuple),
    regions=st.lists(st.sampled_from(REGIONS), max_size=2, unique=True).map(tuple),
    by=st.lists(st.sampled_from(DIMENSIONS), max_size=1).map(lambda more: ("region", *more)),
    grain=st.sampled_from(["total", "total", "month", "week"]),
    currency=st.sampled_from(["group", "local"]),
    rates=st.sampled_from(["budget", "spot"]),
    period=st.sampled_from(["2026-Q4", "2026-Q3", "2026-11"]),
    kpi=st.sampled_from(list(shipped().kpis)),
)


def _fill(warehouse: Warehouse, world: list[Row], within: tuple[str, ...] | None) -> None:
    """Put the world into a warehouse, or only the part of it within some regions.

    A deal that moved keeps its state in the region outside, with other facts: that it moved may be known, no more.
    """
    for exported in ("2026-11-02T06:30", "2026-11-24T06:30"):
        warehouse.feeds(exported=exported)
    for number, region in enumerate(REGIONS):
        warehouse.target("2026-10", 1_000_000, region)
        if within is None or region in within:
            booked = {"source": "finance", "month": "2026-10-01", "value": 1000 + number, "currency": "EUR"}
            warehouse.add("order_intake", region, booked)
            warehouse.forecast("2026-10-01", "2026-12-31", 5000 + number, region)
    for number, row in zip(count(1), world, strict=False):
        held = [(row.region, "2026-06-01", None if row.moved_to is None else "2026-11-10")]
        held += [(row.moved_to, "2026-11-10", None)] if row.moved_to else []
        known = [region for region, _, _ in held if within is None or region in within]
        for state in held if known else ():
            told = row if state[0] in known else replace(row, given={**row.given, **OTHER})
            _add(warehouse, told, str(number), state)


def _add(warehouse: Warehouse, row: Row, number: str, state: tuple[str, str, str | None]) -> None:
    region, known_from, known_until = state
    told = {**row.given, "known_from": known_from, "known_until": known_until, "source": f"{row.region}_crm"}
    if known_until is None and row.moved_to:
        told["amount"] = int(str(told["amount"])) + 1
    told["ended_because"] = None if known_until is None else "changed"
    told |= {"line": int(number), "row_hash": f"{number}-{region}"}
    owner = {"owner_ref": f"{HIDDEN} {region}"}
    if row.kind == "deal":
        warehouse.deal(number, told.pop("amount"), region, **told, **owner)  # type: ignore[arg-type]
    else:
        warehouse.lead(number, region, **told, **owner)


def _values(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    asked = question.slice(warehouse)
    names = list(dict.fromkeys([*(one.name for one in shipped().overview), question.kpi]))
    return evaluate(warehouse.engine, warehouse.organisation, shipped(), asked, scope, names)


def _values_together(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    asked = question.slice(warehouse)
    both = [replace(asked, rates_on=NOW.date()), replace(asked, rates_on=NOW.date(), grain="total")]
    names = ["won_value", "win_rate", "open_pipeline"]
    return evaluate_together(warehouse.engine, warehouse.organisation, shipped(), both, scope, names)


def _rows(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    asked = replace(question.slice(warehouse), by=("region",), grain="total")
    try:
        part_with_rows(shipped(), question.kpi)
    except KpiError:
        return ()
    given = (warehouse.engine, warehouse.organisation, shipped(), asked, scope)
    return [rows_behind(*given, kpi=question.kpi, region=region) for region in ("group", *REGIONS)]


def _scorecard(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    return scorecard(warehouse.engine, warehouse.organisation, shipped(), question.slice(warehouse), scope)


def _restated(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    known = Known(warehouse.engine, datetime(2026, 11, 5, tzinfo=UTC))
    return restatements(known, Known(warehouse.engine), warehouse.organisation, scope)


def _intake(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    return order_intake_differences(warehouse.engine, warehouse.organisation, scope, definitions=shipped())


def _waterfalls(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    seen = tuple(region for region in question.regions if scope.allows(region))
    asked = Between(
        date(2026, 10, 31), date(2026, 11, 23), NOW, regions=seen, currency=question.slice(warehouse).currency
    )
    return sorted(waterfalls(warehouse.engine, warehouse.organisation, asked, scope).items())


def _dated(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    quarter = parse_period("2026-Q4", warehouse.organisation, NOW)
    asked = Between(date(2026, 10, 31), date(2026, 11, 23), NOW, regions=question.regions, closing_in=quarter)
    return dated_changes(warehouse.engine, warehouse.organisation, asked, scope)


def _explained(warehouse: Warehouse, question: Question, scope: Scope) -> object:
    periods = (
        parse_period("2026-Q3", warehouse.organisation, NOW),
        parse_period("2026-Q4", warehouse.organisation, NOW),
    )
    given = (warehouse.engine, warehouse.organisation, shipped())
    try:
        return explain_change(*given, "won_value", periods=periods, as_of=NOW, rates="budget", scope=scope)
    except KpiError as error:
        return str(error)


Teller = Callable[[Warehouse, Question, Scope], object]
# Every public function of the semantic layer that takes a scope, and how it is asked here.
TELLERS: Mapping[Callable[..., object], Teller] = {
    evaluate: _values,
    evaluate_together: _values_together,
    rows_behind: _rows,
    scorecard: _scorecard,
    restatements: _restated,
    order_intake_differences: _intake,
    waterfalls: _waterfalls,
    dated_changes: _dated,
    explain_change: _explained,
    completeness: lambda warehouse, _, scope: completeness(warehouse.engine, scope),
    adoption: lambda warehouse, _, scope: adoption(warehouse.engine, scope),
    match_proposals: lambda warehouse, _, scope: match_proposals(warehouse.engine, scope),
    shared_customers: lambda warehouse, _, scope: shared_customers(warehouse.engine, "EUR", NOW, NOW.date(), scope),
    customer_accounts: lambda warehouse, _, scope: [
        customer_accounts(warehouse.engine, customer, scope).rows()
        for customer in shared_customers(warehouse.engine, "EUR", NOW, NOW.date(), Scope.everything())["customer"]
    ],
    twins_of: lambda warehouse, _, scope: sorted(twins_of(warehouse.engine, list(REGIONS), NOW, scope).items()),
    left_view: lambda warehouse, _, scope: left_view(warehouse.engine, warehouse.organisation, scope),
    unmapped_stages: lambda warehouse, _, scope: unmapped_stages(warehouse.engine, warehouse.organisation, scope),
    target_regions: lambda warehouse, _, scope: sorted(
        (kpi, sorted(regions)) for kpi, regions in target_regions(warehouse.engine, scope, NOW).items()
    ),
    stated_calls: lambda warehouse, _, scope: sorted(stated_calls(warehouse.engine, NOW.date(), NOW, scope).items()),
    unresolved_merges: lambda warehouse, _, scope: unresolved_merges(warehouse.engine, scope),
}
# Loads and rejected rows have no region of their own: they are told to readers of the whole source (test_ledger.py).
OF_WHOLE_SOURCES = ("kpi.ledger", "kpi.rejects", "kpi.unmapped_words")
SCANS = (  # parts of queries: they give no answers
    *("kpi.scans", "kpi.scope", "kpi.bases", "kpi.change.states"),
    *("kpi.open_deals", "kpi.forecasts", "kpi.sellers", "kpi.rollups"),
)

# Every public function that reaches a store without a scope: what it gives is of whole regions, which are open to every
# reader (openness is the point), or it is no answer. None of them may name a person or a record.
OPEN: Mapping[Callable[..., object], Callable[[Warehouse, Question], object]] = {
    comparability: lambda warehouse, question: [
        found := comparability(warehouse.engine, warehouse.organisation, shipped(), question.slice(warehouse)),
        roadmap(found, [kpi.name for kpi in shipped().figures], question.slice(warehouse).regions or REGIONS),
    ],
    week_verdicts: lambda warehouse, _: week_verdicts(
        warehouse.engine, warehouse.organisation, shipped(), Week(date(2026, 11, 23), NOW)
    ),
    noted_weeks: lambda warehouse, _: noted_weeks(warehouse.engine, [Week(date(2026, 11, 23), NOW)]),
    common_weeks: lambda warehouse, question: common_weeks(warehouse.engine, question.regions),
    measured_fills: lambda warehouse, question: measured_fills(warehouse.engine, question.slice(warehouse)),
    peers: lambda warehouse, question: peers(
        warehouse.engine, warehouse.organisation, shipped(), question.slice(warehouse), REGIONS[0]
    ),
}
NO_ANSWERS = (
    weeks_due,
    has_twins,
    known_persons,
    mask_persons,
    joining,
)  # days, yes or no, what hides, a rehearsal


@pytest.mark.parametrize("told", TELLERS, ids=lambda told: told.__name__)
def test_rows_outside_of_the_scope_change_nothing_that_is_told(
    told: Callable[..., object], twins: Callable[[], tuple[Warehouse, Warehouse]]
) -> None:
    @settings(
        max_examples=COSTLY if told is scorecard else EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(world=_worlds, question=_questions)
    def holds(world: list[Row], question: Question) -> None:
        whole, own = twins()
        _fill(whole, world, None)
        _fill(own, world, question.seen)
        scope = Scope.of_regions(*question.seen)
        shown = _plain(TELLERS[told](whole, question, scope))
        assert shown == _plain(TELLERS[told](own, question, scope))
        assert HIDDEN not in shown

    holds()


OWN_TABLES = (
    "parallel_work parallel_value plan_coverage plan_attainment white_space credited_value qualification_precision "
    "won_value open_pipeline lead_leak lead_response_median"
).split()


def _others_work_there(warehouse: Warehouse, told: str, amount: int) -> None:
    """Fill in north's own rows, and of the others' only that they have open deals with the same two customers.

    told, amount: what stands in the others' rows. Of the first customer it is agreed who leads.
    """
    own_rows.feeds(warehouse)
    own_rows.plan(warehouse, "G2", lead_region="south", target=500)
    for number, region in enumerate(("north", "south", "east")):
        is_own = region == "north"
        for customer in ("1", "2"):
            own_rows.match(warehouse, f"{region}/{customer}", f"G{customer}")
            named = {"name": f"customer {customer}" if is_own else f"{told} {customer}", "match_key": "same"}
            own_rows.account(warehouse, customer, region, **named)
            given = {"account_ref": customer, "closes": "2026-12-10", "owner_ref": "own" if is_own else told}
            warehouse.deal(
                f"{region} {customer}", 100 if is_own else amount, region, name=str(given["owner_ref"]), **given
            )
        warehouse.deal(f"won {region}", 50 if is_own else amount, region, won="2026-10-05", account_ref="2")
        own_rows.account(warehouse, "7", region, name="customer 7" if is_own else told, match_key=f"k{number // 2}")
    same(warehouse, "north/won north", "south/won south")


@pytest.mark.parametrize("name", OWN_TABLES)
def test_of_parallel_work_a_reader_learns_that_there_is_some_and_nothing_else(
    name: str, twins: Callable[[], tuple[Warehouse, Warehouse]]
) -> None:
    """Others' names, persons and amounts differ between both; what north's reader is told does not."""
    told = []
    for warehouse, word, amount in zip(twins(), (HIDDEN, "Somebody Else"), (1, 9_000_000), strict=True):
        _others_work_there(warehouse, word, amount)
        asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW)
        scope = Scope.of_regions("north")
        found = evaluate(warehouse.engine, warehouse.organisation, shipped(), asked, scope, [name])
        assert {one.region for one in found} == {"north", "group"}
        told.append(_plain(found) + _plain(match_proposals(warehouse.engine, scope)))
    assert told[0] == told[1]
    assert HIDDEN not in told[0]


def test_that_others_work_for_a_customer_too_is_told_as_a_count(
    twins: Callable[[], tuple[Warehouse, Warehouse]],
) -> None:
    """North works on two customers that others work on too; for the second it is agreed who leads."""
    warehouse, _ = twins()
    _others_work_there(warehouse, HIDDEN, 9_000_000)
    asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW)
    given = (warehouse.engine, warehouse.organisation, shipped(), asked, Scope.of_regions("north"))
    found = {(one.kpi, one.region): one.value for one in evaluate(*given, ["parallel_work", "parallel_value"])}
    assert found["parallel_work", "north"] == found["parallel_work", "group"] == 1
    assert found["parallel_value", "north"] == found["parallel_value", "group"] == 100
    for region in ("north", "group"):
        assert set(rows_behind(*given, kpi="parallel_work", region=region)["region"]) == {"north"}


def test_every_function_that_takes_a_scope_is_held_to_it() -> None:
    known = {function.__qualname__ for function in TELLERS}
    unheld = {name for name in _functions_with_a_scope() if name.rpartition(".")[2] not in known}
    assert not unheld, "add them to TELLERS, with how they are asked"


def test_every_function_that_reaches_the_store_without_a_scope_is_known() -> None:
    known = {function.__qualname__ for function in (*OPEN, *NO_ANSWERS)}
    unknown = {name for name in _functions(_reaches_a_store) if name.rpartition(".")[2] not in known}
    assert not unknown, "give them a scope and add them to TELLERS, or say in OPEN why they need none"


@pytest.mark.parametrize("told", OPEN, ids=lambda told: told.__name__)
def test_what_is_open_names_no_record_and_no_person(
    told: Callable[..., object], twins: Callable[[], tuple[Warehouse, Warehouse]]
) -> None:
    @settings(max_examples=COSTLY, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(world=_worlds, question=_questions)
    def holds(world: list[Row], question: Question) -> None:
        whole, _ = twins()
        _fill(whole, world, None)
        shown = _plain(OPEN[told](whole, question))
        assert not [word for word in (HIDDEN, "deal ", "account of", "A-1") if word in shown]

    holds()


def _reaches_a_store(function: Callable[..., object]) -> bool:
    given = inspect.signature(function).parameters
    return "scope" not in given and any(one.annotation in (Engine, Known) for one in given.values())


def _functions_with_a_scope() -> Iterator[str]:
    """Give the public functions of the semantic layer that give answers and take a scope; scans give no answers."""
    return _functions(lambda function: "scope" in inspect.signature(function).parameters)


def _functions(wanted: Callable[[Callable[..., object]], bool]) -> Iterator[str]:
    for module in pkgutil.walk_packages(kpi.__path__, "kpi."):
        # An engine answers statements that hold the scope already; some need libraries of their own.
        if module.name in (*OF_WHOLE_SOURCES, *SCANS) or module.name.startswith("kpi.engines."):
            continue
        for name, function in vars(importlib.import_module(module.name)).items():
            own = inspect.isfunction(function) and function.__module__ == module.name and not name.startswith("_")
            if own and wanted(function) and not name.endswith("_scan"):
                yield f"{module.name}.{name}"


def _plain(told: object) -> str:
    """Everything that is told, as text; line numbers within the file stand for the record and are kept."""
    if isinstance(told, pl.DataFrame):
        return told.write_ndjson()
    if isinstance(told, list | tuple):
        return "\n".join(_plain(one) for one in told)
    return repr(told)


@pytest.fixture
def twins(organisation: Organisation) -> Iterator[Callable[[], tuple[Warehouse, Warehouse]]]:
    """Two warehouses of the same company, emptied of their records each time they are asked for."""
    both = (empty_warehouse(organisation), empty_warehouse(organisation))

    def emptied() -> tuple[Warehouse, Warehouse]:
        for one in both:
            for table in (
                "opportunity_version",
                "lead_version",
                "target_version",
                "order_intake_version",
                "forecast_version",
                "account_version",
                "account_match_version",
                "account_plan_version",
                "same_deal_version",
                "load",
                "load_region",
            ):
                one.engine.connection.execute(f"DELETE FROM {table}")
        return both

    yield emptied
    for one in both:
        one.engine.connection.close()
