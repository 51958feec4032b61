"""The call of the weekly review: booked, commit and best case beside the plan, the waterfall, and what changed."""

from collections.abc import Callable
from decimal import Decimal

from docket.pack.agenda_parts import Bridge, Call, DealChange, Figure
from kpi.calls import StatedCall
from ui.escape import text
from ui.formats import NO_DATA, counted, day_text, full_money, in_millions, money, unit_word
from ui.headline import section
from ui.marks import tone as mark_tone
from ui.review import Review

GROUP = "group"
SHOWN_CHANGES = 12
QUIET = ("fx", "moved")
Shows = Callable[[DealChange], bool]


def _is_pushed(deal: DealChange) -> bool:
    return deal.closes_before is not None and deal.closes_after is not None and deal.closes_after > deal.closes_before


def _is_reduced(deal: DealChange) -> bool:
    return deal.amount_before is not None and deal.amount_after is not None and deal.amount_after < deal.amount_before


FILTERS: dict[str, tuple[str, Shows]] = {
    "": ("All", lambda _deal: True),
    "commit": ("Commit", lambda deal: "commit" in (deal.category_before, deal.category_after)),
    "pushed": ("Pushed", _is_pushed),
    "reduced": ("Reduced", _is_reduced),
    "no-next-step": ("No next step", lambda deal: deal.has_next_step is False),
}


def call_block(review: Review, stated: dict[tuple[str, str], StatedCall]) -> str:
    """Every region's call and the group's in the group's currency; what the regions state themselves in their own."""
    head = review.content.head
    group_first = sorted(review.content.calls, key=lambda call: call.region != GROUP)
    rows = "".join(_call(review, call, stated) for call in group_first)
    names = ("Booked", "Commit", "Best case", "Landing", "Plan", "Pace", "Stated call")
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    note = f"{unit_word('money', review.currency)}, {head.period.label}; small: since the last review"
    return (
        section("Commit, best case, pace", note)
        + f'<div class="wide"><table class="calls"><thead><tr><th scope="col">Region</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def call_beside(review: Review) -> str:
    """The group's call as bars on one scale with the plan as a line."""
    call = review.content.call(GROUP)
    if call is None:
        return ""
    figures = (("Booked", call.won), ("Commit", call.commit), ("Best case", call.best_case))
    target = call.target.value
    most = (
        max((float(each.value or 0) for each in (call.won, call.commit, call.best_case, call.target)), default=0) or 1
    )
    line = f'<s style="left:{float(target) / most * 100:.1f}%"></s>' if target else ""
    rows = "".join(
        f'<li><span>{name}</span><i class="track"><i class="b{place}" '
        f'style="width:{max(0.0, float(figure.value or 0)) / most * 100:.1f}%"></i>{line}</i>'
        f"<b>{_millions(figure)}</b><small>{_change(figure)}</small></li>"
        for place, (name, figure) in enumerate(figures)
    )
    plan = f"; line = plan {in_millions(target)}" if target else ""
    note = f"{unit_word('money', review.currency)}, {review.content.head.period.label}{plan}"
    return section("The call", note) + f'<ul class="call">{rows}</ul>'


def waterfall_block(review: Review, of: str) -> str:
    """How the open pipeline came from the last review to this one: ticks at both ends, a bar a step."""
    bridge = review.content.bridge(of) or review.content.bridge(GROUP)
    if bridge is None:
        return ""
    head = review.content.head
    since = f"from the end of {day_text(head.since)} to the end of {day_text(head.until)}"
    return section("Waterfall since the last review", since) + _regions(review, bridge.region) + _bars(bridge)


def changes_block(review: Review, of: str, chosen: str) -> str:
    """The deals dated in the period of which something changed, before → after, each with its file and line."""
    shown = FILTERS.get(chosen, FILTERS[""])
    of_region = [deal for deal in review.content.changes if of in (GROUP, deal.region)]
    found = [deal for deal in of_region if shown[1](deal)]
    links = " · ".join(_filter(review, word, of, chosen) for word in FILTERS)
    heading = section("Changes since the last review", f"deals dated in {review.content.head.period.label}")
    if not found:
        return f'{heading}<p class="kinds">{links}</p><p>No such deal changed.</p>'
    rows = "".join(_deal(review, deal) for deal in found[:SHOWN_CHANGES])
    more = len(found) - SHOWN_CHANGES
    rest = f'<p class="above">{counted(more, "more deal")} in the workbook (Export, XLSX).</p>' if more > 0 else ""
    names = ("Deal", "Amount", "Close", "Stage", "Category", "Counts")
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        f'{heading}<p class="kinds">{links}</p><div class="wide"><table class="calls deals">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{rest}"
    )


