"""What follows a load: wired here, so that the loader knows nothing of what is built upon its rows.

A step that fails is reported, never undoes the load, and is done again for everything at the next start.
"""

import json
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from commands.docketing import definitions_in_force, put_on_docket
from commands.shared import people
from commands.upkeep import tend_if_due
from etl.ledger_copy import copy_ledger
from etl.load import LoadResult
from kpi.comparability_weeks import is_noted, week_verdicts, weeks_due
from kpi.engines.duckdb import OpenStore
from organisation import ConfigurationError, Organisation, Workspace
from warehouse.durable import write_synced
from warehouse.errors import StoreError
from warehouse.store import Store

FollowUp = Callable[[Organisation, Store, LoadResult], None]
BROKEN = -1  # noted for a step that failed


def follow_up(organisation: Organisation, store: Store, loaded: LoadResult, *, is_last: bool = True) -> None:
    """Run everything that follows a load; a failure is reported and never undoes the load.

    is_last: of several loads in a row; what judges the whole store waits for the last one.
    """
    done = _done(organisation.workspace)
    before = store.newest_load_snapshot(before=loaded.snapshot)
    for step in STEPS if is_last else EVERY_LOAD:
        is_behind = done.get(step.__name__, 0) < before
        what = _everything(organisation, loaded.snapshot) if is_behind else loaded
        done[step.__name__] = _run(step, organisation, store, what)
    _note(organisation.workspace, done)


def catch_up(organisation: Organisation, store: Store, *, anew: bool = False) -> None:
    """Run again, for everything, what failed or was cut off after an earlier load; anew: whether it was or not."""
    newest = store.newest_load_snapshot()
    done = _done(organisation.workspace)
    behind = [step for step in STEPS if anew or done.get(step.__name__, 0) < newest]
    for step in behind:
        done[step.__name__] = _run(step, organisation, store, _everything(organisation, newest))
    if behind:
        _note(organisation.workspace, done)


def _run(step: FollowUp, organisation: Organisation, store: Store, loaded: LoadResult) -> int:
    """Give the snapshot up to which the step is done, or BROKEN."""
    try:
        step(organisation, store, loaded)
    except Exception as error:
        of = f"the load of {loaded.source}" if loaded.source else "earlier loads"
        again = "The load itself is stored; this is done again at the next start."
        people.print(f"After {of}: {step.__name__} failed ({error}). {again}", markup=False)
        if not isinstance(error, StoreError | ConfigurationError):  # those say it all
            people.print(traceback.format_exc(), markup=False)
        return BROKEN
    return loaded.snapshot


def _everything(organisation: Organisation, snapshot: int) -> LoadResult:
    """Give a result that stands for all loads there were: no source means every source, no days every day."""
    tables = {export.table for source in organisation.sources.values() for export in source.exports.values()}
    return LoadResult((), "", frozenset(organisation.regions), frozenset(tables), frozenset(), snapshot)


def _file(workspace: Workspace) -> Path:
    return workspace.data / "after_load.json"


def _done(workspace: Workspace) -> dict[str, int]:
    """Give the snapshot up to which each step is done; nothing where that is not known."""
    try:
        noted = json.loads(_file(workspace).read_text(encoding="utf-8"))
        return {str(name): int(snapshot) for name, snapshot in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _note(workspace: Workspace, done: Mapping[str, int]) -> None:
    """Note what is done; where it cannot be noted, it is done once more."""
    try:
        write_synced(_file(workspace), json.dumps(done))
    except OSError as error:
        people.print(f"What follows a load could not be noted ({error}); it is done again.", markup=False)


def keep_ledger_with_archive(organisation: Organisation, store: Store, loaded: LoadResult) -> None:
    """Copy the load's ledger rows to the archive: with its exports they are all a lost warehouse is built from."""
    copy_ledger(store, organisation.workspace.archive, loaded.source or None)


def tend_at_night(organisation: Organisation, store: Store, _loaded: LoadResult) -> None:
    """Do the nightly upkeep where it is due: a workspace without a watcher is tended by its loads."""
    tend_if_due(organisation, store)


def keep_comparability(organisation: Organisation, store: Store, _loaded: LoadResult) -> None:
    """Note what all regions can measure, for the running week and for weeks that ended since the last note.

    A week that ended stays as it was noted: the weeks say how far the common denominator had come then.
    """
    engine = OpenStore(store)
    due = weeks_due(engine, organisation.workspace.now())
    if not due:
        return
    definitions = definitions_in_force(organisation.workspace)
    noted = {week.starts: week_verdicts(engine, organisation, definitions, week) for week in due}
    changed = {monday: rows for monday, rows in noted.items() if not is_noted(engine, monday, rows)}
    if changed:
        with store.transaction("comparability"):
            for monday, rows in changed.items():
                store.execute("DELETE FROM comparability_week WHERE week = ?", [monday])
                store.insert("comparability_week", rows)


EVERY_LOAD: tuple[FollowUp, ...] = (keep_ledger_with_archive,)
STEPS: tuple[FollowUp, ...] = (*EVERY_LOAD, keep_comparability, put_on_docket, tend_at_night)
