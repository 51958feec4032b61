"""Where the docket is kept: SQLite beside the warehouse, or any database that SQLAlchemy knows, by its address."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from docket.errors import DocketError
from organisation import Workspace

VARIABLE = "DENOMINATOR_DOCKET"
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 10


def address_of(workspace: Workspace) -> str:
    """Give where a workspace's docket is: the address in DENOMINATOR_DOCKET, else data/docket.sqlite."""
    address = os.environ.get(VARIABLE)
    if not address:
        workspace.data.mkdir(parents=True, exist_ok=True)
    return address or f"sqlite:///{workspace.data / 'docket.sqlite'}"


class Database:
    """The docket's database, brought up to date when it is opened."""

    def __init__(self, address: str) -> None:
        self._engine = _engine(address)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        try:
            with self._engine.begin() as connection:
                config = Config()
                config.set_main_option("script_location", str(MIGRATIONS))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except OperationalError as error:
            raise DocketError(f"the docket at {self._engine.url} cannot be opened: {error.orig}") from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session: all that happens in it is stored together, or nothing is."""
        with self._sessions.begin() as session:
            yield session

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _engine(address: str) -> Engine:
    engine = create_engine(address)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _as_durable_as_the_warehouse)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _as_durable_as_the_warehouse(connection: Connection, _record: object) -> None:
    """Writers wait for each other, readers never do, and what was acknowledged survives a loss of power."""
    connection.isolation_level = None  # SQLAlchemy's own BEGIN IMMEDIATE opens each transaction
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
