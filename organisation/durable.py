"""Writing files so that they survive a loss of power, and their checksums."""

import hashlib
import os
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

CHUNK = 1 << 20


def sync_file(file: Path) -> None:
    """Have a file's content on the disk itself before this returns."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def sync_folder(folder: Path) -> None:
    """Have a folder's list of names on the disk itself before this returns."""
    if sys.platform == "win32":
        return  # Windows cannot open a folder, and writes its names through
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(files: Iterable[Path], top: Path) -> None:
    """Have files, and every folder from theirs up to top, on the disk itself before this returns."""
    folders: set[Path] = set()
    for file in files:
        sync_file(file)
        folders.update(parent for parent in file.parents if parent == top or top in parent.parents)
    for folder in sorted(folders, reverse=True):
        sync_folder(folder)


def write_new(file: Path, text: str) -> None:
    """Write a file with its text as it is, no line end changed, on the disk itself before this returns.

    For what moves into its place later, with all that belongs to it; its folders are made, and not synced.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())


def write_synced(file: Path, text: str) -> None:
    """Put a file in place with its whole text, or not at all, even across a loss of power."""
    replace_file(file, text, synced=True)
    sync_folder(file.parent)


def replace_file(file: Path, content: str | bytes, *, synced: bool = False) -> None:
    """Put a file in place with its whole content, or not at all; a text is written in UTF-8, no line end changed."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    with partial.open("wb") as opened:
        opened.write(content.encode("utf-8") if isinstance(content, str) else content)
        if synced:
            opened.flush()
            os.fsync(opened.fileno())
    partial.replace(file)


def sha256_of(file: Path) -> str:
    """Give the SHA-256 of a file's content in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def remembered_sha256(file: Path) -> str:
    """Give sha256_of, read again only where size or time of the file have changed since this process last asked."""
    state = file.stat()
    return _remembered(file, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _remembered(file: Path, _size: int, _modified: int) -> str:
    return sha256_of(file)
