"""The parts of the definitions page: a list of contents, and each KPI with all that its number means."""

from collections.abc import Sequence

from kpi.definition import Kpi, Level
from kpi.formula_words import in_words
from ui.escape import text
from ui.formats import listed
from ui.view import View
from ui.words import formula_text

_UNITS = {
    "money": "money",
    "percent": "per cent",
    "days": "days",
    "hours": "hours",
    "count": "a count",
    "ratio": "times",
}
_BETTER = {"higher": "more is better", "lower": "less is better", "level": "neither more nor less is better"}
_ROWS = {
    "opportunity": "deals",
    "lead": "leads",
    "activity": "activities",
    "feed": "feeds",
    "cell_fill": "cells of open deals",
    "target": "targets",
}


def search_field(count: int) -> str:
    """A field that hides what does not hold every word typed into it, while it is typed."""
    hint = "Search names, questions, fields and formulas"
    return (
        '<p class="search">'
        f'<input type="search" data-filter aria-label="{hint}" placeholder="{hint}" autocomplete="off">'
        f"<span data-none hidden>Nothing in {count} definitions holds these words.</span></p>"
    )


def contents(kpis: Sequence[Kpi]) -> str:
    """The KPIs by heading, as links within the page."""
    parts, heading = [], ""
    for kpi in kpis:
        if kpi.heading != heading:
            heading = kpi.heading
            parts.append(f"<li class='head'>{text(heading)}</li>")
        parts.append(f'<li><a href="#{text(kpi.name)}" data-jump="{text(kpi.name)}">{text(kpi.label)}</a></li>')
    return f'<nav aria-label="Definitions"><ul>{"".join(parts)}</ul></nav>'


def definition_list(kpis: Sequence[Kpi], view: View, *, opened: str = "") -> str:
    """Each KPI in full; the page opens at the one named `opened`."""
    return f'<div class="entries" data-opened="{text(opened)}">{"".join(_entry(kpi, view) for kpi in kpis)}</div>'


def _entry(kpi: Kpi, view: View) -> str:
    lines = (
        ("In words", text(in_words(kpi, view.definitions))),
        ("Formula", f"<code>{text(formula_text(kpi))}</code>"),
        ("Only rows where", f"<code>{text(kpi.where)}</code>" if kpi.where else ""),
        ("It is not", text(kpi.is_not)),
        ("Counts", text(_counts(kpi))),
        ("Unit", text(f"{_UNITS[kpi.unit]}; {_BETTER[kpi.better]}")),
        ("Flags", text(_flags(kpi))),
        ("Judged from", text(f"{kpi.needs_at_least} cases on; below that no colour and no flag")),
        ("Fields", _fields(kpi, view)),
        ("Owner", text(kpi.owner)),
        ("Agreed by", _agreed(kpi, view)),
        ("Valid", text(_valid(kpi))),
    )
    body = "".join(f"<dt>{term}</dt><dd>{words}</dd>" for term, words in lines if words)
    return (
        f'<article id="{text(kpi.name)}" tabindex="-1" data-words="{text(_haystack(kpi))}"><h3>{text(kpi.label)}'
        f"<small><code>{text(kpi.name)}</code></small>"
        f'<span class="status {kpi.status}">{kpi.status}</span></h3><p class="question">{text(kpi.question)}</p>'
        f"<dl>{body}</dl></article>"
    )


def _counts(kpi: Kpi) -> str:
    rows = _ROWS.get(kpi.table or "", "")
    if not rows:
        return ""
    if kpi.is_stock:
        return f"{rows}, as last known at the end of the period"
    cohort = f"; a case counts once it is {kpi.matures_after.days} days old" if kpi.matures_after else ""
    return f"{rows}, in the period of {kpi.counted_on}{cohort}" if kpi.counted_on else rows


def _flags(kpi: Kpi) -> str:
    levels = (("watch", kpi.flag.watch), ("act", kpi.flag.act))
    return "; ".join(f"{name} {_level(level)}" for name, level in levels if level is not None) or "never flagged"


def _level(level: Level) -> str:
    return level.text


def _fields(kpi: Kpi, view: View) -> str:
    needed = dict.fromkeys(kpi.needs)
    for part in kpi.parts:
        if part in view.definitions.kpis:
            needed.update(dict.fromkeys(view.definitions.kpis[part].needs))
    return " ".join(f"<code>{text(table)}.{text(column)}</code>" for table, column in needed)


def _agreed(kpi: Kpi, view: View) -> str:
    names = {region: found.name for region, found in view.organisation.regions.items()}
    done = [f"{names[region]} ({when})" for region, when in kpi.agreed.items() if when != "open" and region in names]
    still = [names[region] for region, when in kpi.agreed.items() if when == "open" and region in names]
    if not done and not still:
        return "nobody yet"
    waiting = f'<small class="open">open: {text(listed(still))}</small>' if still else ""
    return f"{text(', '.join(done))}{waiting}"


def _valid(kpi: Kpi) -> str:
    if kpi.valid_from is None:
        return "for all periods"
    older = f"; {len(kpi.versions)} older" if kpi.versions else ""
    return f"from {kpi.valid_from.day} {kpi.valid_from:%b %Y}{older}"


def _haystack(kpi: Kpi) -> str:
    fields = " ".join(f"{table}.{column}" for table, column in kpi.needs)
    return " ".join(
        (kpi.name, kpi.label, kpi.question, kpi.is_not, kpi.heading, kpi.owner, fields, formula_text(kpi))
    ).lower()
