"""denominator notices: who is told what is new on the docket, what is due, and what became of it."""

import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from commands.shared import PROBLEM, JsonOption, WorkspaceOption, instant_text, organisation_of, people, print_json
from docket.database import Database, address_of
from docket.errors import DocketError
from docket.notices.forms import html, plain
from docket.notices.outbox import Logged, Outbox
from docket.notices.sending import Round, Teller, people_of
from docket.notices.sending import preview as preview_of
from organisation import ConfigurationError, Organisation, nearest
from organisation.notices import FILE, NoticeSettings
from organisation.people import Person, stop_digest

notices = typer.Typer(help="Tell people what is new on the docket.", no_args_is_help=True)
PersonOption = Annotated[str, typer.Option("--person", help="The id in people.yaml.")]
LOOK_SECONDS = 30.0
WAIT_SECONDS = 15.0
NO_FILE = f"There is no {FILE} in this workspace, so nobody is told anything."


@notices.callback()
def group() -> None:
    """Tell people what is new on the docket."""


@notices.command()
def preview(
    person: PersonOption,
    as_html: Annotated[bool, typer.Option("--html", help="The HTML of the mail.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Print the digest that a person would get now; nothing is sent or noted."""
    organisation = organisation_of(workspace)
    settings = NoticeSettings.read(organisation.workspace)
    if settings is None:
        people.print(NO_FILE, markup=False)
    reader = _person(organisation, person)
    with _docket(organisation) as database:
        message = preview_of(organisation, database, reader, settings.address if settings else "")
    if message is None:
        people.print(f"Nothing is new for the {reader.role}.", markup=False)
    elif as_html:
        typer.echo(html(message), nl=False)
    else:
        typer.echo(f"{message.subject}\n\n{plain(message)}", nl=False)


@notices.command()
def send(workspace: WorkspaceOption = None) -> None:
    """Send what is due: digests, what is to be acted on, and what was not taken before; exit status 1 on trouble."""
    organisation = organisation_of(workspace)
    done = send_due(organisation)
    if done is None:
        people.print(NO_FILE, markup=False)
        return
    people.print(f"{done.delivered} sent, {len(done.troubled)} not taken.", markup=False)
    for each in done.troubled:
        people.print(in_words(each), markup=False, soft_wrap=True)
    if done.troubled:
        raise typer.Exit(PROBLEM)


@notices.command()
def log(as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List the newest fifty messages and what became of each, the newest first."""
    with _docket(organisation_of(workspace)) as database:
        logged = Outbox(database).log()
    for each in logged:
        if as_json:
            values = asdict(each)
            print_json({key: instant_text(it) if isinstance(it, datetime) else it for key, it in values.items()})
        else:
            typer.echo(f"{instant_text(each.made_at)}  {in_words(each)}\n    {each.subject}")
    if not logged and not as_json:
        people.print("Nobody has been told anything yet.", markup=False)


@notices.command()
def stop(person: PersonOption, workspace: WorkspaceOption = None) -> None:
    """Write "digest: off" for a person into people.yaml; what waits for that person is not sent either."""
    organisation = organisation_of(workspace)
    reader = _person(organisation, person)
    stop_digest(organisation.workspace, reader.id)
    people.print(f'"digest: off" stands for the {reader.role} in people.yaml now.', markup=False)


def send_due(organisation: Organisation) -> Round | None:
    """Send what is due now; None where the workspace has no notices.yaml. Raises ConfigurationError, DocketError."""
    settings = NoticeSettings.read(organisation.workspace)
    if settings is None:
        return None
    with _docket(organisation) as database:
        return Teller(organisation, database, settings).send_due(organisation.workspace.now())


def in_words(each: Logged) -> str:
    """Give what became of a message, for people."""
    trouble = f" ({each.trouble})" if each.trouble and each.state != "delivered" else ""
    again = f", next at {instant_text(each.next_at)}" if each.next_at and each.tries else ""
    return f"{each.person}, {each.kind} by {each.channel}: {each.state}{trouble}{again}"


class Telling:
    """Notices for a program that runs on: sent beside its work, so that a slow mail server holds up no load."""

    def __init__(self) -> None:
        self._running: threading.Thread | None = None
        self._not_before = 0.0
        self._said = ""

    def __call__(self, organisation: Organisation, *, at_once: bool = False) -> None:
        """Send what is due, unless that was looked at a moment ago or still goes on; trouble is said once."""
        is_early = time.monotonic() < self._not_before and not at_once
        if is_early or (self._running is not None and self._running.is_alive()):
            return
        self._not_before = time.monotonic() + LOOK_SECONDS
        self._running = threading.Thread(target=self._send, args=(organisation,), daemon=True)
        self._running.start()

    def wait(self) -> None:
        """Wait for what is being sent; what takes too long is sent again by the next start, and says so."""
        if self._running is not None:
            self._running.join(WAIT_SECONDS)

    def _send(self, organisation: Organisation) -> None:
        try:
            done = send_due(organisation)
            trouble = "\n".join(in_words(each) for each in done.troubled) if done else ""
        except (ConfigurationError, DocketError) as error:
            trouble = str(error)
        except Exception:  # whatever goes wrong in telling, loading goes on
            trouble = traceback.format_exc()
        if trouble and trouble != self._said:
            people.print(f"Not everybody could be told:\n{trouble}", markup=False, soft_wrap=True)
        self._said = trouble


@contextmanager
def _docket(organisation: Organisation) -> Iterator[Database]:
    database = Database(address_of(organisation.workspace))
    try:
        yield database
    finally:
        database.close()


def _person(organisation: Organisation, name: str) -> Person:
    known = people_of(organisation)
    if name not in known:
        near = nearest(name, known)
        hint = f'Did you mean "{near}"?' if near else f"There are: {', '.join(known) or 'none'}."
        raise typer.BadParameter(f'"{name}" is nobody in people.yaml. {hint}', param_hint="--person")
    return known[name]
