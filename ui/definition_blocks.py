"""The parts of the definitions page: a list of contents, and each KPI with all that its number means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kpi.comparability import Verdict
from kpi.definition import MEASURES, Kpi
from kpi.formula_words import ROWS, in_words
from kpi.reason_codes import column_word
from kpi.reliance import Reliance
from kpi.value import GROUP
from organisation.flag_levels import Flag
from ui.escape import text
from ui.formats import counted, full_day, listed
from ui.headline import section
from ui.view import View
from ui.words import formula_text

_UNITS = {
    "money": "money",
    "percent": "per cent",
    "days": "days",
    "hours": "hours",
    "months": "months",
    "count": "a count",
    "ratio": "times",
}
_BETTER = {"higher": "more is better", "lower": "less is better", "level": "neither more nor less is better"}


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
    parts.append("<li class='head'>Beyond KPIs</li>")
    parts.append('<li><a href="#fields" data-jump="fields">What rests on which field</a></li>')
    return f'<nav aria-label="Definitions"><ul>{"".join(parts)}</ul></nav>'


@dataclass(frozen=True)
class Facts:
    """What the page knows beside the definitions: what each region can measure, and which have targets for what."""

    verdicts: Mapping[tuple[str, str], Verdict]
    targets: Mapping[str, frozenset[str]]


def definition_list(kpis: Sequence[Kpi], view: View, facts: Facts, *, opened: str = "") -> str:
    """Each KPI in full; the page opens at the one named `opened`."""
    by_heading = {heading: [kpi for kpi in kpis if kpi.heading == heading] for heading in (one.heading for one in kpis)}
    parts = "".join(
        f"<section><h2>{text(heading)}</h2>{''.join(_entry(kpi, view, facts) for kpi in held)}</section>"
        for heading, held in by_heading.items()
    )
    return f'<div class="entries" data-opened="{text(opened)}">{parts}</div>'


def reliance_block(found: Sequence[Reliance], view: View) -> str:
    """What would break if a field went away: its KPIs, those that all can measure first, and the regions that lose."""
    if not found:
        return ""
    heads = (
        '<th scope="col">Without</th><th scope="col" class="num">KPIs lost</th>'
        '<th scope="col">Figures</th><th scope="col">In</th>'
    )
    rows = "".join(_reliance(one, view) for one in found)
    note = "the KPIs that all regions can measure today stand first"
    return (
        f'<div id="fields" tabindex="-1">{section("What would break if this field went away?", note)}</div>'
        f'<table class="reliance"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _reliance(one: Reliance, view: View) -> str:
    labels = {name: view.definitions.kpis[name].label for name in one.lost}
    ordered = [*one.leave, *(name for name in one.lost if name not in one.leave)]
    links = ", ".join(
        f'<a href="#{text(name)}" data-jump="{text(name)}"{" class=all" if name in one.leave else ""}>'
        f"{text(labels[name])}</a>"
        for name in ordered
    )
    lost = sum(bool(regions) for regions in one.lost.values())
    where = (
        "every region" if len(one.regions) == len(view.regions) else listed([view.name(each) for each in one.regions])
    )
    words = f"{one.table}.{one.column} {column_word(one.column)} {' '.join(labels.values())}".lower()
    return (
        f'<tr id="field-{text(one.table)}-{text(one.column)}" data-words="{text(words)}"><th scope="row">'
        f"<code>{text(one.table)}.<wbr>{text(one.column)}</code></th>"
        f'<td class="num">{lost}</td><td>{links}</td><td>{text(where)}</td></tr>'
    )


def _entry(kpi: Kpi, view: View, facts: Facts) -> str:
    lines = (
        ("In words", text(in_words(kpi, view.definitions))),
        ("Formula", f"<code>{text(formula_text(kpi))}</code>"),
        ("Only rows where", f"<code>{text(kpi.where)}</code>" if kpi.where else ""),
        ("It is not", text(kpi.is_not)),
        ("Counts", text(_counts(kpi))),
        ("Unit", text(f"{_UNITS[kpi.unit]}; {_BETTER[kpi.better]}")),
        ("Measured in", _measured(kpi, view, facts)),
        ("Flags", text(_flags(kpi, view))),
        ("Judged from", text(f"{kpi.needs_at_least} cases on; below that no colour and no flag")),
        ("Enough is", _compared(kpi, view)),
        ("Targets", text(_targets(kpi, view, facts))),
        ("Serves", text(f"measure {kpi.measure} of seven: {MEASURES[kpi.measure]}" if kpi.measure else "")),
        ("Fields", _fields(kpi, view)),
        ("Owner", text(kpi.owner)),
        ("Agreed by", _agreed(kpi, view)),
        ("Versions", _versions(kpi)),
    )
    body = "".join(f"<dt>{term}</dt><dd>{words}</dd>" for term, words in lines if words)
    return (
        f'<article id="{text(kpi.name)}" tabindex="-1" data-words="{text(_haystack(kpi, view))}"><h3>{text(kpi.label)}'
        f"<small><code>{text(kpi.name)}</code></small>"
        f'<span class="status {kpi.status}">{kpi.status}</span></h3><p class="question">{text(kpi.question)}</p>'
        f"<dl>{body}</dl></article>"
    )


def _measured(kpi: Kpi, view: View, facts: Facts) -> str:
    """Say in which regions it can be measured, as the page Comparability has it."""
    able = tuple(region for region in view.regions if facts.verdicts[kpi.name, region].comparable != "no")
    address = view.choice.link("comparability", region="")
    where = (
        "every region" if len(able) == len(view.regions) else listed([view.name(one) for one in able]) or "no region"
    )
    return f'{text(where)} <a class="quiet" href="{text(address)}" data-go>Comparability</a>'


def _places(regions: tuple[str, ...], view: View) -> str:
    if len(regions) == len(view.regions):
        return "every region"
    return listed([view.name(region) for region in regions]) or "no region"


def _compared(kpi: Kpi, view: View) -> str:
    if kpi.compare_with is None:
        return ""
    label = view.definitions.kpis[kpi.compare_with].label
    return f'<a href="#{text(kpi.compare_with)}" data-jump="{text(kpi.compare_with)}">{text(label)}</a>'


def _targets(kpi: Kpi, view: View, facts: Facts) -> str:
    """Say which regions have a target for it, or for what it is made of."""
    of = [name for name in (kpi.name, *kpi.parts) if name in facts.targets]
    if not of:
        return ""
    regions = [region for region in view.regions if region in facts.targets[of[0]]]
    missing = [view.name(region) for region in view.regions if region not in regions]
    group = "the group's own, " if GROUP in facts.targets[of[0]] else ""
    told = f"{group}{counted(len(regions), 'region')} this year"
    return f"{told}; none for {listed(missing)}" if missing else told


def _counts(kpi: Kpi) -> str:
    rows = ROWS.get(kpi.table or "", "")
    if not rows:
        return ""
    if kpi.is_stock:
        return f"{rows}, as last known at the end of the period"
    cohort = f"; a case counts once it is {kpi.matures_after.days} days old" if kpi.matures_after else ""
    return f"{rows}, in the period of {kpi.counted_on}{cohort}" if kpi.counted_on else rows


def _flags(kpi: Kpi, view: View) -> str:
    """The group's levels, and those that regions state for themselves."""
    own = [
        f"{view.name(name)}: {_levels(region.rules.flags[kpi.name])}"
        for name, region in view.organisation.regions.items()
        if kpi.name in region.rules.flags
    ]
    return ". ".join([_levels(kpi.flag), *own]) or "never flagged"


