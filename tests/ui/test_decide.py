"""What was asked of the loader from a page: an answer that comes while the page is drawn is shown next."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import ui.decide
from organisation import Workspace
from organisation.requests import Answer, answer, ask
from ui.decide import answers_to_asked, asked_block, watch_answers
from ui.view import View


def test_an_answer_that_comes_while_the_page_is_drawn_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    request   when drawn   when the drawing is done   waited for
    first     done         done                       no
    second    waits        done                       yes: the screen still says that it waits
    """
    workspace = Workspace(tmp_path)
    view = cast(View, SimpleNamespace(organisation=SimpleNamespace(workspace=workspace)))
    first, second = (ask(workspace, "refuse", who="sales operations") for _ in range(2))
    asked = [
        {"id": one.id, "what": "refuse", "file": "deals.csv", "load": "l", "at": "0", "told": ""}
        for one in (first, second)
    ]
    waited: list[frozenset[str]] = []
    monkeypatch.setattr(ui.decide, "_asked", lambda: asked)
    monkeypatch.setattr(ui.decide, "_wait", lambda _view, waiting: waited.append(waiting))
    answer(workspace, Answer(first.id, done=True, message="is refused"))
    drawn = answers_to_asked(view)
    answer(workspace, Answer(second.id, done=True, message="is refused too"))
    assert "is refused too" not in asked_block(drawn)
    watch_answers(view, drawn)
    assert waited == [frozenset({second.id})]
    watch_answers(view, answers_to_asked(view))
    assert len(waited) == 1
