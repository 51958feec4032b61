"""denominator check: one JSON-able answer, nothing stored."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.app import app
from etl.check import Looked, apart_from_us, check_file
from etl.child import Limits, apart
from organisation import ConfigurationError, Workspace

PROFILE = """\
encoding: utf-8
decimal: "."
dates: dmy
columns: {opportunity_id: Id, stage_raw: Phase, amount: Value, created_at: Created}
stages: {Open: qualify, Won: won}
"""
TEXT = "Id,Phase,Value,Created\n1,Open,5,01.02.2026\n2,Won,x,01.02.2026\n3,Open,,\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "deals.csv").write_text(TEXT, encoding="utf-8")
    return Workspace(tmp_path)


def check(workspace: Workspace, *, table: str = "opportunities", raw: bool = False) -> dict[str, object]:
    profile = workspace.root / "profile.yaml"
    return check_file(workspace.root / "deals.csv", workspace, source=None, table=table, profile=profile, raw=raw)


def test_a_check_apart_gives_what_one_here_gives_and_ends_where_it_takes_too_much(workspace: Workspace) -> None:
    """The child's limits are the loader's; a reading that dies of them is refused, and the asking process lives."""
    file, profile = workspace.root / "deals.csv", workspace.root / "profile.yaml"
    ask = partial(check_file, file, workspace, source=None, table="opportunities", profile=profile)
    assert ask(read=apart_from_us) == ask() == check(workspace)
    assert ask(read=apart_from_us, raw=True) == check(workspace, raw=True)
    tight = ask(read=lambda look, _: apart(look, 0, Limits(memory=1 << 20)))
    assert isinstance(tight["refused"], dict)
    assert (tight["refused"]["reason"], tight["rows"]) == ("TOO_BIG", [])


def test_the_command_reads_in_a_process_of_its_own(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noted(look: Callable[[], Looked], size: int) -> Looked:
        asked.append(size)
        return look()

    monkeypatch.setattr("etl.check.apart", noted)
    arguments = [
        "check",
        str(workspace.root / "deals.csv"),
        "--profile",
        str(workspace.root / "profile.yaml"),
        "--json",
    ]
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, asked) == (0, [len(TEXT)])
    assert json.loads(result.stdout) == check(workspace)


def test_rows_are_canonical_columns_as_text(workspace: Workspace) -> None:
    found = check(workspace)
    rows = found["rows"]
    assert isinstance(rows, list)
    assert rows[0]["amount"] == "5.00"
    assert rows[0]["created_at"] == "2026-02-01T00:00:00+00:00"
    assert rows[1]["amount"] is None
    assert found["rejects"] == [{"line": 3, "column": "amount", "reason": "TYPE_NUMBER", "raw": "2,Won,x,01.02.2026"}]
    assert found["refused"] is None
    assert json.loads(json.dumps(found)) == found


def test_raw_rows_keep_headers_and_text(workspace: Workspace) -> None:
    assert check(workspace, raw=True)["rows"] == [
        {"Id": "1", "Phase": "Open", "Value": "5", "Created": "01.02.2026"},
        {"Id": "3", "Phase": "Open", "Value": "", "Created": ""},
    ]


def test_an_empty_profile_reads_canonical_headers(workspace: Workspace) -> None:
    (workspace.root / "profile.yaml").write_text("crm: generic\n", encoding="utf-8")
    (workspace.root / "deals.csv").write_text("opportunity_id;stage_raw;amount\n1;Open;5,25\n", encoding="utf-8")
    rows = check(workspace)["rows"]
    assert isinstance(rows, list)
    assert (rows[0]["amount"], rows[0]["stage"]) == ("5.25", None)


def test_a_refusal_is_told_with_its_reason(workspace: Workspace) -> None:
    (workspace.root / "deals.csv").write_text("Id,Phase,Value\n1,Open,5\n", encoding="utf-8")
    refused = check(workspace)["refused"]
    assert isinstance(refused, dict)
    assert refused["reason"] == "MISSING_COLUMN"


def test_the_table_may_be_named_either_way(workspace: Workspace) -> None:
    assert check(workspace, table="opportunity") == check(workspace)
    with pytest.raises(ConfigurationError, match='Did you mean "opportunities"'):
        check(workspace, table="oportunities")