def past_block(review: Review) -> str:
    """The past has changed: closed deals that are told otherwise than at the last review."""
    past, head = review.content.past, review.content.head
    title = section("The past has changed", f"closed deals, since {day_text(past.since.date())}")
    note = f"<p>{text(past.note)}</p>" if past.note else ""
    if not past.deals:
        return title + (note or "<p>No closed deal is told otherwise than at the last review.</p>")
    rows = []
    for deal in past.deals[:SHOWN_CHANGES]:
        facts = "; ".join(
            f"{field.replace('_', ' ')} {before or 'none'} → {after or 'none'}" for field, before, after in deal.changes
        )
        amount = money(deal.change, head.currency, signed=True) if deal.change is not None else "no rate"
        origin = f"{deal.file}:{deal.line}" if deal.file and deal.line else (deal.file or deal.source)
        rows.append(
            f"<li><div><p><b>{text(deal.account or deal.number)}</b> {text(review.name(deal.region))}</p>"
            f'<p class="who">{text(facts)}. {text(deal.cause)}</p><p class="who">{text(origin)}</p></div>'
            f'<p class="moved"><b>{text(amount)}</b></p></li>'
        )
    more = len(past.deals) - SHOWN_CHANGES
    rest = f'<p class="above">{counted(more, "more deal")} in the workbook (Export, XLSX).</p>' if more > 0 else ""
    return f'{title}{note}<ul class="promises plain">{"".join(rows)}</ul>{rest}'


def _call(review: Review, call: Call, stated: dict[tuple[str, str], StatedCall]) -> str:
    figures = (call.won, call.commit, call.best_case, call.landing, call.target)
    cells = "".join(f"<td>{_cell(figure)}</td>" for figure in figures)
    pace = review.shown(call.pace.value, call.pace.unit, call.pace.currency)
    tone = mark_tone(call.pace.favourable) if call.pace.flag != "none" else ""
    kind = ' class="level"' if call.region == GROUP else ""
    return (
        f'<tr{kind}><th scope="row">{text(review.name(call.region))}</th>{cells}'
        f'<td class="{tone}" title="{text(call.pace.why)}">{text(pace)}</td>'
        f"<td>{_stated(call.region, stated)}</td></tr>"
    )


def _stated(region: str, stated: dict[tuple[str, str], StatedCall]) -> str:
    call = stated.get((region, "call"))
    if call is None:
        return "<small>–</small>"
    before = (
        f"<small>was {text(money(call.before, call.currency))}</small>" if call.before not in (None, call.value) else ""
    )
    title = f"{call.role}, {day_text(call.locked_on)}{f': {call.reason}' if call.reason else ''}"
    return f'<span title="{text(title)}">{text(money(call.value, call.currency))}</span>{before}'


def _cell(figure: Figure) -> str:
    if figure.value is None:
        return f'<span class="none" title="{text(figure.why)}">{NO_DATA}</span>'
    sign = f"n {figure.n:,}"
    return f'<span title="{text(sign)}">{in_millions(figure.value)}</span><small>{_change(figure)}</small>'


def _millions(figure: Figure) -> str:
    return NO_DATA if figure.value is None else in_millions(figure.value)


def _change(figure: Figure) -> str:
    if figure.value is None or figure.before is None:
        return ""
    change = figure.value - figure.before
    digits = in_millions(change)
    return "±0" if not any(letter in "123456789" for letter in digits) else f"{'+' if change > 0 else ''}{digits}"


