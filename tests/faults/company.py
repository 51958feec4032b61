"""What the tests of faults share: a small company, its figures, and how many faults to try."""

import atexit
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from commands.load import load_all
from tests.etl.shop import Shop
from warehouse.compaction import compact
from warehouse.schema import tables
from warehouse.store import Store

IS_FULL = os.environ.get("DENOMINATOR_FULL") == "1"
WORKING = ("seconds", "loaded_at")  # what differs from one run to the next and is in no figure

Rows = dict[str, list[tuple[object, ...]]]


def tries(quick: int, full: int) -> int:
    """Give how many faults to try: few within all tests, the promised number with DENOMINATOR_FULL=1."""
    return full if IS_FULL else quick


def report(figure: str) -> None:
    """Say what was reached; make faults shows it."""
    sys.stdout.write(f"\n[promise] {figure}\n")


def loaded_shop(root: Path, weeks: int = 3) -> Shop:
    """Give a shop of a few loads whose warehouse has every kind of file: loaded once, copied often."""
    return _loaded(weeks).copied(root)


@cache
def _loaded(weeks: int) -> Shop:
    root = Path(tempfile.mkdtemp(prefix="loaded"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    shop = Shop.open(root)
    for week in range(weeks):
        shop.drop_deals(f"2026-11-{3 + 7 * week:02d}", *range(10 + week, 35 + week), "many", 7)
        load_all(shop.organisation)
    with Store.open_writer(shop.workspace.lake) as store:
        compact(store, rewrite_above=1.0)  # ends of states go from the catalog into files of their own
        store.seal()
    return shop


def contents(lake: Path) -> Rows:
    """Give every row of every table as a reader sees them; raises StoreError."""
    with Store.open_reader(lake) as reader:
        return rows_of(reader)


def rows_of(store: Store) -> Rows:
    """Give every row of every table at a store's snapshot; tables without rows are found by one statement."""
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables())
    filled = {name for name, rows in store.query(counts).rows() if rows}
    return {
        name: store.query(f"SELECT * FROM {name} ORDER BY ALL").drop(WORKING, strict=False).rows()
        if name in filled
        else []
        for name in tables()
    }
