"""Definitions: what does this number mean?"""

import streamlit as st

from ui.component import show
from ui.definition_blocks import contents, definition_list, search_field
from ui.frame import follow
from ui.headline import headline
from ui.view import current_view

view = current_view()
shown = view.definitions.shown
agreed = sum(kpi.status == "agreed" for kpi in shown)
detail = (
    f"**{agreed}** are agreed by every region, {len(shown) - agreed} are still proposed in at least one. "
    "No region has a version of its own: what it cannot answer is visible, not patched."
)

clicked = show(
    "definitions",
    headline(f"{len(shown)} figures, one definition each.", detail),
    search_field(len(shown)),
    f'<div class="book">{contents(shown)}{definition_list(shown, view, opened=st.query_params.get("kpi", ""))}</div>',
)
follow(clicked)
