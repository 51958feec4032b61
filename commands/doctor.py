"""denominator doctor: say in plain words whether everything is well, and what to do where it is not."""

import typer
from warehouse.doctor import examine

from commands.shared import PROBLEM, WorkspaceOption, organisation_of


def doctor(workspace: WorkspaceOption = None) -> None:
    """Examine configuration and store; exit status 1 where something needs attention."""
    organisation = organisation_of(workspace)
    findings = examine(organisation.workspace.lake)
    typer.echo(f"Configuration: {len(organisation.regions)} regions, {len(organisation.sources)} sources, no problems.")
    for finding in findings:
        typer.echo(f"{finding.what} {finding.what_to_do}")
    if findings:
        raise typer.Exit(PROBLEM)
    typer.echo("Store: well.")
