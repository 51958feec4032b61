"""Definitions: what does this number mean?"""

import streamlit as st

from kpi.reliance import reliances
from ui.component import show
from ui.definition_blocks import Facts, contents, definition_list, reliance_block, search_field
from ui.frame import follow
from ui.headline import headline
from ui.view import current_view

view = current_view()
shown = view.definitions.figures
agreed = sum(kpi.status == "agreed" for kpi in shown)
detail = (
    f"**{agreed}** are agreed by every region, {len(shown) - agreed} are still proposed in at least one. "
    "No region has a version of its own: what it cannot answer is visible, not patched."
)

verdicts = view.verdicts(view.slice())
facts = Facts(verdicts, view.targets())
opened = st.query_params.get("kpi", "")

clicked = show(
    "definitions",
    headline(f"{len(shown)} figures, one definition each.", detail),
    search_field(len(shown)),
    f'<div class="book">{contents(shown)}<div>{definition_list(shown, view, facts, opened=opened)}',
    f"{reliance_block(reliances(shown, verdicts, view.regions), view)}</div></div>",
)
follow(clicked)
