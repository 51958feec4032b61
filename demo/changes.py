"""The history that a CRM keeps of its deals: the state after each change, back to before the first export."""

import polars as pl

from demo.formats import Format
from demo.pushes import MOST
from demo.states import STAGES, deals_at
from demo.texts import days, instants, words

EVENTS = ("created", *STAGES[1:], *(f"pushed_{n}" for n in range(1, MOST + 1)), "amount_at", "ended")


def changes_before(deals: pl.DataFrame, form: Format, moment: float) -> pl.DataFrame:
    """Give the states of deals after each change up to a local moment, written as the system writes them.

    deals: with amount_text and amount_first_text. Columns: opportunity_id, changed_at, stage_raw, amount,
    expected_close_on.
    """
    at = pl.col("changed")
    every = [deals.with_columns(changed=pl.col(event)) for event in EVENTS]
    within = pl.concat(every).filter(at.is_finite() & (at <= moment) & at.is_between("created", "ended"))
    # A system writes minutes: of two changes within one, the state after both is kept.
    once = within.with_columns(minute=(at * 1440).floor()).sort("opportunity_id", "changed", maintain_order=True)
    once = once.unique(["opportunity_id", "minute"], keep="last", maintain_order=True)
    state = deals_at(once, at)
    stage = pl.col("furthest").replace_strict(dict(enumerate(form.words.stages)), return_dtype=pl.String)
    return state.with_columns(
        changed_at=instants("changed", form),
        stage_raw=pl.when(pl.col("outcome") == "open").then(stage).otherwise(words("outcome", form.words.outcomes)),
        amount=pl.when(pl.col("amount_at") <= at).then("amount_text").otherwise("amount_first_text"),
        expected_close_on=days("expected", form),
    )
