"""Asking several questions of one store: engine, organisation, definitions and scope in one hand."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import polars as pl

from kpi.definitions import Definitions
from kpi.engines.base import Engine, Schema
from kpi.evaluate import evaluate, evaluate_together
from kpi.in_force import InForce
from kpi.period import GROUP, Period, last_periods, last_year, to_date_like
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.told import newest_exports
from kpi.value import Value
from organisation import Organisation
from organisation.thresholds import Rules

SIDE_BY_SIDE = 2
Answers = dict[tuple[str, str], Value]


class Remembering:
    """An engine that answers the same question once: the questions of one page share much of what they ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[str, str], pl.DataFrame] = {}

    @property
    def behind(self) -> Engine:
        """The engine that is asked."""
        return self._engine

    @property
    def dialect(self) -> str:
        """The engine's name in sqlglot."""
        return self._engine.dialect

    def schema(self) -> Schema:
        """Give each table's columns and their types."""
        return self._engine.schema()

    def version(self) -> str:
        """Give the snapshot the engine was opened at."""
        return self._engine.version()

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a query, from memory where it was asked before."""
        key = (sql, repr(parameters))
        if key not in self._known:
            self._known[key] = self._engine.fetch(sql, parameters)
        return self._known[key]


@dataclass(frozen=True)
class Asking:
    """Who asks what of which store; asked is the question that a page stands on."""

    engine: Engine
    organisation: Organisation
    definitions: Definitions
    asked: Slice
    scope: Scope

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that are asked for and may be seen."""
        named = self.asked.regions or tuple(self.organisation.regions)
        return tuple(region for region in named if self.scope.allows(region))

    @property
    def in_force(self) -> InForce:
        """What holds where: the group's thresholds and levels, and those of regions."""
        return InForce(self.definitions, self.organisation.regions)

    def rules_of(self, region: str) -> Rules:
        """Give the thresholds that hold in a region."""
        return self.in_force.rules(region)

    def values(self, asked: Slice, names: Sequence[str]) -> list[Value]:
        """Give the values of a question."""
        return evaluate(self.engine, self.organisation, self.definitions, asked, self.scope, names)

    def answers(self, asked: Slice, names: Sequence[str]) -> Answers:
        """Give the values of a question that is not broken down further, by KPI and region."""
        return {(value.kpi, value.region): value for value in self.values(asked, names)}

    def many_answers(self, questions: Sequence[tuple[Slice, Sequence[str]]]) -> list[Answers]:
        """Give the answers to several questions: those about the same KPIs together, the others side by side."""
        groups: dict[tuple[str, ...], list[Slice]] = {}
        for asked, names in questions:
            groups.setdefault(tuple(names), []).append(asked)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as asking:
            answered = dict(zip(groups, asking.map(self._together, groups, groups.values()), strict=True))
        each = {names: iter(found) for names, found in answered.items()}
        return [next(each[tuple(names)]) for _, names in questions]

    def _together(self, names: Sequence[str], questions: Sequence[Slice]) -> list[Answers]:
        found = evaluate_together(self.engine, self.organisation, self.definitions, questions, self.scope, names)
        return [{(value.kpi, value.region): value for value in values} for values in found]

    def in_group_money(self) -> Slice:
        """Give the page's question in the group's currency at budget rates."""
        return replace(self.asked, currency="group", rates="budget", rates_on=None)

    def past(self, count: int = 4) -> list[Slice]:
        """Give the same question in the periods before, oldest first, each to the same point of its working days.

        Money is at the rates of the page's own period, so that no rate stands between the two.
        """
        whole = last_periods(self.asked.period, self.organisation, count)
        return [self._twin(period) for period in whole]

    def a_year_before(self) -> Slice:
        """Give the same question a year before, each region to the same point of its working days."""
        return self._with_periods({name: last_year(own, self.organisation, name) for name, own in self.told().items()})

    def told(self) -> dict[str, Period]:
        """Give the page's period for the group and each region, to date as far as its exports of deals tell."""
        exports = newest_exports(self.engine, self.organisation, self.asked.as_of, self.scope)
        return {name: self.asked.period.told(exports.day(name)) for name in self._all()}

    def _twin(self, whole: Period) -> Slice:
        like = {name: to_date_like(own, whole, self.organisation, name) for name, own in self.told().items()}
        return self._with_periods(like)

    def _with_periods(self, periods: dict[str, Period]) -> Slice:
        own = tuple((region, period) for region, period in periods.items() if region != GROUP)
        day = self.asked.rates_on or self.asked.period.to_date
        return replace(self.asked, period=periods[GROUP], own_periods=own, rates_on=day)

    def _all(self) -> tuple[str, ...]:
        return (GROUP, *self.regions)
