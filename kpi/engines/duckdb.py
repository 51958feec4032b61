"""DuckDB: the warehouse's own store, opened at one snapshot."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import LifoQueue
from types import TracebackType
from typing import Self

import polars as pl

from kpi.engines.base import Schema
from warehouse.store import Store

READERS = 2  # questions answered at the same time; each has a connection of its own
COLUMNS = """
SELECT table_name, column_name, data_type
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = current_schema()
ORDER BY table_name, column_index
"""


class OpenStore:
    """A store that is open anyhow, such as the loader's, answering as an engine while nobody writes to it."""

    dialect = "duckdb"

    def __init__(self, store: Store) -> None:
        self._store = store

    def schema(self) -> Schema:
        """Give each table's columns and their types."""
        return _schema(self.fetch(COLUMNS))

    def version(self) -> str:
        """Give the snapshot's number."""
        return str(self._store.snapshot)

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a query; raises StoreError."""
        return self._store.query(sql, dict(parameters) if parameters else None)


class DuckDbEngine:
    """The store at one snapshot, to be read by many threads; closes as a context manager."""

    dialect = "duckdb"

    def __init__(self, lake_dir: Path, snapshot: int | None = None) -> None:
        """Open the store at a snapshot, the newest where none is given; raises StoreError."""
        first = Store.open_reader(lake_dir, snapshot)
        self._lake_dir, self._snapshot = lake_dir, first.snapshot
        self._readers: LifoQueue[Store | None] = LifoQueue()  # None: a reader that nobody has needed yet
        for reader in (*[None] * (READERS - 1), first):
            self._readers.put(reader)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def schema(self) -> Schema:
        """Give each table's columns and their types."""
        return _schema(self.fetch(COLUMNS))

    def version(self) -> str:
        """Give the snapshot's number."""
        return str(self._snapshot)

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a query; raises StoreError."""
        with self._reader() as store:
            return store.query(sql, dict(parameters) if parameters else None)

    def close(self) -> None:
        """Give back the store; waits for questions that are still being answered."""
        for reader in [self._readers.get() for _ in range(READERS)]:
            if reader is not None:
                reader.close()

    @contextmanager
    def _reader(self) -> Iterator[Store]:
        reader = self._readers.get()
        try:
            if reader is None:
                reader = Store.open_reader(self._lake_dir, self._snapshot)
            yield reader
        finally:
            self._readers.put(reader)


def _schema(columns: pl.DataFrame) -> Schema:
    tables: Schema = {}
    for table, column, kind in columns.iter_rows():
        tables.setdefault(table, {})[column] = kind
    return tables
