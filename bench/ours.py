"""Denominator's own work, measured as a loader at rest does it: from the waiting export to the acknowledged load."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from etl.calendar_table import refresh_calendar
from etl.child import Readers
from etl.load import load_new, make_ready
from etl.loading import Loading
from organisation import Organisation, Workspace
from warehouse.store import Store


@contextmanager
def load(root: str) -> Iterator[Callable[[], None]]:
    """Give the loading of what waits in a workspace, by a loader that is watching already.

    Raises SystemExit where a file is not loaded.
    """
    organisation = Organisation.read(Workspace(Path(root)))
    with Store.open_writer(organisation.workspace.lake) as store, Readers(organisation) as readers:
        refresh_calendar(organisation, store)
        loading = Loading(organisation, store, readers)
        make_ready(loading)
        yield lambda: _load(loading)


def _load(loading: Loading) -> None:
    kept_out = [file for result in load_new(loading) for file in result.files if file.status != "loaded"]
    if kept_out:
        sys.exit(f"{kept_out[0].source}/{kept_out[0].file.name} {kept_out[0].status}: {kept_out[0].message}")
