"""Connections to the workspace's own lake: DuckDB with DuckLake on a SQLite catalog, nothing fetched at run time."""

from pathlib import Path

import duckdb
from duckdb_extensions import import_extension

CATALOG = "lake"
META = f"__ducklake_metadata_{CATALOG}"
EXTENSIONS = ("sqlite_scanner", "ducklake")
BUSY_MILLISECONDS = 5000


def catalog_file(lake_dir: Path) -> Path:
    """The SQLite file that lists what belongs to which snapshot."""
    return lake_dir / "meta.sqlite"


def files_dir(lake_dir: Path) -> Path:
    """Where the data files lie."""
    return lake_dir / "files"


def connect_writer(lake_dir: Path) -> duckdb.DuckDBPyConnection:
    """Give a connection that may write; makes the catalog where there is none."""
    return _connect(lake_dir, "META_JOURNAL_MODE 'WAL'")


def connect_reader(lake_dir: Path, snapshot: int | None) -> duckdb.DuckDBPyConnection:
    """Give a connection that only reads, and sees one snapshot for its whole life (None: each newest one)."""
    pinned = "" if snapshot is None else f", SNAPSHOT_VERSION {int(snapshot)}"
    return _connect(lake_dir, f"READ_ONLY{pinned}")


def bare_connection(extensions: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """Give a connection in memory with installed extensions, of one thread; raises ImportError where one is missing."""
    # DuckDB would hash 70 MB of extensions for each connection (0.3 s); the lock file has checked the wheels already.
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_unsigned_extensions": "true",
            "threads": "1",
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # standard output is for other programs
    for extension in extensions:
        import_extension(extension)
        connection.load_extension(extension)
    return connection


def _connect(lake_dir: Path, options: str) -> duckdb.DuckDBPyConnection:
    connection = bare_connection(EXTENSIONS)
    # The data path is stated at each attach, so that a workspace can be moved or mounted elsewhere.
    connection.execute(
        f"ATTACH 'ducklake:sqlite:{_quoted(catalog_file(lake_dir))}' AS {CATALOG} "
        f"(DATA_PATH '{_quoted(files_dir(lake_dir))}', OVERRIDE_DATA_PATH true, "
        f"META_BUSY_TIMEOUT {BUSY_MILLISECONDS}, {options})"
    )
    connection.execute(f"USE {CATALOG}")
    return connection


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
