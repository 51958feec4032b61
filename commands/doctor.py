"""denominator doctor: say in plain words whether everything is well, and what to do where it is not."""

from collections.abc import Sequence

import typer

from commands.examination import examine_workspace
from commands.shared import PROBLEM, JsonOption, WorkspaceOption, print_json
from organisation import Workspace
from warehouse.finding import PROBLEM as IS_PROBLEM
from warehouse.finding import Finding


def doctor(as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Examine settings, store, archive, inbox and loads; exit status 1 where something has to be done."""
    found = examine_workspace(Workspace.find(workspace))
    for each in found:
        if as_json:
            print_json(finding_object(each))
        else:
            typer.echo(f"{each.severity.capitalize()}: {each.what}\n    where: {each.where}\n    do: {each.what_to_do}")
    if not as_json:
        typer.echo(_summary(found))
    if any(each.severity == IS_PROBLEM for each in found):
        raise typer.Exit(PROBLEM)


def finding_object(each: Finding) -> dict[str, str]:
    """Give a finding as the stable object that other programs read."""
    return {
        "severity": each.severity,
        "code": each.code,
        "what": each.what,
        "where": each.where,
        "do": each.what_to_do,
    }


def _summary(found: Sequence[Finding]) -> str:
    problems = sum(1 for each in found if each.severity == IS_PROBLEM)
    notices = len(found) - problems
    if not problems:
        said = "All is well" + (f", with {notices} notices above." if notices else ".")
    else:
        said = f"{problems} problems and {notices} notices."
    return f"{said} Stored bytes that the nightly upkeep compared were not read again: denominator scrub reads all."
