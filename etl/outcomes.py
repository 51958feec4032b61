"""How far a deal got, how it ended and when, from the many ways in which CRM systems say so."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import polars as pl

from etl.crm.dialect import Crm
from etl.words import Distinct, Mapped, map_words
from organisation import Source

CLOSED = ("won", "lost", "dropped")
DEVELOPED = ("develop", "propose", "close", "won")


def with_outcome(
    frame: pl.DataFrame, distinct: Distinct, source: Source, crm: Crm
) -> tuple[pl.DataFrame, dict[str, tuple[str, ...]]]:
    """Give the deals with stage, outcome, reached_develop and on_hold, and the unmapped words a column.

    A status of its own (word, reason or flags) that says won, lost or dropped goes before the stage; an open deal
    of an unmapped stage has neither stage nor outcome.
    """
    status_words = {**crm.status_words, **_ends(source.stages)}
    stage = map_words("stage_raw", distinct, source.stages)
    status = map_words("status_word", distinct, status_words)
    reason = map_words("status_reason", distinct, status_words)
    known = frame.with_columns(
        stage.values.alias("mapped"),
        map_words("furthest_stage_raw", distinct, source.stages).values.alias("furthest"),
        _outcome_word(status, reason).alias("said"),
    )
    closed = pl.coalesce(
        pl.when(pl.col("said").is_in(CLOSED)).then(pl.col("said")),
        pl.when(pl.col("mapped").is_in(CLOSED)).then(pl.col("mapped")),
    )
    unmapped = (pl.col("stage_raw").is_not_null() & pl.col("mapped").is_null()) | (
        pl.col("status_word").is_not_null() & pl.col("said").is_null()
    )
    is_open = pl.col("mapped").is_not_null() | pl.col("said").is_not_null()
    known = known.with_columns(
        pl.coalesce(closed, pl.when(~unmapped).then(pl.col("mapped"))).alias("stage"),
        pl.coalesce(closed, pl.when(~unmapped & is_open).then(pl.lit("open"))).alias("outcome"),
    )
    known = known.with_columns(_reached_develop(), _on_hold(crm))
    return known.drop("mapped", "furthest", "said"), {"stage_raw": stage.unmapped, "status_word": status.unmapped}


def with_close(frame: pl.DataFrame, source: Source, crm: Crm, zones: Mapping[str, ZoneInfo]) -> pl.DataFrame:
    """Give the deals with closed_on, closed_on_estimated and won_on; days are days of the deal's region."""
    won, ended = pl.col("outcome") == "won", pl.col("outcome").is_in(CLOSED)
    days = frame.with_columns(
        _day_in_region(frame, name, zones).alias(f"{name}_day") for name in ("won_at", "lost_at", "stage_changed_at")
    )
    own = pl.coalesce(
        "closed_on", pl.when(won).then(pl.col("won_at_day")), pl.when(ended & ~won).then(pl.col("lost_at_day"))
    )
    if crm.close_date_is_overwritten:
        own = pl.coalesce(own, pl.when(won).then(pl.col("expected_close_on")))
        own = pl.coalesce(own, pl.when(ended & ~won).then(pl.col("stage_changed_at_day")))
        fallback = pl.col("expected_close_on")
    else:
        fallback = pl.coalesce("stage_changed_at_day", "expected_close_on")
    days = days.with_columns(
        pl.coalesce(own, pl.when(ended).then(fallback)).alias("closed_on"),
        (ended & own.is_null() & fallback.is_not_null()).fill_null(value=False).alias("closed_on_estimated"),
    )
    changed = pl.coalesce("stage_changed_at_day", "closed_on")
    won_on = pl.col("closed_on") if source.won_on == "close_date" else changed
    days = days.with_columns(pl.when(won).then(won_on).alias("won_on"))
    return days.drop("won_at_day", "lost_at_day", "stage_changed_at_day")


def _ends(stages: Mapping[str, str]) -> dict[str, str]:
    return {word: stage for word, stage in stages.items() if stage in CLOSED}


def _outcome_word(status: Mapped, reason: Mapped) -> pl.Expr:
    return pl.coalesce(
        pl.when(reason.values == "dropped").then(pl.lit("dropped")),
        status.values,
        reason.values,
        pl.when(pl.col("is_won")).then(pl.lit("won")),
        pl.when(pl.col("is_closed") & ~pl.col("is_won")).then(pl.lit("lost")),
        pl.when(~pl.col("is_closed")).then(pl.lit("open")),
    )


def _reached_develop() -> pl.Expr:
    places = [pl.col(name) for name in ("furthest", "mapped", "outcome")]
    reached = pl.any_horizontal(place.is_in(DEVELOPED).fill_null(value=False) for place in places)
    stayed = pl.any_horizontal((place == "qualify").fill_null(value=False) for place in places)
    found = pl.when(reached).then(pl.lit(value=True)).when(stayed).then(pl.lit(value=False))
    return found.otherwise(None).alias("reached_develop")


def _on_hold(crm: Crm) -> pl.Expr:
    held = pl.any_horizontal(pl.col(name).is_in(crm.on_hold_words) for name in ("status_word", "status_reason"))
    if not crm.on_hold_words:
        return pl.col("on_hold")
    return pl.coalesce("on_hold", pl.when(held).then(pl.lit(value=True))).alias("on_hold")


def _day_in_region(frame: pl.DataFrame, column: str, zones: Mapping[str, ZoneInfo]) -> pl.Expr:
    """Give the expression for the day of an instant in the zone of each row's region."""
    none = pl.lit(None, dtype=pl.Date)
    if frame[column].null_count() == frame.height:
        return none
    regions = [region for region in frame["region"].unique().to_list() if region is not None]
    days = {region: pl.col(column).dt.convert_time_zone(str(zones[region])).dt.date() for region in regions}
    if len(days) == 1:
        return next(iter(days.values()))
    return pl.coalesce(none, *(pl.when(pl.col("region") == region).then(day) for region, day in days.items()))
