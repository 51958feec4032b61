"""The snapshots of the store: which one was the newest before a moment."""

from datetime import datetime
from pathlib import Path

from warehouse.connection import META
from warehouse.store import Store


def snapshot_before(lake_dir: Path, moment: datetime) -> int | None:
    """Give the newest snapshot with loads that was stored before a moment; None where there was none.

    The moment is the store's own clock, not the one of the exports. Raises StoreError.
    """
    with Store.open_reader(lake_dir) as store:
        found = store.query(
            f"SELECT max(snapshot_id) AS newest FROM {META}.ducklake_snapshot "
            "WHERE snapshot_time < ? AND snapshot_id > 1",
            [moment],
        )
        newest = found["newest"][0]
    return None if newest is None else int(newest)
