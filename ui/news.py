"""The quiet bar that says what has arrived since the page was drawn before; the figures change in place under it."""

import time
from collections.abc import Sequence

import streamlit as st

from kpi.ledger import Feed
from ui.escape import text
from ui.formats import listed, moment_text
from ui.ledger_words import TABLES, table_word
from ui.view import View

SECONDS = 9.0  # that the bar stands; its style fades it out within them
NAMED = 3
_SEEN = "feeds_seen"
_NEWS = "news_told"
Seen = tuple[str, int, tuple[Feed, ...]]


def news_bar(view: View) -> str:
    """What came since the reader's last look, as HTML that fades by itself; empty where nothing came."""
    before: Seen | None = st.session_state.get(_SEEN)
    now: Seen = (view.known.root, view.known.snapshot, view.feeds_in_view)
    if before is None or before[:2] != now[:2]:
        st.session_state[_SEEN] = now
        if before is not None and before[0] == now[0]:
            st.session_state[_NEWS] = (view.known.snapshot, news_words(before[2], now[2], view), time.time() + SECONDS)
    snapshot, words, until = st.session_state.get(_NEWS, (0, "", 0.0))
    if time.time() > until:
        return ""
    return f'<p class="news" role="status" data-snapshot="{snapshot}"><i></i>{text(words)}</p>'


def news_words(before: Sequence[Feed], now: Sequence[Feed], view: View) -> str:
    """What arrived between two looks, by region: "New: AMER deals of 12:30. The figures follow in place."."""
    known = {(feed.region, feed.source, feed.table, feed.export): feed.loaded_at for feed in before}
    new = [
        feed
        for feed in now
        if feed.exported_at and feed.loaded_at != known.get((feed.region, feed.source, feed.table, feed.export))
    ]
    named = []
    for region in dict.fromkeys(feed.region for feed in new):
        of_region = [feed for feed in new if feed.region == region]
        tables = [table_word(table) for table in TABLES if any(feed.table == table for feed in of_region)]
        newest = max(feed.exported_at for feed in of_region if feed.exported_at)
        named.append(f"{view.name(region)} {listed(tables)} of {moment_text(newest, view.zone, view.now)}")
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    said = f"New: {'; '.join(named[:NAMED])}{more}" if named else "The data have changed"
    return f"{said}. The figures follow in place."
