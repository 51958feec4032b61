"""The weekly review before its pack is frozen: what freezing does, and what the last review left."""

from docket.errors import PackError
from docket.meetings import Meeting
from docket.pack.asking import meeting_of
from ui.escape import text
from ui.formats import day_text
from ui.headline import headline, notice, section
from ui.review import exact_moment, long_day
from ui.review_forms import review_said
from ui.view import View

WORDS = (
    "Freezing takes the figures, sentences, deviations and promises as they are known at each region’s cut-off, the "
    "evening before in its own zone. The review works from them even while new exports are loaded; what comes later is "
    "told next week."
)


def empty_head(view: View, freezing: str) -> tuple[str, ...]:
    """The sentence and what freezing does; freezing: the notice of a pack that is being frozen."""
    day = meeting_of(view.organisation, exact_moment(view).at).day
    told = review_said()
    return (
        headline(f"No pack is frozen for the review of {long_day(day)}.", WORDS),
        freezing,
        notice("Not done", told[1], kind="fault") if told else "",
    )


def damaged_block(meeting: Meeting, error: PackError) -> str:
    """What to say of a pack that is not what was frozen: no figure of it is shown."""
    words = f"{error} Put data/packs/{meeting.pack} back from a backup: no figure of a damaged pack is shown."
    return headline(f"Weekly review, {long_day(meeting.held_on)}") + notice(
        "The pack of this review is damaged", words, kind="fault"
    )


def last_review(last: Meeting | None) -> str:
    """The last review with what it decided."""
    if last is None:
        return section("The last review") + "<p>There was none yet.</p>"
    standing = [one for one in last.decisions if one.taken_back is None]
    rows = "".join(
        f'<li><div><p><b>{text(one.decision.words)}</b></p><p class="who">{text(one.decision.owner or one.role)}'
        f"{f', by {day_text(one.decision.due_on)}' if one.decision.due_on else ''}</p></div></li>"
        for one in standing
    )
    body = f'<ul class="promises plain">{rows}</ul>' if rows else "<p>It decided nothing.</p>"
    return section("The last review", day_text(last.held_on)) + body
