"""Where a warehouse lies: what the store needs of a folder on disk, or of a catalog and an object store."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import duckdb


class Place(Protocol):
    """What the store asks of the place where it lies; data files are named by their path below its folder."""

    @property
    def is_shared(self) -> bool:
        """Say whether other hosts may use it too."""
        ...

    def exists(self) -> bool:
        """Say whether there is a warehouse."""
        ...

    def prepare(self) -> None:
        """Make what the first writer needs."""
        ...

    def exclusive(self, wait_seconds: float) -> AbstractContextManager[None]:
        """Keep every other writer out; raises StoreBusy where one still writes after wait_seconds."""
        ...

    def holder(self) -> str:
        """Give who writes just now, and since when, in words; empty where nobody does."""
        ...

    def connect_writer(self) -> duckdb.DuckDBPyConnection:
        """Give a connection that may write; makes the catalog where there is none."""
        ...

    def connect_reader(self, snapshot: int | None) -> duckdb.DuckDBPyConnection:
        """Give a connection that only reads, at one snapshot for its whole life (None: each newest one)."""
        ...

    def newest_hint(self) -> int | None:
        """Give the newest snapshot as far as that can be told without asking the catalog."""
        ...

    def files(self) -> set[str]:
        """Give all data files that lie there."""
        ...

    def address(self, file: str) -> str:
        """Give where a data file lies, for people."""
        ...

    def keep(self, name: str, new: Collection[str]) -> None:
        """Make new data files durable and note their checksums under a transaction's name, before it commits."""
        ...

    def remove_orphans(self, writer: duckdb.DuckDBPyConnection, known: Collection[str]) -> int:
        """Delete the data files whose names no snapshot knows; gives their number. Needs the lock."""
        ...

    def check_catalog(self) -> None:
        """Compare the catalog with what was noted of it; raises StoreDamaged."""
        ...

    def check_files(self, names: Collection[str]) -> None:
        """Compare the named data files with their checksums, once a process; raises StoreDamaged."""
        ...

    def damaged(self, names: Collection[str]) -> Iterator[str]:
        """Give one sentence for each of the named data files that is not what was written."""
        ...

    def notes(self) -> set[str]:
        """Give the names under which checksums are noted."""
        ...

    def withdraw(self, names: Collection[str]) -> None:
        """Forget the checksums noted under some names, so that no reader opens those files."""
        ...

    def is_sealed(self) -> bool:
        """Say whether the catalog needs no seal, or has one."""
        ...

    def seal(self) -> None:
        """Note the catalog's own checksum. Needs the lock."""
        ...
