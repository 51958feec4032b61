"""ClickHouse (chdb, in this process): a snapshot in memory, answered in ClickHouse's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from io import BytesIO
from threading import Lock
from types import TracebackType
from typing import Self

import polars as pl
from chdb import session
from sqlglot import exp, parse_one

from kpi.engines.base import Schema
from kpi.engines.translation import (
    MARK,
    filled,
    growing,
    in_a_row,
    largest_sum,
    lined_up,
    listed_rows,
    marks,
    parsed,
    quantile,
    turned,
    unions_by_name,
    united,
    without_stars,
)
from warehouse.export import Export
from warehouse.schema import tables

TYPES = {
    "VARCHAR": "String",
    "DATE": "Date32",
    "TIMESTAMPTZ": "DateTime64(6, 'UTC')",
    "BIGINT": "Int64",
    "INTEGER": "Int32",
    "DOUBLE": "Float64",
    "BOOLEAN": "Bool",
}
# What DuckDB does unasked: null for a sum of nothing and for a row without a partner, a column before its alias.
SETTINGS = {
    "join_use_nulls": 1,
    "aggregate_functions_null_for_empty": 1,
    "prefer_column_name_to_alias": 1,
    "least_greatest_legacy_null_behavior": 0,
    "union_default_mode": "'DISTINCT'",
    "enable_materialized_cte": 1,
    # All KPIs in one statement are longer than is usual: bytes of its text, parts of its tree.
    "max_query_size": 16_000_000,
    "max_ast_elements": 1_000_000,
    "max_expanded_ast_elements": 10_000_000,
    "session_timezone": "'UTC'",
}


class ClickHouseEngine:
    """One snapshot in a ClickHouse of this process; closes as a context manager."""

    dialect = "duckdb"
    name = "clickhouse"

    def __init__(self, export: Export) -> None:
        """Copy an exported snapshot into memory."""
        self._snapshot = export.snapshot
        self._one_at_a_time = Lock()
        self._session = session.Session()
        for name, value in SETTINGS.items():
            self._session.query(f"SET {name} = {value}")
        for table, file in export.files.items():
            columns = ", ".join(
                f'"{column.name}" Nullable({_stored(column.sql_type)})' for column in tables()[table].columns
            )
            self._session.query(f'CREATE TABLE "{table}" ({columns}) ENGINE = Memory')
            self._session.query(f"INSERT INTO \"{table}\" SELECT * FROM file('{file.resolve()}', Parquet)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the memory."""
        self._session.close()

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
            for name, first, following in statement.recursions:
                self._asked(f"CREATE OR REPLACE TABLE {name} ENGINE = Memory AS {first}", given)
                before = -1
                while before < (before := self._asked(f"SELECT count() AS n FROM {name}", {})["n"][0]):
                    self._asked(f"INSERT INTO {name} {following}", given)
            return self._asked(statement.answer, given)

    def _asked(self, text: str, given: Mapping[str, object]) -> pl.DataFrame:
        """Give the rows of a statement in ClickHouse's words, its parameters as marks; none where it gives none."""
        statement = filled(text, lambda name: f"{{{name}:{_type_of(given[name])}}}")
        answer = self._session.query(
            statement, "Arrow", params={name: _in_words(given[name]) for name in dict.fromkeys(MARK.findall(text))}
        ).bytes()
        return pl.read_ipc(BytesIO(answer)) if answer else pl.DataFrame()


@dataclass(frozen=True)
class Statement:
    """A statement in ClickHouse's words; recursions are tables of their own, filled until nothing new follows."""

    recursions: tuple[tuple[str, str, str], ...]  # name, first rows, those that follow
    answer: str


@lru_cache(maxsize=256)
def translated(sql: str) -> Statement:
    """Give a statement of the house in ClickHouse's words, its parameters as marks."""
    tree = without_stars(in_a_row(parsed(sql)))
    for union in unions_by_name(tree):
        union.set("this", lined_up(united(union.this)))
    listed_rows(tree, _rows_of_lists)
    for select in tree.find_all(exp.Select):  # a column of a join would keep its table's name
        select.set("expressions", [_named(column) for column in select.expressions])
    answer = turned(tree, _turn)
    answer.set("expressions", [_true_or_false(column) for column in answer.expressions])
    with_ = answer.args.get("with_")
    parts, recursions = [], []
    for cte in with_.expressions if with_ is not None else ():
        found = growing(cte)
        if found is None:
            parts.append(cte)
        else:
            new = exp.Except(this=found.following, expression=exp.select("*").from_(found.name), distinct=True)
            first = found.first.distinct()
            recursions.append((found.name, _sql(_with(first, parts)), _sql(_with(new, parts))))
    if with_ is not None:
        with_.set("expressions", parts)
        with_.set("recursive", False)
    return Statement(tuple(recursions), _sql(answer))


def _with(query: exp.Query, parts: list[exp.CTE]) -> exp.Query:
    """Give a query with those of the parts before it that it rests on."""
    needed, held = {table.name for table in query.find_all(exp.Table)}, []
    for cte in reversed(parts):
        if cte.alias in needed:
            needed |= {table.name for table in cte.find_all(exp.Table)}
            held.append(cte.copy())
    query.set("with_", exp.With(expressions=list(reversed(held))))
    return query


def _rows_of_lists(lists: dict[str, str]) -> exp.Query:
    """Give one row for each place of several lists, by the names of their columns."""
    zipped = ", ".join(lists.values())
    columns = ", ".join(f"tupleElement(z, {place}) AS {name}" for place, name in enumerate(lists, start=1))
    rows = parse_one(
        f"SELECT {columns} FROM (SELECT arrayJoin(arrayZip({zipped})) AS z) AS zipped", dialect="clickhouse"
    )
    assert isinstance(rows, exp.Query)  # noqa: S101 - just written
    return rows


