"""How a message leaves: SMTP and webhooks, by the standard library, each with a timeout; no secret is in an error."""

import json
import os
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from docket.errors import DocketError
from docket.notices.forms import card, chat_text, html, plain
from docket.notices.message import Message
from docket.notices.outbox import Claimed
from organisation.notices import PASSWORD, MailServer
from organisation.people import Person

TIMEOUT_SECONDS = 10


class NotDelivered(DocketError):
    """A message was not taken; may_have_arrived: it was handed over, and no answer came back."""

    def __init__(self, words: str, *, may_have_arrived: bool = False) -> None:
        super().__init__(words)
        self.may_have_arrived = may_have_arrived


def send_mail(server: MailServer, person: Person, claimed: Claimed, message: Message) -> None:
    """Hand a message to the mail server; raises NotDelivered."""
    connection = _connected(server)
    try:
        connection.send_message(_mail(server, person, claimed, message))
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        is_answer = isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected)
        raise NotDelivered(_words(error), may_have_arrived=not is_answer) from None
    except ValueError as error:
        raise NotDelivered(f"the mail cannot be written ({type(error).__name__})") from None
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what was taken stays taken, whatever the farewell
            connection.quit()
        connection.close()


def post(person: Person, message: Message) -> None:
    """Post a message to a person's webhook, in its form; raises NotDelivered."""
    body = json.dumps(card(message) if person.webhook_form == "card" else chat_text(message)).encode()
    try:
        place = urlsplit(person.webhook or "")
        kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
        connection = kind(place.hostname or "", place.port, timeout=TIMEOUT_SECONDS)
        connection.connect()
    except (OSError, HTTPException, ValueError) as error:
        raise NotDelivered(f"the webhook cannot be reached ({_words(error)})") from None
    try:
        path = (place.path or "/") + (f"?{place.query}" if place.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        status = connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        raise NotDelivered(f"the webhook did not answer ({_words(error)})", may_have_arrived=True) from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotDelivered(f"the webhook answered {status}")


def _connected(server: MailServer) -> smtplib.SMTP:
    """Give a connection on which mail may be handed in; it is never one without the TLS that was asked for."""
    password = os.environ.get(PASSWORD)
    if server.user and not password:
        raise NotDelivered(f"the mail server asks for a password, and {PASSWORD} is not set")
    connection: smtplib.SMTP | None = None
    try:
        if server.tls == "from the start":
            context = ssl.create_default_context()
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        if server.tls == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if server.user and password:
            connection.login(server.user, password)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        if connection is not None:
            connection.close()
        raise NotDelivered(f"the mail server did not let mail in ({_words(error)})") from None
    return connection


def _mail(server: MailServer, person: Person, claimed: Claimed, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = server.sender, person.email, message.subject
    mail["Date"] = format_datetime(claimed.made_at)
    mail["Message-ID"] = f"<{claimed.key}@{server.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain(message))
    mail.add_alternative(html(message), subtype="html")
    return mail


def _words(error: Exception) -> str:
    """Give the kind of a failure alone: what a server answers may repeat an address, a user or a password."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}, {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _ in error.recipients.values()}
        return f"SMTPRecipientsRefused, {', '.join(map(str, sorted(codes)))}"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, smtplib.SMTPException):
        return error.strerror
    return type(error).__name__
