"""kpi_definitions.yaml becomes frozen definitions; all its problems are told at once, each with its line."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from kpi.definition import GROUPS, YEAR_BEFORE, Kpi, Taken
from kpi.definition_fields import read_kpi
from kpi.engines.base import Schema
from kpi.errors import KpiError
from kpi.formula import Formula, FormulaError, aggregate_formula, combination, row_condition
from kpi.limits import DEFAULT_LIMITS, Limits, read_limits
from kpi.relations import BASE, FORECAST, PARAMETERS, SELLER, relations
from organisation import ConfigurationError, Problem, YamlMap, load_yaml
from organisation.problems import did_you_mean
from organisation.thresholds import DEFAULT_RULES, Rules, read_rules

KEYS = ("version", "group", "defaults", "comparability", "deviations", "kpis")


class DefinitionsError(KpiError, ConfigurationError):
    """The definitions file cannot be used; problems holds every fault found."""


@dataclass(frozen=True, eq=False)
class Definitions:
    """All KPIs of a definitions file, in its order, the limits of comparability and the rules of deviations.

    hash changes with its content.
    """

    file: Path
    hash: str
    kpis: Mapping[str, Kpi]
    limits: Limits = DEFAULT_LIMITS
    rules: Rules = DEFAULT_RULES

    @classmethod
    def read(cls, path: Path, schema: Schema | None = None) -> "Definitions":
        """Give the definitions of a file, checked against the canonical schema and, where given, a store's own.

        Raises DefinitionsError with all problems of the file.
        """
        try:
            top = load_yaml(path)
        except ConfigurationError as error:
            raise DefinitionsError(error.problems) from error
        problems = [top.problem(key, f'unknown key "{key}"', did_you_mean(key, KEYS)) for key in top if key not in KEYS]
        kpis, limits = _kpis(top, problems), read_limits(top.get("comparability"), problems, top=top)
        rules = read_rules(top.get("deviations"), problems, top=top)
        problems += [
            top.problem("deviations", f'{key}: there is no KPI "{name}"', did_you_mean(name, kpis))
            for key in ("weekly", "peers", "process")
            for name in getattr(rules, key)
            if name not in kpis
        ]
        problems += [
            top.problem("deviations", f'peers: "{name}" is no share of cases', "Expected a ratio of two counts.")
            for name in rules.peers
            if name in kpis and not _is_share_of_cases(kpis[name])
        ]
        checked = {name: _checked(kpi, kpis, _Place(top, problems, schema)) for name, kpi in kpis.items()}
        if not problems:
            checked = {name: _with_parts(kpi, checked) for name, kpi in checked.items()}
        if problems:
            raise DefinitionsError(sorted(problems, key=lambda problem: problem.line))
        return cls(path, hashlib.sha256(path.read_bytes()).hexdigest()[:16], checked, limits, rules)

    @property
    def overview(self) -> tuple[Kpi, ...]:
        """The KPIs that the overview shows, heading by heading, and that are flagged."""
        return tuple(kpi for kpi in self.figures if kpi.shown == "overview")

    @property
    def figures(self) -> tuple[Kpi, ...]:
        """All KPIs that stand for themselves, heading by heading; those left out are only parts of others."""
        return tuple(sorted((kpi for kpi in self.kpis.values() if kpi.shown != "nowhere"), key=_heading))

    @property
    def parts(self) -> tuple[Kpi, ...]:
        """The KPIs that are only parts of others, and shown nowhere by themselves."""
        return tuple(sorted((kpi for kpi in self.kpis.values() if kpi.shown == "nowhere"), key=_heading))

    def get(self, name: str) -> Kpi:
        """Give a KPI by its id; raises KpiError with the nearest id where there is none."""
        if name not in self.kpis:
            raise KpiError(f'there is no KPI "{name}". {did_you_mean(name, self.kpis)}')
        return self.kpis[name]

    def ends_with_exports(self, name: str) -> bool:
        """Say whether a KPI is judged by what had to be or usually is by now, which a region's newest export ends."""
        kpi = self.get(name)
        waits = kpi.matures_after is not None or (not kpi.is_stock and "as_of" in (kpi.where or ""))
        is_held = waits or bool(kpi.paced) or kpi.window == YEAR_BEFORE
        return is_held or any(map(self.ends_with_exports, kpi.parts))


