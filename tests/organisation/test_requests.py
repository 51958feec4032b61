from pathlib import Path

import pytest

from organisation import Workspace
from organisation.requests import (
    ANSWER,
    ANSWERED,
    Answer,
    answer,
    answer_of,
    ask,
    file_of,
    put_away_answered,
    waiting_requests,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_a_request_waits_with_its_files_until_it_is_answered(workspace: Workspace) -> None:
    asked = ask(
        workspace, "rehearse", who="sales operations", arguments={"as": "brazil"}, files={"deals.csv": b"a,b\n"}
    )
    assert waiting_requests(workspace) == [asked]
    assert file_of(workspace, asked, "deals.csv").read_bytes() == b"a,b\n"
    assert answer_of(workspace, asked.id) is None
    given = Answer(asked.id, done=True, message="Read.", result={"rows": 1})
    answer(workspace, given)
    assert answer_of(workspace, asked.id) == given
    assert waiting_requests(workspace) == []


def test_requests_come_in_the_order_of_asking(workspace: Workspace) -> None:
    asked = [ask(workspace, "release", who="director", arguments={"load": str(n)}).id for n in range(5)]
    assert [request.id for request in waiting_requests(workspace)] == asked


@pytest.mark.parametrize("name", ["../deals.csv", "a/b.csv", "", "..", "/etc/passwd"])
def test_an_uploaded_file_cannot_leave_its_folder(workspace: Workspace, name: str) -> None:
    with pytest.raises(ValueError, match="without any folder"):
        ask(workspace, "rehearse", who="director", files={name: b""})
    assert not workspace.requests.exists()


def test_what_is_no_request_is_left_alone(workspace: Workspace) -> None:
    workspace.requests.mkdir(parents=True)
    (workspace.requests / "torn.json").write_text('{"id": "torn"', encoding="utf-8")
    (workspace.requests / "other.json").write_text('["a list"]', encoding="utf-8")
    assert waiting_requests(workspace) == []


def on(workspace: Workspace, day: str) -> None:
    """Let a day be today."""
    workspace.data.mkdir(exist_ok=True)
    workspace.clock_file.write_text(f"{day}T12:00:00+00:00", encoding="utf-8")


def test_a_request_answered_long_ago_is_put_away_with_its_files_and_stays_answered(workspace: Workspace) -> None:
    on(workspace, "2026-10-01")
    old = ask(workspace, "resend", who="director", files={"deals.csv": b"a,b\n"})
    open_one = ask(workspace, "release", who="director")
    given = Answer(old.id, done=True, message="Loaded.", result={"rows": 1})
    answer(workspace, given)
    on(workspace, "2026-10-15")
    newer = ask(workspace, "refuse", who="director")
    answer(workspace, Answer(newer.id, done=False, message="No."))
    on(workspace, "2026-10-30")
    assert put_away_answered(workspace) == 0
    on(workspace, "2026-10-31")
    before = {file.name: file.read_bytes() for file in workspace.requests.rglob("*") if file.is_file()}
    assert put_away_answered(workspace) == 1
    assert {file.name: file.read_bytes() for file in workspace.requests.rglob("*") if file.is_file()} == before
    assert {file.name for file in (workspace.requests / ANSWERED).iterdir()} == {
        f"{old.id}.json",
        old.id,
        f"{old.id}{ANSWER}",
    }
    assert answer_of(workspace, old.id) == given
    assert answer_of(workspace, newer.id) is not None
    assert waiting_requests(workspace) == [open_one]
    assert put_away_answered(workspace) == 0


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_a_request_that_a_kill_left_halfway_is_put_away_whole_and_never_waits_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    on(workspace, "2026-10-01")
    old = ask(workspace, "resend", who="director", files={"deals.csv": b"a,b\n"})
    answer(workspace, Answer(old.id, done=True, message="Loaded."))
    on(workspace, "2026-12-01")
    done: list[Path] = []
    rename = Path.replace

    def killed(file: Path, target: Path) -> Path:
        if len(done) == moves:
            raise KeyboardInterrupt
        done.append(file)
        return rename(file, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        put_away_answered(workspace)
    assert waiting_requests(workspace) == []
    assert answer_of(workspace, old.id) is not None
    monkeypatch.undo()
    put_away_answered(workspace)
    assert waiting_requests(workspace) == []
    assert len(list((workspace.requests / ANSWERED).iterdir())) == 3
