"""The demonstration company in small: its newest exports only, written and loaded in seconds."""

import re
import shutil
from datetime import date
from pathlib import Path

from demo import write_demo
from etl.load import load_waiting
from organisation import Organisation, Workspace
from warehouse.store import Store

TODAY = date(2026, 11, 24)
DATED = re.compile(r"(?P<table>[a-z_]+?)_\d{4}-\d\d-\d\d.*\.csv")


def small_company(root: Path, *, scale: float = 0.1, newest: int = 2) -> Workspace:
    """Write a workspace that holds only the newest exports of each feed, and load them."""
    write_demo(root, seed=1, today=TODAY, scale=scale)
    workspace = Workspace(root.resolve())
    for folder in workspace.inbox.iterdir():
        _keep_newest(folder, newest)
    load(workspace)
    return workspace


def copy_of(workspace: Workspace, place: Path) -> Workspace:
    """Copy a company with all that is loaded, for tests that change it."""
    # A reader's empty journal may come and go while the folder is copied; the loader leaves none.
    shutil.copytree(workspace.root, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    return Workspace(place)


def load(workspace: Workspace) -> None:
    """Load what waits in the inbox."""
    with Store.open_writer(workspace.lake) as store:
        load_waiting(Organisation.read(workspace), store)


def _keep_newest(folder: Path, newest: int) -> None:
    tables: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("*.csv")):
        found = DATED.fullmatch(file.name)
        tables.setdefault(found["table"] if found else file.name, []).append(file)
    for files in tables.values():
        for file in files[:-newest]:
            file.unlink()