def _named(column: exp.Expr) -> exp.Expr:
    is_plain = isinstance(column, exp.Column) and column.table and not isinstance(column.this, exp.Star)
    return column.copy().as_(column.name) if is_plain else column


def _true_or_false(column: exp.Expr) -> exp.Expr:
    """Give a condition of the answer as a truth value: ClickHouse's comparisons are numbers."""
    if not isinstance(column.unalias().unnest(), exp.Predicate | exp.Connector | exp.Not):
        return column
    return _parsed(f"CAST({_sql(column.unalias())} AS Nullable(Bool))").as_(column.alias_or_name)


LARGEST_SUM = (
    "arraySum(arraySlice(arrayReverseSort(groupArrayIf(each_value, coalesce(where_it_counts, false))), 1, how_many))"
)


def _turn(node: exp.Expr) -> exp.Expr:
    if (asked := quantile(node)) is not None:
        return _parsed(f"quantileExactInclusive({asked[1]})(toFloat64({_sql(asked[0])}))")
    if (summed := largest_sum(node, LARGEST_SUM, "clickhouse")) is not None:
        return summed
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):
        return exp.Max(this=node.this.this.copy())
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.AtTimeZone):
        local = node.this
        return _parsed(f"toDate32(substring(toString({_sql(local.this)}, {_sql(local.args['zone'])}), 1, 10))")
    if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.BIGINT:
        return _parsed(f"CAST(round({_sql(node.this)}) AS Nullable(Int64))")  # which would cut the fraction off
    if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DECIMAL and len(node.to.expressions) == 2:
        precision, scale = (str(size) for size in node.to.expressions)
        value = f"round({_sql(node.this)}, {scale})"
        if _is_inexact(node.this):  # which ClickHouse cuts off; what is all but a half is one for DuckDB
            value = f"({_sql(node.this)}) + sign({_sql(node.this)}) * (0.5 + 1e-9) / pow(10, {scale})"
        return _parsed(f"CAST({value} AS Nullable(Decimal({precision}, {scale})))")
    if isinstance(node, exp.Cast) and node.to.this in _KINDS:
        return _parsed(f"CAST({_sql(node.this)} AS Nullable({TYPES[_KINDS[node.to.this]]}))")
    counted = node.this if isinstance(node, exp.Filter) else node
    if isinstance(counted, exp.Count) and not isinstance(node.parent, exp.Filter | exp.Window):
        return exp.cast(node.copy(), "BIGINT")  # else it is unsigned, and no list may hold both kinds
    if isinstance(node, exp.RegexpReplace):
        parts = ", ".join(_sql(part) for part in (node.this, node.expression, node.args["replacement"]))
        return _parsed(f"replaceRegexpAll({parts})")
    if isinstance(node, exp.LogicalOr):
        return exp.Max(this=node.this.copy())
    if isinstance(node, exp.LastDay):
        return _parsed(f"toLastDayOfMonth({_sql(node.this)})")
    if isinstance(node, exp.TimeToUnix):
        return _parsed(f"toUnixTimestamp({_sql(node.this)})")
    if isinstance(node, exp.ArrayContains) and marks(node.this):
        return _parsed(f"has({_sql(node.this)}, {_sql(node.expression)})")
    return node


def _is_inexact(value: exp.Expr) -> bool:
    """Say whether a value is a floating-point number."""
    parts = value.walk(prune=lambda part: isinstance(part, exp.Cast) and part.to.this == exp.DataType.Type.DECIMAL)
    return any(
        isinstance(part, exp.Avg) or (isinstance(part, exp.Cast) and part.to.this == exp.DataType.Type.DOUBLE)
        for part in parts
    )


_KINDS = {
    exp.DataType.Type.DATE: "DATE",
    exp.DataType.Type.TIMESTAMPTZ: "TIMESTAMPTZ",
}


def _sql(node: exp.Expr) -> str:
    return node.sql(dialect="clickhouse")


def _parsed(text: str) -> exp.Expr:
    return parse_one(re.sub("⟦(\\w+)⟧", "__mark_\\1__", text), dialect="clickhouse").transform(_marked)


def _marked(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Column) and node.name.startswith("__mark_"):
        return exp.var(f"⟦{node.name.removeprefix('__mark_').removesuffix('__')}⟧")
    return node


def _stored(sql_type: str) -> str:
    return TYPES.get(sql_type) or sql_type.replace("DECIMAL", "Decimal")


def _type_of(value: object) -> str:
    if isinstance(value, list):
        return f"Array({next((_type_of(one) for one in value if one is not None), 'String')})"
    if isinstance(value, bool):
        return "Bool"
    if isinstance(value, datetime):
        return TYPES["TIMESTAMPTZ"]
    if isinstance(value, date):
        return TYPES["DATE"]
    return "Int64" if isinstance(value, int) else "Float64" if isinstance(value, float) else "String"


def _in_words(value: object, *, quoted: bool = False) -> str:
    """Give a parameter's value as ClickHouse reads it; within lists texts are quoted."""
    if isinstance(value, list):
        return f"[{','.join(_in_words(one, quoted=True) for one in value)}]"
    if isinstance(value, bool | int | float):
        return repr(value).lower()
    text = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else str(value)
    text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return "'" + text.replace("'", "\\'") + "'" if quoted else text
