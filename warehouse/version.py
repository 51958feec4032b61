"""The small version file: the newest snapshot as a hint that costs one read."""

from pathlib import Path
from zlib import crc32

from organisation.durable import replace_file


def current_version(lake_dir: Path) -> int | None:
    """Give the newest snapshot as the small version file states it (a hint that costs one read); None without one."""
    try:
        text = (lake_dir / "version").read_text(encoding="ascii")
        snapshot = int(text.partition(" ")[0])
    except (OSError, ValueError):
        return None
    return snapshot if text == version_text(snapshot) else None


def version_text(snapshot: int) -> str:
    """Give what the version file says of a snapshot: with a check, so that a flipped bit never names another one."""
    return f"{snapshot} {crc32(str(snapshot).encode()):08x}"


def note_version(lake_dir: Path, snapshot: int) -> None:
    """Put a snapshot into the version file, where it says another one."""
    if current_version(lake_dir) != snapshot:
        replace_file(lake_dir / "version", version_text(snapshot))
