"""Last week's promises: what was promised, whether it was done, and whether the number moved."""

from decimal import Decimal

from docket.meetings import Decided
from docket.pack.agenda_parts import Effect, PromiseKept
from docket.states import ALLOWED, WORDS, Verb
from ui.escape import text
from ui.formats import day_text
from ui.headline import section
from ui.review import Review

SIGNS: dict[str, tuple[str, str, str]] = {
    "worked": ("✓", "better", "it worked"),
    "without_effect": ("✕", "worse", "without effect"),
    "too_early": ("◐", "calm", "too early to tell"),
    "overdue": ("!", "worse", "due, and not judged yet"),
}
OFFERED: dict[Verb, str] = {
    "resolve": "It is done",
    "promise": "Promise anew",
    "assign": "Escalate",
    "reopen": "It is not done",
}


def promises_block(review: Review) -> str:
    """Every promise of the last review with its number before and after, and the way to close or escalate it."""
    kept, carried = review.content.promises, review.carried()
    if not kept and not carried:
        words = "No promise is open. What is decided today is looked at here next week."
        return section("Last week’s promises") + f"<p>{words}</p>"
    rows = [_kept(review, promise, with_links=True) for promise in kept] + [_carried(review, one) for one in carried]
    return section("Last week’s promises", summary(review)) + f'<ul class="promises">{"".join(rows)}</ul>'


def promises_beside(review: Review) -> str:
    """The same in the side column, without the ways to act."""
    if not review.content.promises:
        return ""
    rows = "".join(_kept(review, promise, with_links=False) for promise in review.content.promises)
    return section("Last week’s promises", summary(review)) + f'<ul class="promises small">{rows}</ul>'


def summary(review: Review) -> str:
    """ "3 worked, 1 too early, 1 without effect"."""
    words = {"worked": "worked", "without_effect": "without effect", "too_early": "too early", "overdue": "overdue"}
    effects = [promise.effect for promise in review.content.promises]
    return ", ".join(f"{effects.count(effect)} {word}" for effect, word in _in_order(words) if effects.count(effect))


def _in_order(words: dict[str, str]) -> list[tuple[Effect, str]]:
    order: tuple[Effect, ...] = ("worked", "without_effect", "overdue", "too_early")
    return [(effect, words[effect]) for effect in order]


def _kept(review: Review, promise: PromiseKept, *, with_links: bool) -> str:
    figures = [review.shown(value, promise.unit, promise.currency) for value in (promise.value_then, promise.value_now)]
    about = f"{review.name(promise.region)}, {review.content.head.label(promise.kpi).lower()}"
    who = f"{about} · {promise.owner}, by {day_text(promise.due_on)}"
    links = _links(review, promise.item) if with_links else ""
    said = f"<p>{text(promise.sentence)}</p>" if with_links else ""
    return _row(promise.effect, promise.what, who, figures, said + links)


def _carried(review: Review, one: Decided) -> str:
    """A decision without a deviation: judged by the same figure of this week's pack."""
    decision = one.decision
    figure = review.content.figure(decision.kpi or "", decision.region or "group")
    effect, figures = "too_early", list[str]()
    if decision.value_then is not None and figure is not None and figure.value is not None:
        figures = [
            review.shown(value, figure.unit, figure.currency)
            for value in (Decimal(str(decision.value_then)), figure.value)
        ]
        if decision.due_on is not None and decision.due_on <= review.meeting.held_on:
            effect = (
                "worked"
                if _moved_well(review, figure.kpi, decision.value_then, float(figure.value))
                else "without_effect"
            )
    elif decision.due_on is not None and decision.due_on <= review.meeting.held_on and one.done_at is None:
        effect = "overdue"
    where = f"{review.name(decision.region)} · " if decision.region else ""
    due = f", by {day_text(decision.due_on)}" if decision.due_on else ""
    state = "done" if one.done_at else "not done yet"
    link = ""
    if one.done_at is None and review.is_running:
        address = review.link(do="done", decision=str(one.id), version=str(one.version))
        link = f'<p class="verbs"><a class="button" data-go href="{text(address)}">It is done</a></p>'
    return _row(effect, decision.words, f"{where}{decision.owner}{due} · {state}", figures, link)


def _moved_well(review: Review, kpi: str, before: float, after: float) -> bool:
    better = next((words.better for words in review.content.head.kpis if words.name == kpi), "higher")
    return after < before if better == "lower" else after > before


def _row(effect: str, what: str, who: str, figures: list[str], more: str) -> str:
    sign, tone, words = SIGNS[effect]
    moved = f"{text(figures[0])} <i>→</i> <b>{text(figures[1])}</b>" if figures else ""
    return (
        f'<li><i class="sign {tone}" role="img" aria-label="{words}">{sign}</i><div><p><b>{text(what)}</b></p>'
        f'<p class="who">{text(who)}</p>{more}</div>'
        f'<p class="moved">{moved}<small class="{tone}">{words}</small></p></li>'
    )


def _links(review: Review, number: int) -> str:
    item = review.items.get(number)
    if item is None or not review.is_running:
        return ""
    if item.is_over:
        return f"<p><small>On the docket: {WORDS[item.state]}.</small></p>"
    links = "".join(
        f'<a class="button" data-go href="{text(review.link(item=str(number), do=verb))}">{text(words)}</a>'
        for verb, words in OFFERED.items()
        if item.state in ALLOWED[verb]
    )
    return f'<p class="verbs">{links}</p>'
