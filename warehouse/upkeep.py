"""Upkeep: what the warehouse needs once a night, and the note of when it was last done."""

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from organisation.durable import write_synced
from warehouse import checksums
from warehouse.compaction import compact
from warehouse.errors import translated
from warehouse.pins import lost_pins
from warehouse.store import Store

NIGHT = time(2)  # the hour at which a night's upkeep falls due, in the group's time zone
NOTE = "upkeep.json"
REWRITE_ABOVE = 0.1  # a file is written anew once more than this part of its rows has ended


@dataclass(frozen=True)
class Upkeep:
    """What one upkeep did: when, at which snapshot, and what it found; lost: frozen packs whose snapshot is gone."""

    done_at: datetime
    snapshot: int
    files_before: int
    files_after: int
    removed: int
    damaged: tuple[str, ...]
    lost: tuple[str, ...] = ()


def last_upkeep(lake_dir: Path) -> Upkeep | None:
    """Give what is noted of the last upkeep; None where there is no note, or none that can be read."""
    try:
        noted = json.loads((lake_dir / NOTE).read_text(encoding="utf-8"))
        done_at = datetime.fromisoformat(noted["done_at"])
        told = {name: tuple(noted.get(name, ())) for name in ("damaged", "lost")}
        return Upkeep(**{**noted, "done_at": done_at, **told})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_due(lake_dir: Path, now: datetime, zone: ZoneInfo) -> bool:
    """Say whether a night has begun since the last upkeep, or since the warehouse was first seen without one.

    A clock that was put back makes it due once, never for as long as it takes to catch up.
    """
    noted = last_upkeep(lake_dir)
    if noted is None:
        _note(lake_dir, Upkeep(now, 0, 0, 0, 0, ()))
        return False
    return _night(noted.done_at, zone) != _night(now, zone)


def tend(store: Store, now: datetime) -> Upkeep:
    """Join small data files, remove what no snapshot needs, compare every byte with its checksum, and note it.

    Snapshots of the past stay readable; those that frozen packs rest on are looked for. Raises StoreBusy, DiskTrouble,
    StoreError; it stays due then.
    """
    with store.exclusive():
        files = len(store.data_files())
        damaged = tuple(store.place.damaged(store.data_files()))
        past = store.snapshot_files() - store.data_files() - checksums.given_up(store.lake_dir)
        if not damaged:  # never copy damaged rows into a file with a checksum of its own
            compact(store, rewrite_above=REWRITE_ABOVE)
        removed = store.remove_replaced() + store.remove_orphans()
        damaged += tuple(store.place.damaged(past & store.snapshot_files()))
        done = Upkeep(now, store.snapshot, files, len(store.data_files()), removed, damaged, lost_pins(store))
        _note(store.lake_dir, done)
    store.seal()
    return done


def _night(moment: datetime, zone: ZoneInfo) -> datetime:
    """Give the beginning of the night to which a moment belongs."""
    local = moment.astimezone(zone)
    tonight = local.replace(hour=NIGHT.hour, minute=NIGHT.minute, second=0, microsecond=0)
    return tonight if local >= tonight else tonight - timedelta(days=1)


def _note(lake_dir: Path, done: Upkeep) -> None:
    values = {**vars(done), "done_at": done.done_at.isoformat(), "damaged": list(done.damaged), "lost": list(done.lost)}
    try:
        write_synced(lake_dir / NOTE, json.dumps(values))
    except OSError as error:
        raise translated(error) from error
