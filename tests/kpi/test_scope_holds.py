"""What a reader is told is the same whether the rows outside of the reader's scope exist or not."""

import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings

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
from kpi.targets import target_regions
from kpi.told import exports_for, newest_exports
from tests.kpi.conftest import NOW, Warehouse, shipped
from tests.kpi.scope_worlds import HIDDEN, REGIONS, Question, Row, fill, plain, questions, worlds

EXAMPLES = 300 if os.environ.get("DENOMINATOR_FULL") else 10
COSTLY = 100 if os.environ.get("DENOMINATOR_FULL") else 3  # a whole scorecard asks some forty questions


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
    exports_for: lambda warehouse, question, scope: sorted(
        exports_for(warehouse.engine, warehouse.organisation, question.slice(warehouse), scope).days.items()
    ),
    newest_exports: lambda warehouse, _, scope: sorted(
        newest_exports(warehouse.engine, warehouse.organisation, NOW, scope).days.items()
    ),
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
    @given(world=worlds, question=questions)
    def holds(world: list[Row], question: Question) -> None:
        whole, own = twins()
        fill(whole, world, None)
        fill(own, world, question.seen)
        scope = Scope.of_regions(*question.seen)
        shown = plain(TELLERS[told](whole, question, scope))
        assert shown == plain(TELLERS[told](own, question, scope))
        assert HIDDEN not in shown

    holds()


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
    @given(world=worlds, question=questions)
    def holds(world: list[Row], question: Question) -> None:
        whole, _ = twins()
        fill(whole, world, None)
        shown = plain(OPEN[told](whole, question))
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
