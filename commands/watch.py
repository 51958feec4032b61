"""denominator watch: load each export as soon as it arrives."""

import signal
import threading
from types import FrameType

from etl.load import LoadResult
from etl.watch import watch as watch_inbox
from warehouse.store import Store

from commands.after_load import follow_up
from commands.load import load_all
from commands.load import summary as summary_of
from commands.shared import WorkspaceOption, organisation_of, people
from organisation import Organisation


def watch(workspace: WorkspaceOption = None) -> None:
    """Load what waits, then each export as it arrives, until stopped with Ctrl-C."""
    organisation = organisation_of(workspace)
    people.print(summary_of(load_all(organisation)))
    stop = stop_on_signal()
    people.print(f"Watching {organisation.workspace.inbox}. Stop with Ctrl-C.", soft_wrap=True)
    watch_until(organisation, stop)


def watch_until(organisation: Organisation, stop: threading.Event) -> None:
    """Load each export as it arrives until the event is set."""

    def loaded(result: LoadResult) -> None:
        people.print(f"{result.source}: {summary_of(list(result.files))}", markup=False)
        follow_up(organisation, result)

    with Store.open_writer(organisation.workspace.lake) as store:
        watch_inbox(organisation, store, loaded, stop)


def stop_on_signal() -> threading.Event:
    """Give an event that Ctrl-C and a polite kill set."""
    stop = threading.Event()

    def asked(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)
    return stop
