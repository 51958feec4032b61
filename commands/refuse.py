"""denominator refuse: say that a held export is wrong."""

from typing import Annotated

import typer

from commands.shared import WorkspaceOption, organisation_of, people
from etl.load import refuse as keep_out
from warehouse.store import Store


def refuse(
    load: Annotated[str, typer.Argument(help="The held load: its id in the ledger, as the freshness page shows it.")],
    who: Annotated[str, typer.Option(help="Your role; it is written into the ledger.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Refuse a held export: the figures stay as they are, and its file is kept."""
    organisation = organisation_of(workspace)
    with Store.open_writer(organisation.workspace.lake) as store:
        done = keep_out(organisation, store, load, who=who)
    people.print(done.message, markup=False)
