"""How people are told what is new on the docket, as notices.yaml of the workspace says; without it nobody is told."""

import re
from dataclasses import dataclass
from pathlib import Path

from organisation.fields import Fields
from organisation.problems import ConfigurationError, Problem
from organisation.workspace import Workspace
from organisation.yaml_file import YamlMap, load_yaml

FILE = "notices.yaml"
PASSWORD = "DENOMINATOR_SMTP_PASSWORD"  # noqa: S105 — the name of the variable, not what is in it
KEYS = ("address", "smtp")
SMTP_KEYS = ("host", "port", "tls", "user", "sender")
TLS = {"starttls": 587, "from the start": 465, "none": 25}  # and the port where none is stated
SECRETS = ("password", "pass", "secret", "token")


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in; tls: "starttls", "from the start" or "none". The password stands in no file."""

    host: str
    port: int
    tls: str
    sender: str
    user: str | None = None


@dataclass(frozen=True)
class NoticeSettings:
    """address: where readers reach the dashboard, without a slash at its end; mail None: webhooks alone are told."""

    address: str
    mail: MailServer | None = None

    @classmethod
    def read(cls, workspace: Workspace) -> "NoticeSettings | None":
        """Give what notices.yaml says, None where there is none; raises ConfigurationError with all its problems."""
        file = workspace.root / FILE
        return cls.of_file(file) if file.is_file() else None

    @classmethod
    def of_file(cls, file: Path) -> "NoticeSettings":
        """Give what a file says; raises ConfigurationError with all its problems."""
        node, problems = load_yaml(file), list[Problem]()
        fields = Fields(node, problems, known=KEYS)
        if not fields.text("address"):
            address = ""
        else:
            address = fields.parsed("address", _web_address, "", "an address such as https://sales.example.com")
        smtp = fields.mapping("smtp")
        mail = _mail_server(smtp, problems) if smtp is not None else None
        if problems:
            raise ConfigurationError(problems)
        return cls(address, mail)


def _mail_server(node: YamlMap, problems: list[Problem]) -> MailServer:
    secret = next((key for key in node if key in SECRETS), None)
    if secret is not None:
        hint = f"Take it out of the file; it is read from the environment, {PASSWORD}."
        problems.append(node.problem(secret, "a password stands in no file", hint))
    if "sender" not in node:
        problems.append(node.problem("sender", '"sender" is missing', "Name the address that mail comes from."))
    fields = Fields(node, problems, known=(*SMTP_KEYS, *([secret] if secret else [])))
    tls, user = fields.choice("tls", tuple(TLS), "starttls"), fields.optional("user")
    if tls == "none" and user:
        hint = 'Write "tls: starttls", or leave the user out where the server asks for none.'
        problems.append(node.problem("tls", "a password is never sent unencrypted", hint))
    return MailServer(
        host=fields.text("host"),
        port=fields.parsed("port", _port, TLS.get(tls, 0), "a number from 1 to 65535"),
        tls=tls,
        sender=fields.parsed("sender", _sender, "", "an address such as denominator@example.com"),
        user=user,
    )


def _web_address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s?#@]+", text):
        raise ValueError(text)
    return text.rstrip("/")


def _sender(text: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", text):
        raise ValueError(text)
    return text


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError(text)
    return number
