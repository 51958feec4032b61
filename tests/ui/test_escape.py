"""CRM text is shown letter by letter, wherever it lands."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from ui.escape import plain, shortened, text

HOSTILE = (
    "![x](https://example.org/a.png)",
    "[free](https://example.org)",
    "<img src=x onerror=alert(1)>",
    "https://example.org",
    "mail@example.org",
    "$a^2$",
    ":material/home: :red[x]",
    "`code` **bold** ~~gone~~",
    "# heading",
    "1. one",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_markdown_signs_are_escaped(words: str) -> None:
    escaped = plain(words)
    assert re.sub(r"\\(.)", r"\1", escaped) == words
    assert not re.search(r"(?<!\\)[\[\]<`*$#@:]", escaped)


def test_lines_become_one() -> None:
    assert plain("a\n\n# b") == "a \\# b"


def test_html_is_escaped_in_text_and_attribute() -> None:
    assert text("<b a=\"1\" c='2'>&") == "&lt;b a=&quot;1&quot; c=&#x27;2&#x27;&gt;&amp;"
    assert text(None) == ""


def test_long_text_is_cut_visibly() -> None:
    assert shortened("a" * 200, 10) == "a" * 9 + "…"


def test_streamlit_shows_a_label_letter_by_letter() -> None:
    def page() -> None:
        import streamlit as st

        from ui.escape import plain as quiet

        st.write(quiet("[free](https://example.org)"))

    app = AppTest.from_function(page, default_timeout=30).run()
    assert app.markdown[0].value == r"\[free\]\(https\:\/\/example\.org\)"
