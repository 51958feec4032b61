"""Definitions, a slice and a scope become one SQL statement; its values are parameters, its names the schema's."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from kpi.atoms import Atoms
from kpi.branches import OF_PAST, day_of_row
from kpi.compiled import Compiling
from kpi.days import Days, by_day
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.relations import ACCOUNT_DEAL, relations
from kpi.rollups import Rollup, rollup_of
from kpi.shape import PLANS, Shape
from kpi.slice import DIMENSIONS
from kpi.statement import Statement

NUMBERED = re.compile(r"\b_(atom|day|row|state|step)_(\d+)\b")


@dataclass(frozen=True)
class Query:
    """A statement and how to read its answer: columns are named by the KPI, its parts with a suffix after __."""

    sql: str
    kpis: tuple[Kpi, ...]
    without_dimension: tuple[str, ...]
    suffixes: dict[str, tuple[str, ...]]
    tables: tuple[str, ...]
    frames: tuple[str, ...]
    curve_frames: frozenset[str]
    points: frozenset[tuple[str, str]]
    rollups: tuple[Rollup, ...] = ()


@lru_cache(maxsize=256)
def compile_query(definitions: Definitions, shape: Shape) -> Query:
    """Give the query of some KPIs, in DuckDB's words; the same shape is compiled once."""
    compiling = _compiling(definitions, shape.earlier, shape.local, shape.twins, shape.group_plan, shape.weekly)
    kpis = tuple(compiling.kpis[definitions.get(name).name] for name in shape.names)
    answered = tuple(kpi for kpi in kpis if _knows(definitions, kpi, shape.dimensions))
    answers = {kpi.name: compiling.answer(kpi, shape.rates, leaves_out=kpi.name in shape.without) for kpi in answered}
    used = tuple(dict.fromkeys(name for answer in answers.values() for name in answer.used))
    atoms = compiling.atoms.of(used)
    statement = Statement(
        atoms,
        compiling.written_steps(used),
        shape,
        _tables(atoms),
        _rollups(definitions, shape.earlier) if shape.rolled_up else {},
    )
    sql = statement.written([one for answer in answers.values() for one in answer.written]).sql(
        dialect="duckdb", copy=False
    )
    return Query(
        sql=_numbered_anew(sql),
        kpis=kpis,
        without_dimension=tuple(kpi.name for kpi in kpis if kpi.name not in answers),
        suffixes={name: answer.suffixes for name, answer in answers.items()},
        tables=statement.tables,
        frames=tuple(sorted({"alone", *(branch.frame for branch in atoms.found)})),
        curve_frames=frozenset(branch.frame for branch in atoms.found if branch.kind in OF_PAST),
        points=frozenset((branch.frame, branch.taken) for branch in atoms.found if branch.taken),
        rollups=tuple({rollup.name: rollup for rollup in statement.used_rollups}.values()),
    )


@lru_cache(maxsize=32)
def _compiling(
    definitions: Definitions,
    earlier: tuple[tuple[str, int], ...],
    local: bool,
    twins: bool,
    group_plan: bool,
    weekly: bool,
) -> Compiling:
    """Give the KPIs of the definitions as far as questions of one kind have led to their atoms."""
    held = dict(definitions.kpis) | {name: definitions.get(name).versions[place] for name, place in earlier}
    return Compiling(held, Atoms(local, twins), group_plan, weekly)


def forget_parts() -> None:
    """Forget what the definitions have led to so far, as before the first question."""
    _compiling.cache_clear()


def _tables(atoms: Atoms) -> tuple[str, ...]:
    """Give the stored tables whose arrivals say how old an answer is."""
    read = {branch.relation for branch in atoms.found if branch.relation in relations()} - set(PLANS)
    stored = {relations()[name].stored.removesuffix("_version") for name in read}
    return tuple(sorted(stored | ({"account"} if ACCOUNT_DEAL in read else set())))


@lru_cache(maxsize=16)
def _rollups(definitions: Definitions, earlier: tuple[tuple[str, int], ...]) -> dict[str, Rollup]:
    """Give the roll-ups of all KPIs there are, by the name of the sums that they hold."""
    compiling = _compiling.__wrapped__(definitions, earlier, False, False, False, False)
    for kpi in compiling.kpis.values():
        compiling.parts(kpi, "budget")
    atoms, days = compiling.atoms, dict[str, Days]()
    for branch in atoms.found:
        names, _ = by_day(atoms, branch)
        if names:
            one = Days(branch, ())
            days.setdefault(one.name, one).add(atoms, branch, names)
    return {
        name: rollup_of(one, day_of_row(one.branch), atoms.derived.get(one.branch.scan, {}))
        for name, one in days.items()
    }


def _numbered_anew(sql: str) -> str:
    """Give a statement whose atoms are numbered by their places in it, whatever was asked before it."""
    known: dict[str, str] = {}
    counts = Counter[str]()
    for found in NUMBERED.finditer(sql):
        if found[0] not in known:
            counts[found[1]] += 1
            known[found[0]] = f"_{found[1]}_{counts[found[1]]}"
    return NUMBERED.sub(lambda found: known[found[0]], sql)


def _knows(definitions: Definitions, kpi: Kpi, dimensions: tuple[str, ...]) -> bool:
    """Say whether every table of a KPI can be broken down by the dimensions."""
    if not dimensions:
        return True
    if kpi.of_regions:
        return False
    if kpi.table is None:
        return not (kpi.paced or kpi.weighted) and all(
            _knows(definitions, definitions.kpis[part], dimensions) for part in kpi.parts
        )
    if kpi.spread or kpi.table not in relations():
        return False
    columns = relations()[kpi.table].columns
    return all(("owner_ref" if name == "team" else name) in columns for name in dimensions if name in DIMENSIONS)
