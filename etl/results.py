"""What a load tells the one who asked for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from etl.ledger import Entry
from etl.loading import Loading, Touched


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
    export: str | None = None

    @classmethod
    def of(cls, file: Path, entry: Entry) -> "FileResult":
        """Give the result that a ledger row states."""
        return cls(
            file, entry.source, entry.table_name, entry.status, entry.rows_in, entry.loaded, entry.changed,
            entry.rejected, entry.ignored, entry.seconds, entry.reason, entry.message, entry.export,
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


@dataclass(frozen=True)
class Done:
    """What came of something a person asked for: a sentence, what it loaded, and what the asking page shows."""

    message: str
    loads: tuple[LoadResult, ...] = ()
    result: Mapping[str, object] = field(default_factory=dict)


def result_of(loading: Loading, source_id: str, touched: Sequence[Touched]) -> LoadResult:
    """Give the result of one transaction over archived exports of a source."""
    entries = [entry for part in touched for entry in part.entries]
    archive = loading.organisation.workspace.archive
    return LoadResult(
        files=tuple(FileResult.of(archive / str(entry.archived_as), entry) for entry in entries),
        source=source_id,
        regions=frozenset[str]().union(*(part.regions for part in touched)),
        tables=frozenset(entry.table_name for entry in entries),
        days=frozenset[date]().union(*(part.days for part in touched)),
        snapshot=loading.store.snapshot,
    )
