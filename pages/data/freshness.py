"""Freshness: can I trust this?"""

from kpi.ledger import balance, reject_counts, rejects, unmapped_stages, waiting_for_release
from ui.component import show
from ui.frame import follow
from ui.headline import headline
from ui.ledger_blocks import balance_block, feeds_block, held_block, rejects_block, unmapped_block
from ui.ledger_words import trust
from ui.view import current_view

view = current_view()
loads = balance(view.engine)
stages = unmapped_stages(view.engine, view.organisation)
counts = reject_counts(view.engine)
sentence, detail = trust(view, loads, stages)

clicked = show(
    "freshness",
    headline(sentence, detail),
    held_block(waiting_for_release(view.engine), loads.filter(loads["status"] == "refused")),
    feeds_block(view),
    unmapped_block(stages, view),
    rejects_block(counts, rejects(view.engine, view.organisation, view.scope)),
    balance_block(loads),
)
follow(clicked)
