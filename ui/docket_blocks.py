"""The parts of the page Deviations: the list of what calls somebody, and one item with all that is known of it."""

from collections.abc import Sequence
from decimal import Decimal

from docket.budget import Shown
from docket.docket import PlannedEvent
from docket.headline import subject_of
from docket.items import Entry, Item, Promise
from docket.states import ALLOWED, WORDS, Verb
from kpi.deviations.tested import Judged
from kpi.words import number_word
from organisation.thresholds import OwnRules
from ui.deviation_chart import deviation_chart
from ui.disclosure import disclosure
from ui.driver_blocks import drivers_block
from ui.escape import text
from ui.findings import deviation_rows, finding_list
from ui.formats import counted, full_day, full_moment, money, value_text
from ui.headline import headline, notice, section
from ui.view import View

OFFERED: dict[Verb, str] = {
    "acknowledge": "I have seen it",
    "promise": "Promise an action",
    "assign": "Give it to another role",
    "snooze": "Put it off",
    "resolve": "It is done",
    "reopen": "It is not done",
}
NOTE = "Add a note"
THRESHOLDS = {  # what a rule is judged by that a region may state for itself
    "own past": ("past_needs", "past_sigmas", "spread_days", "spread_money", "spread_count", "spread_ratio"),
    "agreement": ("agreed_margin",),
    "concentration": ("few_deals", "pushed_often", "few_watch", "few_act"),
    "weekly": ("week_flag", "week_floor", "rate_beyond", "rate_needs", "silent_after", "act_from", "too_thin"),
    "peers": ("peers_beyond", "act_from"),
}
BY_LEVELS = ("plan", "pace", "own past", "agreement")  # judged by the KPI's own two levels
ALWAYS = ("calm_below", "calm_for")
WITHOUT_WEEKS = ("late feed", "concentration")  # what is off there is no line of figures


def docket_headline(view: View, shown: Shown) -> str:
    """The sentence: how many deviations call somebody, how many nobody has taken yet, and the money in them."""
    calling = shown.calling
    if not calling:
        return headline("Nothing needs a person now.", "What recovers or is put off is listed below.")
    unowned = [item for item in calling if item.state == "open"]
    count = number_word(len(calling)).capitalize()
    taken = "all of them have an owner" if not unowned else f"{number_word(len(unowned))} without an owner"
    stake = sum((item.money or Decimal(0) for item in calling), Decimal(0))
    can = sum((item.changeable or Decimal(0) for item in calling), Decimal(0))
    currency = view.organisation.group.currency
    detail = f"**{money(stake, currency)}** at stake, **{money(can, currency)}** can still be changed." if stake else ""
    noun = "deviation needs" if len(calling) == 1 else "deviations need"
    return headline(f"{count} {noun} a person, {taken}.", detail)


def docket_list(view: View, shown: Shown, ended: Sequence[Item], chosen: int | None) -> str:
    """What calls somebody; what the budget keeps back, what is put off or explained; what ended lately."""
    if not (shown.calling or shown.suppressed or ended):
        words = "Deviations are put on the docket after each load, while **denominator run** or **watch** runs."
        return notice("The docket is empty", words)
    blocks = [finding_list(deviation_rows(view, shown.calling, chosen))] if shown.calling else []
    if shown.suppressed:
        note = "put off, explained, or beyond this week's five"
        body = finding_list(deviation_rows(view, shown.suppressed, chosen))
        blocks.append(disclosure("suppressed", f"{counted(len(shown.suppressed), 'item')} not called", body, note=note))
    if ended:
        body = finding_list(deviation_rows(view, ended, chosen))
        blocks.append(disclosure("ended", f"{counted(len(ended), 'item')} ended in the last two weeks", body))
    return section("On the docket", "by what can still be changed") + "".join(blocks)


def planned_block(view: View, events: Sequence[PlannedEvent]) -> str:
    """What is known beforehand and explains deviations, with the way to plan more."""
    rows = "".join(_event(view, event) for event in events)
    body = f'<ol class="trail">{rows}</ol>' if rows else "<p>No event is planned.</p>"
    more = f'<a data-go href="{text(view.choice.link("deviations", do="plan"))}">Plan an event</a>'
    return section("Planned events", "explain deviations while they last", beside=more) + body


def item_block(view: View, item: Item) -> str:
    """One item: what is off, since when, who has it, what was promised, and its trail."""
    back = f'<a data-go href="{text(view.choice.link("deviations"))}">All deviations</a>'
    rows = view.choice.link("region", region=item.region, kpi=item.kpi, regions="")
    beside = f'{back} <a data-go href="{text(rows)}">The rows behind it</a>'
    title = f"{view.name(item.region)}: {subject_of(view.definitions, item)}"
    return (
        section(title, WORDS[item.state], beside=f'<p class="links">{beside}</p>')
        + f'<p class="lead">{text(item.sentence)}</p>{_verbs(view, item)}'
        + weeks_block(view, item)
        + f'<div class="split"><div>{drivers_block(view, item)}{_facts(view, item)}</div>'
        + f"<div>{_promises(item)}{_trail(view, item)}</div></div>"
    )


