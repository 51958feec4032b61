"""What only a process without connections to the catalog may do with it: seal it, hash it, check it, copy it.

Closing a file drops all of a process's POSIX locks on it, those of SQLite included; so this is a program of its own.
"""

import hashlib
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def seal(catalog: Path, sealed: Path) -> bool:
    """Write SQLite's log into the catalog and note the catalog's SHA-256; False where readers keep the log in use."""
    with closing(sqlite3.connect(catalog, timeout=1.0)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            return False
        found = digest(catalog)
    partial = sealed.with_name(f".{sealed.name}.{os.getpid()}")
    with partial.open("w", encoding="ascii") as opened:
        opened.write(found)
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(sealed)
    return True


def digest(catalog: Path) -> str:
    """Give the catalog's SHA-256."""
    return hashlib.sha256(catalog.read_bytes()).hexdigest()


def problems(catalog: Path) -> str:
    """Give what SQLite finds wrong with the catalog's structure; empty where nothing is."""
    try:
        with closing(sqlite3.connect(f"file:{catalog}?mode=ro", uri=True, timeout=5.0)) as connection:
            found = "; ".join(row[0] for row in connection.execute("PRAGMA quick_check(5)"))
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else found


def copy(catalog: Path, target: Path) -> None:
    """Copy the catalog as it is at one moment, its log included."""
    with closing(sqlite3.connect(catalog, timeout=5.0)) as connection, closing(sqlite3.connect(target)) as other:
        connection.backup(other)


if __name__ == "__main__":
    verb, of, *more = sys.argv[1:]
    if verb == "seal":
        seal(Path(of), Path(more[0]))
    elif verb == "digest":
        sys.stdout.write(digest(Path(of)))
    elif verb == "problems":
        sys.stdout.write(problems(Path(of)))
    elif verb == "copy":
        copy(Path(of), Path(more[0]))
