"""Watching the inbox: what is renamed in is loaded at once, in order, and trouble is tried again."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from watchfiles import watch as changes_of
from watchfiles.main import FileChange

from etl.calendar_table import refresh_calendar
from etl.child import Readers
from etl.errors import EtlError
from etl.load import OnFile, load_new, make_ready
from etl.loading import Loading
from etl.requests import HANDLERS, Handler, OnLoad, execute_requests
from organisation import Organisation
from warehouse.errors import StoreError
from warehouse.store import Store

LOG = logging.getLogger(__name__)
DEBOUNCE_MILLISECONDS = 100
STEP_MILLISECONDS = 20
LOOK_AGAIN_MILLISECONDS = 1000  # for file systems that report nothing, and for files that were not complete


def watch(
    organisation: Organisation,
    store: Store,
    on_load: OnLoad,
    stop: threading.Event,
    *,
    on_file: OnFile | None = None,
    handlers: Mapping[str, Handler] = HANDLERS,
    when_idle: Callable[[], None] = lambda: None,
) -> None:
    """Load what waits and then whatever arrives, until stop is set; on_load is called after each transaction.

    when_idle is called whenever nothing waited.
    What people ask for is done as it is asked, by the handler of its name, and answered. A full disk or a busy
    warehouse is logged once and tried again each second; nothing is lost meanwhile.
    """
    folders = (organisation.workspace.inbox, organisation.workspace.requests)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    refresh_calendar(organisation, store)
    with Readers(organisation) as readers:
        loading = Loading(organisation, store, readers)
        make_ready(loading)
        trouble: str | None = None
        for _ in chain([None], _ticks(folders, stop)):
            now = _do_what_waits(loading, handlers, on_load, on_file, when_idle)
            if now and now != trouble:
                LOG.error("%s", now)
            trouble = now


def _ticks(folders: tuple[Path, ...], stop: threading.Event) -> Iterator[set[FileChange]]:
    return changes_of(
        *folders,
        stop_event=stop,
        debounce=DEBOUNCE_MILLISECONDS,
        step=STEP_MILLISECONDS,
        rust_timeout=LOOK_AGAIN_MILLISECONDS,
        yield_on_timeout=True,
        raise_interrupt=False,
    )


def _do_what_waits(
    loading: Loading,
    handlers: Mapping[str, Handler],
    on_load: OnLoad,
    on_file: OnFile | None,
    when_idle: Callable[[], None],
) -> str | None:
    """Do what is asked and load what waits; gives what stood in the way, None where nothing did."""
    try:
        answers = execute_requests(loading, handlers, on_load)
        results = load_new(loading, on_file=on_file)
    except (StoreError, EtlError, OSError) as error:
        return str(error)
    for result in results:
        if result.files:
            on_load(result)
    if not results and not answers:
        loading.store.seal()
        when_idle()
    return None
