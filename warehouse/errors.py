"""What can go wrong in the warehouse.

StoreError
├── StoreBusy      another program is loading
├── StoreMissing   nothing has been loaded yet
├── StoreOutdated  the store was made by an earlier version, and no loader of this one has opened it yet
├── DiskTrouble    the disk is full, read-only, not permitted or failing
└── StoreDamaged   stored bytes are not what was written
"""

import errno

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LOCKED_OUT = (errno.EROFS, errno.EACCES, errno.EPERM)
FULL_WORDS = (
    "no space left",
    "disk is full",
    "disk full",
    "quota exceeded",
    "file too large",
    "cannot rollback - no transaction is active",
)
FAILED_WORDS = ("disk i/o error", "input/output error")
LOCKED_OUT_WORDS = ("read-only file system", "readonly database", "permission denied", "unable to open database file")


class StoreError(Exception):
    """The family of everything the warehouse raises."""


class StoreBusy(StoreError):
    """Another program holds the writer's lock; owner is its process id, 0 where it is not known."""

    def __init__(self, message: str, owner: int = 0) -> None:
        super().__init__(message)
        self.owner = owner


class StoreMissing(StoreError):
    """There is no warehouse yet, or not in this place."""


class StoreOutdated(StoreError):
    """The store, or the snapshot asked for, lacks tables or columns that came with a later version."""


class DiskTrouble(StoreError):
    """The disk does not take what is to be written."""


class StoreDamaged(StoreError):
    """Stored bytes are not what was written."""


def translated(error: Exception) -> StoreError:
    """Give a StoreError that says in plain words what an exception of the disk or the database means."""
    if isinstance(error, StoreError):
        return error
    text = str(error).lower()
    number = error.errno if isinstance(error, OSError) else None
    if number in FULL or any(word in text for word in FULL_WORDS):
        return DiskTrouble(
            "The disk is full: nothing of this load was stored, everything stored before is unharmed. "
            f"Free some space and load again. ({error})"
        )
    if number in LOCKED_OUT or any(word in text for word in LOCKED_OUT_WORDS):
        return DiskTrouble(
            "The warehouse's folder cannot be written: nothing of this load was stored, everything stored before is "
            f"unharmed. Check that the disk is not read-only and that the folder belongs to this user. ({error})"
        )
    if number == errno.EIO or any(word in text for word in FAILED_WORDS):
        return DiskTrouble(
            "The disk refused to write or to read: nothing of this load was stored, everything stored before is "
            "unharmed. Check the free space, the limits on the size of files and the disk itself, then load again. "
            f"({error})"
        )
    if "database is locked" in text:
        return StoreBusy(
            f"Another program is writing the catalog; nothing of this load was stored. Load again. ({error})"
        )
    return StoreError(f"The store failed: {error}")
