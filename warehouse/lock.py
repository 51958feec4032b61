"""The writer's lock: one program at a time changes the warehouse."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import StoreBusy, translated

POLL_SECONDS = 0.02


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


def holder(lock_file: Path) -> int | None:
    """Give the process that holds the lock; None where it is free."""
    try:
        with exclusive(lock_file, wait_seconds=0):
            return None
    except StoreBusy as busy:
        return busy.owner


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
            os.lseek(handle, 0, os.SEEK_SET)
            owner = int(os.read(handle, 20) or b"0")
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
