"""The pack of a weekly review as a person asks for it: frozen, written, checked."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from commands.app import app
from docket.pack.content import Content
from docket.pack.shelf import Shelf
from organisation import Workspace
from tests.docket.pack.conftest import Frozen, content, frozen_company

__all__ = ["content", "frozen_company"]  # fixtures of the pack's tests


def report(workspace: Workspace, *words: str) -> Result:
    return CliRunner().invoke(app, ["report", "--workspace", str(workspace.root), *words])


def words_of(asked: Result) -> str:
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", asked.output).split())


def test_the_packs_are_listed_and_the_newest_is_written(frozen_company: Frozen, tmp_path: Path) -> None:
    listed = report(frozen_company.workspace)
    assert listed.stdout.startswith("Pack 2026-11-25: 2026 Q4 (Oct-Dec), up to Tue 24 Nov, snapshot ")
    assert "Missing at the cut-off: LATAM." in listed.stdout
    told = json.loads(report(frozen_company.workspace, "--json").stdout)
    assert (told["id"], told["missing"], told["promises"]) == ("2026-11-25", ["latam"], 1)
    done = report(frozen_company.workspace, "--xlsx", "--html", "--pages", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    written = {file.name for file in (tmp_path / "out").iterdir()}
    readers = "director operations amer benelux dach japan latam nordics".split()
    forms = {f"denominator-2026-11-25.{form}" for form in ("xlsx", "html")}
    assert written == forms | {f"denominator-2026-11-25-{reader}.pdf" for reader in readers}


def test_what_cannot_be_is_said_plainly(frozen_company: Frozen, tmp_path: Path) -> None:
    workspace = frozen_company.workspace
    unknown = report(workspace, "--id", "2026-11-24", "--pdf")
    assert "a new pack gets its own id" in words_of(report(workspace, "--freeze", "--id", "2026-11-25"))
    assert 'There is no pack "2026-11-24"' in str(unknown.exception)
    place = tmp_path / "file"
    place.write_text("")
    assert "cannot be written" in words_of(report(workspace, "--xlsx", "--out", str(place)))


def test_nothing_frozen_yet_says_how_to(small: Workspace) -> None:
    assert "Nothing has been frozen yet: denominator report --freeze." in words_of(report(small))
    assert "Nothing has been frozen yet" in words_of(report(small, "--pdf"))


def test_a_check_names_what_comes_out_otherwise(
    frozen_company: Frozen, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself is held by its own tests; here its words and its exit status."""
    from commands import report as module
    from docket.pack.check import Checked, Difference

    answers = iter(
        [
            Checked(812),
            Checked(812, (Difference("scorecard: pace of dach", "0.82", "0.81"),)),
            Checked(0, impossible=("Snapshot 57 is not in the warehouse any more.",)),
        ]
    )
    monkeypatch.setattr(module, "check", lambda *_: next(answers))
    right, differing, gone = (report(frozen_company.workspace, "--check") for _ in range(3))
    assert (right.exit_code, differing.exit_code, gone.exit_code) == (0, 1, 1)
    assert "812 numbers computed again from the snapshot: all are the same." in words_of(right)
    assert "scorecard: pace of dach: frozen 0.82, computed 0.81 1 of 812 numbers come out otherwise." in words_of(
        differing
    )
    assert "Snapshot 57 is not in the warehouse any more. The pack's parts are as they were written." in words_of(gone)
    assert Shelf(frozen_company.workspace.packs).get("2026-11-25") == content
