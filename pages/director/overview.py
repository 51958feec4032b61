"""Overview: are we on course, and where not?"""

from docket.headline import headline_of
from ui.component import show
from ui.docket import deviations_in
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
sentence = waiting or headline_of(card, items, view.organisation, view.definitions)
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
