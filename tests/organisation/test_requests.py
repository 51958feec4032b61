from pathlib import Path

import pytest

from organisation import Workspace
from organisation.requests import Answer, answer, answer_of, ask, file_of, waiting_requests


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
