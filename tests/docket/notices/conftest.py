"""A company of two regions whose readers are told, a mail server and a webhook on loopback, and what reached them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from docket.database import Database, address_of
from docket.notices.outbox import Logged, Outbox
from docket.notices.sending import Round, Teller
from docket.recording import record
from docket.states import Moment
from kpi.deviations.reading import Reading
from organisation import Organisation, Workspace
from organisation.notices import NoticeSettings
from tests.etl.shop import DEFINITIONS, REGION

PEOPLE = """\
boss: {name: Ann Boss, role: global sales director, regions: all, timezone: Europe/Berlin, email: boss@example.com}
dach: {name: Dan Dach, role: regional manager DACH, regions: [dach], timezone: Europe/Berlin, email: dach@example.com}
japan: {name: Jo Japan, role: regional manager Japan, regions: [japan], timezone: Asia/Tokyo, email: japan@example.com}
"""


@dataclass
class Company:
    """The company's files and docket, with short ways to let time pass and to read what its log says."""

    workspace: Workspace
    database: Database

    def people(self, text: str) -> None:
        (self.workspace.root / "people.yaml").write_text(text, encoding="utf-8")

    def notices(self, text: str) -> None:
        (self.workspace.root / "notices.yaml").write_text(text, encoding="utf-8")

    @property
    def organisation(self) -> Organisation:
        return Organisation.read(self.workspace)

    def read(self, now: str, *readings: Reading) -> None:
        at = instant(now)
        record(self.database, readings, Moment(at, at.date(), int(at.timestamp())))

    def send(self, now: str) -> Round:
        settings = NoticeSettings.read(self.workspace)
        assert settings is not None
        return Teller(self.organisation, self.database, settings).send_due(instant(now))

    def log(self) -> list[Logged]:
        return list(reversed(Outbox(self.database).log()))


def instant(text: str) -> datetime:
    """Give "11-24 06:30" of 2026 in UTC."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


def company_in(root: Path) -> Company:
    """Write the company's files and make its docket."""
    for folder in ("regions", "sources"):
        (root / folder).mkdir()
    (root / "kpi_definitions.yaml").write_text(DEFINITIONS, encoding="utf-8")
    for name in ("DACH", "Japan"):
        text = REGION.replace("name: North", f"name: {name}")
        (root / "regions" / f"{name.lower()}.yaml").write_text(text, encoding="utf-8")
    workspace = Workspace(root)
    made = Company(workspace, Database(address_of(workspace)))
    made.people(PEOPLE)
    return made


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = company_in(tmp_path)
    yield made
    made.database.close()


@dataclass
class Mailbox:
    """A mail server and what it took; refuses: the answer to each mail in its place."""

    port: int
    taken: list[EmailMessage] = field(default_factory=list)
    refuses: str = ""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.taken.append(mail)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.taken if mail["To"] == address]


@pytest.fixture
def mailbox(company: Company) -> Iterator[Mailbox]:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        box = Mailbox(free.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    company.notices(settings_for(box.port))
    yield box
    controller.stop()


def settings_for(port: int) -> str:
    smtp = f"smtp: {{host: 127.0.0.1, port: {port}, tls: none, sender: denominator@example.com}}"
    return f"address: https://sales.example.com/\n{smtp}\n"


@dataclass
class Hook:
    """A webhook and what was posted to it; answers: with which status."""

    address: str
    posted: list[dict[str, object]] = field(default_factory=list)
    answers: int = 200


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if found.answers < 300:
                found.posted.append(body)
            self.send_response(found.answers)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Hook(f"http://127.0.0.1:{server.server_port}/services/T0PSECRET")
    serving = Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    yield found
    server.shutdown()
    serving.join()
    server.server_close()
