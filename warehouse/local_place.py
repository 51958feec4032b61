"""A warehouse in the workspace's own folder: SQLite catalog, files on disk, a lock file."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from organisation.durable import sync_all
from warehouse import checksums, lock
from warehouse.connection import catalog_file, connect_reader, connect_writer, files_dir
from warehouse.version import current_version


@dataclass(frozen=True)
class LocalPlace:
    """One workspace's own warehouse."""

    lake_dir: Path

    @property
    def is_shared(self) -> bool:
        """A folder is one host's."""
        return False

    def exists(self) -> bool:
        """Say whether there is a warehouse."""
        return catalog_file(self.lake_dir).exists()

    def prepare(self) -> None:
        """Make the folders."""
        files_dir(self.lake_dir).mkdir(parents=True, exist_ok=True)
        (self.lake_dir / "checksums").mkdir(exist_ok=True)

    def exclusive(self, wait_seconds: float) -> AbstractContextManager[None]:
        """Keep every other writer of this host out."""
        return lock.exclusive(self.lake_dir / "lock", wait_seconds=wait_seconds)

    def holder(self) -> str:
        """Give the process that holds the lock."""
        held = lock.holding(self.lake_dir / "lock")
        return "" if held is None else f"Process {held.process}, since {held.since:%Y-%m-%d %H:%M} UTC"

    def connect_writer(self) -> duckdb.DuckDBPyConnection:
        """Give a connection that may write."""
        return connect_writer(self.lake_dir)

    def connect_reader(self, snapshot: int | None) -> duckdb.DuckDBPyConnection:
        """Give a connection that only reads."""
        return connect_reader(self.lake_dir, snapshot)

    def newest_hint(self) -> int | None:
        """Give the newest snapshot as the version file states it."""
        return current_version(self.lake_dir)

    def files(self) -> set[str]:
        """Give all data files."""
        top = files_dir(self.lake_dir)
        return {file.relative_to(top).as_posix() for file in top.glob("*/*/*.parquet")}

    def address(self, file: str) -> str:
        """Give the path of a data file."""
        return str(files_dir(self.lake_dir) / file)

    def keep(self, name: str, new: Collection[str]) -> None:
        """Have new data files, their folders and their checksums on the disk itself, then withdraw the seal."""
        top = files_dir(self.lake_dir)
        files = [top / path for path in sorted(new)]
        sync_all(files, top)
        checksums.write(self.lake_dir, name, files)
        checksums.unseal(self.lake_dir)

    def remove_orphans(self, writer: duckdb.DuckDBPyConnection, known: Collection[str]) -> int:
        """Delete the data files that no snapshot knows."""
        orphans = [files_dir(self.lake_dir) / path for path in self.files() if Path(path).name not in known]
        for file in orphans:
            file.unlink(missing_ok=True)
        return len(orphans)

    def check_catalog(self) -> None:
        """Compare a sealed catalog with its checksum."""
        checksums.check_seal(self.lake_dir)

    def check_files(self, names: Collection[str]) -> None:
        """Compare data files with their checksums, again only where size or time of the file have changed."""
        checksums.check_files(self.lake_dir, names)

    def damaged(self, names: Collection[str]) -> Iterator[str]:
        """Give one sentence for each damaged file."""
        return checksums.damaged(self.lake_dir, set(names))

    def notes(self) -> set[str]:
        """Give the names of the checksum files."""
        return {file.name for file in (self.lake_dir / "checksums").iterdir()}

    def withdraw(self, names: Collection[str]) -> None:
        """Delete checksum files."""
        for name in names:
            (self.lake_dir / "checksums" / name).unlink()

    def is_sealed(self) -> bool:
        """Say whether the catalog's checksum is noted."""
        return (self.lake_dir / checksums.SEAL).exists()

    def seal(self) -> None:
        """Note the catalog's checksum."""
        checksums.seal(self.lake_dir)
