"""KPIs: how long a definition takes to compile, and the SQL it becomes beside the same figures written by hand."""

import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import pairwise
from math import isclose
from statistics import median

import duckdb
import polars as pl

from kpi.definitions import Definitions
from kpi.engines.base import Schema
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.query import Shape, compile_query
from kpi.scope import Scope
from kpi.slice import Slice
from organisation import Organisation, Workspace
from organisation.workspace import REPOSITORY

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
ADDITIVE = ("won_value", "average_won_deal", "win_rate", "win_rate_by_value")
FIVE = (*ADDITIVE, "sales_cycle")
CLOSE = 1e-9
FILL = """
INSERT INTO opportunity_version BY NAME
WITH numbered AS (
    SELECT i, hash(i) AS h, hash(i + 1_000_000_007) AS g FROM range({rows}) AS r(i)
), drawn AS (
    SELECT i, list_extract($regions, 1 + CAST(h % len($regions) AS INTEGER)) AS region,
        DATE '2024-01-01' + CAST(h // 7 % 1060 AS INTEGER) AS created, CAST(g % 120 AS INTEGER) AS days,
        ['open', 'won', 'won', 'lost', 'lost', 'dropped'][1 + CAST(g // 13 % 6 AS INTEGER)] AS outcome,
        CAST(g // 17 % 90_000_000 AS DECIMAL(20, 2)) / 100 AS amount, h // 11 % 10 < 8 AS developed,
        ['new', 'expansion', 'renewal'][1 + CAST(h // 19 % 3 AS INTEGER)] AS business_type
    FROM numbered
)
SELECT region || '_crm' AS source, 'D-' || i AS opportunity_id, region, 'account ' || i % 4000 AS account_ref,
    CAST(amount AS DECIMAL(18, 2)) AS amount, CAST(amount AS DECIMAL(18, 2)) AS first_amount,
    list_extract($currencies, list_position($regions, region)) AS currency, outcome,
    CASE WHEN outcome = 'open' THEN 'propose' ELSE outcome END AS stage, 'said' AS stage_raw,
    created + INTERVAL 10 HOUR AS created_at, created + days AS expected_close_on,
    CASE WHEN outcome <> 'open' THEN created + days END AS closed_on,
    CASE WHEN outcome = 'won' THEN created + days END AS won_on,
    developed AS reached_develop, business_type, 0 AS times_pushed, false AS is_deleted, false AS on_hold,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' AS first_seen_at, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS known_from,
    false AS held_back, 'load' AS load_id, i + 2 AS line, 'hash' AS row_hash
FROM drawn
"""
RATED = """
INSERT INTO fx_rate_version BY NAME
SELECT 'planning' AS source, currency, DATE '2024-01-01' AS on_date, 'budget' AS kind,
    CAST(0.0625 * i AS DECIMAL(18, 8)) AS rate, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS known_from,
    false AS held_back, 'load' AS load_id, i AS line, 'hash' AS row_hash
FROM (SELECT unnest($currencies) AS currency, generate_subscripts($currencies, 1) AS i)
"""
LOADED = """
INSERT INTO load BY NAME
SELECT region AS load_id, region || '_crm' AS source, 'opportunity' AS table_name, 'deals.csv' AS file,
    region AS sha256, 'profile' AS profile_hash, $at AS exported_at, 'file name' AS exported_at_from,
    $at AS loaded_at, 'full' AS mode, 'all' AS covers, 'loaded' AS status, 1 AS rows_in, 1 AS loaded,
    1 AS changed, 0 AS rejected, 0 AS ignored, 0.1 AS seconds, 'bench' AS who
FROM (SELECT unnest($regions) AS region)
"""
DELIVERED = """
INSERT INTO load_region BY NAME
SELECT region AS load_id, region, 1 AS rows, $at AS data_until FROM (SELECT unnest($regions) AS region)
"""
BY_HAND = """
WITH rates AS (SELECT currency, arg_max(rate, on_date) AS rate FROM fx_rate_version WHERE kind = 'budget' GROUP BY ALL),
deals AS (
    SELECT o.region, CAST(o.amount AS DECIMAL(20, 2)) * CAST(coalesce(r.rate, 1) AS DECIMAL(18, 8)) AS amount,
        o.outcome, o.won_on, o.closed_on, o.won_on - CAST(timezone(z.zone, o.created_at) AS DATE) AS days,
        o.reached_develop IS DISTINCT FROM false AND o.business_type IS DISTINCT FROM 'renewal' AS qualified
    FROM opportunity_version AS o JOIN zones AS z USING (region) LEFT JOIN rates AS r ON r.currency = o.currency
    WHERE o.known_from <= $as_of AND (o.known_until IS NULL OR o.known_until > $as_of) AND o.is_deleted IS NOT TRUE
), won AS (
    SELECT coalesce(region, 'group') AS region, date_trunc('month', won_on) AS month, sum(amount) AS won_value,
        CAST(sum(amount) FILTER (WHERE qualified) AS DOUBLE) / count(amount) FILTER (WHERE qualified)
            AS average_won_deal,
        median(days) FILTER (WHERE qualified) AS sales_cycle
    FROM deals WHERE outcome = 'won' AND won_on BETWEEN $first AND $last
    GROUP BY GROUPING SETS ((region, date_trunc('month', won_on)), (date_trunc('month', won_on)))
), closed AS (
    SELECT coalesce(region, 'group') AS region, date_trunc('month', closed_on) AS month,
        count(*) FILTER (WHERE outcome = 'won') / CAST(count(*) AS DOUBLE) AS win_rate,
        CAST(sum(amount) FILTER (WHERE outcome = 'won') AS DOUBLE) / CAST(sum(amount) AS DOUBLE) AS win_rate_by_value
    FROM deals WHERE qualified AND outcome IN ('won', 'lost') AND closed_on BETWEEN $first AND $last
    GROUP BY GROUPING SETS ((region, date_trunc('month', closed_on)), (date_trunc('month', closed_on)))
)
SELECT region, month, won_value, average_won_deal, win_rate, win_rate_by_value, sales_cycle
FROM won FULL JOIN closed USING (region, month) ORDER BY region, month
"""


