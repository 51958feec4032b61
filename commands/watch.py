"""denominator watch: load each export as soon as it arrives."""

import threading

from commands.after_load import catch_up, follow_up, take_up
from commands.beside import Beside
from commands.load import load_all
from commands.load import summary as summary_of
from commands.notices import Telling
from commands.requests import HANDLERS
from commands.shared import WorkspaceOption, organisation_of, people, stop_on_signal
from commands.upkeep import Nightly
from etl.load import LoadResult
from etl.watch import watch as watch_inbox
from organisation import ConfigurationError, Organisation, Source, Workspace
from warehouse.store import Store

LOOK_AGAIN_SECONDS = 0.5
State = tuple[tuple[str, int, int], ...]


def watch(workspace: WorkspaceOption = None) -> None:
    """Load what waits, then each export as it arrives, until stopped with Ctrl-C."""
    organisation = organisation_of(workspace)
    people.print(summary_of(load_all(organisation)))
    stop = stop_on_signal()
    people.print(f"Watching {organisation.workspace.inbox}. Stop with Ctrl-C.", soft_wrap=True)
    watch_until(organisation, stop)


def watch_until(organisation: Organisation, stop: threading.Event) -> None:
    """Load each export as it arrives until the event is set; an edited profile holds from the next export on."""
    current = organisation

    def loaded(result: LoadResult) -> None:
        people.print(f"{result.source}: {summary_of(list(result.files))}", markup=False)
        follow_up(current, store, result, beside=beside)
        written()

    def written() -> None:
        if take_up(current, store, beside):
            telling(current, at_once=True)

    def idle() -> None:
        written()
        nightly(current, store)
        telling(current)

    nightly, telling = Nightly(), Telling()
    with Store.open_writer(organisation.workspace.lake) as store, Beside() as beside:
        catch_up(current, store, beside=beside)
        before = settings_state(current.workspace)
        while not stop.is_set():
            pause = threading.Event()
            waiting = threading.Thread(target=_pause_on_change, args=(current.workspace, before, stop, pause))
            waiting.start()
            watch_inbox(current, store, loaded, pause, handlers=HANDLERS, when_idle=idle)
            waiting.join()
            before = settings_state(current.workspace)  # first the state, then the reading: no edit falls between
            if not stop.is_set():
                current = _read_again(current)
    telling.wait()


def settings_state(workspace: Workspace) -> State:
    """Give what changes when one of the workspace's settings files is written, added or removed."""
    files = [workspace.definitions_file, *workspace.regions_dir.glob("*.yaml"), *workspace.sources_dir.glob("*.yaml")]
    stats = [(file.name, file.stat()) for file in sorted(files) if file.exists()]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _pause_on_change(workspace: Workspace, before: State, stop: threading.Event, pause: threading.Event) -> None:
    while not stop.wait(LOOK_AGAIN_SECONDS) and settings_state(workspace) == before:
        pass
    pause.set()


def _read_again(current: Organisation) -> Organisation:
    """Give the organisation as it is configured now; the last valid one while the new one has problems."""
    try:
        edited = Organisation.read(current.workspace)
    except ConfigurationError as error:
        people.print(f"The last valid settings stay in force:\n{error}", markup=False, soft_wrap=True)
        return current
    for name, source in edited.sources.items():
        if name in current.sources and _is_read_differently(current.sources[name], source):
            offer = f"denominator replay --source {name} reads what is already loaded again."
            people.print(
                f"The profile of {name} changed and holds from the next export on; {offer}",
                markup=False,
                soft_wrap=True,
            )
    return edited


def _is_read_differently(before: Source, after: Source) -> bool:
    keys = before.exports.keys() | after.exports.keys()
    return any(
        key not in before.exports or key not in after.exports or before.profile_hash(key) != after.profile_hash(key)
        for key in keys
    )
