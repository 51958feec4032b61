"""KPIs: how long a definition takes to compile, and the SQL it becomes beside the same figures written by hand."""

import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import pairwise
from math import isclose
from statistics import median, quantiles

import duckdb
import polars as pl

from bench.boring import PACKAGE, Boring
from bench.kpi_statements import BY_HAND, BY_HAND_OF_ONE, DEALS, DELIVERED, FILL, LOADED, RATED
from kpi.definitions import Definitions
from kpi.engines.base import Schema
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.query import compile_query, forget_parts
from kpi.scope import Scope
from kpi.shape import Shape
from kpi.slice import Slice
from kpi.value import GROUP
from organisation import Organisation, Workspace
from organisation.workspace import REPOSITORY

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
ADDITIVE = ("won_value", "average_won_deal", "win_rate", "win_rate_by_value")
FIVE = (*ADDITIVE, "sales_cycle")
CLOSE = 1e-9
QUICK_RUNS = 100  # enough to say what nineteen of twenty runs stay within


@dataclass(frozen=True)
class Figure:
    """One figure: medians of seconds and CPU seconds; the ratio of CPU seconds to the peer of the same work.

    p95: the seconds that nineteen of twenty runs stay within, where there were enough runs to say.
    """

    work: str
    name: str
    seconds: float
    cpu_seconds: float
    ratio: float | None = None
    p95: float | None = None


@dataclass(frozen=True)
class Statement:
    """A statement that was run, so that it can be run again by itself."""

    sql: str
    parameters: Mapping[str, object]


class NumbersDiffer(Exception):
    """The generated SQL and the one written by hand gave different figures; nothing was measured."""


class Memory:
    """An engine over a DuckDB in memory that remembers the statements it ran."""

    dialect = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection, self.ran = connection, list[Statement]()

    def schema(self) -> Schema:
        """Give the columns and types of every table and view."""
        found: Schema = {}
        columns = "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY ordinal_position"
        for table, column, kind in self.connection.execute(columns).fetchall():
            found.setdefault(table, {})[column] = kind
        return found

    def version(self) -> str:
        """Give the snapshot: there is only one."""
        return "1"

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a statement."""
        self.ran.append(Statement(sql, parameters or {}))
        return self.connection.execute(sql, parameters or None).pl()


class Keeper(Memory):
    """The same, with roll-ups; kept holds the statements that they come from."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self.kept: dict[str, Statement] = {}

    def newest_change(self, table: str) -> datetime | None:
        """Give the moment of the newest change: the deals were all exported at once."""
        return NOW if table == "opportunity" else None

    def keep(self, name: str, sql: str, parameters: Mapping[str, object]) -> None:
        """Keep the rows of a statement as a table."""
        if name not in self.kept:
            self.kept[name] = Statement(sql, parameters)
            self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}", dict(parameters) or None)


def measure_kpis(rows: int, repeat: int) -> list[Figure]:
    """Give the figures of compiling, of five KPIs by region and month beside SQL by hand, apart, and from roll-ups.

    Raises NumbersDiffer where the two do not agree to one part in a thousand million.
    """
    organisation = Organisation.read(Workspace(REPOSITORY))
    definitions = Definitions.read(organisation.workspace.definitions_file)
    engine = Memory(_filled(organisation, rows))
    asked = Slice(parse_period("2026", organisation, NOW), NOW, grain="month")
    fused = _statement(engine, organisation, definitions, asked, FIVE)
    apart = [_statement(engine, organisation, definitions, asked, (name,)) for name in FIVE]
    given = {"as_of": NOW, "first": date(2026, 1, 1), "last": asked.period.to_date}
    frame = engine.connection.execute(BY_HAND, given).pl()
    rows_by_hand = {(row["region"], row["month"].date().isoformat()): row for row in frame.iter_rows(named=True)}
    _agree(engine, rows_by_hand, (organisation, definitions, asked), "by hand")
    work = f"{len(FIVE)} KPIs × region × month, {rows:,} deals"
    by_hand = _timed(repeat, lambda: engine.connection.execute(BY_HAND, given).pl())
    together = _timed(repeat, lambda: engine.connection.execute(fused.sql, dict(fused.parameters)).pl())
    each = _timed(repeat, lambda: [engine.connection.execute(one.sql, dict(one.parameters)).pl() for one in apart])
    return [
        *_compiling(definitions, repeat),
        Figure(work, "SQL by hand, fused", *by_hand, 1.0),
        Figure(work, "generated, fused", *together, together[1] / by_hand[1]),
        Figure(work, "generated, one by one", *each, each[1] / by_hand[1]),
        *_one_market(engine, (organisation, definitions, asked), rows, repeat),
        *_beside(engine, (organisation, definitions, asked), Figure(work, "", *by_hand), repeat),
        *_rolled_up(engine, (organisation, definitions, asked), rows, repeat),
    ]