@dataclass(frozen=True)
class Figure:
    """One figure: medians of seconds and CPU seconds; the ratio of CPU seconds to the peer of the same work."""

    work: str
    name: str
    seconds: float
    cpu_seconds: float
    ratio: float | None = None


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
    _agree(engine, engine.connection.execute(BY_HAND, given).pl(), (organisation, definitions, asked))
    work = f"{len(FIVE)} KPIs × region × month, {rows:,} deals"
    by_hand = _timed(repeat, lambda: engine.connection.execute(BY_HAND, given).pl())
    together = _timed(repeat, lambda: engine.connection.execute(fused.sql, dict(fused.parameters)).pl())
    each = _timed(repeat, lambda: [engine.connection.execute(one.sql, dict(one.parameters)).pl() for one in apart])
    return [
        *_compiling(definitions, repeat),
        Figure(work, "SQL by hand, fused", *by_hand, 1.0),
        Figure(work, "generated, fused", *together, together[1] / by_hand[1]),
        Figure(work, "generated, one by one", *each, each[1] / by_hand[1]),
        *_rolled_up(engine, (organisation, definitions, asked), rows, repeat),
    ]


def _rolled_up(
    engine: Memory, how: tuple[Organisation, Definitions, Slice], rows: int, repeat: int
) -> Iterator[Figure]:
    """Give the figures of the KPIs that add up: from the rows, from roll-ups, and of making these."""
    keeper = Keeper(engine.connection)
    if evaluate(keeper, *how, Scope.everything(), ADDITIVE) != evaluate(engine, *how, Scope.everything(), ADDITIVE):
        raise NumbersDiffer("Roll-ups and rows gave different figures.")
    from_rows, from_days = (_statement(one, *how, ADDITIVE) for one in (engine, keeper))
    work = f"{len(ADDITIVE)} KPIs that add up × region × month, {rows:,} deals"
    timed = {
        name: _timed(times, partial(_run, engine.connection, run))
        for name, run, times in (
            ("from the rows", [from_rows], repeat),
            ("from roll-ups", [from_days], 4 * repeat),
            ("making the roll-ups, once a snapshot", list(keeper.kept.values()), 1),
        )
    }
    base = timed["from the rows"][1]
    return (Figure(work, name, *figures, figures[1] / base) for name, figures in timed.items())


def _compiling(definitions: Definitions, repeat: int) -> list[Figure]:
    names = tuple(kpi.name for kpi in definitions.figures)

    def compiled(asked: tuple[str, ...]) -> tuple[float, float]:
        shape = Shape(asked, (), False, False, "budget", False, False, Scope.everything())
        return _timed(repeat, lambda: compile_query.__wrapped__(definitions, shape, "duckdb"))

    each = [compiled((name,)) for name in names]
    slowest = max(each, key=lambda one: one[1])
    middle = sorted(each, key=lambda one: one[1])[len(each) // 2]
    return [
        Figure("compiling", f"one KPI, the median of {len(names)}", *middle),
        Figure("compiling", "one KPI, the slowest", *slowest),
        Figure("compiling", f"all {len(names)} in one statement", *compiled(names)),
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


def _agree(engine: Memory, by_hand: pl.DataFrame, how: tuple[Organisation, Definitions, Slice]) -> None:
    organisation, definitions, asked = how
    rows = {(row["region"], row["month"].date().isoformat()): row for row in by_hand.iter_rows(named=True)}
    for value in evaluate(engine, organisation, definitions, asked, Scope.everything(), FIVE):
        expected = rows.get((value.region, value.bucket[0]), {}).get(value.kpi)
        if not _same(value.value, expected):
            where = f"{value.kpi} of {value.region}, {value.bucket[0]}"
            raise NumbersDiffer(f"{where}: generated {value.value}, by hand {expected}")


def _same(generated: Decimal | float | None, by_hand: Decimal | float | None) -> bool:
    if generated is None or by_hand is None:
        return not generated and not by_hand
    return isclose(float(generated), float(by_hand), rel_tol=CLOSE, abs_tol=CLOSE)


def _timed(repeat: int, work: Callable[[], object]) -> tuple[float, float]:
    """Give the medians of the seconds and CPU seconds of some work, after one run that is not counted."""
    work()
    marks = [(time.perf_counter(), _cpu())]
    for _ in range(repeat):
        work()
        marks.append((time.perf_counter(), _cpu()))
    steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(marks)]
    return median(step[0] for step in steps), median(step[1] for step in steps)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
