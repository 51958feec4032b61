"""A loader in a process of its own, to be killed, frozen or kept waiting."""

import os
import subprocess
import sys
from pathlib import Path

from tests.etl.shop import Shop

REPOSITORY = Path(__file__).resolve().parents[2]
LOADER = """
import sys
from pathlib import Path
from etl.load import load_waiting
from organisation import Organisation, Workspace
from warehouse.store import Store

workspace = Workspace(Path(sys.argv[1]))
with Store.open_writer(workspace.lake) as store:
    while True:
        load_waiting(Organisation.read(workspace), store, on_file=lambda each: print(each.file.name, flush=True))
"""


def start_loader(shop: Shop, acknowledged: Path | None = None) -> "subprocess.Popen[str]":
    """Start a loader that loads whatever waits, and prints each file as it is acknowledged, if wanted into a file."""
    command = [sys.executable, "-c", LOADER, str(shop.workspace.root)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    if acknowledged is None:
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY)
    with acknowledged.open("a", encoding="utf-8") as shared:
        return subprocess.Popen(command, stdout=shared, text=True, env=environment, cwd=REPOSITORY)
