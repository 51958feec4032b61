"""Onboarding: how does a new region join?"""

import streamlit as st

from ui.component import show_part
from ui.headline import headline, notice
from ui.onboarding import (
    accept_button,
    answer_form,
    is_hopeless,
    joining_of_session,
    profile_texts,
    start_again,
    upload_form,
    wait_for_loader,
)
from ui.onboarding_blocks import accepted_block, found_block, loads_block, rejects_block, steps_block, won_block
from ui.onboarding_words import headline_of
from ui.view import current_view

view = current_view()
workspace = view.organisation.workspace
joining = joining_of_session()
sentence, detail = headline_of(joining)
problem = notice("The loader says no", joining.problem, kind="fault") if joining.problem else ""
show_part("onboarding", headline(sentence, detail), steps_block(joining.step), problem, is_head=True)

if joining.waiting:
    wait_for_loader(joining, workspace)
elif joining.accepted:
    message, result = joining.accepted
    show_part("accepted", accepted_block(message, result))
    profile_texts(result["written"], "The files that were written")
    st.button("Onboard another region", on_click=start_again)
elif joining.found is None:
    upload_form(joining, workspace)
else:
    found = joining.found
    show_part("found", found_block(found))
    if not is_hopeless(found):
        answer_form(joining, workspace)
    if found["rehearsal"]:
        show_part("rehearsed", loads_block(found), won_block(found["rehearsal"]), rejects_block(found["rehearsal"]))
        profile_texts(
            {f"{kind} profile": text for kind, text in found["profiles"].items() if text}, "The files to be written"
        )
        accept_button(joining, workspace)
    again = "Start again with other files" if is_hopeless(found) else "Start again; nothing was stored"
    st.button(again, on_click=start_again, type="primary" if is_hopeless(found) else "tertiary")
