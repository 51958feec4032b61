"""The freshness page's first sentence: who is late, whether every row is accounted for, what is left out."""

from collections.abc import Sequence

import polars as pl

from kpi.ledger import UnmappedStage
from ui.formats import counted, grouped, listed, money
from ui.view import View

TABLES = {"opportunity": "Deals", "lead": "Leads", "activity": "Activities", "account": "Accounts", "person": "Persons"}
OTHER_TABLES = {
    "target": "Targets",
    "fx_rate": "Exchange rates",
    "opportunity_change": "Stage history",
    "pipeline_stage": "Stages",
    "order_intake": "Order intake",
    "forecast": "Forecasts",
    "qualification_rule": "Qualification rules",
    "account_match": "Account matches",
    "account_plan": "Account plans",
    "account_potential": "Account potentials",
    "opportunity_credit": "Credits of deals",
    "same_deal": "Same deals",
}
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def table_word(table: str) -> str:
    """A table's rows as people call them: "deals"."""
    return {**TABLES, **OTHER_TABLES}.get(table, table).lower()


def trust(view: View, loads: pl.DataFrame, stages: Sequence[UnmappedStage]) -> tuple[str, str]:
    """The sentence and the quieter one below it."""
    return _on_time(view), " ".join(part for part in (_waiting(loads), _balanced(loads), _left_out(stages)) if part)


def _on_time(view: View) -> str:
    count, late = len(view.regions), [view.name(region) for region in view.late]
    if count == 1:
        return f"{view.name(view.regions[0])} is {'late' if late else 'on time'}."
    if not late:
        return f"{'Both' if count == 2 else f'All {number_word(count).lower()}'} regions are on time."
    verb = "is" if len(late) == 1 else "are"
    on_time = count - len(late)
    return f"{number_word(on_time)} of {number_word(count).lower()} regions are on time; {listed(late)} {verb} late."


def number_word(number: int) -> str:
    """A small number as a word that can begin a sentence."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _waiting(loads: pl.DataFrame) -> str:
    held = loads.filter(pl.col("status") == "held").height
    return f"**{counted(held, 'load')}** {'waits' if held == 1 else 'wait'} for your decision." if held else ""


def _balanced(loads: pl.DataFrame) -> str:
    done = loads.filter(pl.col("status") == "loaded")
    if done.is_empty():
        return ""
    rows, wrong = int(done["rows_in"].sum()), done.filter(~pl.col("balances")).height
    if wrong:
        return f"**{counted(wrong, 'load')}** of {grouped(done.height)} does not balance."
    return f"**{grouped(rows)} rows** in {counted(done.height, 'load')}: every one is loaded, rejected or ignored."


def _left_out(stages: Sequence[UnmappedStage]) -> str:
    values = [float(stage.value) for stage in stages if stage.value is not None]
    if not stages:
        return ""
    why = "nobody says how deals ended" if all(one.is_mapped for one in stages) else "a stage is not mapped"
    return f"**{money(sum(values), stages[0].currency)}** is in no figure, because {why}."