@dataclass(frozen=True)
class _Place:
    top: YamlMap
    problems: list[Problem]
    schema: Schema | None

    def note(self, kpi: Kpi, key: str, message: str) -> None:
        text = message.removesuffix(".").removesuffix("?")
        hint = None
        if ". Did you mean" in text:
            text, _, near = text.partition(". ")
            hint = f"{near}?"
        kpis = self.top.get("kpis")
        node = kpis.get(kpi.name) if isinstance(kpis, YamlMap) else None
        line = node.line_of(key) if isinstance(node, YamlMap) and key in node else kpi.line
        self.problems.append(Problem(self.top.file, line, f"{kpi.name}: {key}: {text}", hint))


def _is_share_of_cases(kpi: Kpi) -> bool:
    """Whether it is a count over a count, so that chance is known."""
    above, over, below = (kpi.formula or "").partition("/")
    return bool(over) and kpi.unit == "percent" and all(part.strip().startswith("count(*)") for part in (above, below))


def _heading(kpi: Kpi) -> int:
    return GROUPS.index(kpi.heading)


def _kpis(top: YamlMap, problems: list[Problem]) -> dict[str, Kpi]:
    node, defaults = top.get("kpis"), top.get("defaults")
    if not isinstance(node, YamlMap) or not node:
        problems.append(top.problem("kpis", '"kpis" is missing', "Add kpis: with at least one KPI."))
        return {}
    shared = defaults if isinstance(defaults, YamlMap) else YamlMap(top.file, 1, {}, {})
    found = {}
    for name, stated in node.items():
        if isinstance(stated, YamlMap):
            found[name] = read_kpi(name, stated, shared, problems)
        else:
            problems.append(node.problem(name, f'KPI "{name}" has no keys of its own'))
    return found


def _checked(kpi: Kpi, kpis: Mapping[str, Kpi], place: _Place) -> Kpi:
    """Give the KPI with what it needs; its faults are noted."""
    for key in ("compare_with", "at_stake"):
        named = getattr(kpi, key)
        if named is not None and named not in kpis:
            place.note(kpi, key, f'"{named}" is no KPI. {did_you_mean(named, kpis)}')
    ways = [key for key in ("formula", "combine", "of", "paced", "weighted") if getattr(kpi, key)]
    if len(ways) != 1:
        place.note(kpi, "formula", "exactly one of formula, combine, of, paced and weighted is needed")
        return kpi
    if kpi.formula is not None:
        versions = tuple(_with_rows(version, place) for version in kpi.versions)
        return replace(_with_rows(kpi, place), versions=versions)
    try:
        parts = _parts(kpi, frozenset(kpis))
    except FormulaError as error:
        place.note(kpi, ways[0], str(error))
        return kpi
    if _leads_back(kpi.name, parts, kpis):
        place.note(kpi, ways[0], "comes back to itself")
        return kpi
    return replace(kpi, parts=parts)


def _with_rows(kpi: Kpi, place: _Place) -> Kpi:
    known = relations()
    if kpi.table not in known:
        place.note(kpi, "from", f'"{kpi.table or ""}" is no table. {did_you_mean(kpi.table or "", known)}')
        return kpi
    relation = known[kpi.table]
    _check_moment(kpi, place)
    needs = [kpi.counted_on] if kpi.counted_on else []
    if (kpi.resolved is None) != (kpi.matures_at is None):
        place.note(kpi, "matures_at", "resolved and matures_at belong together")
    texts = [("formula", kpi.formula), ("where", kpi.where), ("resolved", kpi.resolved)]
    texts += [("reservations", condition) for condition in kpi.reservations.values()]
    for key, text in texts:
        if text is None:
            continue
        try:
            read = aggregate_formula if key == "formula" else row_condition
            formula: Formula = read(text, relation)
            needs += formula.columns if key != "reservations" else ()
        except FormulaError as error:
            place.note(kpi, key, str(error))
    for key, column in [("counted_on", kpi.counted_on), *(("cells", cell) for cell in kpi.cells)]:
        if column is not None and (column not in relation.columns or column in PARAMETERS):
            place.note(kpi, key, f'there is no column "{column}". {did_you_mean(column, relation.columns)}')
    found = tuple(dict.fromkeys(pair for column in needs for pair in relation.fields(column)))
    _check_store(kpi, found, place)
    return replace(kpi, needs=found)


