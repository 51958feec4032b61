"""The writer's lock: one program at a time changes the warehouse."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from warehouse.errors import StoreBusy, translated

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Holding:
    """The process that holds the lock (0 where it is not known), and since when."""

    process: int
    since: datetime


@contextmanager
def exclusive(lock_file: Path, *, wait_seconds: float) -> Iterator[None]:
    """Hold the lock; it is free again when the block ends or the process dies.

    Raises StoreBusy where another process still holds it after wait_seconds.
    """
    try:
        handle = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise translated(error) from error
    try:
        _wait(handle, wait_seconds)
        _sign(handle)
        yield
    finally:
        os.close(handle)


def holding(lock_file: Path) -> Holding | None:
    """Give who holds the lock and since when; None where it is free. Writes nothing, and needs no right to write."""
    try:
        handle = os.open(lock_file, os.O_RDWR if os.access(lock_file, os.W_OK) else os.O_RDONLY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise translated(error) from error
    try:
        return None if _taken(handle) else Holding(_owner(handle), _signed_at(handle))
    finally:
        os.close(handle)


def _owner(handle: int) -> int:
    os.lseek(handle, 0, os.SEEK_SET)
    return int(os.read(handle, 20) or b"0")


def _signed_at(handle: int) -> datetime:
    return datetime.fromtimestamp(os.fstat(handle).st_mtime, UTC)


def _sign(handle: int) -> None:
    try:
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, str(os.getpid()).encode())
    except OSError as error:
        raise translated(error) from error


def _wait(handle: int, wait_seconds: float) -> None:
    until = time.monotonic() + wait_seconds
    while not _taken(handle):
        if time.monotonic() >= until:
            owner = _owner(handle)
            message = f"Process {owner} is loading into this warehouse. Wait for it or stop it, then try again."
            raise StoreBusy(message, owner)
        time.sleep(POLL_SECONDS)


if sys.platform == "win32":
    import msvcrt

    def _taken(handle: int) -> bool:
        # The locked byte lies far behind the text, so that others can still read who holds the lock.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
