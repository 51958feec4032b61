"""denominator upkeep: what the warehouse needs once a night."""

import time
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commands.shared import PROBLEM, WorkspaceOption, organisation_of, people
from organisation import Organisation
from organisation.requests import put_away_answered
from warehouse.errors import StoreError, translated
from warehouse.store import Store
from warehouse.upkeep import Upkeep, is_due, tend

TRY_AGAIN_SECONDS = 600.0


def upkeep(
    if_due: Annotated[bool, typer.Option("--if-due", help="Do nothing where it was done since last night.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Join small data files, remove what no snapshot needs, compare every byte, put old answered requests away.

    Watch and load do it at night.
    """
    organisation = organisation_of(workspace)
    with Store.open_writer(organisation.workspace.lake) as store:
        done = tend_if_due(organisation, store) if if_due else _tend(organisation, store)
    people.print(in_words(done) if done else "Upkeep is not due.", markup=False)
    if done and done.damaged:
        raise typer.Exit(PROBLEM)


def tend_if_due(organisation: Organisation, store: Store) -> Upkeep | None:
    """Do the upkeep where a night has begun since the last one; damage is said. Raises StoreError."""
    now = organisation.workspace.now()
    if not is_due(store.lake_dir, now, ZoneInfo(organisation.group.timezone)):
        return None
    done = _tend(organisation, store)
    if done.damaged or done.lost:
        people.print(in_words(done), markup=False)
    return done


def _tend(organisation: Organisation, store: Store) -> Upkeep:
    with store.exclusive():
        try:
            put_away_answered(organisation.workspace)
        except OSError as error:
            raise translated(error) from error
        return tend(store, organisation.workspace.now())


def in_words(done: Upkeep) -> str:
    """Give what an upkeep did, for people."""
    if done.damaged:
        return f"Stored data are damaged: {'; '.join(done.damaged)}. Mend them: denominator scrub --repair."
    lost = f" {'; '.join(done.lost)}: its numbers cannot be checked, and are what the pack says." if done.lost else ""
    return f"{done.files_before} data files became {done.files_after}, {done.removed} unneeded ones were removed.{lost}"


@dataclass
class Nightly:
    """Upkeep for a program that runs on: tried when it is idle, and after trouble not again at once."""

    _not_before: float = 0.0

    def __call__(self, organisation: Organisation, store: Store) -> None:
        """Do the upkeep where it is due; trouble is said, and it is tried again later."""
        if time.monotonic() < self._not_before:
            return
        try:
            tend_if_due(organisation, store)
        except StoreError as error:
            self._not_before = time.monotonic() + TRY_AGAIN_SECONDS
            people.print(f"The nightly upkeep waits: {error}", markup=False)
