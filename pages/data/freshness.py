"""Freshness: can I trust this?"""

from kpi.accounts import unresolved_merges
from kpi.ledger import balance, reject_counts, rejects, unmapped_stages, waiting_for_release
from kpi.rejects import rejected_loads, rejects_file
from ui.component import show
from ui.decide import asked_block, decide, watch_answers
from ui.frame import follow
from ui.headline import headline
from ui.ledger_blocks import (
    balance_block,
    corrections_block,
    feeds_block,
    held_block,
    merges_block,
    rejects_block,
    unmapped_block,
)
from ui.ledger_words import trust
from ui.view import current_view

MOST_FILES, MOST_ROWS = 12, 500  # more than that is for the command: denominator rejects

view = current_view()
loads = balance(view.engine)
stages = unmapped_stages(view.engine, view.organisation)
counts = reject_counts(view.engine)
files = [
    (load, rejects_file(view.engine, view.organisation, view.scope, load.load_id))
    for load in rejected_loads(view.engine, view.organisation, view.scope)[:MOST_FILES]
    if load.rows <= MOST_ROWS
]
sentence, detail = trust(view, loads, stages)

clicked = show(
    "freshness",
    headline(sentence, detail),
    asked_block(view),
    held_block(waiting_for_release(view.engine), loads.filter(loads["status"] == "refused")),
    feeds_block(view),
    unmapped_block(stages, view),
    merges_block(unresolved_merges(view.engine, view.scope)),
    rejects_block(counts, rejects(view.engine, view.organisation, view.scope)),
    corrections_block(files),
    balance_block(loads),
)
if not decide(clicked, view, loads):
    follow(clicked)
watch_answers(view)
