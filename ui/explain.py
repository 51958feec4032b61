"""The panel behind "explain": where a figure comes from, in words."""

from dataclasses import dataclass

from ui.escape import text

_SIGN = '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.4"/><path d="M8 7.2v4M8 4.7v.9"/></svg>'


@dataclass(frozen=True)
class Explanation:
    """A figure explained: a question, lines of (term, text), the formula's text, and the definition's address."""

    title: str
    question: str
    lines: tuple[tuple[str, str], ...]
    formula: str = ""
    definition: str = ""


def explain_button(explanation: Explanation) -> str:
    """A quiet sign that opens the explanation beside it; it closes with Escape or a click elsewhere."""
    terms = "".join(f"<dt>{text(term)}</dt><dd>{text(words)}</dd>" for term, words in explanation.lines if words)
    formula = f"<dt>Formula</dt><dd><code>{text(explanation.formula)}</code></dd>" if explanation.formula else ""
    link = f'<p class="more"><a href="{text(explanation.definition)}" data-go>Full definition</a></p>'
    return (
        f'<details class="explain"><summary aria-label="Explain {text(explanation.title)}">{_SIGN}</summary>'
        f'<div class="panel" role="note"><h4>{text(explanation.title)}</h4><p>{text(explanation.question)}</p>'
        f"<dl>{formula}{terms}</dl>{link if explanation.definition else ''}</div></details>"
    )
