"""The canonical tables as schema.sql states them: columns, types and what each column is."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import polars as pl

from warehouse.stage_entries import COLUMNS as STAGE_ENTRIES

SCHEMA_FILE = Path(__file__).with_name("schema.sql")
KINDS = ("key", "core", "extended", "derived", "loader")
HISTORY_COLUMNS = ("times_pushed", "first_amount", "first_seen_at", *STAGE_ENTRIES)
KEY_SEPARATOR = "\u241f"

_TABLE = re.compile(r"CREATE TABLE (\w+) \((.*?)\n\);", re.DOTALL)
_COLUMN = re.compile(r'"?(\w+)"? ([A-Z]+(?:\(\d+, \d+\))?)( NOT NULL)?')
_PLAIN_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "DATE": pl.Date(),
    "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    "BIGINT": pl.Int64(),
    "INTEGER": pl.Int32(),
    "DOUBLE": pl.Float64(),
    "BOOLEAN": pl.Boolean(),
}


@dataclass(frozen=True)
class Column:
    """One column: its SQL type, whether it may be empty, its kind (key, core, …) and its meaning in words."""

    name: str
    sql_type: str
    required: bool
    kind: str
    meaning: str

    @property
    def polars_type(self) -> pl.DataType:
        """The type of the column in a frame."""
        if self.sql_type.startswith("DECIMAL"):
            precision, scale = re.findall(r"\d+", self.sql_type)
            return pl.Decimal(int(precision), int(scale))
        return _PLAIN_TYPES[self.sql_type]


@dataclass(frozen=True)
class Table:
    """One table of the warehouse; name is the name in SQL, such as opportunity_version."""

    name: str
    columns: tuple[Column, ...]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The key columns in order, source excluded."""
        return tuple(column.name for column in self.columns if column.kind == "key" and column.name != "source")

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The columns that an export states or that follow from one row of it, keys included, source excluded."""
        return tuple(
            column.name
            for column in self.columns
            if column.kind != "loader" and column.name not in (*HISTORY_COLUMNS, "source")
        )

    def polars_schema(self) -> dict[str, pl.DataType]:
        """Give the type of each column in a frame."""
        return {column.name: column.polars_type for column in self.columns}


@cache
def tables() -> dict[str, Table]:
    """Give every table of schema.sql by its name in SQL."""
    text = SCHEMA_FILE.read_text(encoding="utf-8")
    return {name: Table(name, tuple(_columns(name, body))) for name, body in _TABLE.findall(text)}


def create_statement(table: str) -> str:
    """Give the SQL that makes a table."""
    text = SCHEMA_FILE.read_text(encoding="utf-8")
    return next(found.group() for found in _TABLE.finditer(text) if found.group(1) == table)


def keyed_table(canonical: str) -> Table:
    """Give the table that keeps the states of a canonical table such as opportunity."""
    return tables()[f"{canonical}_version"]


def _columns(table: str, body: str) -> list[Column]:
    found = []
    for line in body.splitlines():
        code, _, comment = line.partition("--")
        first, _, rest = comment.strip().partition(":")
        kind = first.strip() if first.strip() in KINDS else "loader" if table.endswith("_version") else "core"
        meaning = rest.strip() if first.strip() in KINDS else comment.strip()
        for name, sql_type, required in _COLUMN.findall(code):
            found.append(Column(name, sql_type, bool(required), kind, meaning))
    return found
