"""Spark: a snapshot's Parquet files, answered in Spark's words by a session that its owner has set up."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from kpi.engines.base import Schema
from kpi.engines.translation import (
    MARK,
    filled,
    growing,
    in_a_row,
    largest_sum,
    lined_up,
    listed_rows,
    parsed,
    quantile,
    turned,
    unions_by_name,
    united,
)
from warehouse.export import Export
from warehouse.schema import tables

TYPES = {"VARCHAR": "STRING", "TIMESTAMPTZ": "TIMESTAMP"}
# What DuckDB does unasked: instants in UTC, and a product of decimals that keeps its places.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.ansi.enabled": "true",
}


# A session of this host alone: nothing listens beyond loopback.
LOOPBACK = "127.0.0.1"
LOCAL = {
    "spark.driver.bindAddress": LOOPBACK,
    "spark.driver.host": LOOPBACK,
    "spark.driver.memory": "2g",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # The rows are few and the plans are long: nothing is compiled that runs once.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.maxPlanStringLength": "1000",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def local_session(master: str) -> SparkSession:
    """Give a session on this host alone, such as local-cluster[1,1,1024]: one worker in a process of its own."""
    os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
    os.environ.setdefault("SPARK_LOCAL_HOSTNAME", LOOPBACK)
    builder = SparkSession.builder.master(master).appName("denominator")
    for name, value in LOCAL.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


@dataclass(frozen=True)
class View:
    """A part of a statement; kept: once computed. grown: of a recursion, its rows and those that follow from them."""

    name: str
    text: str
    kept: bool
    grown: str | None = None


@dataclass(frozen=True)
class Statement:
    """A statement in Spark's words, taken apart into views.

    lists: view -> column -> parameter that lists its rows.
    """

    views: tuple[View, ...]
    answer: str
    lists: Mapping[str, Mapping[str, str]]


class SparkEngine:
    """One snapshot's files in a Spark session; closes as a context manager, and leaves the session to its owner."""

    dialect = "duckdb"
    name = "spark"

    def __init__(self, spark: SparkSession, export: Export) -> None:
        """Read an exported snapshot."""
        self._spark, self._snapshot = spark, export.snapshot
        self._one_at_a_time = Lock()
        for name, value in SETTINGS.items():
            spark.conf.set(name, value)
        for table, file in export.files.items():
            reading = spark.read.schema(_columns(table))  # stated, so that no job has to look for it
            reading.parquet(file.resolve().as_uri()).createOrReplaceTempView(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the snapshot."""
        for table in tables():
            self._spark.catalog.dropTempView(table)

    def schema(self) -> Schema:
        """Give each table's columns and their types as the house names them."""
        return {name: {column.name: column.sql_type for column in table.columns} for name, table in tables().items()}

    def version(self) -> str:
        """Give the snapshot's number."""
        return str(self._snapshot)

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a statement of the house."""
        given, statement = dict(parameters or {}), translated(sql)
        with self._one_at_a_time:
            try:
                for view, lists in statement.lists.items():
                    rows = pl.DataFrame({column: given[name] for column, name in lists.items()})
                    self._spark.createDataFrame(rows.to_arrow()).createOrReplaceTempView(view)
                for part in statement.views:
                    self._define(part, given)
                return _read(self._asked(statement.answer, given).toArrow())
            finally:
                for view in (*(part.name for part in reversed(statement.views)), *statement.lists):
                    self._spark.catalog.dropTempView(view)
                self._spark.catalog.clearCache()

    def _define(self, part: View, given: Mapping[str, object]) -> None:
        rows = self._asked(part.text, given)
        if part.grown is not None:
            before, rows = -1, rows.distinct().localCheckpoint()
            while before < (before := rows.count()):  # until nothing new follows
                rows.createOrReplaceTempView(part.name)
                rows = self._asked(part.grown, given).localCheckpoint()
        rows.createOrReplaceTempView(part.name)
        if part.kept:
            self._spark.catalog.cacheTable(part.name)

    def _asked(self, text: str, given: Mapping[str, object]) -> DataFrame:
        return self._spark.sql(
            filled(text, lambda name: f":{name}"), args={name: given[name] for name in MARK.findall(text)}
        )


@lru_cache(maxsize=256)
def translated(sql: str) -> Statement:
    """Give a statement of the house in Spark's words, its parameters as marks.

    What the house computes once becomes a view of its own: Spark would compute it anew wherever it is named.
    """
    tree = in_a_row(parsed(sql))
    for union in unions_by_name(tree):
        union.set("this", lined_up(united(union.this)))
    lists: dict[str, dict[str, str]] = {}

    def rows_of(columns: dict[str, str]) -> exp.Query:
        names = {column: mark.strip("⟦⟧") for column, mark in columns.items()}
        view = f"rows_of_{next(iter(names.values()))}"
        lists[view] = names
        return exp.select(*names).from_(view)

    listed_rows(tree, rows_of)
    turned(tree, _turn)
    with_ = tree.args.get("with_")
    parts = with_.expressions if with_ is not None else []
    tree.set("with_", None)
    used = Counter(table.name for query in (tree, *parts) for table in query.find_all(exp.Table))
    views = []
    for cte in parts:
        kept = bool(cte.args.get("materialized")) or used[cte.alias] > 1
        found = growing(cte)
        if found is None:
            views.append(View(cte.alias, cte.this.sql(dialect="spark"), kept))
        else:
            texts = (query.sql(dialect="spark") for query in (found.first, found.grown))
            views.append(View(cte.alias, next(texts), kept=False, grown=next(texts)))
    return Statement(tuple(views), tree.sql(dialect="spark"), lists)


def _columns(table: str) -> str:
    named = ((column.name, TYPES.get(column.sql_type, column.sql_type)) for column in tables()[table].columns)
    return ", ".join(f"`{name}` {kind}" for name, kind in named)


LARGEST_SUM = (
    "AGGREGATE(SLICE(SORT_ARRAY(COLLECT_LIST(each_value) FILTER (WHERE where_it_counts), FALSE), 1, how_many), "
    "CAST(0 AS DECIMAL(38, 10)), (held, one) -> CAST(held + one AS DECIMAL(38, 10)))"
)


def _turn(node: exp.Expr) -> exp.Expr:
    if (asked := quantile(node)) is not None:
        return exp.Anonymous(this="PERCENTILE", expressions=[asked[0], exp.Literal.number(asked[1])])
    if (summed := largest_sum(node, LARGEST_SUM, "spark")) is not None:
        return summed
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):
        return exp.Max(this=node.this.this.copy())
    if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.BIGINT:
        node.set(
            "this", exp.Anonymous(this="RINT", expressions=[node.this.copy()])
        )  # the cast alone cuts fractions off
        return node
    if isinstance(node, exp.DateDiff) and node.text("unit").upper() == "SECOND":
        ends = [exp.TimeToUnix(this=end.copy()) for end in (node.this, node.expression)]
        return exp.paren(exp.Sub(this=ends[0], expression=ends[1]))
    return node


def _read(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("a statement answers with a table")
    return frame
