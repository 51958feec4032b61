"""Requests: what people ask the loader to do. A page only ever writes one; the loader answers beside it."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from organisation.durable import replace_file
from organisation.workspace import Workspace

ANSWER = ".answer.json"
TAKEN = ".taken"  # beside a request that is being done and will be answered later
ANSWERED = "answered"  # the folder of those that nobody looks at any more
KEPT = timedelta(days=30)  # so long an answered request stays where its page looks first
UPLOAD_NAME = "a file name without any folder"


@dataclass(frozen=True)
class Request:
    """One thing asked of the loader: what, by whom (a role), with which arguments and uploaded files."""

    id: str
    what: str
    who: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What became of a request: done, or why not; result is what the asking page shows."""

    id: str
    done: bool
    message: str
    result: Mapping[str, object] = field(default_factory=dict)


def ask(
    workspace: Workspace,
    what: str,
    *,
    who: str,
    arguments: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Request:
    """Hand a request to the loader and give it with its id; the files lie complete before the request is seen.

    Raises ValueError where a file's name is more than a name.
    """
    given = dict(files or {})
    for name in given:
        if not name or Path(name).name != name or name in (".", ".."):
            raise ValueError(f'"{name}" is not {UPLOAD_NAME}')
    request = Request(uuid4().hex, what, who, dict(arguments or {}), tuple(given))
    folder = workspace.requests / request.id
    workspace.requests.mkdir(parents=True, exist_ok=True)
    if given:
        folder.mkdir()
    for name, content in given.items():
        replace_file(folder / name, content, synced=True)
    replace_file(workspace.requests / f"{request.id}.json", _json(asdict(request)), synced=True)
    return request


def waiting_requests(workspace: Workspace) -> list[Request]:
    """Give what has been asked and not answered, in the order of asking; a file that is no request is left alone."""
    files = [
        file
        for file in workspace.requests.glob("*.json")
        if not file.name.endswith(ANSWER) and not file.name.startswith(".") and not _answer_file(file).exists()
    ]
    found = [_read_request(file) for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)]
    return [request for request in found if request is not None]


def request_of(workspace: Workspace, request_id: str) -> Request | None:
    """Give a request by its id, answered or not; None where there is none."""
    for folder in (workspace.requests, workspace.requests / ANSWERED):
        found = _read_request(folder / f"{request_id}.json")
        if found is not None:
            return found
    return None


def file_of(workspace: Workspace, request: Request, name: str) -> Path:
    """Give the place of a file that came with a request."""
    return workspace.requests / request.id / name


def take(workspace: Workspace, request: Request, *, joins: str = "") -> None:
    """Note that a request is being done; its answer comes later. joins: the request with which it is done together."""
    file = workspace.requests / f"{request.id}{TAKEN}"
    file.parent.mkdir(parents=True, exist_ok=True)
    if joins:
        replace_file(file, joins.encode(), synced=True)
    else:
        file.touch()


def taken_with(workspace: Workspace, request: Request) -> str | None:
    """Give the request with which this one is done together; None where it is done by itself, or not yet."""
    try:
        return (workspace.requests / f"{request.id}{TAKEN}").read_text(encoding="utf-8") or None
    except FileNotFoundError:
        return None


def is_taken(workspace: Workspace, request: Request) -> bool:
    """Say whether the loader is at a request."""
    return (workspace.requests / f"{request.id}{TAKEN}").exists()


def seconds_waited(workspace: Workspace, request: Request) -> float:
    """Give how long ago a request was made, in seconds of this machine's clock; 0 where it is put away."""
    try:
        return max(time.time() - (workspace.requests / f"{request.id}.json").stat().st_mtime, 0.0)
    except FileNotFoundError:
        return 0.0


def answer(workspace: Workspace, given: Answer) -> None:
    """Write a request's answer beside it, with its moment; the request counts as answered from then on."""
    content = asdict(given) | {"at": workspace.now().isoformat()}
    replace_file(workspace.requests / f"{given.id}{ANSWER}", _json(content), synced=True)
    (workspace.requests / f"{given.id}{TAKEN}").unlink(missing_ok=True)


def answer_of(workspace: Workspace, request_id: str) -> Answer | None:
    """Give what became of a request, or None while the loader has not come to it."""
    for folder in (workspace.requests, workspace.requests / ANSWERED):
        try:
            found = json.loads((folder / f"{request_id}{ANSWER}").read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        return Answer(**{name: value for name, value in found.items() if name != "at"})
    return None


def put_away_answered(workspace: Workspace) -> int:
    """Move requests answered 30 days ago or more, by the workspace's clock, to a folder beside; gives how many.

    Each with its answer and its files: nothing is deleted. The answer moves last, so that a request that a kill left
    halfway is never done again. Raises OSError.
    """
    now, target = workspace.now(), workspace.requests / ANSWERED
    old = [file for file in sorted(workspace.requests.glob(f"*{ANSWER}")) if now - _answered_at(file) >= KEPT]
    for file in old:
        target.mkdir(exist_ok=True)
        request_id = file.name.removesuffix(ANSWER)
        for part in (f"{request_id}.json", request_id, file.name):
            if (workspace.requests / part).exists():
                (workspace.requests / part).replace(target / part)
    return len(old)


def _answered_at(file: Path) -> datetime:
    """Give the moment of an answer; of one that does not say it, when its file was written."""
    try:
        return datetime.fromisoformat(json.loads(file.read_text(encoding="utf-8"))["at"])
    except (ValueError, KeyError, TypeError):
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _answer_file(file: Path) -> Path:
    return file.with_name(f"{file.stem}{ANSWER}")


def _read_request(file: Path) -> Request | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        request = Request(**{**found, "files": tuple(found["files"])})
        return request if request.id == file.stem else None  # its answer would lie somewhere else
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _json(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()
