"""The seal over the catalog: a program of its own, since only a process without connections to it may read it."""

import hashlib
import os
import sqlite3
import sys
from pathlib import Path


def seal(catalog: Path, sealed: Path) -> bool:
    """Write SQLite's log into the catalog and note the catalog's SHA-256; False where readers keep the log in use."""
    connection = sqlite3.connect(catalog, timeout=1.0)
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            return False
        digest = hashlib.sha256(catalog.read_bytes()).hexdigest()
    finally:
        connection.close()
    partial = sealed.with_name(f".{sealed.name}.{os.getpid()}")
    with partial.open("w", encoding="ascii") as opened:
        opened.write(digest)
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(sealed)
    return True


if __name__ == "__main__":
    seal(Path(sys.argv[1]), Path(sys.argv[2]))
