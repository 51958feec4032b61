"""denominator follow: on a host that only reads, tell the dashboard of what other hosts load."""

import time
from typing import Annotated

import typer

from commands.shared import WorkspaceOption, organisation_of, people
from warehouse.errors import StoreError, StoreMissing
from warehouse.places import place_of
from warehouse.store import Store
from warehouse.version import current_version, note_version


def follow(
    every: Annotated[float, typer.Option(help="Seconds between two looks at the catalog.")] = 1.0,
    looks: Annotated[int, typer.Option(help="End after so many looks; 0: never.")] = 0,
    workspace: WorkspaceOption = None,
) -> None:
    """Keep this host's version file in step with a store that other hosts load into (store.yaml)."""
    lake = organisation_of(workspace).workspace.lake
    place = place_of(lake)
    if not place.is_shared:
        raise StoreMissing("This workspace has no store.yaml: its own loader says itself what is new.")
    lake.mkdir(parents=True, exist_ok=True)
    with Store(place.connect_reader(None), lake, 0) as store:
        done = 0
        while not looks or done < looks:
            try:
                newest = store.newest_snapshot()
                if newest != current_version(lake):
                    note_version(lake, newest)
                    people.print(f"Snapshot {newest}", markup=False)
            except StoreError as error:
                people.print(f"{error}", markup=False)  # the catalog is away for a while: figures stay as they are
            done += 1
            time.sleep(every)
