"""denominator replay: rebuild a source from its archived exports."""

from typing import Annotated

import typer

from commands.after_load import follow_up
from commands.load import summary
from commands.restatements import changes_since
from commands.shared import WorkspaceOption, organisation_of, people
from etl.load import replay as rebuild
from etl.replay import take_back
from warehouse.store import Store


def replay(
    source: Annotated[str, typer.Option(help="The source to rebuild.")],
    without: Annotated[str | None, typer.Option(help="Leave this load out: its id in the ledger.")] = None,
    again_with: Annotated[str | None, typer.Option("--with", help="Take this withdrawn load back into force.")] = None,
    who: Annotated[str, typer.Option(help="Your role; it is written into the ledger.")] = "loader",
    why: Annotated[str, typer.Option(help="Why a load is withdrawn or taken back.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Rebuild a source from archive/ with today's profile, in one transaction; says which past figures changed."""
    if without and again_with:
        raise typer.BadParameter("Withdraw a load or take one back: one at a time.", param_hint="--with")
    organisation = organisation_of(workspace)
    with Store.open_writer(organisation.workspace.lake) as store:
        before = store.snapshot
        if again_with:
            result = take_back(organisation, store, source, again_with, who=who, why=why)
        else:
            result = rebuild(organisation, store, source, without=without, who=who, why=why)
        people.print(summary(list(result.files)))
        follow_up(organisation, store, result)
    people.print(changes_since(organisation, before))
