"""The unlock roadmap and what belongs to it: single fields, what is out of reach, KPIs by number of regions."""

from kpi.gap import WHOLE_TABLE, Gap
from kpi.gap_words import TABLES, how_much
from kpi.roadmap import Gain, Roadmap, Step
from ui.comparability_words import what_to_do
from ui.disclosure import disclosure
from ui.escape import text
from ui.formats import counted, listed
from ui.headline import section, strong
from ui.view import View

SHOWN_STEPS = 8
NAMED = 2  # KPIs that a step names; the others are counted


def roadmap_block(road: Roadmap, view: View) -> str:
    """The steps to more common KPIs, the cheapest first, each with its segments; the new ones are blue."""
    if not road.steps:
        return ""
    steps = [_step(at, step, road, view) for at, step in enumerate(road.steps, 1)]
    shown = f'<ol class="road">{"".join(steps[:SHOWN_STEPS])}</ol>'
    later = f'<ol class="road">{"".join(steps[SHOWN_STEPS:])}</ol>'
    more = disclosure("road-later", f"{len(steps) - SHOWN_STEPS} more steps", later) if steps[SHOWN_STEPS:] else ""
    return section("Unlock roadmap", "cheapest first") + shown + more


def gains_block(road: Roadmap, view: View) -> str:
    """What each single field would gain, region by region: KPIs that join, and KPIs its own region can answer."""
    useful = [gain for gain in road.gains if gain.joins or gain.answers]
    if not useful:
        return ""
    heads = (
        '<th scope="col">Region</th><th scope="col">Field</th><th scope="col">Missing</th>'
        '<th scope="col" class="num">join the<br>common set</th>'
        '<th scope="col" class="num">the region<br>can measure</th>'
    )
    order = list(view.regions)
    ordered = sorted(useful, key=lambda gain: (order.index(gain.gap.region), -len(gain.joins), -len(gain.answers)))
    rows, region = [], ""
    for gain in ordered:
        rows.append(_gain(gain, view, new=gain.gap.region != region))
        region = gain.gap.region
    note = "KPIs gained if only this one is closed"
    table = f'<table class="gains"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return section("What one field gains", note) + table


def beyond_block(road: Roadmap, view: View) -> str:
    """KPIs that no field brings, with the region whose CRM stands in the way."""
    if not road.beyond:
        return ""
    lines = "".join(
        f"<li><b>{text(view.definitions.kpis[name].label)}</b> {text(what_to_do(gaps, view))}.</li>"
        for name, gaps in road.beyond.items()
    )
    return section("Out of reach") + f'<ul class="beyond">{lines}</ul>'


def shared_block(road: Roadmap) -> str:
    """How many KPIs can be measured in how many regions."""
    if road.regions < 2:
        return ""
    counts = {regions: list(road.shared.values()).count(regions) for regions in range(road.regions, -1, -1)}
    most = max(counts.values()) or 1
    rows = "".join(
        f'<tr><th scope="row">{counted(regions, "region") if regions else "none"}</th>'
        f'<td><i class="{_tone(regions, road)}" style="width:{100 * count / most:.0f}%"></i></td>'
        f'<td class="num">{count}</td></tr>'
        for regions, count in counts.items()
        if count
    )
    return section("KPIs by number of regions") + f'<table class="shared"><tbody>{rows}</tbody></table>'


def _tone(regions: int, road: Roadmap) -> str:
    return "all" if regions == road.regions else ""


def _step(at: int, step: Step, road: Roadmap, view: View) -> str:
    labels = [view.definitions.kpis[name].label for name in step.kpis]
    more = len(labels) - NAMED
    named = listed(labels) if more <= 0 else f"{', '.join(labels[:NAMED])} and {more} more"
    tip = f' class="tip end" tabindex="0" data-tip="{text(listed(labels))}"' if more > 0 else ""
    return (
        f'<li><span class="at">{at}</span><div><p class="do">{strong(what_to_do(step.gaps, view, bold="**"))}</p>'
        f'<p class="how">{text(how_much(step.gaps))}</p></div>'
        f'<div class="gets"><b>{step.reached} of {len(road.shared)}</b><span{tip}>{text(named)}</span></div>'
        f"{_segments(step, len(road.shared))}</li>"
    )


def _segments(step: Step, total: int) -> str:
    before = step.reached - len(step.kpis)
    kinds = ["have"] * before + ["new"] * len(step.kpis) + [""] * (total - step.reached)
    parts = "".join(f'<i class="{kind}"></i>' if kind else "<i></i>" for kind in kinds)
    return f'<div class="segments" aria-hidden="true">{parts}</div>'


def _gain(gain: Gain, view: View, *, new: bool) -> str:
    head = text(view.name(gain.gap.region)) if new else ""
    joins, answers = (_labels(names, view) for names in (gain.joins, gain.answers))
    return (
        f'<tr{" class=new" if new else ""}><th scope="row">{head}</th><td><code>{text(_field(gain.gap))}</code></td>'
        f"<td>{text(how_much([gain.gap]))}</td>"
        f'<td class="num"{joins}>{len(gain.joins) or "–"}</td>'
        f'<td class="num"{answers}>{len(gain.answers) or "–"}</td></tr>'
    )


def _labels(names: tuple[str, ...], view: View) -> str:
    return f' title="{text(", ".join(view.definitions.kpis[name].label for name in names))}"' if names else ""


def _field(gap: Gap) -> str:
    if gap.column == WHOLE_TABLE:
        return TABLES.get(gap.table, gap.table)
    return f"{gap.table}.{gap.column}"
