from pathlib import Path

import pytest

from organisation import ConfigurationError, Workspace
from organisation.notices import MailServer, NoticeSettings
from organisation.people import read_people, stop_digest

WHOLE = """\
address: https://sales.example.com/
smtp:
  host: smtp.example.com
  user: denominator
  sender: denominator@example.com
"""


def read(root: Path, text: str) -> NoticeSettings | None:
    (root / "notices.yaml").write_text(text, encoding="utf-8")
    return NoticeSettings.read(Workspace(root))


def problems(root: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(root, text)
    return str(caught.value)


def test_what_is_not_stated_is_what_mail_servers_expect(tmp_path: Path) -> None:
    mail = MailServer("smtp.example.com", 587, "starttls", "denominator@example.com", "denominator")
    assert read(tmp_path, WHOLE) == NoticeSettings("https://sales.example.com", mail)
    assert read(tmp_path, "address: http://127.0.0.1:8501") == NoticeSettings("http://127.0.0.1:8501", None)


def test_without_the_file_there_are_no_settings(tmp_path: Path) -> None:
    assert NoticeSettings.read(Workspace(tmp_path)) is None


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    said = problems(tmp_path, WHOLE + "  password: hunter2\n")
    assert said.startswith("notices.yaml:6: a password stands in no file. Take it out")
    assert "DENOMINATOR_SMTP_PASSWORD" in said
    assert "hunter2" not in said


def test_a_password_is_never_sent_unencrypted(tmp_path: Path) -> None:
    assert "notices.yaml:6: a password is never sent unencrypted" in problems(tmp_path, WHOLE + "  tls: none\n")


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    said = problems(tmp_path, "adress: x\nsmtp: {host: h, port: 99999, tls: ssl, sender: nobody}\n")
    for part in ('Did you mean "address"', '"address" is missing', "port: 99999", '"ssl" is no tls', "sender: nobody"):
        assert part in said


def test_stopping_a_digest_leaves_the_rest_of_the_file_as_it_was(tmp_path: Path) -> None:
    own_lines = "dach:\n  name: D\n  role: manager\n  digest: weekly\n"
    text = f'# Who reads.\nboss: {{name: "B", role: director}} # of all\n{own_lines}'
    (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
    for person in ("boss", "dach"):
        stop_digest(Workspace(tmp_path), person)
    written = (tmp_path / "people.yaml").read_text(encoding="utf-8")
    assert written == text.replace("director}", "director, digest: off}").replace("weekly", "off")
    assert {person.digest for person in read_people(Workspace(tmp_path), frozenset())} == {"off"}


@pytest.mark.parametrize("wrong", ["digest_hour: 24", "digest_hour: seven", "digest_day: mon", "webhook_form: teams"])
def test_an_hour_day_or_form_that_is_none_is_said(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "people.yaml").write_text(f"boss: {{name: B, role: director, {wrong}}}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"people\.yaml:1: "):
        read_people(Workspace(tmp_path), frozenset())
