"""What a page keeps folded until somebody asks for it, and the links by which somebody asks the loader."""

from urllib.parse import urlencode

from ui.escape import text


def disclosure(key: str, title: str, body: str, *, note: str = "") -> str:
    """A line that opens `body`; `key` keeps it open when the page is drawn again."""
    small = f" <small>{text(note)}</small>" if note else ""
    return f'<details class="more" id="{text(key)}"><summary>{text(title)}{small}</summary>{body}</details>'


def ask_link(what: str, load_id: object, words: str) -> str:
    """A link that asks the loader for something about a load, once the reader has agreed in the dialog."""
    address = "freshness?" + urlencode({"ask": what, "load": str(load_id)})
    return f'<a data-go href="{text(address)}">{text(words)}</a>'
