"""The first thing a page says: one sentence, and a quieter one below it."""

from ui.escape import text

LONG = 130  # letters from which on the sentence is set smaller, so that it stays on two lines


def headline(sentence: str, detail: str = "", *, above: str = "") -> str:
    """The sentence in large type with `above` over it and `detail` under it; **bold** parts are kept in the detail."""
    over = f'<p class="above">{text(above)}</p>' if above else ""
    under = f'<p class="detail">{strong(detail)}</p>' if detail else ""
    size = ' class="long"' if len(sentence) > LONG else ""
    return f'<header class="headline">{over}<h1{size}>{text(sentence)}</h1>{under}</header>'


def strong(words: str) -> str:
    """Escaped text in which every part between two pairs of asterisks is strong."""
    parts = words.split("**")
    return "".join(f"<b>{text(part)}</b>" if at % 2 else text(part) for at, part in enumerate(parts))


def section(title: str, note: str = "", *, beside: str = "") -> str:
    """A section's heading with a quiet note and, `beside` it, HTML such as a key of signs or a link."""
    small = f"<small>{text(note)}</small>" if note else ""
    return f'<div class="section"><h2>{text(title)}{small}</h2>{beside}</div>'


def notice(title: str, words: str, *, kind: str = "note", beside: str = "") -> str:
    """A whole-width notice for a state a page can be in: nothing loaded yet, nothing found, late, at fault.

    beside: HTML such as a link to what can be done about it.
    """
    said = f"<b>{text(title)}</b><p>{strong(words)}{' ' + beside if beside else ''}</p>"
    return f'<div class="notice {text(kind)}" role="status">{said}</div>'
