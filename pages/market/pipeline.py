"""Pipeline: what moved, and what will close?"""

from datetime import timedelta

import streamlit as st

from kpi.change.deals import changes_list
from kpi.change.moves import BARS
from kpi.change.states import Between
from kpi.value import GROUP
from ui.charts import waterfall_chart
from ui.component import show_part
from ui.frame import follow
from ui.headline import headline
from ui.rows_table import changes_table
from ui.view import current_view
from ui.waterfall import bars_table, deals_title, kind_links, waterfall_words

view = current_view()
question = view.slice()
alone = view.choice.regions[0] if len(view.choice.regions) == 1 else None
bar = st.query_params.get("bar")
bar = bar if bar in BARS else None
asked = Between(
    since=question.period.start - timedelta(days=1),
    until=max(question.period.to_date, question.period.start - timedelta(days=1)),
    as_of=question.as_of,
    closing_in=question.period if st.query_params.get("closing") == "period" else None,
    regions=view.choice.regions,
    currency=question.currency if alone else "group",
    rates=question.rates,
)
found = view.waterfall(asked)[alone or GROUP]
deals = changes_list(found, bar)

clicked = show_part(
    "pipeline",
    headline(*waterfall_words(found, asked)),
    kind_links(view.choice, asked),
    bars_table(found, view.choice, asked, bar),
    is_head=True,
)
waterfall_chart(found)
if not deals.is_empty():
    names = {region: view.name(region) for region in view.organisation.regions}
    changes_table(deals, *deals_title(bar, deals.height), names=names)
follow(clicked)
