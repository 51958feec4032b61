"""The panel behind "explain": where a figure comes from, in words."""

from dataclasses import dataclass

from ui.escape import text

CODE = "Formula"  # the line that is set as code
_SIGN = '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.4"/><path d="M8 7.2v4M8 4.7v.9"/></svg>'


@dataclass(frozen=True)
class Explanation:
    """A figure explained: a question, lines of (term, text), and links of (words, address) that lead on."""

    title: str
    question: str
    lines: tuple[tuple[str, str], ...]
    leads: tuple[tuple[str, str], ...] = ()


def explain_button(explanation: Explanation) -> str:
    """A quiet sign that opens the explanation beside it; it closes with Escape or a click elsewhere."""
    terms = "".join(
        f"<dt>{text(term)}</dt><dd>{_value(term, words)}</dd>" for term, words in explanation.lines if words
    )
    links = " ".join(_link(words, address) for words, address in explanation.leads)
    return (
        f'<details class="explain"><summary aria-label="Explain {text(explanation.title)}">{_SIGN}</summary>'
        f'<div class="panel" role="note"><h4>{text(explanation.title)}</h4><p>{text(explanation.question)}</p>'
        f'<dl>{terms}</dl><p class="more">{links}</p></div></details>'
    )


def _link(words: str, address: str) -> str:
    go = "" if address.startswith("mailto:") else " data-go"
    return f'<a href="{text(address)}"{go}>{text(words)}</a>'


def _value(term: str, words: str) -> str:
    return f"<code>{text(words)}</code>" if term == CODE else text(words)
