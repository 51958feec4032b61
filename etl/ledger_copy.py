"""The ledger's copy beside the archived exports: with both, a lost warehouse can be built again."""

import hashlib
import json
import os
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path

from etl.ledger import Entry
from organisation.durable import sync_folder
from warehouse.errors import translated
from warehouse.store import Store

NAME = "ledger.jsonl"
INSTANTS = ("exported_at", "loaded_at")
DIGITS = 16


def copy_ledger(store: Store, archive: Path, source: str | None = None) -> int:
    """Add what the copy lacks of the ledger (of one source, or all) and give how many rows that was.

    One line a row, the last one of a load counts; durable when this returns. Raises DiskTrouble, StoreError.
    """
    rows = store.query("SELECT * FROM load WHERE source = coalesce(?, source) ORDER BY loaded_at, load_id", [source])
    known = copied(archive)
    new = [entry for row in rows.iter_rows(named=True) if known.get((entry := Entry(**row)).load_id) != entry]
    if new:
        try:
            _append(archive / NAME, "".join(_line(entry) for entry in new))
        except OSError as error:
            raise translated(error) from error
    return len(new)


def copied(archive: Path) -> dict[str, Entry]:
    """Give the copied ledger rows by load; lines that are torn or damaged are left out."""
    try:
        lines = (archive / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    found = (_entry(line) for line in lines)
    return {entry.load_id: entry for entry in found if entry}


def forget_copy(archive: Path) -> None:
    """Put the copy aside, so that it is written anew from the ledger."""
    (archive / NAME).replace(archive / f"{NAME}.damaged")


def damaged_lines(archive: Path) -> int:
    """Count the lines of the copy that are not what was written."""
    try:
        lines = (archive / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return 0
    return sum(1 for line in lines if line and _entry(line) is None)


def _append(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as opened:
        if opened.tell() and not _ends_whole(file):
            opened.write(b"\n")  # a line torn by a kill or a full disk stays alone
        opened.write(text.encode())
        opened.flush()
        os.fsync(opened.fileno())
    sync_folder(file.parent)


def _ends_whole(file: Path) -> bool:
    with file.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read(1) == b"\n"


def _line(entry: Entry) -> str:
    values = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(entry).items()
    }
    text = json.dumps(values, ensure_ascii=True)
    return f"{_digest(text)}  {text}\n"


def _entry(line: str) -> Entry | None:
    digest, _, text = line.partition("  ")
    if digest != _digest(text):
        return None
    values = json.loads(text)
    known = {field.name for field in fields(Entry)}
    instants = {name: datetime.fromisoformat(values[name]) for name in INSTANTS}
    return Entry(**{name: value for name, value in values.items() if name in known} | instants)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
