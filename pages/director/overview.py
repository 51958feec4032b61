"""Overview: are we on course, and where not?"""

from kpi.headline import headline as said
from ui.component import show
from ui.docket import claims_of, deviations_in
from ui.frame import follow
from ui.headline import headline
from ui.overview import deviations_block, gap_block, matrix_block, notes_block, tiles_block
from ui.preview import await_rest, shown_card
from ui.view import current_view
from ui.words import Words

view = current_view()
question = view.slice()
card, waiting = shown_card(view, question)
words = Words(view, card, view.verdicts(question), question)
items = deviations_in(view, card)
sentence = waiting or said(card, view.organisation, claims_of(view, items))
listed = deviations_block(words, items) + notes_block(words, items)

clicked = show(
    "overview",
    headline(sentence.sentence, sentence.detail),
    tiles_block(words),
    matrix_block(words),
    f'<div class="split"><div>{listed}</div><div>{gap_block(words)}</div></div>',
)
follow(clicked)
await_rest(view, question)
