"""How far a deal got, how it ended and when, from the many ways in which CRM systems say so."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import polars as pl

from etl.crm.dialect import Crm
from etl.words import Mapped, map_words
from organisation import Source

CLOSED = ("won", "lost", "dropped")
DEVELOPED = ("develop", "propose", "close", "won")


def with_outcome(frame: pl.DataFrame, source: Source, crm: Crm) -> tuple[pl.DataFrame, dict[str, tuple[str, ...]]]:
    """Give the deals with stage, outcome, reached_develop and on_hold, and the unmapped words a column.

    A status of its own (word, reason or flags) that says won, lost or dropped goes before the stage; an open deal
    of an unmapped stage has neither stage nor outcome.
    """
    stage = map_words(frame["stage_raw"], source.stages)
    furthest = map_words(frame["furthest_stage_raw"], source.stages)
    status = map_words(frame["status_word"], {**crm.status_words, **_ends(source.stages)})
    reason = map_words(frame["status_reason"], {**crm.status_words, **_ends(source.stages)})
    known = frame.with_columns(
        stage.values.alias("mapped"),
        furthest.values.alias("furthest"),
        _outcome_word(frame, status, reason).alias("said"),
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
    days = frame.with_columns(day_in_region(frame, name, zones) for name in ("won_at", "lost_at", "stage_changed_at"))
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


def day_in_region(frame: pl.DataFrame, column: str, zones: Mapping[str, ZoneInfo]) -> pl.Series:
    """Give the day of an instant in the zone of each row's region, named <column>_day."""
    instants = frame[column]
    days = pl.Series(f"{column}_day", [None] * frame.height, dtype=pl.Date)
    if instants.null_count() == frame.height:
        return days
    for region in frame["region"].unique().drop_nulls():
        local = instants.dt.convert_time_zone(str(zones[region])).dt.date()
        days = days.fill_null(local.set((frame["region"] != region).fill_null(value=True), None))
    return days


def _ends(stages: Mapping[str, str]) -> dict[str, str]:
    return {word: stage for word, stage in stages.items() if stage in CLOSED}


def _outcome_word(frame: pl.DataFrame, status: Mapped, reason: Mapped) -> pl.Series:
    words = pl.DataFrame(
        [status.values.alias("status"), reason.values.alias("reason"), frame["is_won"], frame["is_closed"]]
    )
    return words.select(
        pl.coalesce(
            pl.when(pl.col("reason") == "dropped").then(pl.lit("dropped")),
            "status",
            "reason",
            pl.when(pl.col("is_won")).then(pl.lit("won")),
            pl.when(pl.col("is_closed") & ~pl.col("is_won")).then(pl.lit("lost")),
            pl.when(~pl.col("is_closed")).then(pl.lit("open")),
        )
    ).to_series()


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
