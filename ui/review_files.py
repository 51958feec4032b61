"""What leaves the weekly review as a file: the pack in four forms, made when it is asked for, and the minutes."""

from functools import partial

import streamlit as st

from docket.pack.files import Form, rendered
from ui.review import Review
from ui.review_forms import minutes_text

FORMS: dict[Form, tuple[str, str]] = {
    "pdf": ("PDF, to read", "application/pdf"),
    "pptx": ("PowerPoint, to edit", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    "xlsx": ("Excel, every row", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "html": ("HTML, one file", "text/html"),
}


def export_menu(review: Review) -> None:
    """The menu of files; each is made from the frozen pack alone."""
    pack = review.content.head.id
    with st.popover("Export"):
        for form, (label, kind) in FORMS.items():
            st.download_button(
                label,
                partial(rendered, review.content, form),
                file_name=f"weekly-review-{pack}.{form}",
                mime=kind,
                on_click="ignore",
                type="tertiary",
                key=f"export_{form}",
            )
        st.download_button(
            "Minutes, Markdown",
            minutes_text(review, review.meeting),
            file_name=f"minutes-{review.meeting.held_on}.md",
            mime="text/markdown",
            on_click="ignore",
            type="tertiary",
            key="export_minutes",
        )
