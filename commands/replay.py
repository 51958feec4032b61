"""denominator replay: rebuild a source from its archived exports."""

from typing import Annotated

import typer

from commands.after_load import follow_up
from commands.load import summary
from commands.shared import WorkspaceOption, organisation_of, people
from etl.load import replay as rebuild
from warehouse.store import Store


def replay(
    source: Annotated[str, typer.Option(help="The source to rebuild.")],
    without: Annotated[str | None, typer.Option(help="Leave this load out: its id in the ledger.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Rebuild a source from archive/ with today's profile, in one transaction; the result is a restatement."""
    organisation = organisation_of(workspace)
    with Store.open_writer(organisation.workspace.lake) as store:
        result = rebuild(organisation, store, source, without=without)
        people.print(summary(list(result.files)))
        follow_up(organisation, store, result)
