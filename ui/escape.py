"""Text from a CRM made harmless for the place where it is shown."""

import html
import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@/])")
_WHITE = re.compile(r"\s+")


def text(value: object) -> str:
    """`value` as text for HTML, in an element or a quoted attribute."""
    return html.escape("" if value is None else str(value), quote=True)


def plain(value: object) -> str:
    """`value` as one line that Streamlit's markdown shows letter by letter: no link, image, formula, icon or colour."""
    return _MARKDOWN.sub(r"\\\1", _WHITE.sub(" ", "" if value is None else str(value)).strip())


def shortened(value: object, length: int = 160) -> str:
    """The first `length` characters of `value` on one line, with an ellipsis where something was cut."""
    line = _WHITE.sub(" ", "" if value is None else str(value)).strip()
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
