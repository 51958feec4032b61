"""The region page's further figures: folded heading by heading, and computed only when somebody opens one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from kpi.definition import Kpi
from kpi.slice import Slice
from kpi.value import GROUP, Value
from ui.escape import text
from ui.formats import counted, value_text
from ui.headline import section
from ui.marks import badge
from ui.view import View
from ui.words import Words


@dataclass(frozen=True)
class Asked:
    """What the address asks to see: the heading that is open, and the KPI that is looked for."""

    heading: str = ""
    kpi: str = ""


def asked_further(view: View, query: Mapping[str, str]) -> Asked:
    """Give what an address asks for: `more` names a heading, `kpi` a figure that the overview does not show."""
    name = query.get("kpi", "")
    kpi = next((one for one in further(view) if one.name == name), None)
    return Asked(kpi.heading, kpi.name) if kpi is not None else Asked(query.get("more", ""))


def further(view: View) -> tuple[Kpi, ...]:
    """The KPIs that stand for themselves and are not on the overview."""
    return tuple(kpi for kpi in view.definitions.figures if kpi.shown != "overview")


def asked_value(view: View, question: Slice, region: str, asked: Asked) -> Value | None:
    """Give the region's value of the figure that is looked for; None where none is."""
    if not asked.kpi:
        return None
    names = tuple(kpi.name for kpi in further(view) if kpi.heading == asked.heading)
    found = (value for value in view.values(question, names) if (value.kpi, value.region) == (asked.kpi, region))
    return next(found, None)


def further_block(words: Words, question: Slice, region: str, asked: Asked) -> str:
    """One line a heading; under the open one each figure of the region and the group, its n and whether it compares."""
    by_heading: dict[str, list[Kpi]] = {}
    for kpi in further(words.view):
        by_heading.setdefault(kpi.heading, []).append(kpi)
    if not by_heading:
        return ""
    folds = "".join(
        _fold(heading, len(kpis), asked, words.view)
        + (_table(words, question, region, kpis, asked.kpi) if heading == asked.heading else "")
        for heading, kpis in by_heading.items()
    )
    return (
        section("More figures", "beside the group; neither flagged nor compared") + f'<div class="folds">{folds}</div>'
    )


def _fold(heading: str, count: int, asked: Asked, view: View) -> str:
    is_open = heading == asked.heading
    address = view.choice.link("region", more="" if is_open else heading)
    return (
        f'<p class="fold"><a href="{text(address)}" data-go aria-expanded="{str(is_open).lower()}">{text(heading)}'
        f"<small>{counted(count, 'figure')}</small></a></p>"
    )


def _table(words: Words, question: Slice, region: str, kpis: Collection[Kpi], wanted: str) -> str:
    names = tuple(kpi.name for kpi in kpis)
    whole = words.view.everywhere()
    of_group = replace(words, view=whole, question=whole.slice(), verdicts=whole.verdicts(whole.slice()))
    own = {value.kpi: value for value in words.view.values(question, names) if value.region == region}
    group = {value.kpi: value for value in whole.values(of_group.question, names) if value.region == GROUP}
    rows = "".join(_row(kpi, (words, own[kpi.name]), (of_group, group[kpi.name]), wanted) for kpi in kpis)
    heads = f'<th scope="col" class="num">{text(words.view.name(region))}</th><th scope="col" class="num n">n</th>'
    heads += f'<th scope="col" class="num">Group<small>{text(of_group.question.period.label)}</small></th>'
    heads += '<th scope="col" class="num n">n</th>'
    return (
        f'<table class="further" data-opened="{text(wanted)}"><thead><tr><th scope="col">KPI</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(kpi: Kpi, own: tuple[Words, Value], group: tuple[Words, Value], wanted: str) -> str:
    view = own[0].view
    address = view.choice.link("definitions", kpi=kpi.name, region="")
    chosen = ' class="chosen"' if kpi.name == wanted else ""
    return (
        f'<tr id="{text(kpi.name)}" tabindex="-1"{chosen}><th scope="row"><a href="{text(address)}" data-go>'
        f"{text(kpi.label)}</a></th>{_figure(*own)}{_figure(*group)}</tr>"
    )


def _figure(words: Words, value: Value) -> str:
    """A figure with its sign and its n, or why there is none."""
    reasons = words.reservations(value)
    if value.value is None:
        kind = "hatch" if value.comparable == "no" else "empty"
        sentence = text(words.why_not_sentence(value))
        return (
            f'<td class="why {kind}"><span class="tip up end" tabindex="0" data-tip="{sentence}" '
            f'aria-label="{sentence}">{text(words.why_not(value))}</span></td><td class="n"></td>'
        )
    sign = f"{badge(value.comparable, reasons, word=False)} " if value.comparable != "yes" or reasons else ""
    figure = value_text(value.value, value.unit, value.currency)
    return f'<td class="num">{sign}<b>{figure}</b></td><td class="num n">{text(words.counted(value))}</td>'
