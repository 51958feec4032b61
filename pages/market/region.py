"""Region: why is my market flagged?"""

import streamlit as st

from ui.charts import weeks_chart
from ui.component import show
from ui.frame import follow, market_of
from ui.further import Asked, asked_further, asked_value, further_block
from ui.headline import headline, section
from ui.preview import await_rest, shown_card
from ui.region_blocks import change_block, gap_block, markets, table_block, trend_block
from ui.region_words import market_line, market_sentence, market_waits
from ui.rows_table import rows_table, rows_words
from ui.view import current_view
from ui.words import Words

view = current_view()
region = market_of(view)
question = view.slice(region, money="local")
card, waiting = shown_card(view, question)
words = Words(view, card, view.verdicts(question), question)
chosen = st.query_params.get("kpi", "won_value")
chosen = chosen if (chosen, region) in card.cells else "won_value"
cell, kpi = card.cells[chosen, region], words.kpi(chosen)
sentence, detail = market_waits(words, region, waiting) if waiting else market_sentence(words, region)
explain_gap = gap_block if card.compare == "plan" else change_block
gap = "" if waiting else explain_gap(words, question, region)
others = {} if waiting else view.peers(question, region)
asked = Asked() if waiting else asked_further(view, st.query_params.to_dict())
figure = asked_value(view, question, region, asked) or cell.value
behind = view.rows(question, figure.kpi, region)
label = words.kpi(figure.kpi).label

clicked = show(
    "region",
    markets(view, view.group_card(at_once=True), region),
    headline(sentence, detail, above=market_line(words, region)),
    f'<div class="split"><div>{trend_block(words, question, region)}</div><div>{gap}</div></div>',
    table_block(words, others, region, chosen),
    further_block(words, question, region, asked),
    section(*rows_words(words.kpi(figure.kpi), figure, behind)),
)
if behind is not None and not behind.is_empty():
    rows_table(behind, label=f"The rows behind {label}")
weeks_chart(cell, kpi.label, card.period.to_date)
follow(clicked)
await_rest(view, question)
