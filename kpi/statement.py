"""The statement: scans, sums by day, branches, cells and answers in their order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sqlglot import exp

from kpi.atoms import Atoms, Branch
from kpi.branches import BranchWriter, day_of_row
from kpi.compiled import Step
from kpi.days import Days, by_day
from kpi.rollups import Rollup, rollup_scan, twins_of, twins_rollup
from kpi.shape import Shape
from kpi.sources import Sources
from kpi.trees import as_text, named

# Scans that are read several times, or that the engine would otherwise take apart.
KEPT = ("_states", "_known", "spine", "rates", "past", "points", "_base", "open_at", "open_deal", "done")


@dataclass
class Statement:
    """Puts one statement together; steps: values that others rest on. used_rollups is known once it is written."""

    atoms: Atoms
    steps: Mapping[str, Step]
    shape: Shape
    tables: tuple[str, ...]
    known_rollups: Mapping[str, Rollup]
    days: dict[str, Days] = field(default_factory=dict)
    rolled: dict[str, exp.Query] = field(default_factory=dict)
    used_rollups: list[Rollup] = field(default_factory=list)

    def written(self, answers: Iterable[exp.Expr]) -> exp.Select:
        """Give the statement of some answers, each under its name."""
        keys = ["region", "bucket", *self.shape.dimensions]
        seen = [f"{name}__{edge}" for name in self.tables for edge in ("first_at", "first_load_at", "last_at")]
        layers = self._layers()
        last = _table(f"layer_{len(layers)}" if layers else "cells")
        query = exp.select(*_columns(keys), *answers, *_columns(seen), copy=False).from_(last, copy=False)
        cells = self._cells(keys, seen)
        self._roll_up()
        for alias, scan in self._scans().items():
            query = query.with_(_alias(alias), as_=scan, materialized=alias.endswith(KEPT) or None, copy=False)
        for days in self.days.values():
            is_as_kept = days.name in self.rolled and not days.twins  # reading it twice costs less than a copy
            for alias, scan in self._sums(days).items():
                query = query.with_(_alias(alias), as_=scan, materialized=not is_as_kept or None, copy=False)
        query = query.with_(_alias("cells"), as_=cells, copy=False)
        for place, own in enumerate(layers, start=1):
            before = _table(f"layer_{place - 1}" if place > 1 else "cells")
            layer = exp.select(exp.Star(), *own, copy=False).from_(before, copy=False)
            query = query.with_(_alias(f"layer_{place}"), as_=layer, copy=False)
        placed = _columns(["bucket", "region", *self.shape.dimensions])
        return query.order_by(*(exp.Ordered(this=column, nulls_first=True) for column in placed), copy=False)

    def _cells(self, keys: list[str], seen: list[str]) -> exp.Expr:
        """Put the branches together cell by cell: each atom comes from one branch only, so MAX finds it."""
        writer = BranchWriter(self.atoms, self.shape)
        parts: list[exp.Expr] = []
        for branch in self.atoms.found:
            summed, rest = by_day(self.atoms, branch)
            if rest:
                parts.append(writer.of_rows(branch, rest))
            if summed:
                days = Days(branch, self.shape.dimensions)
                days = self.days.setdefault(days.name, days)
                days.add(self.atoms, branch, summed)
                parts.append(writer.of_days(branch, days.name, summed))
        parts.append(writer.of_cells())
        parts += [writer.arrivals(table) for table in self.tables]
        names = [name for atoms in self.atoms.found.values() for name in atoms]
        return (
            exp.select(*_columns(keys), *(_largest(name) for name in (*names, *seen)), copy=False)
            .from_(exp.Subquery(this=_united(parts)).as_("parts", copy=False), copy=False)
            .group_by(*_columns(keys), copy=False)
        )

    def _roll_up(self) -> None:
        """Let roll-ups stand in for the rows where they hold every sum that is asked for."""
        for name, days in self.days.items():
            rollup = self.known_rollups.get(name)
            if rollup is None or days.branch.relation not in self.shape.rolled_up or self.shape.dimensions:
                continue
            found = rollup_scan(days, rollup, self.shape.scope)
            if found is not None:
                self.rolled[name] = found
                self.used_rollups.append(rollup)

    def _sums(self, days: Days) -> dict[str, exp.Query]:
        """Give sums by day, after those that they are made of."""
        rolled = self.rolled.get(days.name)
        if rolled is None:
            return {days.name: days.query(day_of_row(days.branch))}
        if not days.twins:
            return {days.name: rolled}
        apart = twins_rollup(days, self.known_rollups[days.name], self.shape.scope)
        return {twins_of(days): apart, days.name: rolled}

    def _scans(self) -> dict[str, exp.Expr]:
        sources = Sources(self.atoms, self.shape, self.tables)
        found = sources.found([branch for branch in self.atoms.found if self._reads_rows(branch)])
        self.used_rollups += sources.used_rollups
        return found

    def _reads_rows(self, branch: Branch) -> bool:
        """Say whether any atom of a branch comes from the rows rather than from a roll-up."""
        summed, rest = by_day(self.atoms, branch)
        return bool(rest) or (bool(summed) and Days(branch, ()).name not in self.rolled)

    def _layers(self) -> list[list[exp.Expr]]:
        """Give the values that others rest on, in layers: each uses those of the layers before it."""
        depth: dict[str, int] = {}
        layers: list[list[exp.Expr]] = []
        for name, step in self.steps.items():
            depth[name] = max((depth[other] + 1 for other in step.used if other in depth), default=0)
            layers += [[]] if depth[name] == len(layers) else []
            layers[depth[name]].append(step.written)
        return layers


# Names are given as trees: those given as text are read by a parser each time.
def _columns(names: Iterable[str]) -> list[exp.Column]:
    return [exp.column(name) for name in names]


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name))


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name))


@lru_cache(maxsize=4096)
def _largest(name: str) -> exp.Expr:
    return as_text(named(exp.Max(this=exp.column(name)), name))


def _united(branches: list[exp.Expr]) -> exp.Expr:
    """Put branches together in pairs of pairs: a chain would carry every atom through every one of its links."""
    if len(branches) == 1:
        return branches[0]
    half = len(branches) // 2
    sides = [_united(part) for part in (branches[:half], branches[half:])]
    left, right = (exp.Subquery(this=side) if isinstance(side, exp.Union) else side for side in sides)
    return exp.Union(this=left, expression=right, distinct=False, by_name=True)
