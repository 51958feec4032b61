"""A store made by an earlier version gets the tables and columns that the schema has gained since."""

import re
from typing import Protocol

import polars as pl

from warehouse.connection import CATALOG
from warehouse.schema import SCHEMA_FILE, tables

_STATEMENT = re.compile(r"^CREATE (TABLE|VIEW) (\w+) .*?;$", re.DOTALL | re.MULTILINE)


class Changing(Protocol):
    """The part of a store that a migration needs."""

    def query(self, sql: str) -> pl.DataFrame:
        """Give the result of one statement."""
        ...

    def execute(self, sql: str) -> None:
        """Run one statement."""
        ...


def new_statements(store: Changing) -> list[str]:
    """Give the statements that bring a store to today's schema; none where it is there. Columns are only ever added."""
    columns: dict[str, set[str]] = {}
    for owner, column in _present(store):
        columns.setdefault(owner, set()).add(column)
    statements = {name: (kind, found[0]) for found in _statements() for kind, name in [found[1:]]}
    added = [text for name, (kind, text) in statements.items() if kind == "TABLE" and name not in columns]
    for name, table in tables().items():
        missing = [column for column in table.columns if name in columns and column.name not in columns[name]]
        added += [f'ALTER TABLE {name} ADD COLUMN "{column.name}" {column.sql_type}' for column in missing]
    views = [text for name, (kind, text) in statements.items() if kind == "VIEW"]
    if added or any(name not in columns for name, (kind, _) in statements.items() if kind == "VIEW"):
        added += [text.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1) for text in views]
    return added


def new_names(store: Changing) -> list[str]:
    """Give the tables and columns (table.column) that today's schema has and a store lacks."""
    present = set(_present(store))
    known = {name for name, _ in present}
    columns = [(name, column.name) for name, table in tables().items() for column in table.columns if name in known]
    lacking = [f"{name}.{column}" for name, column in columns if (name, column) not in present]
    return [*(name for name in tables() if name not in known), *lacking]


def _present(store: Changing) -> list[tuple[str, str]]:
    found = store.query(f"SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = '{CATALOG}'")
    return [(table, column) for table, column in found.iter_rows()]


def _statements() -> list[tuple[str, str, str]]:
    text = SCHEMA_FILE.read_text(encoding="utf-8")
    return [(found[0], found[1], found[2]) for found in _STATEMENT.finditer(text)]
