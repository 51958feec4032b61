"""denominator watch: load each export as soon as it arrives."""

import threading

from commands.after_load import follow_up
from commands.load import load_all
from commands.load import summary as summary_of
from commands.shared import WorkspaceOption, organisation_of, people, stop_on_signal
from etl.load import LoadResult
from etl.watch import watch as watch_inbox
from organisation import Organisation
from warehouse.store import Store


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
