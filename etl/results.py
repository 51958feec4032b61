"""What a load tells the one who asked for it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl.ledger import Entry


@dataclass(frozen=True)
class FileResult:
    """What became of one file; status is loaded, known, held or refused, reason a reason class or None."""

    file: Path
    source: str
    table: str
    status: str
    rows_in: int = 0
    loaded: int = 0
    changed: int = 0
    rejected: int = 0
    ignored: int = 0
    seconds: float = 0.0
    reason: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, file: Path, entry: Entry) -> "FileResult":
        """Give the result that a ledger row states."""
        return cls(
            file, entry.source, entry.table_name, entry.status, entry.rows_in, entry.loaded, entry.changed,
            entry.rejected, entry.ignored, entry.seconds, entry.reason, entry.message,
        )  # fmt: skip


@dataclass(frozen=True)
class LoadResult:
    """What one transaction touched: files, regions, tables, the days of new and ended states, and its snapshot."""

    files: tuple[FileResult, ...]
    source: str
    regions: frozenset[str]
    tables: frozenset[str]
    days: frozenset[date]
    snapshot: int
