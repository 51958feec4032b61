"""denominator backup and restore: the whole workspace, elsewhere and back."""

from pathlib import Path
from typing import Annotated

import typer

from commands.shared import PROBLEM, WorkspaceOption, people
from organisation import Organisation, Workspace
from warehouse.backup import back_up
from warehouse.backup import restore as put_back
from warehouse.doctor import examine


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder, best on another disk.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Copy settings, warehouse and archive into a folder, consistent while loaders and dashboards run."""
    place = Workspace.find(workspace)
    made = back_up(place, folder.expanduser().resolve())
    people.print(
        f"{len(made.files):,} files of {place.root} at snapshot {made.snapshot} are in {folder}.", markup=False
    )


def restore(
    folder: Annotated[Path, typer.Argument(help="The backup.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Put a backup into a new folder (--workspace); nothing that is there is ever overwritten."""
    place = Workspace.find(workspace)
    made = put_back(folder.expanduser().resolve(), place)
    Organisation.read(place)
    found = [finding for finding in examine(place.lake) if finding.severity == "problem"]
    for finding in found:
        people.print(f"{finding.what} {finding.what_to_do}", markup=False)
    if found:
        raise typer.Exit(PROBLEM)
    people.print(
        f"{place.root} is as it was on {made.made_at}, at snapshot {made.snapshot}; all is well.", markup=False
    )
