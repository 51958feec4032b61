"""Watching the inbox: what is renamed in is loaded at once, in order, and trouble is tried again."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from watchfiles import watch as changes_of
from watchfiles.main import FileChange

from etl.calendar_table import refresh_calendar
from etl.child import Readers
from etl.errors import EtlError
from etl.load import LoadResult, OnFile, load_new
from etl.loading import Loading
from organisation import Organisation
from warehouse.errors import StoreError
from warehouse.store import Store

LOG = logging.getLogger(__name__)
DEBOUNCE_MILLISECONDS = 100
STEP_MILLISECONDS = 20
LOOK_AGAIN_MILLISECONDS = 1000  # for file systems that report nothing, and for files that were not complete

OnLoad = Callable[[LoadResult], None]


def watch(
    organisation: Organisation,
    store: Store,
    on_load: OnLoad,
    stop: threading.Event,
    *,
    on_file: OnFile | None = None,
) -> None:
    """Load what waits and then whatever arrives, until stop is set; on_load is called after each transaction.

    A full disk or a busy warehouse is logged once and tried again each second; nothing is lost meanwhile.
    """
    inbox = organisation.workspace.inbox
    inbox.mkdir(parents=True, exist_ok=True)
    refresh_calendar(organisation, store)
    with Readers(organisation) as readers:
        loading = Loading(organisation, store, readers)
        trouble = _load(loading, on_load, on_file, None)
        for _ in _ticks(inbox, stop):
            trouble = _load(loading, on_load, on_file, trouble)


def _ticks(inbox: Path, stop: threading.Event) -> Iterator[set[FileChange]]:
    return changes_of(
        inbox,
        stop_event=stop,
        debounce=DEBOUNCE_MILLISECONDS,
        step=STEP_MILLISECONDS,
        rust_timeout=LOOK_AGAIN_MILLISECONDS,
        yield_on_timeout=True,
        raise_interrupt=False,
    )


def _load(loading: Loading, on_load: OnLoad, on_file: OnFile | None, trouble: str | None) -> str | None:
    """Load what waits; gives what stood in the way, None where nothing did."""
    try:
        results = load_new(loading, on_file=on_file)
    except (StoreError, EtlError) as error:
        if str(error) != trouble:
            LOG.error("%s", error)
        return str(error)
    for result in results:
        if result.files:
            on_load(result)
    if not results:
        loading.store.seal()
    return None
