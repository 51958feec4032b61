"""denominator scrub: compare every stored byte with what was written."""

from dataclasses import asdict
from typing import Annotated

import typer

from commands.after_load import catch_up
from commands.shared import PROBLEM, JsonOption, WorkspaceOption, organisation_of, people, print_json
from etl.ledger_copy import NAME, damaged_lines, forget_copy
from etl.repair import damages
from etl.repair import repair as build_again
from organisation import Organisation
from warehouse.errors import StoreMissing
from warehouse.places import place_of
from warehouse.scrub import Damage
from warehouse.store import Store


def scrub(
    repair: Annotated[bool, typer.Option("--repair", help="Build what is damaged again from archive/.")] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare every stored byte with its checksum; name damaged files and what they held."""
    organisation = organisation_of(workspace)
    if not place_of(organisation.workspace.lake).exists():
        raise StoreMissing(f"There is no warehouse in {organisation.workspace.lake} yet: denominator load makes one.")
    found = damages(organisation)
    _say(found, as_json=as_json)
    if found and repair:
        found = _repaired(organisation, found)
        _say(found, as_json=as_json)
    if found:
        raise typer.Exit(PROBLEM)


def _repaired(organisation: Organisation, found: list[Damage]) -> list[Damage]:
    """Repair what can be repaired and give what is still damaged."""
    for sentence in build_again(organisation, found):
        people.print(sentence, markup=False)
    archive = organisation.workspace.archive
    if damaged_lines(archive):
        forget_copy(archive)
        people.print(f"{archive / NAME} written again.", markup=False)
    with Store.open_writer(organisation.workspace.lake) as store:
        catch_up(organisation, store, anew=True)
        store.seal()
    return damages(organisation)


def _say(found: list[Damage], *, as_json: bool) -> None:
    if as_json:
        for damage in found:
            print_json(asdict(damage))
        return
    for damage in found:
        typer.echo(damage.sentence())
    if not found:
        typer.echo("Every stored byte is what was written.")
