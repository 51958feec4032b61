"""What a change is made of: one bar a part around a common zero, and the sum."""

from dataclasses import dataclass

from ui.escape import text


@dataclass(frozen=True)
class Part:
    """One contribution: its name, a note, its size (only lengths are drawn from it) and the size in words.

    href: where the rows behind it are; empty where nothing leads to them.
    """

    name: str
    note: str
    size: float
    words: str
    favourable: bool
    href: str = ""


def contribution_list(parts: list[Part], total_name: str, total: str) -> str:
    """The parts in the order given and their sum; the longest bar takes its whole side."""
    most = max((abs(part.size) for part in parts), default=0) or 1.0
    low = min([0.0, *(part.size for part in parts)])
    high = max([0.0, *(part.size for part in parts)])
    zero = 100 * -low / ((high - low) or most)
    scale = 100 / ((high - low) or most)
    rows = "".join(_row(part, zero, scale) for part in parts)
    return (
        f'<ol class="parts">{rows}<li class="sum"><div><p>{text(total_name)}</p></div><span></span>'
        f"<b>{text(total)}</b></li></ol>"
    )


def _row(part: Part, zero: float, scale: float) -> str:
    left = zero if part.size >= 0 else zero + part.size * scale
    width = max(0.6, abs(part.size) * scale)
    tone = "better" if part.favourable else "worse"
    note = f"<small>{text(part.note)}</small>" if part.note else ""
    name = f'<a href="{text(part.href)}" data-go>{text(part.name)}</a>' if part.href else text(part.name)
    return (
        f'<li><div><p>{name}</p>{note}</div><span class="bar" aria-hidden="true">'
        f'<i class="{tone}" style="left:{left:.1f}%;width:{width:.1f}%"></i>'
        f'<i class="zero" style="left:{zero:.1f}%"></i></span>'
        f"<b>{text(part.words)}</b></li>"
    )
