"""Checksums: one small file a transaction with the SHA-256 of each data file, and a seal over the catalog."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from organisation.durable import remembered_sha256, sha256_of, write_synced
from warehouse.connection import catalog_file, files_dir
from warehouse.errors import StoreDamaged

SEAL = "catalog.seal"
MOMENTS = 3


def write(lake_dir: Path, name: str, files: Iterable[Path]) -> None:
    """Note the checksums of new data files, durably, under the transaction's name."""
    lines = [f"{sha256_of(file)}  {file.relative_to(files_dir(lake_dir)).as_posix()}\n" for file in files]
    if lines:
        write_synced(lake_dir / "checksums" / name, "".join(lines))


def check_files(lake_dir: Path, names: Iterable[str]) -> None:
    """Compare data files with what was noted when they were written; raises StoreDamaged with every damaged one."""
    damages = list(damaged(lake_dir, set(names)))
    if damages:
        raise StoreDamaged(
            "Stored data are damaged: " + "; ".join(damages) + ". The exports are kept in archive/: "
            "denominator scrub --repair stores them anew."
        )


def damaged(lake_dir: Path, names: set[str]) -> Iterator[str]:
    """Give one sentence for each of the named data files that is not what was written."""
    noted = {Path(path).name: (path, digest, load) for path, digest, load in _noted(lake_dir)}
    for name in sorted(names):
        if name not in noted:
            yield f"{name} has no checksum"
            continue
        path, digest, load = noted[name]
        file = files_dir(lake_dir) / path
        if not file.exists():
            yield f"{path} of {load} is missing"
        elif remembered_sha256(file) != digest:
            yield f"{path} of {load} is not what was written"


def unseal(lake_dir: Path) -> None:
    """Withdraw the seal before the catalog changes."""
    (lake_dir / SEAL).unlink(missing_ok=True)


def seal(lake_dir: Path) -> None:
    """Write the catalog's log into the catalog and note its checksum, in a process of its own.

    A process that has the catalog attached must never open it itself: closing it would drop SQLite's locks.
    Does nothing where readers keep the log in use.
    """
    _apart("seal", lake_dir, lake_dir / SEAL)


def copy_catalog(lake_dir: Path, target: Path) -> None:
    """Copy the catalog as it is at one moment; raises CalledProcessError."""
    _apart("copy", lake_dir, target)


def catalog_problems(lake_dir: Path) -> str:
    """Give what is wrong with the structure of the catalog; empty where nothing is. For one that is not sealed."""
    return _apart("problems", lake_dir)


def check_seal(lake_dir: Path) -> None:
    """Compare a sealed catalog with its checksum; raises StoreDamaged."""
    found = seal_mismatch(lake_dir)
    if found:
        raise StoreDamaged(found)


def seal_mismatch(lake_dir: Path) -> str | None:
    """Say that a sealed catalog is not what was written; None where it is, or where it is not sealed.

    A catalog that is just being changed is not sealed: the seal goes before the change is made.
    """
    for _ in range(MOMENTS):
        state = _sealed_state(lake_dir)
        if state is None or state[0] == _digest_apart(lake_dir, *state):
            return None
        if state == _sealed_state(lake_dir):
            return (
                f"The catalog {catalog_file(lake_dir)} is not what was written. "
                "denominator scrub --repair builds the warehouse again from archive/."
            )
    return None


def given_up(lake_dir: Path) -> set[str]:
    """Give the names of damaged files of the past that nothing can mend; they were moved to damaged/."""
    return {file.name for file in (lake_dir / "damaged").glob("*.parquet")}


def _sealed_state(lake_dir: Path) -> tuple[str, int, int] | None:
    """Give the seal, and size and time of the catalog that it concerns; None where it is not sealed."""
    catalog = catalog_file(lake_dir)
    log = catalog.with_name(catalog.name + "-wal")
    try:
        if log.exists() and log.stat().st_size:
            return None
        sealed, state = (lake_dir / SEAL).read_text(encoding="ascii", errors="replace"), catalog.stat()
    except FileNotFoundError:
        return None
    return sealed, state.st_size, state.st_mtime_ns


@lru_cache(maxsize=100)
def _digest_apart(lake_dir: Path, _seal: str, _size: int, _modified: int) -> str:
    return _apart("digest", lake_dir)


def _apart(verb: str, lake_dir: Path, *more: Path) -> str:
    program = Path(__file__).with_name("seal.py")
    command = [sys.executable, "-I", "-S", str(program), verb, str(catalog_file(lake_dir)), *map(str, more)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _noted(lake_dir: Path) -> Iterator[tuple[str, str, str]]:
    for file in (lake_dir / "checksums").iterdir():
        if not file.name.startswith("."):
            yield from _lines(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=100_000)
def _lines(file: Path, _modified: int) -> tuple[tuple[str, str, str], ...]:
    pairs = (line.partition("  ") for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
    return tuple((path, digest, file.name) for digest, _, path in pairs)
