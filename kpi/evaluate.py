"""Answers a slice: one statement for all KPIs, each value with what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kpi.answers import Answer, Row, whole
from kpi.comparability import Verdict, comparability, judged
from kpi.definitions import Definitions
from kpi.engines.base import Engine, asked_for, keeping
from kpi.parameters import parameters
from kpi.query import Query, compile_query
from kpi.rollups import RELATIONS
from kpi.same_deals import has_twins
from kpi.scope import Scope, required
from kpi.shape import Shape
from kpi.slice import Slice
from kpi.spine import Cell, cells
from kpi.told import exports_for
from kpi.value import GROUP, Value
from organisation import Organisation

__all__ = ["Value", "evaluate", "evaluate_together"]


def evaluate(
    engine: Engine,
    organisation: Organisation,
    definitions: Definitions,
    asked: Slice,
    scope: Scope,
    names: Sequence[str],
) -> list[Value]:
    """Give each KPI of each region and of the group, in each bucket of the slice: one statement for all.

    In local currency each region answers in its own and the group in the group's, from a statement of its own: sums of
    different currencies never meet.
    Money is exact. Raises KpiError for a KPI there is not, and where no scope is given; an empty scope gives nothing.
    """
    return evaluate_together(engine, organisation, definitions, [asked], scope, names)[0]


def evaluate_together(
    engine: Engine,
    organisation: Organisation,
    definitions: Definitions,
    questions: Sequence[Slice],
    scope: Scope,
    names: Sequence[str],
) -> list[list[Value]]:
    """Give what evaluate gives for each of several questions; those that differ in their periods share a statement."""
    asking = _Asked(engine, organisation, definitions, required(scope), tuple(dict.fromkeys(names)))
    answered = asking.answers(questions)
    local = [place for place, asked in enumerate(questions) if asked.currency == "local"]
    totals = asking.answers([replace(questions[place], currency="group") for place in local])
    for place, total in zip(local, totals, strict=True):
        own = [value for value in answered[place] if value.region != GROUP]
        answered[place] = own + [value for value in total if value.region == GROUP]
    return answered


@dataclass(frozen=True)
class _Question:
    """A question made ready: its regions, the regions that cannot answer each KPI, its statement and its cells."""

    asked: Slice
    regions: tuple[str, ...]
    verdicts: dict[tuple[str, str], Verdict]
    without: dict[str, list[str]]
    query: Query
    cells: list[Cell]

    def shares_statement(self, other: "_Question") -> bool:
        """Say whether two questions differ in their cells alone."""
        return (
            self.query is other.query
            and self.regions == other.regions
            and self.without == other.without
            and self.asked.as_of == other.asked.as_of
            and self.asked.rates_on == other.asked.rates_on is not None
        )


@dataclass(frozen=True)
class _Asked:
    """Who asks which KPIs of which store."""

    engine: Engine
    organisation: Organisation
    definitions: Definitions
    scope: Scope
    names: tuple[str, ...]

    def answers(self, questions: Sequence[Slice]) -> list[list[Value]]:
        prepared = [self._prepared(asked) for asked in questions]
        found: dict[int, list[Value]] = {}
        for place, question in enumerate(prepared):
            if question is None:
                found[place] = []
            elif place not in found:
                alike = [
                    (other_place, other)
                    for other_place, other in enumerate(prepared[place:], start=place)
                    if other is not None and (other is question or other.shares_statement(question))
                ]
                found |= zip((at for at, _ in alike), self._answered([other for _, other in alike]), strict=True)
        return [found[place] for place in range(len(questions))]

    def _prepared(self, asked: Slice) -> _Question | None:
        organisation, definitions = self.organisation, self.definitions
        regions = tuple(name for name in asked.regions or organisation.regions if self.scope.allows(name))
        if not regions or not self.names:
            return None
        whole = self.scope.regions is None and set(regions) == set(organisation.regions) and not asked.dimensions
        seen = replace(asked, regions=regions)
        verdicts = comparability(self.engine, organisation, definitions, seen, names=self.names)
        without = {name: [one for one in regions if verdicts[name, one].comparable == "no"] for name in self.names}
        twins = has_twins(self.engine, asked.as_of)
        shape = Shape(
            names=self.names,
            dimensions=asked.dimensions,
            weekly=asked.grain == "week",
            local=asked.currency == "local",
            rates=asked.rates,
            rates_fixed=asked.rates_on is not None,
            group_plan=whole,
            scope=self.scope,
            organised=asked.organised,
            without=frozenset(name for name, lacking in without.items() if lacking),
            earlier=_earlier(definitions, asked.period.to_date),
            rolled_up=self._rolled_up(asked),
            twins=twins,
        )
        query = compile_query(definitions, shape)
        exports = exports_for(self.engine, organisation, asked, self.scope)
        found = cells(organisation, asked, (*regions, GROUP), query.frames, exports)
        return _Question(asked, regions, verdicts, without, query, found)

    def _answered(self, alike: list[_Question]) -> list[list[Value]]:
        """Give the answers to questions that share a statement: the buckets of each follow those of the one before."""
        first, together, starts = alike[0], list[Cell](), list[int]()
        for question in alike:
            starts.append(1 + max((cell.bucket for cell in together), default=-1))
            together += [replace(cell, bucket=cell.bucket + starts[-1]) for cell in question.cells]
        given = parameters(self.organisation, first.asked, together, first.query) | self.scope.parameters()
        given |= {f"without_{name}": lacking for name, lacking in first.without.items()}
        self._keep(first.query)
        rows = self.engine.fetch(first.query.sql, asked_for(first.query.sql, given)).to_dicts()
        ends = [*starts[1:], 1 + max(cell.bucket for cell in together)]
        return [
            self._values(
                question, [row | {"bucket": at - start} for row in rows if start <= (at := whole(row["bucket"])) < end]
            )
            for question, start, end in zip(alike, starts, ends, strict=True)
        ]

    def _rolled_up(self, asked: Slice) -> frozenset[str]:
        """Give the tables of which the question knows the newest states: their roll-ups then say what the rows say."""
        keeper = keeping(self.engine)
        if keeper is None or asked.dimensions or asked.currency == "local":
            return frozenset()
        newest = {table: keeper.newest_change(table) for table in RELATIONS}
        return frozenset(table for table, moment in newest.items() if moment is not None and moment <= asked.as_of)

    def _keep(self, query: Query) -> None:
        keeper, regions = keeping(self.engine), self.organisation.regions
        columns = {
            "regions": list(regions),
            "zones": [region.timezone for region in regions.values()],
            "currencies": [region.currency for region in regions.values()],
        }
        if keeper is None:
            return
        for rollup in query.rollups:
            keeper.keep(rollup.name, rollup.sql, asked_for(rollup.sql, columns))

    def _values(self, question: _Question, rows: list[Row]) -> list[Value]:
        answer = Answer(
            self.organisation, question.asked, question.query, question.regions, rows, question.cells, question.without
        )
        return judged(answer.values(), question.verdicts)


def _earlier(definitions: Definitions, day: date) -> tuple[tuple[str, int], ...]:
    """Give the KPIs of which an earlier version held on a day, and its place among the earlier ones."""
    held = [(kpi, kpi.on(day)) for kpi in definitions.kpis.values() if kpi.versions]
    return tuple((kpi.name, kpi.versions.index(version)) for kpi, version in held if version is not kpi)
