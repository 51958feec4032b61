"""The commands about notices, as a person types them, and the part of the watcher that sends."""

import json

import pytest
from typer.testing import CliRunner, Result

from commands.app import app
from commands.notices import Telling
from tests.docket.conftest import PACE
from tests.docket.notices.conftest import Company, Hook, Mailbox, company, hook, mailbox, settings_for

__all__ = ["company", "hook", "mailbox"]  # fixtures of the docket's tests
SECRET = "hunter2"  # noqa: S105


def run(company: Company, *words: str) -> Result:
    return CliRunner().invoke(app, ["notices", *words, "--workspace", str(company.workspace.root)])


@pytest.fixture
def news(company: Company) -> Company:
    company.workspace.clock_file.write_text("2026-11-24T09:05:00+00:00")
    company.read("11-24 09:00", PACE)
    return company


def test_a_preview_sends_and_notes_nothing(news: Company, mailbox: Mailbox) -> None:
    for _ in range(2):
        seen = run(news, "preview", "--person", "dach")
        assert seen.stdout.startswith("Deviations: 1 new\n\nDACH: new, act\nDACH is 18% behind pace.\n")
    assert run(news, "preview", "--person", "dach", "--html").stdout.startswith("<!doctype html>")
    assert "Nothing is new for the regional manager Japan." in run(news, "preview", "--person", "japan").stderr
    assert (mailbox.taken, news.log()) == ([], [])


def test_an_unknown_person_is_said_with_the_nearest(news: Company) -> None:
    asked = run(news, "preview", "--person", "dahc")
    assert asked.exit_code == 2
    assert 'Did you mean "dach"?' in " ".join(asked.stderr.replace("│", " ").split())


def test_without_settings_nobody_is_told(news: Company) -> None:
    assert "nobody is told anything" in run(news, "send").stderr
    assert news.log() == []


def test_what_is_sent_stands_in_the_log(news: Company, mailbox: Mailbox) -> None:
    assert run(news, "send").stderr == "2 sent, 0 not taken.\n"
    assert len(mailbox.taken) == 2
    lines = run(news, "log").stdout.splitlines()
    assert lines[0] == "2026-11-24T09:05:00Z  dach, at once by email: delivered"
    assert lines[1].strip() == "To act on: DACH is 18% behind pace"
    first = json.loads(run(news, "log", "--json").stdout.splitlines()[-1])
    assert (first["person"], first["state"], first["ended_at"]) == ("boss", "delivered", "2026-11-24T09:05:00Z")


def test_stopping_ends_it(news: Company, mailbox: Mailbox) -> None:
    for person in ("dach", "boss"):
        assert run(news, "stop", "--person", person).exit_code == 0
    assert run(news, "send").stderr == "0 sent, 0 not taken.\n"
    assert mailbox.taken == []


def test_no_secret_and_no_address_reaches_log_or_screen(
    news: Company, hook: Hook, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail server knows no log-in after STARTTLS, the webhook refuses: both failures are told without a secret."""
    monkeypatch.setenv("DENOMINATOR_SMTP_PASSWORD", SECRET)
    news.notices(settings_for(mailbox.port).replace("tls: none", "tls: starttls, user: mailer"))
    news.people(f'boss: {{name: B, role: director, email: boss@example.com, webhook: "{hook.address}"}}\n')
    hook.answers = 403
    sent = run(news, "send")
    logged = run(news, "log", "--json")
    assert sent.exit_code == 1
    assert "did not let mail in (SMTPNotSupportedError)" in sent.stderr
    assert "the webhook answered 403" in sent.stderr
    assert mailbox.taken == [], "without the TLS that was asked for nothing is sent"
    for output in (sent.stdout, sent.stderr, logged.stdout):
        for secret in (SECRET, "T0PSECRET", "boss@example.com", "mailer"):
            assert secret not in output


def test_a_missing_password_is_said_by_its_name(
    news: Company, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DENOMINATOR_SMTP_PASSWORD", raising=False)
    news.notices(settings_for(mailbox.port).replace("tls: none", "tls: starttls, user: mailer"))
    assert "DENOMINATOR_SMTP_PASSWORD is not set" in run(news, "send").stderr


def test_the_watcher_sends_beside_its_work_and_says_trouble_once(
    news: Company, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    telling = Telling()
    telling(news.organisation)
    telling.wait()
    telling(news.organisation)
    telling.wait()
    assert len(mailbox.taken) == 2
    whole = (news.workspace.root / "notices.yaml").read_text()
    news.notices("adress: x\n")
    for _ in range(2):
        telling(news.organisation, at_once=True)
        telling.wait()
    assert capsys.readouterr().err.count("Not everybody could be told") == 1
    news.notices(whole)
    telling(news.organisation, at_once=True)
    telling.wait()
    assert len(mailbox.taken) == 2


def test_a_workspace_without_settings_gets_no_docket_by_telling(company: Company) -> None:
    (company.workspace.data / "docket.sqlite").unlink()
    telling = Telling()
    telling(company.organisation)
    telling.wait()
    assert not (company.workspace.data / "docket.sqlite").exists()
