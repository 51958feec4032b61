"""The store: one writer under a lock, readers at one snapshot each, and nothing acknowledged that could be lost."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from subprocess import CalledProcessError
from types import TracebackType
from typing import Self
from uuid import uuid4

import duckdb
import polars as pl

from warehouse.connection import CATALOG, META
from warehouse.errors import StoreError, StoreMissing, StoreOutdated, translated
from warehouse.migration import new_names, new_statements
from warehouse.places import place_of
from warehouse.schema import SCHEMA_FILE, tables
from warehouse.version import current_version, note_version, version_text

__all__ = ["Store", "current_version", "version_text"]

WAIT_SECONDS = 30.0
BYTES_A_THREAD = 64 << 20
NAMED = 3  # of the tables and columns that an older store lacks
Parameters = list[object] | Mapping[str, object]


class Store:
    """One connection to the warehouse; closes as a context manager."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake_dir: Path, snapshot: int) -> None:
        self.lake_dir = lake_dir
        self.place = place_of(lake_dir)
        self.snapshot = snapshot
        self._connection = connection
        self._locked = False

    @classmethod
    def open_writer(cls, lake_dir: Path, *, wait_seconds: float = WAIT_SECONDS) -> Self:
        """Give a store that may write; makes it where there is none and tidies up after a killed writer.

        The lock is held while it opens and within exclusive(), so a watcher at rest keeps nobody out.
        Raises StoreBusy, DiskTrouble, StoreDamaged or StoreError.
        """
        place = place_of(lake_dir)
        try:
            lake_dir.mkdir(parents=True, exist_ok=True)
            place.prepare()
            with place.exclusive(wait_seconds):
                place.check_catalog()
                store = cls(place.connect_writer(), lake_dir, 0)
                store._start()
                store._set_threads()
        except (OSError, duckdb.Error) as error:
            raise translated(error) from error
        return store

    @classmethod
    def open_reader(cls, lake_dir: Path, snapshot: int | None = None, *, checked: bool = True) -> Self:
        """Give a store that only reads, at one snapshot for its whole life: the given one, else the newest.

        The catalog, and data files that this process meets for the first time, are compared with their checksums; data
        files only where checked.
        Raises StoreMissing before the first load, StoreDamaged, StoreError for a snapshot that does not exist.
        """
        place = place_of(lake_dir)
        try:
            if not place.exists():
                raise StoreMissing(f"There is no warehouse in {lake_dir} yet. Load exports first: denominator load.")
            wanted = place.newest_hint() if snapshot is None else snapshot
            place.check_catalog()
            if wanted is None:
                with cls(place.connect_reader(None), lake_dir, 0) as newest:
                    wanted = newest.newest_snapshot()
            store = cls(place.connect_reader(wanted), lake_dir, wanted)
            if checked:
                place.check_files(store.data_files())
            store._set_threads()
        except (OSError, CalledProcessError, duckdb.Error) as error:
            raise translated(error) from error
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connection."""
        self._connection.close()

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run one statement; raises StoreError."""
        try:
            self._connection.execute(sql, parameters)
        except duckdb.Error as error:
            raise self._in_words(error) from error

    def query(self, sql: str, parameters: Parameters | None = None) -> pl.DataFrame:
        """Give the result of one statement; raises StoreError."""
        try:
            return self._connection.execute(sql, parameters).pl()
        except duckdb.Error as error:
            raise self._in_words(error) from error

    @contextmanager
    def frame(self, name: str, rows: pl.DataFrame) -> Iterator[None]:
        """Let statements read a frame by a name while the block lasts."""
        self._connection.register(name, rows)
        try:
            yield
        finally:
            self._connection.unregister(name)

    def insert(self, table: str, rows: pl.DataFrame) -> None:
        """Append rows to a table by column name; columns that are not given stay empty."""
        if rows.is_empty():
            return
        known = tables()[table].polars_schema()
        typed = rows.select([pl.col(name).cast(known[name]) for name in rows.columns if name in known])
        columns = ", ".join(f'"{name}"' for name in typed.columns)
        with self.frame("incoming", typed):
            self.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming")

    @contextmanager
    def exclusive(self, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Keep every other writer out while the block lasts; raises StoreBusy. May be nested."""
        if self._locked:
            yield
            return
        with self.place.exclusive(wait_seconds):
            self._locked = True
            try:
                yield
            finally:
                self._locked = False

    @contextmanager
    def held_by_caller(self) -> Iterator[None]:
        """Write under the lock that the process which started this one holds meanwhile."""
        self._locked = True
        try:
            yield
        finally:
            self._locked = False

    def transaction(self, message: str) -> AbstractContextManager[None]:
        """Store everything that happens in the block, or nothing of it; durable when the block has ended.

        The message (such as the load's id) names the checksum file and the snapshot. Raises StoreError.
        """
        return self._transaction(f"{message} {uuid4().hex[:8]}")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Answer all questions of the block from one snapshot: its catalog is read once, not for each statement."""
        self.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(StoreError):
                self.execute("ROLLBACK")

    def seal(self) -> None:
        """Note the catalog's own checksum, where it changed since; raises StoreBusy, StoreError."""
        if self.place.is_sealed():
            return
        with self.exclusive():
            try:
                self.place.seal()
            except (OSError, CalledProcessError) as error:
                raise translated(error) from error

    def data_files(self) -> set[str]:
        """Give the names of the data files that this store's snapshot consists of."""
        found: set[str] = set()
        for kind in ("data", "delete"):
            rows = self.query(
                f"SELECT path FROM {META}.ducklake_{kind}_file "
                "WHERE begin_snapshot <= ? AND (end_snapshot IS NULL OR end_snapshot > ?)",
                [self.snapshot, self.snapshot],
            )
            found.update(Path(path).name for path in rows["path"])
        return found

    def snapshot_files(self) -> set[str]:
        """Give the names of the data files that any snapshot consists of, the newest or a past one."""
        names = " UNION ALL ".join(f"SELECT path FROM {META}.ducklake_{kind}_file" for kind in ("data", "delete"))
        return {Path(path).name for path in self.query(names)["path"]}

    def catalogued_files(self) -> set[str]:
        """Give the names of all data files that any snapshot knows, or that wait to be deleted."""
        names = " UNION ALL ".join(
            f"SELECT path FROM {META}.ducklake_{kind}"
            for kind in ("data_file", "delete_file", "files_scheduled_for_deletion")
        )
        return {Path(path).name for path in self.query(names)["path"]}

    def remove_replaced(self) -> int:
        """Delete the data files that compaction replaced more than a day ago; gives their number.

        The day is for readers that still hold an older list of files. Needs the lock.
        """
        with self.transaction("cleanup"):
            older = "older_than => now() - INTERVAL 1 DAY"
            return self.query(f"CALL ducklake_cleanup_old_files('{CATALOG}', {older})").height

    def remove_orphans(self) -> int:
        """Delete the data files that a killed writer left behind; gives their number. Needs the lock."""
        return self.place.remove_orphans(self._connection, self.catalogued_files())

    @contextmanager
    def _transaction(self, message: str) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self.exclusive())
            before = self.place.files()
            self.execute("BEGIN")
            try:
                yield
                self.place.keep(_slug(message), self.place.files() - before)
                self.execute(f"CALL {CATALOG}.set_commit_message('loader', ?)", [message])
            except BaseException as error:
                with suppress(StoreError):
                    self.execute("ROLLBACK")  # DuckLake removes the files it wrote
                raise (translated(error) if isinstance(error, OSError | duckdb.Error) else error) from error
            # A COMMIT that fails may still have reached the catalog: its files are judged at the next start.
            try:
                self.execute("COMMIT")
            except StoreError:
                with suppress(StoreError):
                    self.execute("ROLLBACK")
                raise
            self._publish(message)

    def _publish(self, message: str) -> None:
        rows = self.query(
            f"SELECT max(snapshot_id) AS snapshot FROM {META}.ducklake_snapshot_changes WHERE commit_message = ?",
            [message],
        )
        found = rows["snapshot"][0]  # none where the transaction changed nothing
        self._set_version(self.newest_snapshot() if found is None else int(found))

    def _start(self) -> None:
        present = set(
            self.query(f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{CATALOG}'")["table_name"]
        )
        self._locked = True
        try:
            if not present:
                with self.transaction("schema"):
                    self.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
            self._add_what_is_new()
            self._check_hint()
            self.remove_orphans()
        finally:
            self._locked = False

    def _add_what_is_new(self) -> None:
        statements = new_statements(self)
        if statements:
            with self.transaction("schema"):
                for statement in statements:
                    self.execute(statement)

    def _check_hint(self) -> None:
        newest, hint = self.newest_snapshot(), current_version(self.lake_dir)
        if hint is not None and hint > newest:
            raise StoreError(
                f"The catalog ends at snapshot {newest}, but snapshot {hint} was already acknowledged: the catalog "
                "lost commits. denominator scrub --repair builds the warehouse again from archive/."
            )
        self._set_version(newest)

    def newest_snapshot(self) -> int:
        """Give the newest snapshot of the catalog, whatever this store's own is."""
        return int(self.query(f"SELECT max(snapshot_id) AS newest FROM {META}.ducklake_snapshot")["newest"][0])

    def stored_at(self) -> datetime | None:
        """Give when this store's snapshot was stored, by the clock of the machine; None where it is not catalogued."""
        found = self.query(
            f"SELECT snapshot_time::TIMESTAMPTZ AS stored FROM {META}.ducklake_snapshot WHERE snapshot_id = ?",
            [self.snapshot],
        )
        moment = found["stored"][0] if found.height else None
        return moment if isinstance(moment, datetime) else None

    def newest_load_snapshot(self, *, before: int | None = None) -> int:
        """Give the newest snapshot (before another) that a load stored, 0 without one; upkeep changes no row."""
        return int(
            self.query(
                f"SELECT coalesce(max(snapshot_id), 0) AS newest FROM {META}.ducklake_snapshot_changes "
                "WHERE commit_message NOT LIKE 'compaction %' AND commit_message NOT LIKE 'schema %' "
                "AND commit_message NOT LIKE 'calendar %' AND commit_message NOT LIKE 'cleanup %' "
                "AND commit_message NOT LIKE 'comparability %' "
                "AND (? IS NULL OR snapshot_id < ?)",
                [before, before],
            )["newest"][0]
        )

    def refresh(self) -> None:
        """Go to the newest snapshot, which another process of this lock's holder may have stored."""
        self._set_version(self.newest_snapshot())

    def _set_version(self, snapshot: int) -> None:
        self.snapshot = snapshot
        try:
            note_version(self.lake_dir, snapshot)
        except OSError as error:
            raise translated(error) from error

    def _in_words(self, error: duckdb.Error) -> StoreError:
        """Give the error in plain words; a name that is not there may be one that came with a later version."""
        lacking = new_names(self) if isinstance(error, duckdb.BinderException | duckdb.CatalogException) else []
        if not lacking:
            return translated(error)
        shown = ", ".join(lacking[:NAMED]) + (f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else "")
        return StoreOutdated(
            f"The data of snapshot {self.snapshot} were stored by an earlier version, before there was {shown}. Start "
            "the loader of this version (denominator run, or load): it adds what is new to the store and loses nothing."
        )

    def _set_threads(self) -> None:
        """Take as many threads as pay: on few rows, handing work from one to another takes longer than the work."""
        found = self.query(
            f"SELECT coalesce(sum(file_size_bytes), 0)::BIGINT AS stored FROM {META}.ducklake_data_file "
            "WHERE begin_snapshot <= ? AND (end_snapshot IS NULL OR end_snapshot > ?)",
            [self.snapshot, self.snapshot],
        )
        threads = max(1, min(os.cpu_count() or 1, int(found["stored"][0]) // BYTES_A_THREAD))
        self.execute(f"SET threads = {threads}")


def _slug(message: str) -> str:
    return re.sub(r"[^\w.-]+", "_", message)
