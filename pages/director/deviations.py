"""Deviations: what needs a person, and who has it?"""

from datetime import timedelta

import streamlit as st

from docket.budget import within_budget
from ui.component import show_part
from ui.docket import docket_of, moment_of
from ui.docket_blocks import docket_headline, docket_list, item_block, planned_block
from ui.docket_forms import act_on, said
from ui.driver_blocks import part_rows
from ui.frame import follow
from ui.headline import notice, section
from ui.rows_table import rows_table
from ui.view import current_view

view = current_view()
docket = docket_of(view)
day = moment_of(view).day
items = [item for item in docket.items(ended_since=day - timedelta(days=14)) if item.region in (*view.regions, "group")]
shown = within_budget(items, day, view.definitions.rules.a_week)
number = st.query_params.get("item", "")
chosen = next((item for item in items if str(item.id) == number), None)
told = said()
behind = part_rows(view, chosen, st.query_params.get("part", "")) if chosen is not None else None

clicked = show_part(
    "deviations",
    docket_headline(view, shown),
    notice("Done", told) if told else "",
    item_block(view, chosen) if chosen else "",
    *(
        [section(behind.title, behind.note)]
        if behind is not None
        else [
            docket_list(view, shown, [item for item in items if item.is_over], chosen.id if chosen else None),
            planned_block(view, docket.planned(day)),
        ]
    ),
    is_head=True,
)
if behind is not None:
    rows_table(behind.rows, label=behind.title)
if not act_on(clicked, view, docket):
    follow(clicked)
