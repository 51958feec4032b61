"""Exported stage history: what changed in a deal and when, a whole state or one field a line."""

from collections.abc import Mapping

import polars as pl

from etl.crm.dialect import Crm
from etl.draft import Draft
from etl.outcomes import CLOSED, DEVELOPED
from etl.words import Distinct, map_words
from organisation import Source
from warehouse.changes import CARRIED, WHOLE

TABLE = "opportunity_change"


def spread_values(draft: Draft, source: Source, crm: Crm) -> None:
    """Put the value of a line that holds one field into that field's column, and name the field after the column.

    A field that nothing maps keeps its name and fills no column; without a field the line holds a whole state.
    """
    texts = draft.texts
    if "field" not in texts.columns:
        draft.texts = texts.with_columns(pl.lit(WHOLE).alias("field"))
        return
    known = {**{column: column for column in CARRIED}, **crm.history_fields, **source.words["history_fields"]}
    texts = texts.with_columns(pl.col("field").replace(known))
    if "value_raw" in texts.columns:
        own = [column for column in CARRIED if column in texts.columns]
        texts = texts.with_columns(
            pl.coalesce(
                pl.when(pl.col("field") == column).then("value_raw"), *([column] if column in own else [])
            ).alias(column)
            for column in CARRIED
        )
    draft.texts = texts


def with_stage(
    frame: pl.DataFrame, distinct: Distinct, stages: Mapping[str, str]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Give the changes with stage, outcome and reached_develop, and the stages that nothing maps."""
    mapped = map_words("stage_raw", distinct, stages)
    said = pl.when("is_won").then(pl.lit("won")).when(pl.col("is_closed") & ~pl.col("is_won")).then(pl.lit("lost"))
    known = frame.with_columns(mapped.values.alias("mapped"))
    ended = pl.coalesce(said, pl.when(pl.col("mapped").is_in(CLOSED)).then("mapped"))
    goes_on = pl.coalesce(~pl.col("is_closed"), pl.col("mapped").is_not_null())  # closed, and nobody says how: unknown
    known = known.with_columns(
        pl.coalesce(ended, "mapped").alias("stage"),
        pl.coalesce(ended, pl.when(goes_on).then(pl.lit("open"))).alias("outcome"),
    )
    reached = pl.when(pl.col("stage").is_in(DEVELOPED)).then(pl.lit(value=True))
    stayed = pl.when(pl.col("stage") == "qualify").then(pl.lit(value=False))
    return known.with_columns(pl.coalesce(reached, stayed).alias("reached_develop")).drop("mapped"), mapped.unmapped
