"""Week by week on the freshness page: how completely fields are filled, and how many owners work in the CRM."""

from collections.abc import Sequence

from kpi.adoption import FEWEST_OWNERS, Adoption
from kpi.completeness import Completeness
from ui.disclosure import disclosure
from ui.escape import text
from ui.formats import bare_value, change_text, counted, full_moment, grouped, listed
from ui.headline import section
from ui.marks import triangle
from ui.sparkline import week_line
from ui.view import View

FULL = 0.995  # filled so far in every region, a field is named in one line and not drawn
FALL = 0.02  # a share that falls by more than this over the weeks is marked
LEAST_CHANGE = 0.0005  # below it the figure would read as nothing
TABLES = {"opportunity": "deals", "lead": "leads"}
By = dict[str, Completeness]


def completeness_block(found: Sequence[Completeness], view: View) -> str:
    """Each field's filled share by region with its weeks, the worst field first; nothing before the first export."""
    if not found:
        return ""
    fields: dict[tuple[str, str], By] = {}
    for one in found:  # they come with the lowest share first, and so do their fields
        fields.setdefault((one.table, one.column), {})[one.region] = one
    gaps = [by for by in fields.values() if not _is_full(by)]
    regions = [region for region in view.organisation.regions if any(one.region == region for one in found)]
    note = "share of the rows that ought to have the field, %; change over 12 weekly exports in points"
    table = _matrix(gaps, regions, found[0].region, view) if gaps else ""
    return (
        section("How completely fields are filled", note)
        + table
        + _full([by for by in fields.values() if _is_full(by)])
    )


def adoption_block(found: Sequence[Adoption], view: View) -> str:
    """The share of owners who worked in the CRM, by region with its weeks, the lowest first; nothing without deals."""
    if not found:
        return ""
    rows = "".join(_adoption_row(one, view) for one in found)
    note = "owners of deals of whom a deal changed or who did an activity in the week, %"
    heads = (
        '<th scope="col">Region</th><th scope="col"><span class="unseen">Weeks</span></th>'
        '<th scope="col" class="num">Share</th><th scope="col" class="num">to earlier weeks</th>'
        '<th scope="col" class="num">Owners</th><th scope="col" class="wide">Week to</th>'
    )
    return (
        section("Who works in the CRM", note)
        + f'<table class="ledger adoption"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _adoption_row(one: Adoption, view: View) -> str:
    head = f'<th scope="row">{text(view.name(one.region))}</th>'
    until = f'<td class="wide">{full_moment(one.until, view.zone)}</td>' if one.until else '<td class="wide"></td>'
    if one.share is None:
        why = f"fewer than {FEWEST_OWNERS} owners" if one.until and one.owners is None else "no figure for this week"
        return f'<tr>{head}<td></td><td class="num none" colspan="3">{why}</td>{until}</tr>'
    fallen = one.change is not None and one.change <= -FALL
    mark = triangle(one.change, "watch", False) if fallen else ""
    change = f"{mark}{change_text(one.change, 'points', words=True)}" if one.change is not None else ""
    return (
        f'<tr>{head}<td>{week_line(one.weeks, fallen=fallen)}</td><td class="num rows_in">'
        f'{bare_value(one.share, "percent")}</td><td class="num d{" worse" if fallen else ""}">{change}</td>'
        f'<td class="num">{grouped(one.owners or 0)}</td>{until}</tr>'
    )


def _matrix(gaps: Sequence[By], regions: list[str], opened: str, view: View) -> str:
    chips = "".join(
        f'<button type="button" data-choose="{text(region)}" aria-pressed="{str(region == opened).lower()}">'
        f"{text(view.name(region))}</button>"
        for region in regions
    )
    heads = "".join(
        f'<th scope="col" data-region="{text(region)}" class="{_shown(region, opened)}">{text(view.name(region))}</th>'
        for region in regions
    )
    rows = "".join(
        f'<tr><th scope="row"><span>{text(_label(by))}<small>{text(_table(by))}</small></span></th>'
        + "".join(_cell(by.get(region), region, opened, view) for region in regions)
        + "</tr>"
        for by in gaps
    )
    return (
        f'<div class="chips" role="group" aria-label="Region shown">{chips}</div><table class="matrix fields">'
        '<caption class="unseen">Filled share of each field for each region</caption><thead><tr>'
        f'<th><span class="unseen">Field</span></th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _cell(one: Completeness | None, region: str, opened: str, view: View) -> str:
    place = f'data-region="{text(region)}" class="{_shown(region, opened)}'
    if one is None or one.share is None:
        return f'<td {place} empty"><span class="cell"><span class="why">no rows</span></span></td>'
    if one.is_never_filled:
        words = f"never filled in {counted(one.rows, 'row')}"
        tip = f'class="cell tip" tabindex="0" aria-label="{words}" data-tip="{words}"'
        return f'<td {place} hatch"><span {tip}><span class="why">never</span></span></td>'
    fallen = one.change is not None and one.change <= -FALL
    shows_change = one.change is not None and abs(one.change) >= LEAST_CHANGE
    change = change_text(one.change, "points") if shows_change else ""
    mark = triangle(one.change, "watch", False) if fallen else ""
    tip = text(
        f"{view.name(region)}, {_table({region: one})}, {one.label}: {bare_value(one.share, 'percent')}% of "
        f"{counted(one.rows, 'row')}, export of {full_moment(one.until, view.zone)}"
    )
    return (
        f'<td {place}"><span class="cell tip" tabindex="0" aria-label="{tip}" data-tip="{tip}">'
        f'{week_line(one.weeks, fallen=fallen)}<span class="v">{bare_value(one.share, "percent")}</span>'
        f'<span class="d{" worse" if fallen else ""}">{mark}{change}</span></span></td>'
    )


def _full(fields: Sequence[By]) -> str:
    if not fields:
        return ""
    words = {table: [_label(by).lower() for by in fields if _table(by) == table] for table in TABLES.values()}
    said = "; ".join(f"{table}: {listed(names)}" for table, names in words.items() if names)
    title = f"{counted(len(fields), 'field')} filled in every region"
    return disclosure("full-fields", title, f'<p class="todo">{text(said.capitalize())}.</p>')


def _is_full(by: By) -> bool:
    return all(one.share is None or (one.share >= FULL and (one.change or 0.0) > -FALL) for one in by.values())


def _label(by: By) -> str:
    return next(iter(by.values())).label


def _table(by: By) -> str:
    return TABLES[next(iter(by.values())).table]


def _shown(region: str, opened: str) -> str:
    return "region shown" if region == opened else "region"