def _levels(flag: Flag) -> str:
    levels = (("watch", flag.watch), ("act", flag.act))
    return "; ".join(f"{name} {level.text}" for name, level in levels if level is not None)


def _fields(kpi: Kpi, view: View) -> str:
    needed = dict.fromkeys(kpi.needs)
    for part in kpi.parts:
        if part in view.definitions.kpis:
            needed.update(dict.fromkeys(view.definitions.kpis[part].needs))
    return " ".join(f"<code>{text(table)}.{text(column)}</code>" for table, column in needed)


def _agreed(kpi: Kpi, view: View) -> str:
    """Who agreed when, region by region; those who have not stand last."""
    known = view.organisation.regions
    done = {
        region: date.fromisoformat(when) for region, when in kpi.agreed.items() if when != "open" and region in known
    }
    still = [view.name(region) for region in known if region not in done]
    if not done:
        return "nobody yet"
    parts = "".join(
        f"<li>{text(view.name(region))}<small>{full_day(when)}</small></li>"
        for region, when in sorted(done.items(), key=lambda item: (item[1], item[0]))
    )
    waiting = f'<small class="open">open: {text(listed(still))}</small>' if still else ""
    return f'<ul class="agreed">{parts}</ul>{waiting}'


def _versions(kpi: Kpi) -> str:
    """The versions, newest first, with the seam between them: what changed on which day."""
    if kpi.valid_from is None:
        return "one, for all periods"
    parts = []
    held = (kpi, *kpi.versions)
    for newer, version in zip((None, *held), held, strict=False):
        since = f"from {full_day(version.valid_from)}" if version.valid_from else "before"
        until = newer.valid_from - timedelta(days=1) if newer and newer.valid_from else None
        till = f" to {full_day(until)}" if until else ""
        changed = f"<code>{text(formula_text(version))}</code>" if newer else ""
        if newer and version.where != newer.where:
            changed += f" <code>{text(version.where or 'all rows')}</code>"
        parts.append(f"<li{' class=seam' if newer else ''}>{since}{till}{changed}</li>")
    return f'<ol class="versions">{"".join(parts)}</ol>'


def _haystack(kpi: Kpi, view: View) -> str:
    fields = " ".join(f"{table}.{column} {column_word(column)}" for table, column in kpi.needs)
    told = (kpi.name, kpi.label, kpi.question, kpi.is_not, kpi.heading, kpi.owner, fields, formula_text(kpi))
    return " ".join((*told, in_words(kpi, view.definitions))).lower()
