"""Exported stage history: the states that deals had before their first export. Pure: frames in, frames out."""

import polars as pl

from warehouse.absence import Rules, days_at
from warehouse.history import STATE, with_derived, with_row_hash
from warehouse.schema import HISTORY_COLUMNS, Table

WHOLE = "state"  # the field of a line that holds a whole state
CARRIED = ("stage_raw", "amount", "expected_close_on", "is_deleted")
FROM_STAGE = ("stage", "outcome", "reached_develop")
UNKNOWN_THEN = ("probability", "furthest_stage_raw", "last_activity_at", "next_step", "forecast_category", "on_hold")
CLOSED = ("won", "lost", "dropped")
DEAL = "opportunity_id"


def with_changes(table: Table, observed: pl.DataFrame, changes: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Give all states of deals: as their exports showed them, and before the first of those as their changes tell.

    observed: whole states; changes: rows of opportunity_change of the same source, each change once. What exports
    showed stays as it is, but for what only the sequence of states can tell (pushes, first amount, …).
    """
    observed = observed.sort(DEAL, "known_from", "known_until", nulls_last=True)
    first = observed.group_by(DEAL, maintain_order=True).first()
    past = _states(table, _merged(first, changes), first, rules)
    every = pl.concat([past.select(observed.columns), observed], how="vertical_relaxed")
    return _with_derived(table, every.sort(DEAL, "known_from", "known_until", nulls_last=True), rules)


def _merged(first: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Give one row for each moment at which a deal changed, with all that was known of it then."""
    begins = first.select(DEAL, first_export=pl.col("known_from"))
    lines = changes.join(begins, on=DEAL).filter(pl.col("changed_at") < pl.col("first_export"))
    lines = lines.sort(DEAL, "changed_at", "field", "line")
    values: list[pl.Expr] = []
    for column in (*CARRIED, *FROM_STAGE):
        said_by = "stage_raw" if column in FROM_STAGE else column
        says = pl.col("field").is_in([WHOLE, said_by])
        # A whole state says nothing by an empty cell where the deal's history never fills that column.
        says &= (pl.col("field") == said_by) | pl.col(said_by).is_not_null().any().over(DEAL)
        value = pl.when(says).then(pl.struct(pl.col(column).alias("value"))).forward_fill().over(DEAL)
        values += [value.struct.field("value").alias(column), says.any().over(DEAL).alias(f"says_{column}")]
    found = lines.select(DEAL, "changed_at", "load_id", "line", "first_export", *values)
    found = found.group_by(DEAL, "changed_at", maintain_order=True).last()
    found = found.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in ("stage_raw", "outcome")))
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()).over(DEAL) for name in CARRIED)
    again = same & (pl.int_range(pl.len()).over(DEAL) > 0)
    return found.filter(~again)


def _states(table: Table, merged: pl.DataFrame, first: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Give the changes as whole states: what no change tells is as in the deal's first export."""
    base = first.drop("line", "load_id", *STATE)
    both = merged.join(base, on=DEAL, how="left", suffix="_first", maintain_order="left")
    both = both.with_columns(
        pl.when(f"says_{name}").then(name).otherwise(f"{name}_first").alias(name) for name in CARRIED
    )
    closed = pl.col("outcome").is_in(CLOSED)
    known_day = closed & (pl.col("outcome") == pl.col("outcome_first"))
    both = both.with_columns(days_at(both["changed_at"], both["region"], rules).alias("changed_on"))
    closing = pl.when(known_day).then("closed_on").when(closed).then("changed_on")
    won_on = pl.when(known_day).then("won_on").when(pl.col("outcome") == "won").then("changed_on")
    both = both.with_columns(
        closed_on=closing,
        won_on=pl.when(pl.col("outcome") == "won").then(won_on),
        closed_on_estimated=pl.when(known_day).then("closed_on_estimated").otherwise(closed).fill_null(value=False),
        loss_reason=pl.when(known_day).then("loss_reason"),
        modified_at=pl.col("changed_at"),
        stage_changed_at=pl.lit(None),
        known_from=pl.col("changed_at"),
        known_until=pl.coalesce(pl.col("changed_at").shift(-1).over(DEAL), "first_export"),
        ended_because=pl.lit("changed"),
        held_back=pl.lit(value=False),
        **{name: pl.lit(None) for name in UNKNOWN_THEN},
    )
    types = table.polars_schema()
    columns = [name for name in first.columns if name not in ("row_hash", *HISTORY_COLUMNS)]
    states = both.select(pl.col(name).cast(types[name]) for name in columns)
    states = with_row_hash(table, states)
    return states.with_columns(pl.lit(None, dtype=types[name]).alias(name) for name in HISTORY_COLUMNS)


def _with_derived(table: Table, states: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    events = states.with_columns(
        record=pl.col(DEAL).rle_id(), seq=pl.int_range(pl.len(), dtype=pl.Int32), is_row=pl.lit(value=True)
    )
    found = with_derived(events, table, rules)
    return found.select(states.columns)