def _check_moment(kpi: Kpi, place: _Place) -> None:
    """Note where a KPI does not say, or says twice, at which moments or by which date its rows count."""
    if kpi.table == BASE:
        moments = [moment for moment in get_args(Taken) if not moment.startswith("after")]
        if kpi.taken not in moments or kpi.counted_on or kpi.is_stock:
            place.note(kpi, "taken", f"only taken: {' or '.join(moments)} says when deals are looked at")
    elif kpi.table == FORECAST:
        if kpi.taken != "same point of last 8 periods" or kpi.counted_on or kpi.is_stock:
            place.note(kpi, "taken", "only taken: same point of last 8 periods says which forecasts are looked at")
    elif (kpi.counted_on is None) == (not kpi.is_stock):
        place.note(kpi, "counted_on", "exactly one of counted_on and as_of: end of period is needed")
    elif kpi.taken is not None and (kpi.is_stock or not kpi.taken.startswith("after")):
        place.note(kpi, "taken", f'"{kpi.taken}" belongs to deals of {BASE}')


def _check_store(kpi: Kpi, needs: tuple[tuple[str, str], ...], place: _Place) -> None:
    if place.schema is None:
        return
    for table, column in needs:
        stored = relations()[table].stored
        if relations()[table].has_states and table != "cell_fill" and column not in place.schema.get(stored, {}):
            place.note(
                kpi, "formula", f'the store has no column "{column}" in {stored}; load once to bring it up to date'
            )


def _parts(kpi: Kpi, known: frozenset[str]) -> tuple[str, ...]:
    if kpi.combine is not None:
        texts = (kpi.combine, *kpi.fallback.values())
        return tuple(dict.fromkeys(name for text in texts for name in combination(text, known).columns))
    names = (kpi.of,) if kpi.of else (kpi.paced, kpi.by_curve_of) if kpi.paced else (kpi.weighted, kpi.by_yield_of)
    return tuple(name for text in names for name in combination(text or "", known).columns)


def _leads_back(name: str, parts: tuple[str, ...], kpis: Mapping[str, Kpi]) -> bool:
    pending, seen = list(parts), set()
    while pending:
        part = pending.pop()
        if part == name:
            return True
        if part in seen or part not in kpis:
            continue
        seen.add(part)
        kpi = kpis[part]
        named = (kpi.combine, kpi.of, kpi.paced, kpi.by_curve_of, kpi.weighted, kpi.by_yield_of, *kpi.fallback.values())
        texts = " ".join(text for text in named if text)
        pending.extend(other for other in kpis if other in texts.replace("(", " ").replace(")", " ").split())
    return False


def _with_parts(kpi: Kpi, kpis: Mapping[str, Kpi]) -> Kpi:
    """Give a KPI with what it and all its parts touch, what distorts any of them, and whether any asks for states."""
    parts = [_with_parts(kpis[part], kpis) for part in kpi.parts]
    from_start = bool(kpi.parts) and (kpi.is_from_start or any(part.is_from_start for part in parts))
    return replace(
        kpi,
        needs=tuple(dict.fromkeys(pair for one in (kpi, *parts) for pair in one.needs)),
        distorted_by=tuple(dict.fromkeys(habit for one in (kpi, *parts) for habit in one.distorted_by)),
        of_persons=kpi.table == SELLER or any(part.of_persons for part in parts),
        is_stock=kpi.is_stock or any(part.is_stock for part in parts),
        taken=kpi.taken or ("start of period" if from_start else None),
    )
