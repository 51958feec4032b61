"""Freshness: can I trust this?"""

from ui.component import show
from ui.decide import answers_to_asked, asked_block, decide, watch_answers
from ui.frame import follow
from ui.headline import headline
from ui.intake_blocks import intake_block
from ui.ledger_blocks import feeds_block, merges_block
from ui.ledger_words import trust
from ui.left_out_blocks import left_view_block, unmapped_block
from ui.load_blocks import balance_block, decisions_block
from ui.reject_blocks import rejects_block
from ui.trust import trust_of
from ui.view import current_view
from ui.week_blocks import adoption_block, completeness_block

view = current_view()
found = trust_of(view)
answers = answers_to_asked(view)
sentence, detail = trust(view, found.loads, found.stages)

clicked = show(
    "freshness",
    headline(sentence, detail),
    asked_block(answers),
    decisions_block(found.loads, view),
    feeds_block(view),
    unmapped_block(found.stages, found.words, view),
    left_view_block(found.left, view),
    merges_block(found.merges),
    rejects_block(found.counts, found.rejects, found.corrected, found.files),
    completeness_block(found.completeness, view),
    adoption_block(found.adoption, view),
    intake_block(found.intake, view),
    balance_block(found.loads),
)
if not decide(clicked, view, found.loads):
    follow(clicked)
watch_answers(view, answers)