def _one_market(
    engine: Memory, how: tuple[Organisation, Definitions, Slice], deals: int, repeat: int
) -> Iterator[Figure]:
    """Give the figures of the same five KPIs for one market, beside SQL by hand that knows no other."""
    organisation, definitions, asked = how
    market = next(iter(organisation.regions))
    of_one = replace(asked, regions=(market,))
    given = {"as_of": NOW, "first": date(2026, 1, 1), "last": asked.period.to_date, "market": market}
    frame = engine.connection.execute(BY_HAND_OF_ONE, given).pl()
    found = {
        (name, row["month"].date().isoformat()): row for row in frame.iter_rows(named=True) for name in (market, GROUP)
    }
    _agree(engine, found, (organisation, definitions, of_one), "by hand")
    generated = _statement(engine, organisation, definitions, of_one, FIVE)
    work = f"{len(FIVE)} KPIs × one market × month, {deals:,} deals"
    by_hand = _timed(repeat, lambda: engine.connection.execute(BY_HAND_OF_ONE, given).pl())
    own = _timed(repeat, partial(_run, engine.connection, [generated]))
    yield Figure(work, "SQL by hand", *by_hand, 1.0)
    yield Figure(work, "generated", *own, own[1] / by_hand[1])


def _beside(
    engine: Memory, how: tuple[Organisation, Definitions, Slice], by_hand: Figure, repeat: int
) -> Iterator[Figure]:
    """Give the figures of the peer over a view that converts the amounts; none where it is not installed."""
    view = DEALS.replace("$as_of", f"TIMESTAMPTZ '{NOW.isoformat()}'")
    engine.connection.execute(f"CREATE OR REPLACE VIEW deals AS {view}")
    try:
        peer = Boring(engine.connection, "deals", date(2026, 1, 1), how[2].period.to_date)
    except ImportError:
        return
    _agree(engine, peer.run(), how, PACKAGE)
    compiled, ran = _timed(repeat, peer.compile), _timed(repeat, peer.run)
    yield Figure("compiling", f"{PACKAGE}, {len(FIVE)} KPIs in {peer.queries} statements", *compiled)
    yield Figure(by_hand.work, f"{PACKAGE}, {peer.queries} statements", *ran, ran[1] / by_hand.cpu_seconds)


def _rolled_up(
    engine: Memory, how: tuple[Organisation, Definitions, Slice], deals: int, repeat: int
) -> Iterator[Figure]:
    """Give the figures of the KPIs that add up: from the rows, from roll-ups, and of making these."""
    keeper = Keeper(engine.connection)
    if evaluate(keeper, *how, Scope.everything(), ADDITIVE) != evaluate(engine, *how, Scope.everything(), ADDITIVE):
        raise NumbersDiffer("Roll-ups and rows gave different figures.")
    from_rows, from_days = (_statement(one, *how, ADDITIVE) for one in (engine, keeper))
    work = f"{len(ADDITIVE)} KPIs that add up × region × month, {deals:,} deals"
    rows = _timed(repeat, partial(_run, engine.connection, [from_rows]))
    days = _steps(QUICK_RUNS, partial(_run, engine.connection, [from_days]))
    made = _timed(1, partial(_run, engine.connection, list(keeper.kept.values())))
    yield Figure(work, "from the rows", *rows, 1.0)
    within = quantiles([step[0] for step in days], n=20)[-1]
    yield Figure(work, "from roll-ups", *_medians(days), _medians(days)[1] / rows[1], within)
    yield Figure(work, "making the roll-ups, once a snapshot", *made, made[1] / rows[1])