def _regions(review: Review, chosen: str) -> str:
    links = [
        f"<b>{text(review.name(each.region))}</b>"
        if each.region == chosen
        else f'<a data-go href="{text(review.link(at="call", of=each.region))}">{text(review.name(each.region))}</a>'
        for each in review.content.bridges
    ]
    return f'<p class="kinds">{" · ".join(links)}</p>'


def _bars(bridge: Bridge) -> str:
    levels, level = [float(bridge.start), float(bridge.end)], float(bridge.start)
    for step in bridge.steps:
        level += float(step.amount)
        levels.append(level)
    low, high = min(levels), max(levels)
    room = (high - low) * 0.06 or 1.0
    low, width = low - room, (high - low) + 2 * room

    def at(amount: float) -> float:
        return (amount - low) / width * 100

    lines = [_level("Start", bridge.start, bridge.start_deals, at, bridge.currency)]
    level = float(bridge.start)
    for step in bridge.steps:
        after = level + float(step.amount)
        left, right = sorted((at(level), at(after)))
        kind = "won" if step.name == "won" else "quiet" if step.name in QUIET else "up" if step.amount > 0 else "down"
        figure = money(step.amount, bridge.currency, signed=True)
        lines.append(
            f'<li><span>{text(step.label)}<small>{counted(step.deals, "deal")}</small></span><i class="track">'
            f'<i class="{kind}" style="left:{left:.2f}%;width:{max(right - left, 0.3):.2f}%"></i></i>'
            f'<b title="{text(full_money(step.amount, bridge.currency))}">{text(figure)}</b></li>'
        )
        level = after
    lines.append(_level("End", bridge.end, bridge.end_deals, at, bridge.currency))
    unrated = (
        f'<p class="above">{counted(bridge.unrated, "deal")} not counted: no exchange rate.</p>'
        if bridge.unrated
        else ""
    )
    return f'<ul class="falls">{"".join(lines)}</ul>{unrated}'


def _level(name: str, amount: Decimal, deals: int, at: Callable[[float], float], currency: str) -> str:
    return (
        f'<li class="level"><span>{name}<small>{counted(deals, "deal")}</small></span><i class="track">'
        f'<s style="left:{at(float(amount)):.2f}%"></s></i>'
        f'<b title="{text(full_money(amount, currency))}">{text(money(amount, currency))}</b></li>'
    )


def _filter(review: Review, word: str, of: str, chosen: str) -> str:
    label, shows = FILTERS[word]
    words = f"{label} {sum(shows(deal) for deal in review.content.changes if of in (GROUP, deal.region))}"
    if word == chosen or (not word and chosen not in FILTERS):
        return f"<b>{text(words)}</b>"
    return f'<a data-go href="{text(review.link(at="call", of=of, show=word))}">{text(words)}</a>'


def _deal(review: Review, deal: DealChange) -> str:
    amount = _pair(
        *(money(each, deal.currency) if each is not None else None for each in (deal.amount_before, deal.amount_after))
    )
    closes = _pair(*(day_text(each) if each else None for each in (deal.closes_before, deal.closes_after)))
    stage = _pair(deal.stage_before, deal.stage_after)
    category = _pair(*((each or "").replace("_", " ") or None for each in (deal.category_before, deal.category_after)))
    counts = money(deal.counts, review.currency, signed=True) if deal.counts is not None else "no rate"
    tone = "worse" if deal.counts is not None and deal.counts < 0 else ""
    hints = [review.name(deal.region)]
    hints += [f"moved {counted(deal.times_pushed, 'time')}"] if deal.times_pushed else []
    hints += ["no next step"] if deal.has_next_step is False else []
    origin = f"{deal.file}:{deal.line}" if deal.file and deal.line else (deal.file or deal.source)
    return (
        f'<tr><th scope="row" title="{text(origin)}">{text(deal.account or deal.number)}'
        f"<small>{text(', '.join(hints))}</small></th><td>{amount}</td><td>{closes}</td><td>{stage}</td>"
        f'<td>{category}</td><td class="{tone}">{text(counts)}</td></tr>'
    )


def _pair(before: str | None, after: str | None) -> str:
    if before == after:
        return text(after) if after else "–"
    return f"<small>{text(before or 'none')} →</small> {text(after or 'none')}"
