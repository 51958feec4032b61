"""denominator doctor: say in plain words whether everything is well, and what to do where it is not."""

import typer

from commands.shared import PROBLEM, WorkspaceOption, organisation_of
from warehouse.doctor import examine


def doctor(workspace: WorkspaceOption = None) -> None:
    """Examine configuration and store; exit status 1 where something needs attention."""
    organisation = organisation_of(workspace)
    place = organisation.workspace
    findings = examine(place.lake, [place.archive] if place.archive.exists() else [])
    typer.echo(f"Configuration: {len(organisation.regions)} regions, {len(organisation.sources)} sources, no problems.")
    for finding in findings:
        typer.echo(f"{finding.what} {finding.what_to_do}")
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(PROBLEM)
    typer.echo("Store: well." if not findings else "Store: well, with the notes above.")
