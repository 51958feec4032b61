"""Scrub: every stored byte compared with what was noted when it was written, and what a damaged file held."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError

import polars as pl

from warehouse import checksums
from warehouse.connection import META, catalog_file
from warehouse.errors import StoreError
from warehouse.places import place_of
from warehouse.store import Store, current_version

REPAIR = "denominator scrub --repair stores it anew from archive/."
REBUILD = "denominator scrub --repair builds the warehouse again from archive/."
PAST = "Only figures as they stood in the past need it: put the file back from a backup, if you have one."

_HELD = f"""
WITH damaged AS (
    SELECT data_file_id, table_id FROM {META}.ducklake_data_file WHERE suffix(path, $name)
    UNION ALL
    SELECT data_file_id, table_id FROM {META}.ducklake_delete_file WHERE suffix(path, $name)
)
SELECT any_value(t.table_name) AS table_name,
    min(s.min_value) FILTER (c.column_name = 'source') AS first_source,
    max(s.max_value) FILTER (c.column_name = 'source') AS last_source,
    min(s.min_value) FILTER (c.column_name = 'load_id') AS first_load,
    max(s.max_value) FILTER (c.column_name = 'load_id') AS last_load,
    min(s.min_value) FILTER (c.column_name = 'known_from') AS since,
    max(s.max_value) FILTER (c.column_name = 'known_from') AS until
FROM damaged AS d
JOIN {META}.ducklake_table AS t ON t.table_id = d.table_id AND t.end_snapshot IS NULL
LEFT JOIN {META}.ducklake_file_column_stats AS s ON s.data_file_id = d.data_file_id
LEFT JOIN {META}.ducklake_column AS c
    ON c.table_id = d.table_id AND c.column_id = s.column_id AND c.end_snapshot IS NULL
"""


@dataclass(frozen=True)
class Damage:
    """Stored bytes that are not what was written.

    kind is data (the newest rows), past (only earlier snapshots), catalog or archive; table, loads and the days since
    and until say what the file held, as far as that is known.
    """

    kind: str
    file: str
    what: str
    what_to_do: str
    table: str = ""
    loads: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    def sentence(self) -> str:
        """Give the damage for people."""
        held = f" It holds {self.table}" if self.table else ""
        if held and self.since:
            held += f" of {self.since[:10]} to {self.until[:10]}"
        if held and self.loads:
            more = f" and {len(self.loads) - 3} more" if len(self.loads) > 3 else ""
            held += f", loads {', '.join(self.loads[:3])}{more}"
        return f"{self.what}.{held}{'.' if held else ''} {self.what_to_do}"


def scrub(lake_dir: Path) -> list[Damage]:
    """Compare the catalog and every data file of every snapshot with their checksums; empty where all is well.

    Raises StoreError where a shared catalog cannot be reached.
    """
    place = place_of(lake_dir)
    if place.is_shared:
        with Store.open_reader(lake_dir, checked=False) as store:
            return list(_file_damages(store))
    catalog = str(catalog_file(lake_dir))
    damage = _catalog_damage(lake_dir)
    if damage:
        return [Damage("catalog", catalog, damage, REBUILD)]
    try:
        with Store(place.connect_reader(None), lake_dir, 0) as store:
            store.snapshot = store.newest_snapshot()
            hint = current_version(lake_dir)
            if hint is not None and hint > store.snapshot:
                lost = f"The catalog ends at snapshot {store.snapshot}, but snapshot {hint} was acknowledged"
                return [Damage("catalog", catalog, lost, REBUILD)]
            return list(_file_damages(store))
    except Exception as error:  # whatever DuckDB says of a damaged catalog
        return [Damage("catalog", catalog, f"The catalog {catalog} cannot be read: {error}", REBUILD)]


def _catalog_damage(lake_dir: Path) -> str:
    mismatch = checksums.seal_mismatch(lake_dir)
    if mismatch:
        return f"The catalog {catalog_file(lake_dir)} is not what was written"
    if (lake_dir / checksums.SEAL).exists():
        return ""
    try:
        found = checksums.catalog_problems(lake_dir)
    except CalledProcessError as error:
        found = str(error)
    return f"The catalog {catalog_file(lake_dir)} is damaged: {found}" if found else ""


def _file_damages(store: Store) -> Iterator[Damage]:
    current, files = store.data_files(), {Path(file).name: file for file in store.place.files()}
    for name in sorted(store.snapshot_files() - checksums.given_up(store.lake_dir)):
        for sentence in store.place.damaged({name}):
            kind, what_to_do = ("data", REPAIR) if name in current else ("past", PAST)
            file = store.place.address(files[name]) if name in files else name
            yield _with_contents(store, name, Damage(kind, file, sentence, what_to_do))


def _with_contents(store: Store, name: str, damage: Damage) -> Damage:
    """Add what the catalog knows of a damaged file's rows."""
    row = store.query(_HELD, {"name": name}).row(0, named=True)
    table = row["table_name"] or ""
    loads: tuple[str, ...] = ()
    with suppress(StoreError, pl.exceptions.PolarsError):  # the ledger itself may be what is damaged
        if row["since"]:
            found = store.query(
                "SELECT load_id FROM load WHERE table_name || '_version' = $table AND status = 'loaded' "
                "AND source BETWEEN $first AND $last "
                "AND exported_at BETWEEN $since::TIMESTAMPTZ AND $until::TIMESTAMPTZ ORDER BY exported_at",
                {
                    "table": table,
                    "first": row["first_source"],
                    "last": row["last_source"],
                    "since": row["since"],
                    "until": row["until"],
                },
            )
            loads = tuple(found["load_id"])
        elif row["first_load"]:
            between = [row["first_load"], row["last_load"]]
            found = store.query("SELECT load_id FROM load WHERE load_id BETWEEN ? AND ? ORDER BY loaded_at", between)
            loads = tuple(found["load_id"])
    return Damage(
        damage.kind,
        damage.file,
        damage.what,
        damage.what_to_do,
        table,
        loads,
        str(row["since"] or ""),
        str(row["until"] or ""),
    )
