"""The table KPI × region of the comparability page, cut where the common denominator ends."""

from collections.abc import Mapping

from kpi.comparability import RANK, Verdict
from kpi.roadmap import Roadmap
from ui.comparability_words import region_codes, short_reason
from ui.escape import text
from ui.headline import section
from ui.marks import BADGE_WORDS, comparable_sign
from ui.view import View

Verdicts = Mapping[tuple[str, str], Verdict]


def comparison_table(verdicts: Verdicts, road: Roadmap, view: View) -> str:
    """Each KPI in each region: comparable, with reservation or not, and why; what all can measure comes first."""
    regions, codes = view.regions, region_codes({region: view.name(region) for region in view.regions})
    ordered = sorted(road.shared, key=lambda name: _place(verdicts, road, name, regions))
    common = [name for name in road.shared if name in road.common]
    beyond = [name for name in ordered if name not in road.common]
    heads = "".join(
        f'<th scope="col"><abbr title="{text(view.name(region))}">{text(codes[region])}</abbr>'
        f"<span>{text(view.name(region))}</span></th>"
        for region in regions
    )
    end = '<tr class="end"><th scope="rowgroup" colspan="{}"><span>{}</span></th></tr>'
    line = end.format(len(regions) + 2, "The common denominator ends here") if beyond else ""
    rows, heading = "", ""
    for name in common:
        if view.definitions.kpis[name].heading != heading:
            heading = view.definitions.kpis[name].heading
            rows += f'<tr class="head"><th scope="rowgroup" colspan="{len(regions) + 2}">{text(heading)}</th></tr>'
        rows += _row(name, verdicts, road, view)
    rows += line + "".join(_row(name, verdicts, road, view) for name in beyond)
    return (
        f"{section('What can all of us measure?', beside=_key())}"
        f'<table class="compare"><caption class="unseen">Each KPI in each region</caption><thead><tr>'
        f'<th><span class="unseen">KPI</span></th>{heads}<th scope="col"><span class="unseen">Regions</span></th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _place(verdicts: Verdicts, road: Roadmap, name: str, regions: tuple[str, ...]) -> tuple[int, int, int]:
    """Sort by regions that can measure it, then by reservations, then as the definitions have it."""
    reserved = sum(verdicts[name, region].comparable == "reservation" for region in regions)
    return -road.shared[name], reserved, list(road.shared).index(name)


def _row(name: str, verdicts: Verdicts, road: Roadmap, view: View) -> str:
    label = view.definitions.kpis[name].label
    address = view.choice.link("definitions", kpi=name, region="")
    cells = "".join(_cell(name, label, region, verdicts[name, region], view) for region in view.regions)
    return (
        f'<tr><th scope="row"><a href="{text(address)}" data-go>{text(label)}</a></th>{cells}'
        f'<td class="of">{road.shared[name]}/{road.regions}</td></tr>'
    )


def _cell(name: str, label: str, region: str, verdict: Verdict, view: View) -> str:
    address = view.choice.link("region", region=region, kpi=name)
    told = " ".join(verdict.sentences)
    spoken = f"{label}, {view.name(region)}: {BADGE_WORDS[verdict.comparable]}{'. ' + told if told else '.'}"
    words = short_reason(verdict)
    why = f'<span class="why">{text(words)}</span>' if words else ""
    sign = "" if verdict.comparable == "no" else comparable_sign(verdict.comparable)
    kind = ("same", "half", "hatch")[RANK[verdict.comparable]]
    tip = f' data-tip="{text(told)}"' if told else ""
    return (
        f'<td class="{kind}"><a class="tip" href="{text(address)}" data-go aria-label="{text(spoken)}"{tip}>'
        f"{sign}{why}</a></td>"
    )


def _key() -> str:
    return (
        f'<span class="key"><span>{comparable_sign("yes")}same</span>'
        f"<span>{comparable_sign('reservation')}with reservation</span>"
        f"<span>{comparable_sign('no')}cannot be measured</span></span>"
    )
