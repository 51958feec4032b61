"""One snapshot as plain Parquet files, for databases that know nothing of DuckLake: nothing deleted, nothing lacking.

The files of a lake alone are no table: rows that were deleted still stand in them, and small loads lie in the catalog.
"""

from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import StoreDamaged
from warehouse.schema import tables
from warehouse.store import Store


@dataclass(frozen=True)
class Export:
    """A snapshot's tables, each in one Parquet file, and how many rows each has."""

    snapshot: int
    files: dict[str, Path]
    rows: dict[str, int]


def export_snapshot(lake_dir: Path, folder: Path, snapshot: int | None = None) -> Export:
    """Write every table of a snapshot (the newest by default) into a folder; the lake itself is only read.

    Each file is counted and hashed against the snapshot. Raises StoreDamaged where they differ, StoreError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files, rows = {}, {}
    with Store.open_reader(lake_dir, snapshot) as store, store.reading():
        for name in tables():
            file = folder / f"{name}.parquet"
            place = str(file).replace("'", "''")
            store.execute(f"COPY (SELECT * FROM {name}) TO '{place}' (FORMAT parquet)")
            stored, written = (_in_short(store, of) for of in (name, f"read_parquet('{place}')"))
            if stored != written:
                raise StoreDamaged(
                    f"{file} has other rows than {name} at snapshot {store.snapshot}: {written}, {stored}"
                )
            files[name], rows[name] = file, stored[0]
        return Export(store.snapshot, files, rows)


def _in_short(store: Store, relation: str) -> tuple[int, str | None]:
    found = store.query(f"SELECT count(*), sum(hash(row_of)::HUGEINT)::VARCHAR FROM {relation} AS row_of").row(0)
    return int(found[0]), found[1]
