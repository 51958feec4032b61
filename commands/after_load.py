"""What follows a load: wired here, so that the loader knows nothing of what is built upon its rows.

A step that fails is reported, never undoes the load, and is done again for everything with the next load or at the next
start. Where a watcher runs, what judges the whole store is read beside it and written when it is there.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Protocol

import polars as pl

from commands.beside import Beside, EndedEarly
from commands.docketing import definitions_in_force, read_for_docket, write_on_docket
from commands.judging import Failure, Judged, Judgement, Judging
from commands.shared import people
from commands.upkeep import tend_if_due
from etl.ledger_copy import copy_ledger
from etl.load import LoadResult
from kpi.comparability_weeks import is_noted, noted_weeks, week_verdicts, weeks_due
from kpi.engines.base import Engine
from organisation import Organisation, Workspace
from organisation.durable import write_synced
from warehouse.store import Store

BROKEN = -1  # noted for a step that failed
AGAIN = "This is done again with the next load, or at the next start."


class FollowUp(Protocol):
    """A step that follows a load."""

    @property
    def __name__(self) -> str:
        """What it is called in notes and messages."""
        ...

    def __call__(self, organisation: Organisation, store: Store, loaded: LoadResult, /) -> None:
        """Do it; whatever it raises is reported."""
        ...


def follow_up(
    organisation: Organisation,
    store: Store,
    loaded: LoadResult,
    *,
    is_last: bool = True,
    beside: Beside | None = None,
) -> None:
    """Run everything that follows a load; a failure is reported and never undoes the load.

    is_last: of several loads in a row; what judges the whole store waits for the last one.
    beside: who reads what judges the whole store, so that no page and no further load waits; `take_up` writes it.
    """
    done = _done(organisation.workspace)
    before = store.newest_load_snapshot(before=loaded.snapshot)
    at_once, later = _halves(STEPS if is_last else EVERY_LOAD, beside)
    for step in at_once:
        is_behind = done.get(step.__name__, 0) < before
        what = _everything(organisation, loaded.snapshot) if is_behind else loaded
        done[step.__name__] = _run(step, organisation, store, what)
    _note(organisation.workspace, done)
    if beside and later:
        beside.ask(Judgement(organisation, loaded.snapshot, later))


def catch_up(organisation: Organisation, store: Store, *, anew: bool = False, beside: Beside | None = None) -> None:
    """Run again, for everything, what failed or was cut off after an earlier load; anew: whether it was or not."""
    newest = store.newest_load_snapshot()
    done = _done(organisation.workspace)
    behind = tuple(step for step in STEPS if anew or done.get(step.__name__, 0) < newest)
    at_once, later = _halves(behind, beside)
    for step in at_once:
        done[step.__name__] = _run(step, organisation, store, _everything(organisation, newest))
    if at_once:
        _note(organisation.workspace, done)
    if beside and later:
        beside.ask(Judgement(organisation, newest, later))


def take_up(organisation: Organisation, store: Store, beside: Beside, *, wait_seconds: float = 0.0) -> bool:
    """Write what was read beside since; gives whether anything was. Needs a store that may write."""
    done = _done(organisation.workspace)
    before = dict(done)
    try:
        for judged in beside.answers(wait_seconds=wait_seconds):
            if isinstance(judged, Judged):
                done[judged.step.__name__] = _written(judged, organisation, store)
    except EndedEarly:
        people.print(f"What follows a load ended before it was done. {AGAIN}", markup=False)
    if done == before:
        return False
    _note(organisation.workspace, done)
    return True


def _halves(
    steps: tuple[FollowUp, ...], beside: Beside | None
) -> tuple[tuple[FollowUp, ...], tuple[Judging[object], ...]]:
    """Give the steps to be run at once, and those to be read beside where there is somebody to read them."""
    later = tuple(step for step in steps if isinstance(step, Judging)) if beside else ()
    return tuple(step for step in steps if step not in later), later


def _written(judged: Judged, organisation: Organisation, store: Store) -> int:
    """Give the snapshot up to which a step is done, or BROKEN."""
    failure = judged.found if isinstance(judged.found, Failure) else None
    try:
        if failure is None:
            judged.step.write(organisation, store, judged.found)
    except Exception as error:
        failure = Failure.of(error)
    if failure is None:
        return judged.snapshot
    _say(failure, judged.step.__name__, "a load")
    return BROKEN


def _run(step: FollowUp, organisation: Organisation, store: Store, loaded: LoadResult) -> int:
    """Give the snapshot up to which the step is done, or BROKEN."""
    try:
        step(organisation, store, loaded)
    except Exception as error:
        _say(Failure.of(error), step.__name__, f"the load of {loaded.source}" if loaded.source else "earlier loads")
        return BROKEN
    return loaded.snapshot


def _say(failure: Failure, step: str, of: str) -> None:
    people.print(f"After {of}: {step} failed ({failure.words}). The load itself is stored. {AGAIN}", markup=False)
    if failure.where:
        people.print(failure.where, markup=False)


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


def changed_weeks(organisation: Organisation, engine: Engine) -> dict[date, pl.DataFrame]:
    """Give what all regions can measure, for the running week and for weeks that ended since the last note.

    A week that ended stays as it was noted: the weeks say how far the common denominator had come then.
    """
    due = weeks_due(engine, organisation.workspace.now())
    if not due:
        return {}
    definitions = definitions_in_force(organisation.workspace)
    found = {week.starts: week_verdicts(engine, organisation, definitions, week) for week in due}
    noted = noted_weeks(engine, due)
    return {monday: rows for monday, rows in found.items() if not is_noted(noted, monday, rows)}


def note_weeks(_organisation: Organisation, store: Store, changed: dict[date, pl.DataFrame]) -> None:
    """Store weeks in place of what was noted of them."""
    if changed:
        with store.transaction("comparability"):
            store.execute("DELETE FROM comparability_week WHERE list_contains(?, week)", [list(changed)])
            store.insert("comparability_week", pl.concat(rows for rows in changed.values() if rows.height))


keep_comparability = Judging("keep_comparability", changed_weeks, note_weeks)
put_on_docket = Judging("put_on_docket", read_for_docket, write_on_docket)
EVERY_LOAD: tuple[FollowUp, ...] = (keep_ledger_with_archive,)
STEPS: tuple[FollowUp, ...] = (*EVERY_LOAD, keep_comparability, put_on_docket, tend_at_night)
