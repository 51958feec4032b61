"""The small signs beside a figure: triangles for deviations, badges for comparability, the dot of a feed."""

from typing import Literal

from ui.escape import text

Comparable = Literal["yes", "reservation", "no"]

BADGE_WORDS = {"yes": "comparable", "reservation": "with reservation", "no": "not comparable"}


def triangle(change: float | None, flag: str, favourable: bool | None) -> str:
    """A triangle that points where the figure went: hollow for watch, filled for act, nothing when calm."""
    if flag not in ("watch", "act") or change is None:
        return ""
    points = "5,1.6 9,8.4 1,8.4" if change > 0 else "1,1.6 9,1.6 5,8.4"
    return (
        f'<svg class="tri {flag} {tone(favourable)}" viewBox="0 0 10 10" aria-hidden="true">'
        f'<polygon points="{points}"/></svg>'
    )


def flag_word(flag: str, favourable: bool | None) -> str:
    """What a flag means in words: "act, worse than expected"; nothing when calm."""
    if flag not in ("watch", "act"):
        return ""
    return f"{flag}, {'better' if favourable else 'worse'} than expected"


def tone(favourable: bool | None) -> str:
    """The colour class of a deviation: better, worse, or none."""
    return "" if favourable is None else "better" if favourable else "worse"


def badge(comparable: str, reasons: str, *, word: bool = True) -> str:
    """The comparability of a figure as sign and word; the reasons show on hover and focus."""
    name = BADGE_WORDS.get(comparable, comparable)
    tip = f' tabindex="0" data-tip="{text(reasons)}"' if reasons else ""
    label = f"<span>{name}</span>" if word else ""
    spoken = text(f"{name}: {reasons}" if reasons else name)
    return f'<span class="badge tip up end" aria-label="{spoken}"{tip}>{comparable_sign(comparable)}{label}</span>'


def key_of_signs() -> str:
    """The key beside the matrix: watch, act, not comparable."""
    down = "1,1.6 9,1.6 5,8.4"
    return (
        '<span class="key">'
        f'<span><svg class="tri watch worse" viewBox="0 0 10 10" aria-hidden="true"><polygon points="{down}"/>'
        "</svg>watch</span>"
        f'<span><svg class="tri act worse" viewBox="0 0 10 10" aria-hidden="true"><polygon points="{down}"/>'
        "</svg>act</span>"
        '<span><i class="hatch swatch" aria-hidden="true"></i>not comparable</span></span>'
    )


def comparable_sign(comparable: str) -> str:
    """The sign of comparability alone: a full dot, half a dot, a hatch."""
    if comparable == "no":
        return '<i class="hatch swatch" aria-hidden="true"></i>'
    half = '<path d="M5 1.5 A3.5 3.5 0 0 0 5 8.5 Z"/>' if comparable == "reservation" else ""
    kind = "half" if half else "full"
    return f'<svg class="dot {kind}" viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="3.5"/>{half}</svg>'
