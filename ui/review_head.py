"""The head of the weekly review: what it works from, its clock, and its agenda as wide as its minutes."""

from docket.agenda import AGENDA, ITEM
from docket.meetings import STATE_WORDS
from ui.escape import text
from ui.formats import counted, full_moment, listed
from ui.headline import notice, strong
from ui.review import Review, exact_moment, long_day


def review_head(review: Review) -> str:
    """The day, the pack, the sentence of the pack; the clock beside them."""
    head = review.content.head
    above = (
        f"Frozen pack, {head.period.week_label}. Snapshot {head.snapshot}, as of "
        f"{full_moment(head.as_of, head.timezone)}; what came later is next week's restatement."
    )
    return (
        f'<div class="review-head"><header class="headline"><p class="above">{text(above)}</p>'
        f"<h1>Weekly review, {long_day(review.meeting.held_on)}</h1>"
        f'<p class="detail">{text(head.headline)} {strong(head.detail)}</p></header>{_clock(review)}</div>'
    )


def agenda_bar(review: Review) -> str:
    """The six items as wide as their minutes; each leads to itself, the one that is shown is marked."""
    parts = "".join(_segment(review, place) for place in range(len(AGENDA)))
    return f'<nav class="agenda" aria-label="Agenda, 45 minutes"><ol>{parts}</ol></nav>'


def missing_notice(review: Review) -> str:
    """Which regions entered as missing, with their last figures; nothing where all were there."""
    missing = [region for region in review.content.head.regions if region.is_missing]
    if not missing:
        return ""
    lines = [
        f"{region.name}: cut-off {full_moment(region.cut_off, region.timezone)}, last figures of "
        + (full_moment(region.data_until, region.timezone) if region.data_until else "no export at all")
        for region in missing
    ]
    title = f"{listed([region.name for region in missing])} {'is' if len(missing) == 1 else 'are'} missing in this pack"
    return notice(title, "\n".join(lines), kind="fault")


def _clock(review: Review) -> str:
    meeting = review.meeting
    if meeting.state != "running" or meeting.started_at is None:
        words = {"prepared": "not started yet", "closed": _closed_words(review)}[meeting.state]
        return f'<p class="clock still"><b>{STATE_WORDS[meeting.state]}</b><span>{text(words)}</span></p>'
    elapsed = max(0, int((exact_moment(review.view).at - meeting.started_at).total_seconds()))
    item = ITEM[meeting.item]
    return (
        f'<p class="clock" data-clock="review-{meeting.id}-{meeting.started_at.timestamp():.0f}" '
        f'data-elapsed="{elapsed}" data-ends="{item.ends}" data-item="{text(item.words.lower())}" role="timer">'
        f"<b>–:––</b><span>{item.ends - item.begins} minutes for {text(item.words.lower())}</span></p>"
    )


def _closed_words(review: Review) -> str:
    decided = [one for one in review.meeting.decisions if one.taken_back is None]
    return counted(len(decided), "decision")


def _segment(review: Review, place: int) -> str:
    item = AGENDA[place]
    is_shown, is_current = item.name == review.at, item.name == review.meeting.item
    kinds = " ".join(word for word, holds in (("shown", is_shown), ("current", is_current)) if holds)
    here = ' aria-current="step"' if is_shown else ""
    note = f"{item.begins}–{item.ends}"
    return (
        f'<li class="{kinds}" style="flex-grow:{item.minutes}" data-begins="{item.begins}" data-ends="{item.ends}">'
        f'<a data-go href="{text(review.link(at=item.name))}"{here}><i class="track"><i></i></i>'
        f"<b>{text(item.words)}</b><small>{note}</small></a></li>"
    )
