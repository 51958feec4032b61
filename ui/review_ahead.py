"""What is ahead: two quarters with their coverage, the customers of several regions, and the common process."""

from docket.pack.agenda_parts import Figure, SharedCustomer
from ui.escape import text
from ui.formats import NO_DATA, counted, day_text, listed, money
from ui.headline import section
from ui.marks import comparable_sign, triangle
from ui.review import Review

GROUP = "group"


def quarters_block(review: Review) -> str:
    """Coverage against what is required in the next two quarters, then what fills the pipeline now."""
    parts = [
        section(quarter.label, "coverage against what is required") + figures_table(review, quarter.figures)
        for quarter in review.content.ahead
    ]
    pipeline = section("What fills it", f"in {review.content.head.period.label}")
    return "".join(parts) + pipeline + figures_table(review, review.content.pipeline)


def accounts_block(review: Review) -> str:
    """Customers that several regions work on, with who leads; then how key accounts are planned."""
    shared = review.content.shared_customers
    title = section("Parallel work", "customers with open deals in several regions")
    rows = "".join(_shared(review, each) for each in shared)
    body = (
        f'<ul class="promises plain">{rows}</ul>' if rows else "<p>No customer is worked on by two regions at once.</p>"
    )
    return title + body + section("Plans of key accounts") + figures_table(review, review.content.accounts)


def process_block(review: Review) -> str:
    """The cheapest step to one more KPI that all regions can measure."""
    found = review.content.improvement
    title = section("One improvement of the common process")
    if found is None:
        return title + "<p>Every KPI is comparable in every region.</p>"
    regions = listed([review.name(region) for region in found.regions])
    kpis = listed([review.content.head.label(kpi) for kpi in found.kpis])
    return (
        f'{title}<p class="lead"><b>{text(found.what)}</b></p><dl class="line-facts">'
        f"<div><dt>Takes</dt><dd>{text(found.takes)}</dd></div><div><dt>In</dt><dd>{text(regions)}</dd></div>"
        f"<div><dt>Brings</dt><dd>{text(kpis)}</dd></div>"
        f"<div><dt>Common KPIs</dt><dd>{found.common} → {found.reached} of {found.total}</dd></div></dl>"
    )


def figures_table(review: Review, figures: tuple[Figure, ...]) -> str:
    """KPIs as rows, the group and the regions as columns; each cell with its n, missing ones with their reason."""
    names = list(dict.fromkeys(figure.kpi for figure in figures))
    regions = list(dict.fromkeys(figure.region for figure in figures))
    by = {(figure.kpi, figure.region): figure for figure in figures}
    if not names:
        return "<p>The pack has no such figure.</p>"
    heads = "".join(f'<th scope="col">{text(review.name(region))}</th>' for region in regions)
    rows = "".join(
        f'<tr><th scope="row">{text(review.content.head.label(name))}</th>'
        + "".join(f"<td{_kind(region)}>{_cell(review, by.get((name, region)))}</td>" for region in regions)
        + "</tr>"
        for name in names
    )
    return (
        f'<div class="wide"><table class="calls"><thead><tr><th scope="col">KPI</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _shared(review: Review, each: SharedCustomer) -> str:
    regions = listed([review.name(region) for region in each.regions])
    since = f", since {day_text(each.since)}" if each.since else ""
    value = money(each.value, review.currency) if each.value is not None else "no rate"
    return (
        f'<li><div><p><b>{text(each.name)}</b></p><p class="who">{text(regions)} · {counted(each.deals, "open deal")}'
        f"{text(since)} · {_lead(review, each.lead_region)}</p></div>"
        f'<p class="moved"><b>{text(value)}</b></p></li>'
    )


def _kind(region: str) -> str:
    return ' class="group"' if region == GROUP else ""


def _cell(review: Review, figure: Figure | None) -> str:
    if figure is None:
        return "–"
    if figure.value is None:
        sign = comparable_sign("no") if figure.comparable == "no" else ""
        return f'<span class="none" title="{text(figure.why)}">{sign} {NO_DATA}</span>'
    change = None if figure.change is None else float(figure.change)
    mark = triangle(change, figure.flag, figure.favourable)
    shown = text(review.shown(figure.value, figure.unit, figure.currency))
    return f'<span title="{text(figure.why)}">{mark} {shown}</span><small>n {figure.n:,}</small>'


def _lead(review: Review, region: str | None) -> str:
    return f"{text(review.name(region))} leads" if region else '<b class="worse">nobody leads yet</b>'
