"""Weekly review: what did we promise, did it work, what changed, what do we decide now?"""

import streamlit as st

from docket.errors import PackError
from kpi.calls import stated_calls
from ui.component import show_part
from ui.docket_forms import act_on, said
from ui.frame import follow
from ui.headline import notice
from ui.review import meetings_of, review_of, todays_meeting
from ui.review_ahead import accounts_block, process_block, quarters_block
from ui.review_call import call_block, changes_block, past_block, waterfall_block
from ui.review_deviations import chosen_deviation, deviation_block, in_line
from ui.review_empty import damaged_block, empty_head, last_review
from ui.review_files import export_menu
from ui.review_forms import (
    About,
    act_in_review,
    acting,
    call_form,
    decision_form,
    deviation_form,
    lead_form,
    review_said,
    way,
)
from ui.review_freezing import freeze_form, freezing, freezing_blocks, watch_freezing
from ui.review_head import agenda_bar, missing_notice, review_head
from ui.review_promises import promises_block
from ui.review_side import beside, unanswered, watch_answers
from ui.view import current_view

view = current_view()
meeting = todays_meeting(view)

if meeting is None:
    waiting = freezing(view)
    under_way = freezing_blocks(view, waiting)
    clicked = show_part("review-head", *empty_head(view, under_way), is_head=True)
    if waiting:
        watch_freezing(view, under_way, waiting)
    else:
        with st.container(horizontal=True, vertical_alignment="bottom", key="review-bar"):
            freeze_form(view, acting(view))
    clicked = show_part("review-last", last_review(meetings_of(view).newest())) or clicked
    follow(clicked)
    st.stop()

query = st.query_params
try:
    review = review_of(view, meeting, query.get("at"))
except PackError as error:
    show_part("review-head", damaged_block(meeting, error), is_head=True)
    st.stop()
waiting_for = unanswered(review)
told = review_said() or ("note", said() or "")
head = show_part(
    "review-head",
    review_head(review),
    agenda_bar(review),
    notice("Not done" if told[0] == "fault" else "Done", told[1], kind=told[0]) if told[1] else "",
    missing_notice(review),
    is_head=True,
)
with st.container(horizontal=True, vertical_alignment="bottom", key="review-bar"):
    by = acting(view)
    way(review, by)
    st.space("stretch")
    export_menu(review)

left, right = st.columns([1.65, 1], gap="large")
of, shown = query.get("of", "group"), query.get("show", "")
with left:
    if review.at == "promises":
        main = show_part("review-main", promises_block(review))
    elif review.at == "call":
        stated = stated_calls(view.engine, review.content.head.period.to_date, view.now, view.scope)
        main = show_part(
            "review-main",
            call_block(review, stated),
            waterfall_block(review, of),
            changes_block(review, of, shown),
            past_block(review),
        )
        if review.is_running:
            call_form(review, stated, by)
    elif review.at == "deviations":
        deviation = chosen_deviation(review, query.get("item", ""))
        main = show_part("review-main", deviation_block(review, deviation)) if deviation else None
        if deviation and review.is_running:
            deviation_form(review, deviation, by)
        main = show_part("review-line", in_line(review, deviation)) or main
    elif review.at == "quarters":
        main = show_part("review-main", quarters_block(review))
        if review.is_running:
            decision_form(review, About("decide_quarters", "quarters", "Pipeline action"), by)
    elif review.at == "accounts":
        main = show_part("review-main", accounts_block(review))
        if review.is_running:
            lead_form(review, by)
    else:
        main = show_part("review-main", process_block(review))
        if review.is_running:
            improving = About("decide_process", "process", "One improvement", "What do we change?", kind="improvement")
            decision_form(review, improving, by)
with right:
    side = show_part("review-side", beside(review))
if waiting_for:
    watch_answers(view, waiting_for)

clicked = head or main or side
if not act_in_review(clicked, review, by) and not act_on(clicked, view, review.docket):
    follow(clicked)
