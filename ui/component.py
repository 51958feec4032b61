"""The one component a page mounts: its HTML is built and escaped in Python, its links come back as clicks."""

from functools import cache
from pathlib import Path
from typing import Protocol, cast

import streamlit as st

_HERE = Path(__file__).parent
_STYLES = (
    "tokens",
    "page",
    "tiles",
    "matrix",
    "lists",
    "explain",
    "trend",
    "ledger",
    "definitions",
    "onboarding",
    "waterfall",
    "comparability",
    "docket",
    "review",
)


class _Mount(Protocol):
    def __call__(self, *, key: str, data: dict[str, object], on_go_change: object) -> object: ...


def show(key: str, *blocks: str) -> str | None:
    """Draw the blocks of HTML, one below the other; gives the address of a link that was clicked, else None."""
    return _drawn(key, f'<main class="dn">{"".join(blocks)}</main>')


def show_part(key: str, *blocks: str, is_head: bool = False) -> str | None:
    """Draw blocks of HTML that stand between forms, as high as they are; the head is the page's main part."""
    tag = "main" if is_head else "section"
    return _drawn(key, f'<{tag} class="dn part">{"".join(blocks)}</{tag}>')


def _drawn(key: str, html: str) -> str | None:
    clicked = _mount()(key=key, data={"html": html}, on_go_change=_nothing)
    address = getattr(clicked, "go", None)
    return address if isinstance(address, str) else None


def style_sheet(*names: str) -> str:
    """The style sheets of those names as one text."""
    return "\n".join((_HERE / "style" / f"{name}.css").read_text(encoding="utf-8") for name in names)


@cache
def _mount() -> _Mount:
    script = (_HERE / "script" / "page.js").read_text(encoding="utf-8")
    mount = st.components.v2.component(
        "denominator_page", html='<div id="place"></div>', css=style_sheet(*_STYLES), js=script
    )
    return cast(_Mount, mount)


def _nothing() -> None:
    """A change callback is what makes a click known to Streamlit; the click itself is read from the result."""
