"""DuckDB: the warehouse's own store, opened at one snapshot."""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from types import TracebackType
from typing import Self

import polars as pl

from kpi.engines.base import Schema
from kpi.errors import DataOutdatedError
from warehouse.errors import StoreError, StoreOutdated
from warehouse.store import Store

KEPT_ABOVE = 200_000  # stored rows from which a roll-up is worth one more look at them
READERS = 2  # questions answered at the same time; each has a connection of its own
REMEMBERED = 64  # answers, the newest asked for
SHORT = 1_000  # rows up to which an answer is remembered: a snapshot's answers never change
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
        self._one_at_a_time = Lock()

    def schema(self) -> Schema:
        """Give each table's columns and their types."""
        return _schema(self.fetch(COLUMNS))

    def version(self) -> str:
        """Give the snapshot's number."""
        return str(self._store.snapshot)

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a query, one query at a time; raises StoreError."""
        with self._one_at_a_time:
            return self._store.query(sql, dict(parameters) if parameters else None)


class DuckDbEngine:
    """The store at one snapshot, to be read by many threads; closes as a context manager."""

    dialect = "duckdb"

    def __init__(self, lake_dir: Path, snapshot: int | None = None, *, kept_above: int = KEPT_ABOVE) -> None:
        """Open the store at a snapshot, the newest where none is given; raises StoreError.

        kept_above: how many stored rows a table has of which roll-ups are kept.
        """
        first = Store.open_reader(lake_dir, snapshot)
        self._lake_dir, self._snapshot = lake_dir, first.snapshot
        self._kept_above = kept_above
        self._newest: dict[str, datetime | None] = {}
        self._keeping = Lock()
        self._kept: dict[str, tuple[str, pl.DataFrame]] = {}
        self._held: dict[int, dict[str, str]] = {}  # what each reader has of it
        self._answers: OrderedDict[tuple[str, str], pl.DataFrame] = OrderedDict()
        self._answering = Lock()
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
        return self._schema

    @cached_property
    def _schema(self) -> Schema:
        """Read once: a snapshot's tables stay what they are."""
        return _schema(self.fetch(COLUMNS))

    def version(self) -> str:
        """Give the snapshot's number."""
        return str(self._snapshot)

    def stored_at(self) -> datetime | None:
        """Give when the snapshot was stored: another store's snapshot of the same number was stored at another time."""
        with self._reader() as store:
            return store.stored_at()

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a query, a short answer that was given before from memory.

        Raises StoreError, DataOutdatedError for a store of an earlier version.
        """
        asked = (sql, repr(parameters))
        with self._answering:
            if asked in self._answers:
                self._answers.move_to_end(asked)
                return self._answers[asked]
        with self._reader() as store:
            if "rollup_" in sql:
                self._hand_over(store, sql)
            try:
                rows = store.query(sql, dict(parameters) if parameters else None)
            except StoreOutdated as outdated:
                raise DataOutdatedError(str(outdated)) from outdated
        if rows.height <= SHORT and "rollup_" not in sql:  # what is kept under a roll-up's name may change
            self._remember(asked, rows)
        return rows

    def _remember(self, asked: tuple[str, str], rows: pl.DataFrame) -> None:
        with self._answering:
            self._answers[asked] = rows
            if len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)

    def newest_change(self, table: str) -> datetime | None:
        """Give the moment of the newest change of a table's rows; None where the table is small."""
        if table not in self._newest:
            text = f"SELECT count(*) AS rows, max(known_from) AS begun, max(known_until) AS ended FROM {table}_version"
            rows, begun, ended = self.fetch(text).row(0)
            self._newest[table] = max(filter(None, (begun, ended))) if rows > self._kept_above else None
        return self._newest[table]

    def keep(self, name: str, sql: str, parameters: Mapping[str, object]) -> None:
        """Have the rows of a statement under a name in all questions from now on; raises StoreError."""
        asked = repr((sql, sorted(parameters.items())))
        with self._keeping:  # whoever asks at the same time waits for the same rows
            if name not in self._kept or self._kept[name][0] != asked:
                self._kept[name] = (asked, self.fetch(sql, parameters))

    def close(self) -> None:
        """Give back the store; waits for questions that are still being answered."""
        for reader in [self._readers.get() for _ in range(READERS)]:
            if reader is not None:
                reader.close()

    def _hand_over(self, store: Store, sql: str) -> None:
        """Give a reader the kept rows that a statement names."""
        held = self._held.setdefault(id(store), {})
        for name in set(re.findall(r"\brollup_\w+", sql)) & set(self._kept):
            asked, rows = self._kept[name]
            if held.get(name) != asked:
                with store.frame("kept_rows", rows):
                    store.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM kept_rows")
                held[name] = asked

    @contextmanager
    def _reader(self) -> Iterator[Store]:
        reader = self._readers.get()
        try:
            if reader is None:
                reader = Store.open_reader(self._lake_dir, self._snapshot)
            yield reader
        finally:
            self._readers.put(reader)


def snapshot_as_stored(lake_dir: Path, snapshot: int, stored_at: datetime | None) -> DuckDbEngine | None:
    """Give the store at a past snapshot; None where it is not there any more.

    stored_at: when it was stored, since a warehouse that was built again counts its snapshots anew.
    """
    try:
        engine = DuckDbEngine(lake_dir, snapshot)
    except StoreError:
        return None
    if stored_at is not None and engine.stored_at() != stored_at:
        engine.close()
        return None
    return engine


def _schema(columns: pl.DataFrame) -> Schema:
    tables: Schema = {}
    for table, column, kind in columns.iter_rows():
        tables.setdefault(table, {})[column] = kind
    return tables
