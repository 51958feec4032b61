"""Compaction, in a process of its own: while it joins files, the database's native code may end its process (ADR 0002).

The caller holds the lock. Each step is one transaction, so that an end at any moment leaves the rows as they were; and
no file with other rows than before is ever shown.
"""

import subprocess
import sys
from pathlib import Path

from warehouse.connection import CATALOG
from warehouse.errors import DiskTrouble, StoreBusy, StoreDamaged, StoreError
from warehouse.places import place_of
from warehouse.schema import tables
from warehouse.store import Store

HOME = Path(__file__).resolve().parents[1]
PROGRAM = "from warehouse.compaction import main; main()"
ATTEMPTS = 3
FAILED = 3  # the exit status of a step that failed with words of its own
KINDS = {kind.__name__: kind for kind in (StoreError, StoreBusy, DiskTrouble, StoreDamaged)}


def compact(store: Store, *, rewrite_above: float = 0.0) -> None:
    """Join small data files; older snapshots stay readable, and the rows of the newest are counted before and after.

    A file of which more than a part of the rows has ended is written anew without them. The file before stays
    for the past, so that the part says how fast the store may grow. Raises StoreError.
    """
    with store.exclusive():
        before, noted = rows_in_short(store), store.place.notes()
        try:
            _compact_apart(store, rewrite_above)
        finally:
            store.refresh()
            _refuse_other_rows(store, before, noted)


def rows_in_short(store: Store) -> dict[str, tuple[object, ...]]:
    """Give how many rows each table has, and the sum of their hashes."""
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables())
    found: dict[str, tuple[object, ...]] = {name: (rows,) for name, rows in store.query(counts).rows()}
    for name in [name for name, (rows,) in found.items() if rows]:  # an empty table has nothing to hash
        found[name] += store.query(f"SELECT sum(hash(row_of)::HUGEINT)::VARCHAR FROM {name} AS row_of").row(0)
    return found


def _compact_apart(store: Store, rewrite_above: float) -> None:
    """Have another process do it, anew where that ends before it is done."""
    command = [sys.executable, "-c", PROGRAM, str(store.lake_dir.resolve()), str(rewrite_above)]
    for _ in range(ATTEMPTS):
        done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        store.remove_orphans()
        if done.returncode == FAILED:
            kind, _, words = done.stdout.partition(" ")
            raise KINDS[kind](words)
    said = (done.stderr.strip().splitlines() or ["nothing"])[0]
    raise StoreError(
        f"Joining small files ended {ATTEMPTS} times before it was done (status {done.returncode}, it said: {said}). "
        "Every row is as it was, and loading goes on; it is tried again at the next upkeep."
    )


def _refuse_other_rows(store: Store, before: dict[str, tuple[object, ...]], noted: set[str]) -> None:
    """Withdraw the checksums of joined files that hold other rows than before: no reader opens them then."""
    after = rows_in_short(store)
    wrong = [name for name in before if before[name] != after[name]]
    if not wrong:
        return
    store.place.withdraw(store.place.notes() - noted)
    raise StoreDamaged(
        f"Joining small files changed rows of {', '.join(wrong)}: no page shows them. "
        "denominator scrub --repair stores them anew from archive/."
    )


def main() -> None:
    """Compact the lake that the command line names; its caller holds the lock."""
    lake_dir, rewrite_above = Path(sys.argv[1]), float(sys.argv[2])
    try:
        with Store(place_of(lake_dir).connect_writer(), lake_dir, 0) as store, store.held_by_caller():
            _compact_here(store, rewrite_above)
    except StoreError as error:
        sys.stdout.write(f"{type(error).__name__} {error}")
        sys.exit(FAILED)


def _compact_here(store: Store, rewrite_above: float) -> None:
    # DuckLake does each in a transaction of its own; files with deleted rows are joined only once rewritten.
    for step, settings in (
        ("flush_inlined_data", ""),
        ("rewrite_data_files", f", delete_threshold => {rewrite_above}"),
        ("merge_adjacent_files", ""),
    ):
        with store.transaction(f"compaction {step}"):
            store.execute(f"CALL ducklake_{step}('{CATALOG}'{settings})")
