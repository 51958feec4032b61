"""denominator release: let a held export take effect."""

from typing import Annotated

import typer

from commands.after_load import follow_up
from commands.shared import WorkspaceOption, organisation_of, people
from etl.load import release as let_in
from warehouse.store import Store


def release(
    load: Annotated[str, typer.Argument(help="The held load: its id in the ledger, as the freshness page shows it.")],
    who: Annotated[str, typer.Option(help="Your role; it is written into the ledger.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Let an export take effect that was held because it does not look like the ones before it."""
    organisation = organisation_of(workspace)
    with Store.open_writer(organisation.workspace.lake) as store:
        done = let_in(organisation, store, load, who=who)
        people.print(done.message, markup=False)
        for loaded in done.loads:
            follow_up(organisation, store, loaded)
