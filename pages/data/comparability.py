"""Comparability: what can all of us measure?"""

from ui.common_weeks import weeks_block
from ui.comparability_blocks import comparison_table
from ui.comparability_words import headline_words
from ui.component import show
from ui.frame import follow
from ui.headline import headline
from ui.roadmap_blocks import beyond_block, gains_block, roadmap_block, shared_block
from ui.view import current_view

view = current_view()
verdicts = view.verdicts(view.slice())
road = view.roadmap(view.slice())
weeks = view.common_weeks()

clicked = show(
    "comparability",
    headline(*headline_words(road, view)),
    '<div class="split common"><div>',
    comparison_table(verdicts, road, view),
    "</div><div>",
    roadmap_block(road, view),
    beyond_block(road, view),
    weeks_block(weeks, view),
    shared_block(road),
    "</div></div>",
    gains_block(road, view),
)
follow(clicked)
