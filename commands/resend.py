"""denominator resend: corrected rejected rows, sent again."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from commands.after_load import follow_up
from commands.requests import HANDLERS
from commands.shared import PROBLEM, WorkspaceOption, organisation_of, people
from etl.calendar_table import refresh_calendar
from etl.child import Readers
from etl.loading import Loading
from etl.requests import execute_requests
from organisation.requests import answer_of, ask
from warehouse.store import Store


def resend(
    file: Annotated[Path, typer.Argument(help="The corrected file, as denominator rejects wrote it.", exists=True)],
    load: Annotated[str, typer.Option(help="The load whose rows were corrected: its id in the ledger.")],
    who: Annotated[str, typer.Option(help="Your role; it is written into the ledger.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Load corrected rows in the place of the rejected ones; what is still wrong stays rejected."""
    organisation = organisation_of(workspace)
    request = ask(
        organisation.workspace, "resend", who=who, arguments={"load_id": load}, files={file.name: file.read_bytes()}
    )
    with Store.open_writer(organisation.workspace.lake) as store, Readers(organisation) as readers:
        refresh_calendar(organisation, store)
        execute_requests(Loading(organisation, store, readers), HANDLERS, partial(follow_up, organisation, store))
    answer = answer_of(organisation.workspace, request.id)
    people.print(answer.message if answer else "The request waits for the loader.", markup=False)
    if not answer or not answer.done:
        raise typer.Exit(PROBLEM)
