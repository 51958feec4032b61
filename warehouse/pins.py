"""Pinned snapshots: those that frozen packs rest on, so that no upkeep may ever let them go.

A pack's own manifest is the pin: it names its snapshot and when that was stored. The store expires no snapshot; this
is what says so, and what would keep any later saving of space away from them.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warehouse.connection import META
from warehouse.store import Store

PACKS, MANIFEST = "packs", "manifest.json"


@dataclass(frozen=True)
class Pin:
    """The snapshot of one pack; stored_at None: where that was not known."""

    pack: str
    snapshot: int
    stored_at: datetime | None


def pins(lake_dir: Path) -> tuple[Pin, ...]:
    """Give the pinned snapshots of a workspace, by pack; a manifest that cannot be read is the pack's own damage."""
    found = []
    for file in sorted((lake_dir.parent / PACKS).glob(f"*/{MANIFEST}")):
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            stored_at = datetime.fromisoformat(told["snapshot_at"]) if told["snapshot_at"] else None
            found.append(Pin(file.parent.name, int(told["snapshot"]), stored_at))
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return tuple(found)


def lost_pins(store: Store) -> tuple[str, ...]:
    """Give a sentence for each pack whose snapshot is not in the store any more; raises StoreError."""
    wanted = pins(store.lake_dir)
    if not wanted:
        return ()
    rows = store.query(f"SELECT snapshot_id, snapshot_time::TIMESTAMPTZ FROM {META}.ducklake_snapshot")
    held = dict(rows.iter_rows())
    return tuple(
        f"The pack {pin.pack} rests on snapshot {pin.snapshot}, which the warehouse does not hold any more"
        for pin in wanted
        if pin.snapshot not in held or (pin.stored_at is not None and held[pin.snapshot] != pin.stored_at)
    )
