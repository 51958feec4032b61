"""The minutes of a weekly review: what was decided beside which number, read back at its end."""

from collections.abc import Callable, Iterable
from datetime import date, tzinfo

from docket.agenda import AGENDA
from docket.meetings import Decided, Meeting


def minutes_of(meeting: Meeting, name: Callable[[str], str], zone: tzinfo, opening: Iterable[str] = ()) -> str:
    """Give the minutes as Markdown: the opening lines, then every decision under its item, in the order of deciding.

    name gives the words for a region's id; times are written in the zone. What was taken back stays in them.
    """
    parts = [f"# Weekly review, {_day(meeting.held_on)}", ""]
    parts += [f"{line}  " for line in opening]
    held = " to ".join(f"{each.astimezone(zone):%H:%M}" for each in (meeting.started_at, meeting.closed_at) if each)
    parts += [
        f"Held {held}. " * bool(held) + (f"Frozen pack {meeting.pack}." if meeting.pack else "No pack was frozen.")
    ]
    for item in AGENDA:
        decided = [one for one in meeting.decisions if one.decision.item == item.name]
        parts += ["", f"## {item.words}", ""]
        parts += [_line(one, name, zone) for one in decided] or ["Nothing was decided."]
    return "\n".join(parts) + "\n"


def _line(one: Decided, name: Callable[[str], str], zone: tzinfo) -> str:
    decision = one.decision
    about = ", ".join(
        part for part in (name(decision.region) if decision.region else "", decision.number or "") if part
    )
    who = f"{decision.owner}, by {_day(decision.due_on)}" if decision.owner and decision.due_on else ""
    said = f"{one.at.astimezone(zone):%H:%M}, {one.role} (self-declared)"
    words = ("No action: " if decision.kind == "no_action" else "") + _sentence(decision.words)
    line = f"- **{_escaped(words)}** {_escaped(about)}{'. ' if about else ''}"
    line += f"{_escaped(who)}. " if who else ""
    line += f"Reason: {_escaped(_sentence(decision.reason))} " if decision.reason else ""
    line += f"*{_escaped(said)}*"
    return f"{line} Taken back: {_escaped(_sentence(one.taken_back))}" if one.taken_back else line


def _sentence(words: str) -> str:
    kept = words.strip()
    return kept if kept.endswith((".", "!", "?", "…")) else f"{kept}."


def _escaped(words: str) -> str:
    """Give words that Markdown shows letter by letter."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in words)


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
