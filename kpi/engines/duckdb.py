"""DuckDB: the warehouse's own store, opened at one snapshot."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import polars as pl

from kpi.engines.base import Schema
from warehouse.store import Store

COLUMNS = """
SELECT table_name, column_name, data_type
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = current_schema()
ORDER BY table_name, column_index
"""


class DuckDbEngine:
    """The store at one snapshot, to be read by many threads; closes as a context manager."""

    dialect = "duckdb"

    def __init__(self, lake_dir: Path, snapshot: int | None = None) -> None:
        """Open the store at a snapshot, the newest where none is given; raises StoreError."""
        self._store = Store.open_reader(lake_dir, snapshot)
        self._one_at_a_time = Lock()  # one connection answers one question at a time

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def schema(self) -> Schema:
        """Give each table's columns and their types."""
        tables: Schema = {}
        for table, column, kind in self.fetch(COLUMNS).iter_rows():
            tables.setdefault(table, {})[column] = kind
        return tables

    def version(self) -> str:
        """Give the snapshot's number."""
        return str(self._store.snapshot)

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a query; raises StoreError."""
        with self._one_at_a_time:
            return self._store.query(sql, dict(parameters) if parameters else None)

    def close(self) -> None:
        """Give back the store."""
        self._store.close()