def weeks_block(view: View, item: Item) -> str:
    """The weeks around the deviation, with what was tested and what was expected; nothing for data and few deals."""
    if item.rule in WITHOUT_WEEKS:
        return ""
    known = view.tested(
        Judged(item.kpi, item.region, item.rule, item.weeks, expected=item.expected, low=item.low, high=item.high)
    )
    if known is None:
        return ""
    last = counted(item.weeks, "finished week") if item.weeks else "the quarter to date"
    tested = f"the last {last}" if item.weeks and item.weeks > 1 else "the last finished week" if item.weeks else last
    note = f"{known.what}; tested: {tested}"
    return section("Its weeks", note) + deviation_chart(known, item.unit, item.currency)


def _verbs(view: View, item: Item) -> str:
    offered = [(str(verb), words) for verb, words in OFFERED.items() if item.state in ALLOWED[verb]]
    offered += [] if item.is_over else [("note", NOTE)]
    links = [
        f'<a class="button" data-go href="{text(address)}">{text(words)}</a>'
        for verb, words in offered
        if (address := view.choice.link("deviations", item=str(item.id), do=verb))
    ]
    return f'<p class="verbs">{"".join(links)}</p>' if links else ""


def _facts(view: View, item: Item) -> str:
    currency = view.organisation.group.currency
    figures = [
        ("Now", value_text(item.value, item.unit, item.currency) if item.value is not None else None),
        ("Expected", value_text(item.expected, item.unit, item.currency) if item.expected is not None else None),
        ("Expected range", _band(item)),
        ("At stake", money(item.money, currency) if item.money else None),
        ("Can still be changed", money(item.changeable, currency) if item.changeable else None),
        ("Thresholds", _own_thresholds(view, item)),
        ("Owner", item.owner or "nobody yet"),
        ("Off since", full_moment(item.opened_at, view.zone)),
        ("Last looked at", f"{full_moment(item.seen_at, view.zone)}, snapshot {item.snapshot}"),
        ("Before", "was on the docket before" if item.follows else None),
    ]
    shown = [(name, words) for name, words in figures if words]
    rows = "".join(f"<div><dt>{text(name)}</dt><dd>{text(words)}</dd></div>" for name, words in shown)
    return section("Figures") + f'<dl class="facts">{rows}</dl>'


def _own_thresholds(view: View, item: Item) -> str | None:
    """Say which thresholds of the region's own are in force for it, in place of the group's."""
    region = view.organisation.regions.get(item.region)
    rules = region.rules if region is not None else OwnRules()
    keys = (*THRESHOLDS.get(item.rule, ()), *ALWAYS)
    own = [f"{key} {rules.written[key]}" for key in keys if key in rules.written]
    if item.rule in BY_LEVELS and item.kpi in rules.flags:
        flag = rules.flags[item.kpi]
        levels = (("watch", flag.watch), ("act", flag.act))
        own = [*(f"{name} {level.text}" for name, level in levels if level is not None), *own]
    return f"{view.name(item.region)}'s own: {', '.join(own)}" if own else None


def _band(item: Item) -> str | None:
    if item.low is None or item.high is None:
        return None
    low, high = (value_text(edge, item.unit, item.currency) for edge in (item.low, item.high))
    return f"{low} to {high}"


def _event(view: View, event: PlannedEvent) -> str:
    where = view.name(event.region) if event.region else "every region"
    known = view.definitions.kpis.get(event.kpi or "")
    kpi = known.label if known else "every KPI"
    when = f"{full_day(event.first_day)} to {full_day(event.last_day)}"
    return f"<li><b>{text(event.reason)}</b><p>{text(where)}, {text(kpi)}: {text(when)}</p></li>"


def _promises(item: Item) -> str:
    if not item.promises:
        return ""
    return section("Promised") + f'<ol class="trail">{"".join(_promise(item, one) for one in item.promises)}</ol>'


def _promise(item: Item, promise: Promise) -> str:
    judged = ""
    if promise.had_effect is not None:
        then, now = (
            value_text(value, item.unit, item.currency) if value is not None else "no value"
            for value in (promise.value_then, promise.value_when_judged)
        )
        moved = "the number is back within what was expected" if promise.had_effect else "the number is still off"
        judged = f"<p>On the day: {text(moved)} ({text(then)} → {text(now)}).</p>"
    return f"<li><b>{text(promise.what)}</b><p>{text(promise.owner)}, by {full_day(promise.due_on)}</p>{judged}</li>"


def _trail(view: View, item: Item) -> str:
    entries = "".join(_entry(view, entry) for entry in reversed(item.trail))
    return section("Trail", "newest first; people as they declare themselves") + f'<ol class="trail">{entries}</ol>'


def _entry(view: View, entry: Entry) -> str:
    snapshot = f", snapshot {entry.snapshot}" if entry.snapshot else ""
    by = f"{entry.role or 'the data'} · {full_moment(entry.at, view.zone)}{snapshot}"
    what = entry.what.replace("_", " ")
    return f"<li><b>{text(what)}</b> <small>{text(by)}</small><p>{text(entry.words)}</p></li>"
