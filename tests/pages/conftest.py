"""The dashboard run without a browser, on a small company of its own."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

from organisation import Workspace
from tests.made_once import made_once

ROOT = Path(__file__).parents[2]
FILES = sorted(str(file.relative_to(ROOT / "pages")) for file in (ROOT / "pages").glob("*/*.py"))
OVERVIEW = "director/overview.py"
Draw = Callable[..., AppTest]


@pytest.fixture(scope="session")
def company(small: Workspace) -> Workspace:
    """Give the small company; to be read and never written."""
    return small


@pytest.fixture(scope="session")
def html(company: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give what each page draws without any choice, drawn once for all test processes."""
    place = made_once(tmp_path_factory, "pages", lambda place: _draw_all(company, place))
    return {page: (place / page).with_suffix(".html").read_text(encoding="utf-8") for page in FILES}


def _draw_all(company: Workspace, place: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DENOMINATOR_WORKSPACE", str(company.root))
        app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60).run()
        for page in (OVERVIEW, *(file for file in FILES if file != OVERVIEW)):
            if page != OVERVIEW:
                app.switch_page(str(ROOT / "pages" / page)).run()
                assert not app.exception
                assert not app.error
            file = (place / page).with_suffix(".html")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(html_of(app), encoding="utf-8")


@pytest.fixture
def draw(company: Workspace, monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Give the function that draws a page (a file below pages/, else the overview) with a query."""

    def drawn(page: str | None = None, *, workspace: Workspace = company, **query: str) -> AppTest:
        monkeypatch.setenv("DENOMINATOR_WORKSPACE", str(workspace.root))
        app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
        app.query_params.update(query)
        if page:  # the address of each page but the first is its file's name, so that a fresh app can open on it
            app.switch_page(str(ROOT / "pages" / page))
        app.run()
        assert not app.exception
        return app

    return drawn


def click(app: AppTest, words: str) -> AppTest:
    """Click the drawn link whose address has these words, together with what was set and pressed since the last run.

    A dialog that the link opened stands for one run; who goes on in it clicks the link again, with what was filled in.
    """
    component = next(found for found in app.get("bidi_component") if words in json.loads(found.proto.json)["html"])
    (address,) = {
        unescape(one)
        for one in re.findall(r'data-go href="([^"]*)"', json.loads(component.proto.json)["html"])
        if words in unescape(one)
    }
    states = app._tree.get_widget_states()
    clicked = states.widgets.add()
    clicked.id = _make_trigger_id(component.proto.id, "events")
    clicked.json_trigger_value = json.dumps([{"event": "go", "value": address}])
    app._run(states)
    assert not app.exception
    return app


def html_of(app: AppTest) -> str:
    """Give what the page's components draw, from top to bottom."""
    return "".join(str(json.loads(found.proto.json)["html"]) for found in app.get("bidi_component"))