def _compiling(definitions: Definitions, repeat: int) -> list[Figure]:
    names = tuple(kpi.name for kpi in definitions.figures)

    def compiled(asked: tuple[str, ...], *, first: bool = False) -> tuple[float, float]:
        shape = Shape(asked, (), False, False, "budget", False, False, Scope.everything())

        def compile_it() -> None:
            if first:
                forget_parts()
            compile_query.__wrapped__(definitions, shape)

        return _timed(repeat, compile_it)

    each = [compiled((name,)) for name in names]
    slowest = max(each, key=lambda one: one[1])
    middle = sorted(each, key=lambda one: one[1])[len(each) // 2]
    return [
        Figure("compiling", f"one KPI whose parts are known, the median of {len(names)}", *middle),
        Figure("compiling", "one KPI whose parts are known, the slowest", *slowest),
        Figure("compiling", f"all {len(names)} in one statement, parts known", *compiled(names)),
        Figure("compiling", "one KPI, the first question of all", *compiled(("win_rate",), first=True)),
        Figure("compiling", f"all {len(names)}, the first question of all", *compiled(names, first=True)),
    ]


def _filled(organisation: Organisation, rows: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute((REPOSITORY / "warehouse/schema.sql").read_text(encoding="utf-8"))
    regions = list(organisation.regions)
    currencies = [organisation.regions[name].currency for name in regions]
    connection.execute(FILL.format(rows=rows), {"regions": regions, "currencies": currencies})
    foreign = sorted(set(currencies) - {organisation.group.currency})
    connection.execute(RATED, {"currencies": foreign})
    for told in (LOADED, DELIVERED):
        connection.execute(told, {"regions": regions, "at": NOW})
    zones = ", ".join(f"('{name}', '{organisation.regions[name].timezone}')" for name in regions)
    connection.execute(f"CREATE TABLE zones AS SELECT * FROM (VALUES {zones}) AS z(region, zone)")
    return connection


def _statement(
    engine: Memory, organisation: Organisation, definitions: Definitions, asked: Slice, names: tuple[str, ...]
) -> Statement:
    """Give the statement that answers some KPIs: of all that an answer asks, the one that knows the spine."""
    engine.ran.clear()
    evaluate(engine, organisation, definitions, asked, Scope.everything(), names)
    return next(one for one in engine.ran if "cell_bucket" in one.parameters)


def _run(connection: duckdb.DuckDBPyConnection, statements: list[Statement]) -> None:
    for one in statements:
        connection.execute(one.sql, dict(one.parameters) or None).pl()


def _agree(
    engine: Memory,
    rows: Mapping[tuple[str, str], Mapping[str, object]],
    how: tuple[Organisation, Definitions, Slice],
    whose: str,
) -> None:
    organisation, definitions, asked = how
    for value in evaluate(engine, organisation, definitions, asked, Scope.everything(), FIVE):
        expected = rows.get((value.region, value.bucket[0]), {}).get(value.kpi)
        if not _same(value.value, expected):
            where = f"{value.kpi} of {value.region}, {value.bucket[0]}"
            raise NumbersDiffer(f"{where}: generated {value.value}, {whose} {expected}")


def _same(generated: Decimal | float | None, other: object) -> bool:
    if generated is None or not isinstance(other, Decimal | float | int):
        return not generated and not other
    return isclose(float(generated), float(other), rel_tol=CLOSE, abs_tol=CLOSE)


def _timed(repeat: int, work: Callable[[], object]) -> tuple[float, float]:
    """Give the medians of the seconds and CPU seconds of some work, after one run that is not counted."""
    return _medians(_steps(repeat, work))


def _medians(steps: list[tuple[float, float]]) -> tuple[float, float]:
    return median(step[0] for step in steps), median(step[1] for step in steps)


def _steps(repeat: int, work: Callable[[], object]) -> list[tuple[float, float]]:
    """Give the seconds and CPU seconds of each run of some work, after one that is not counted."""
    work()
    marks = [(time.perf_counter(), _cpu())]
    for _ in range(repeat):
        work()
        marks.append((time.perf_counter(), _cpu()))
    return [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(marks)]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
