"""PostgreSQL 15 or newer: a snapshot copied into a schema of its own, answered in Postgres's words."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from threading import Lock
from types import TracebackType
from typing import Self

import polars as pl
import psycopg
from psycopg import sql as text
from sqlglot import exp, parse_one

from kpi.engines.base import Schema
from kpi.engines.translation import (
    filled,
    largest_sum,
    marks,
    parsed,
    quantile,
    turned,
    unions_by_name,
    united,
    without_all,
    without_stars,
)
from warehouse.export import Export
from warehouse.schema import tables

TYPES = {"DOUBLE": "DOUBLE PRECISION"}
PYTHON_TYPES = {bool: "boolean", int: "bigint", float: "double precision", str: "text", datetime: "timestamptz"}
ROWS_AT_ONCE = 20_000
# Postgres takes lists given as parameters for a handful of rows and would look through a table once for each: minutes
# instead of seconds. Compiling a statement that is asked once does not pay.
SETTINGS = "-c TimeZone=UTC -c jit=off -c enable_nestloop=off"


class PostgresEngine:
    """One snapshot in Postgres; closes as a context manager."""

    dialect = "duckdb"
    name = "postgres"

    def __init__(self, address: str, schema: str) -> None:
        """Open a schema that load() has filled; address is in libpq's words, the password from PGPASSWORD or a file."""
        self._connection = psycopg.connect(address, autocommit=True, options=SETTINGS)
        self._schema = schema
        self._one_at_a_time = Lock()
        self._connection.execute(text.SQL("SET search_path TO {}").format(text.Identifier(schema)))

    @classmethod
    def load(cls, address: str, export: Export) -> Self:
        """Copy an exported snapshot into the schema snapshot_<n>, and give the engine that reads it."""
        name = f"snapshot_{export.snapshot}"
        with psycopg.connect(address) as connection:
            connection.execute(text.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(text.Identifier(name)))
            connection.execute(text.SQL("CREATE SCHEMA {}").format(text.Identifier(name)))
            connection.execute(text.SQL("SET search_path TO {}").format(text.Identifier(name)))
            for table, file in export.files.items():
                columns = ", ".join(
                    f'"{column.name}" {TYPES.get(column.sql_type, column.sql_type)}'
                    for column in tables()[table].columns
                )
                connection.execute(f'CREATE TABLE "{table}" ({columns})'.encode())
                _copy(connection, table, pl.read_parquet(file))
            connection.execute("ANALYZE")
        return cls(address, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connection."""
        self._connection.close()

    def schema(self) -> Schema:
        """Give each table's columns and their types as the house names them."""
        return {name: {column.name: column.sql_type for column in table.columns} for name, table in tables().items()}

    def version(self) -> str:
        """Give the schema, which is named by its snapshot."""
        return self._schema

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a statement of the house."""
        given = dict(parameters or {})
        statement = filled(translated(sql), lambda name: f"CAST(%({name})s AS {_type_of(given[name])})")
        with self._one_at_a_time, self._connection.cursor() as cursor:
            cursor.execute(statement.encode(), given)
            names = [column.name for column in cursor.description or ()]
            rows = cursor.fetchall()
        return pl.DataFrame(
            {
                name: pl.Series([row[place] for row in rows], dtype=None, strict=False)
                for place, name in enumerate(names)
            }
        )


@lru_cache(maxsize=256)
def translated(sql: str) -> str:
    """Give a statement of the house in Postgres's words, its parameters as marks."""
    tree = without_all(without_stars(parsed(sql)))
    for union in unions_by_name(tree):
        _join_parts(tree, union)
    return turned(tree, _turn).sql(dialect="postgres").replace("%", "%%")


def _join_parts(tree: exp.Query, union: exp.Subquery) -> None:
    """Put parts together by their common columns: a union would need the type of every column that a part lacks."""
    selects = united(union.this)
    common = [name for name in selects[0].named_selects if all(name in one.named_selects for one in selects)]
    with_ = tree.args["with_"]
    place = next(index for index, cte in enumerate(with_.expressions) if cte.find(exp.Subquery) and union in cte.walk())
    keys: exp.Query | None = None
    joined = exp.select(*(exp.column(name, table="k") for name in common))
    parts = []
    for number, select in enumerate(selects, start=1):
        part = f"part_{number}"
        parts.append(exp.CTE(this=select.copy(), alias=exp.TableAlias(this=exp.to_identifier(part))))
        own = exp.select(*(exp.column(name) for name in common)).from_(part)
        keys = own if keys is None else exp.Union(this=keys, expression=own, distinct=True)
        held = [name for name in select.named_selects if name not in common]
        joined = joined.select(*(exp.column(name, table=part) for name in held))
    joined = joined.from_(exp.Subquery(this=keys, alias=exp.TableAlias(this=exp.to_identifier("k"))))
    for part in (cte.alias for cte in parts):
        same = [exp.EQ(this=exp.column(name, table=part), expression=exp.column(name, table="k")) for name in common]
        joined = joined.join(exp.to_table(part), on=exp.and_(*same), join_type="left")
    union.set("this", joined)
    with_.set("expressions", [*with_.expressions[:place], *parts, *with_.expressions[place:]])


LARGEST_SUM = (
    "(SELECT SUM(l.v) FROM UNNEST((ARRAY_AGG(each_value ORDER BY each_value DESC NULLS LAST) "
    "FILTER (WHERE where_it_counts))[1:how_many]) AS l(v))"
)


def _turn(node: exp.Expr) -> exp.Expr:
    if (asked := quantile(node)) is not None:
        ordered = exp.Ordered(this=exp.cast(asked[0], "DOUBLE"), nulls_first=False)
        place = exp.PercentileCont(this=exp.Literal.number(asked[1]))
        return exp.WithinGroup(this=place, expression=exp.Order(expressions=[ordered]))
    if (summed := largest_sum(node, LARGEST_SUM, "postgres")) is not None:
        return summed
    if isinstance(node, exp.ArgMax):
        words = [part.sql(dialect="postgres") for part in (node.this, node.expression)]
        return parse_one(f"(ARRAY_AGG({words[0]} ORDER BY {words[1]} DESC NULLS LAST))[1]", dialect="postgres")
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):
        return exp.Max(this=node.this.this.copy())
    if isinstance(node, exp.ArrayContains) and marks(node.this):
        return exp.EQ(this=node.expression.copy(), expression=exp.Any(this=exp.paren(node.this.copy())))
    return node


def _copy(connection: "psycopg.Connection[tuple[object, ...]]", table: str, rows: pl.DataFrame) -> None:
    columns = text.SQL(", ").join(map(text.Identifier, rows.columns))
    into = text.SQL("COPY {} ({}) FROM STDIN").format(text.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for part in rows.iter_slices(ROWS_AT_ONCE):
            for row in part.iter_rows():
                copy.write_row(row)


def _type_of(value: object) -> str:
    if isinstance(value, list):
        inner = next((_type_of(one) for one in value if one is not None), "text")
        return f"{inner}[]"
    if type(value) is date:
        return "date"
    return next((word for kind, word in PYTHON_TYPES.items() if isinstance(value, kind)), "text")
