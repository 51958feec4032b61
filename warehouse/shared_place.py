"""A warehouse that several hosts share: catalog and checksums in Postgres, data files in an object store."""

import os
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from threading import Lock
from urllib.parse import urlsplit

import duckdb

from organisation import SharedStore
from warehouse.connection import CATALOG, bare_connection
from warehouse.errors import StoreBusy, StoreDamaged, StoreError, translated

EXTENSIONS = ("postgres_scanner", "httpfs", "ducklake")
NOTES = "notes"
CHECKSUMS = "denominator_checksum"
LOCK = "hashtext('denominator loader')"
POLL_SECONDS = 0.05
LOCKED = "SELECT count(*) AS held FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
HOLDER = (
    "SELECT coalesce(max(a.application_name || ', since ' || to_char(a.xact_start AT TIME ZONE 'UTC', "
    "'YYYY-MM-DD HH24:MI') || ' UTC'), '') AS who FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) "
    f"WHERE l.locktype = 'advisory' AND l.granted AND l.objid = ({LOCK}::bigint & 4294967295)::oid"
)
NOT_INSTALLED = (
    "The workspace's store.yaml names a shared store, but the parts that reach it are not installed: "
    "pip install 'denominator[shared]'."
)


class SharedPlace:
    """One shared warehouse, as seen by this process.

    The password comes from PGPASSWORD or ~/.pgpass, the object store's keys from AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY; AWS_ENDPOINT_URL and AWS_REGION say where it is.
    """

    def __init__(self, store: SharedStore) -> None:
        self._store = store
        self._opening = Lock()
        self._opened: duckdb.DuckDBPyConnection | None = None
        self._holder: duckdb.DuckDBPyConnection | None = None
        self._checked: set[str] = set()

    @property
    def is_shared(self) -> bool:
        """Several hosts use it."""
        return True

    def exists(self) -> bool:
        """Say whether there is a warehouse."""
        return self._asked("SELECT to_regclass('ducklake_snapshot') IS NOT NULL AS found") is True

    def prepare(self) -> None:
        """Make the table of checksums."""
        self._told(
            f"CREATE TABLE IF NOT EXISTS {CHECKSUMS} (name text NOT NULL, path text PRIMARY KEY, sha256 text NOT NULL)"
        )

    @contextmanager
    def exclusive(self, wait_seconds: float) -> Iterator[None]:
        """Hold the catalog's advisory lock; it is free again when the block ends, or the connection does."""
        holder = self._notes().cursor()
        holder.execute("BEGIN")  # keeps one connection of Postgres, which the lock belongs to
        try:
            until = time.monotonic() + wait_seconds
            while not _taken(holder):
                if time.monotonic() >= until:
                    who = self._asked(HOLDER)
                    raise StoreBusy(f"{who}, is loading into this warehouse. Wait for it or stop it, then try again.")
                time.sleep(POLL_SECONDS)
            self._holder = holder
            yield
        finally:
            self._holder = None
            with suppress(duckdb.Error):
                holder.execute("ROLLBACK")
            holder.close()

    def holder(self) -> str:
        """Give the process that holds the writer's lock, and since when; empty where nobody does."""
        return str(self._asked(HOLDER))

    def connect_writer(self) -> duckdb.DuckDBPyConnection:
        """Give a connection that may write."""
        return self._connect("")

    def connect_reader(self, snapshot: int | None) -> duckdb.DuckDBPyConnection:
        """Give a connection that only reads."""
        pinned = "" if snapshot is None else f", SNAPSHOT_VERSION {int(snapshot)}"
        return self._connect(f", READ_ONLY{pinned}")

    def newest_hint(self) -> int | None:
        """Give nothing: another host's loads are in no file of this one."""
        return None

    def files(self) -> set[str]:
        """Give all data files of the object store's folder."""
        with self._notes().cursor() as asking:
            found = asking.execute("SELECT file FROM glob(?)", [f"{self._store.files}**/*.parquet"]).fetchall()
        return {name.removeprefix(self._store.files) for (name,) in found}

    def address(self, file: str) -> str:
        """Give the address of a data file."""
        return f"{self._store.files}{file}"

    def keep(self, name: str, new: Collection[str]) -> None:
        """Note the checksums of new data files, which the object store made durable when it took them.

        Raises StoreError where this process has lost the lock meanwhile.
        """
        if new:
            rows = ", ".join(f"({_text(name)}, {_text(path)}, '{self._digest(path)}')" for path in sorted(new))
            self._told(
                f"INSERT INTO {CHECKSUMS} (name, path, sha256) VALUES {rows} "
                "ON CONFLICT (path) DO UPDATE SET name = excluded.name, sha256 = excluded.sha256"
            )
        if self._holder is not None:
            self._check_lock(self._holder)

    def remove_orphans(self, writer: duckdb.DuckDBPyConnection, known: Collection[str]) -> int:
        """Delete the data files that no snapshot knows."""
        orphans = [path for path in self.files() if PurePosixPath(path).name not in known]
        if not orphans:
            return 0
        return len(writer.execute(f"CALL ducklake_delete_orphaned_files('{CATALOG}', cleanup_all => true)").fetchall())

    def check_catalog(self) -> None:
        """Do nothing: Postgres answers for its own pages (initdb --data-checksums)."""

    def check_files(self, names: Collection[str]) -> None:
        """Compare data files that this process has not compared yet with their checksums."""
        damages = list(self.damaged(set(names) - self._checked))
        if damages:
            raise StoreDamaged(
                "Stored data are damaged: " + "; ".join(damages) + ". Put the object's earlier version back in the "
                "object store, or build the warehouse again from the exports in archive/."
            )
        self._checked |= set(names)

    def damaged(self, names: Collection[str]) -> Iterator[str]:
        """Give one sentence for each damaged file; each is read as a whole."""
        if not names:
            return
        present = {PurePosixPath(path).name: path for path in self.files()}
        with self._notes().cursor() as asking:
            rows = asking.execute(f"SELECT path, sha256, name FROM {NOTES}.{CHECKSUMS}").fetchall()
        noted = {PurePosixPath(path).name: (path, digest, load) for path, digest, load in rows}
        for name in sorted(names):
            if name not in noted:
                yield f"{name} has no checksum"
                continue
            path, digest, load = noted[name]
            if name not in present:
                yield f"{path} of {load} is missing"
            elif self._digest(path) != digest:
                yield f"{path} of {load} is not what was written"

    def notes(self) -> set[str]:
        """Give the names under which checksums are noted."""
        with self._notes().cursor() as asking:
            return {name for (name,) in asking.execute(f"SELECT DISTINCT name FROM {NOTES}.{CHECKSUMS}").fetchall()}

    def withdraw(self, names: Collection[str]) -> None:
        """Forget checksums."""
        if names:
            self._told(f"DELETE FROM {CHECKSUMS} WHERE name IN ({', '.join(map(_text, sorted(names)))})")

    def is_sealed(self) -> bool:
        """A catalog in Postgres needs no seal."""
        return True

    def seal(self) -> None:
        """Do nothing: Postgres answers for its own pages."""

    def _digest(self, path: str) -> str:
        with self._notes().cursor() as asking:
            read = asking.execute("SELECT sha256(content) FROM read_blob(?)", [f"{self._store.files}{path}"])
            return str((read.fetchone() or ("",))[0])

    def _check_lock(self, holder: duckdb.DuckDBPyConnection) -> None:
        try:
            held = holder.execute(f"SELECT held FROM postgres_query('{NOTES}', {_text(LOCKED)})").fetchone()
        except duckdb.Error as error:
            raise StoreError(
                f"The catalog was out of reach while this load was written; load again. ({error})"
            ) from error
        if not held or not held[0]:
            raise StoreError("The writer's lock was lost while this load was written: nothing was stored. Load again.")

    def _asked(self, sql: str) -> object:
        """Give the one value that Postgres answers."""
        with self._notes().cursor() as asking:
            found = asking.execute(f"SELECT * FROM postgres_query('{NOTES}', {_text(sql)})").fetchone()
        return found[0] if found else None

    def _told(self, sql: str) -> None:
        with self._notes().cursor() as telling:
            telling.execute(f"CALL postgres_execute('{NOTES}', {_text(sql)})")

    def _notes(self) -> duckdb.DuckDBPyConnection:
        """Give this process's connection for locks and checksums; what it says is committed at once."""
        with self._opening:
            if self._opened is None:
                opened = self._bare()
                try:
                    opened.execute(f"ATTACH {_text(self._catalog)} AS {NOTES} (TYPE postgres)")
                except duckdb.Error as error:
                    raise _unreachable(error) from error
                self._opened = opened
            return self._opened

    def _connect(self, options: str) -> duckdb.DuckDBPyConnection:
        connection = self._bare()
        connection.execute(
            f"ATTACH {_text(f'ducklake:postgres:{self._catalog}')} AS {CATALOG} "
            f"(DATA_PATH {_text(self._store.files)}, OVERRIDE_DATA_PATH true{options})"
        )
        connection.execute(f"USE {CATALOG}")
        return connection

    @property
    def _catalog(self) -> str:
        return f"{self._store.catalog} application_name='Process {os.getpid()} of {socket.gethostname()}'"

    def _bare(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = bare_connection(EXTENSIONS)
        except ImportError as error:
            raise StoreError(NOT_INSTALLED) from error
        connection.execute(f"CREATE SECRET (TYPE s3, {', '.join(_object_store())})")
        return connection


def _object_store() -> Iterator[str]:
    """Give what the environment says of the object store, as DuckDB's words."""
    names = {"KEY_ID": "AWS_ACCESS_KEY_ID", "SECRET": "AWS_SECRET_ACCESS_KEY", "SESSION_TOKEN": "AWS_SESSION_TOKEN"}
    names["REGION"] = "AWS_REGION"
    yield from (f"{word} {_text(os.environ[name])}" for word, name in names.items() if os.environ.get(name))
    address = os.environ.get("AWS_ENDPOINT_URL")
    if address:
        parts = urlsplit(address)
        yield f"ENDPOINT {_text(parts.netloc)}"
        yield f"USE_SSL {'false' if parts.scheme == 'http' else 'true'}"
        yield "URL_STYLE 'path'"


def _taken(holder: duckdb.DuckDBPyConnection) -> bool:
    sql = f"SELECT pg_try_advisory_xact_lock({LOCK}) AS taken"
    found = holder.execute(f"SELECT taken FROM postgres_query('{NOTES}', {_text(sql)})").fetchone()
    return bool(found and found[0])


def _unreachable(error: duckdb.Error) -> StoreError:
    if "connect" not in str(error).lower():
        return translated(error)
    return StoreError(
        "The warehouse's catalog cannot be reached. Check catalog: in store.yaml, PGPASSWORD and the network. "
        f"({error})"
    )


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
