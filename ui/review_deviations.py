"""The deviations of the weekly review: five at most by money at stake, one in full, the rest in line."""

from docket.pack.agenda_parts import Deviation
from docket.states import WORDS
from ui.escape import text
from ui.findings import FindingRow, finding_list
from ui.formats import day_text, money
from ui.headline import section
from ui.review import Review


def chosen_deviation(review: Review, number: str) -> Deviation | None:
    """The deviation that is dealt with: the one an address names, else the first nothing was decided on yet."""
    found = review.content.deviations
    named = next((each for each in found if str(each.item) == number), None)
    decided = {one.decision.deviation.id for one in review.meeting.decisions if one.decision.deviation}
    return named or next((each for each in found if each.item not in decided), found[0] if found else None)


def deviation_block(review: Review, deviation: Deviation) -> str:
    """One deviation in full: where it stands in line, its number, its money, what moved it."""
    found = review.content.deviations
    place = found.index(deviation) + 1
    item = review.items.get(deviation.item)
    state = WORDS[item.state] if item else deviation.state
    owner = (item.owner if item else deviation.owner) or "nobody yet"
    above = f"Deviation {place} of {len(found)}, {state}, {owner}"
    links = _links(review, deviation)
    return (
        f'<section class="deviation"><p class="above">{text(above)}</p><h2>{text(subject(review, deviation))}'
        f'{_distance(deviation)}</h2><p class="lead">{_money_words(review, deviation)}{text(deviation.sentence)}</p>'
        f"{_driver(deviation)}{links}{_facts(review, deviation)}</section>"
    )


def in_line(review: Review, chosen: Deviation | None) -> str:
    """The other deviations in their order, each one click away; how many are kept back."""
    rest = [each for each in review.content.deviations if chosen is None or each.item != chosen.item]
    kept = len(review.content.suppressed)
    note = f"{kept} more put off, explained or beyond this week’s five" if kept else ""
    if not rest:
        return f'<p class="above">{text(note)}</p>' if note else ""
    most = max((float(each.money or 0) for each in rest), default=1.0) or 1.0
    rows = [_row(review, each, most) for each in rest]
    return section("Next in line", note) + finding_list(rows)


def subject(review: Review, deviation: Deviation) -> str:
    """ "Japan: win rate 21.6%"."""
    label = review.content.head.label(deviation.kpi)
    value = (
        f" {review.shown(deviation.value, deviation.unit, deviation.currency)}" if deviation.value is not None else ""
    )
    return f"{review.name(deviation.region)}: {label[0].lower()}{label[1:]}{value}"


def _distance(deviation: Deviation) -> str:
    return f', <b class="worse">{text(deviation.distance)}</b>' if deviation.distance else ""


def _money_words(review: Review, deviation: Deviation) -> str:
    if not deviation.money:
        return ""
    can = f", {money(deviation.changeable, review.currency)} can still be changed" if deviation.changeable else ""
    return f"<b>{money(deviation.money, review.currency)} at stake{can}.</b> "


def _driver(deviation: Deviation) -> str:
    has_more = deviation.driver and deviation.driver not in deviation.sentence
    return f'<p class="driver">{text(deviation.driver)}</p>' if has_more else ""


def _facts(review: Review, deviation: Deviation) -> str:
    unit, currency = deviation.unit, deviation.currency
    band = [review.shown(edge, unit, currency) for edge in (deviation.low, deviation.high) if edge is not None]
    figure = review.content.figure(deviation.kpi, deviation.region)
    facts = [
        ("Expected", review.shown(deviation.expected, unit, currency) if deviation.expected is not None else ""),
        ("Usual range", " to ".join(band) if len(band) == 2 else ""),
        (
            "At the last review",
            review.shown(figure.before, figure.unit, figure.currency) if figure and figure.before else "",
        ),
        ("Rests on", f"n {figure.n:,}" if figure else ""),
        ("Off since", day_text(deviation.opened_at.date())),
    ]
    rows = "".join(f"<div><dt>{text(name)}</dt><dd>{text(words)}</dd></div>" for name, words in facts if words)
    return f'<dl class="line-facts">{rows}</dl>'


def _links(review: Review, deviation: Deviation) -> str:
    item = review.items.get(deviation.item)
    rows = review.view.choice.link("region", region=deviation.region, kpi=deviation.kpi, regions="")
    trail = review.view.choice.link("deviations", item=str(deviation.item))
    verbs = []
    if item is not None and review.is_running and not item.is_over:
        offered = [("acknowledge", "Acknowledge")] if item.state == "open" else [("assign", "Give it to another role")]
        verbs = [
            f'<a class="button" data-go href="{text(review.link(item=str(item.id), do=verb))}">{words}</a>'
            for verb, words in [*offered, ("snooze", "Put it off")]
        ]
    about = [f'<a data-go href="{text(rows)}">The rows behind it</a>'] if deviation.region != "group" else []
    about.append(f'<a data-go href="{text(trail)}">Its trail</a>')
    return f'<p class="verbs quiet">{"".join(verbs)}<span class="links">{"".join(about)}</span></p>'


def _row(review: Review, deviation: Deviation, most: float) -> FindingRow:
    item = review.items.get(deviation.item)
    state = item.state if item else deviation.state
    owner = (item.owner if item else deviation.owner) or "nobody yet"
    due = item.due_on if item else deviation.due_on
    label = review.content.head.label(deviation.kpi)
    stake, can = float(deviation.money or 0), float(deviation.changeable or 0)
    rises = deviation.value is not None and deviation.expected is not None and deviation.value > deviation.expected
    return FindingRow(
        region=review.name(deviation.region),
        subject=f"{label[0].lower()}{label[1:]}",
        distance=deviation.distance,
        driver=deviation.driver or deviation.sentence,
        level=deviation.level,
        rises=rises,
        favourable=False,
        href=review.link(at="deviations", item=str(deviation.item)),
        money=money(stake, review.currency) if stake else "",
        changeable=money(can, review.currency) if can else "",
        share_at_stake=stake / most,
        share_changeable=can / most,
        acts=f"{owner}{f', due {day_text(due)}' if due and state in ('in_action', 'resolved') else ''}",
        state=state,
    )
