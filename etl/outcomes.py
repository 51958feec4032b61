"""How far a deal got, how it ended and when, from the many ways in which CRM systems say so."""

from collections.abc import Mapping
from dataclasses import dataclass
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
    """Give the deals with stage, outcome, reached_develop, on_hold and is_deleted, and the unmapped words a column.

    Who says how a deal ended, the first that does: a status of its own (word, reason, archived flag, won and closed
    flags), the mapped stage, the probability where it decides. An open deal of an unmapped stage has neither stage
    nor outcome, and no more has a closed one of which nothing says how it ended: it is neither open nor won nor lost.
    The column contradicted marks deals whose status and mapped stage cannot both be true.
    """
    words = _Words.of(distinct, source, crm)
    known = frame.with_columns(
        words.stage.values.alias("mapped"),
        map_words("furthest_stage_raw", distinct, source.stages).values.alias("furthest"),
        words.status.values.alias("status_says"),
        words.reason.values.alias("reason_says"),
        _archived().alias("archived"),
    )
    archived_means = source.archived_means or crm.archived_means
    known = known.with_columns(_said(archived_means).alias("said"))
    decides = source.probability.decides if source.probability.decides is not None else crm.probability_decides
    ended = pl.coalesce(_end("said"), _end("mapped"), *([_end_of_probability()] if decides else []))
    unmapped = (
        (pl.col("stage_raw").is_not_null() & pl.col("mapped").is_null())
        | (pl.col("status_word").is_not_null() & pl.col("said").is_null())
        | (pl.col("archived") & pl.lit(not archived_means))
        | _closed_somehow()
    )
    goes_on = pl.col("mapped").is_not_null() | pl.col("said").is_not_null()
    if decides:
        goes_on |= pl.col("probability").is_not_null()
    known = known.with_columns(
        pl.coalesce(ended, pl.when(~unmapped).then(pl.col("mapped"))).alias("stage"),
        pl.coalesce(ended, pl.when(~unmapped & goes_on).then(pl.lit("open"))).alias("outcome"),
    )
    deleted = _any_says("deleted") | (pl.col("archived") & pl.lit(archived_means == "deleted"))
    known = known.with_columns(
        _reached_develop(),
        _contradicted().alias("contradicted"),
        pl.when(_any_says("on_hold") | words.held).then(pl.lit(value=True)).otherwise("on_hold").alias("on_hold"),
        pl.when(deleted).then(pl.lit(value=True)).otherwise("is_deleted").alias("is_deleted"),
    )
    unknown = {"stage_raw": words.stage.unmapped, "status_word": words.status.unmapped}
    if not archived_means and known["archived"].any():
        unknown["is_archived"] = ("true",)
        known = known.with_columns(pl.col("archived").alias("is_archived"))
    return known.drop("mapped", "furthest", "status_says", "reason_says", "archived", "said"), unknown


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


@dataclass(frozen=True)
class _Words:
    """What the stage, status and reason of each deal say, and whether the stage's word means on hold."""

    stage: Mapped
    status: Mapped
    reason: Mapped
    held: pl.Expr

    @classmethod
    def of(cls, distinct: Distinct, source: Source, crm: Crm) -> "_Words":
        own = {word: stage for word, stage in source.stages.items() if stage in CLOSED} | source.words["outcomes"]
        holds = dict.fromkeys(crm.on_hold_words, "on_hold")
        holds_by_profile = {word: meant for word, meant in source.words["outcomes"].items() if meant == "on_hold"}
        status_words = {**crm.status_words, **holds}
        return cls(
            map_words("stage_raw", distinct, source.stages),
            map_words("status_word", distinct, {**status_words, **own}),
            map_words("status_reason", distinct, {**status_words, **crm.reason_words, **own}),
            map_words("stage_raw", distinct, holds_by_profile).values.is_not_null(),
        )


def _archived() -> pl.Expr:
    return pl.coalesce(pl.col("is_archived"), ~pl.col("is_active")).fill_null(value=False)


def _said(archived_means: str) -> pl.Expr:
    """Give what a deal's status says: open, won, lost or dropped; null where it says nothing."""
    outcome_of = {"on_hold": "open", "deleted": "dropped"}
    status, reason = pl.col("status_says").replace(outcome_of), pl.col("reason_says").replace(outcome_of)
    archived = pl.col("archived") & (pl.col("mapped").ne_missing("won"))
    return pl.coalesce(
        pl.when(reason == "dropped").then(pl.lit("dropped")),
        pl.when(status != "open").then(status),
        pl.when(archived & pl.lit(bool(archived_means))).then(pl.lit(outcome_of.get(archived_means, archived_means))),
        status,
        reason,
        pl.when(pl.col("is_won")).then(pl.lit("won")),
        pl.when(pl.col("is_closed") & ~pl.col("is_won")).then(pl.lit("lost")),
        pl.when(~pl.col("is_closed")).then(pl.lit("open")),
    )


def _closed_somehow() -> pl.Expr:
    """Say whether a deal's only word about its end is that it is closed."""
    return (pl.col("is_closed") & pl.col("said").is_null()).fill_null(value=False)


def _end(column: str) -> pl.Expr:
    return pl.when(pl.col(column).is_in(CLOSED)).then(pl.col(column))


def _end_of_probability() -> pl.Expr:
    """Certainty is an order; nothing at all is a loss, but for a deal that stands in a mapped open stage."""
    return (
        pl.when(pl.col("probability") == 100)
        .then(pl.lit("won"))
        .when((pl.col("probability") == 0) & pl.col("mapped").is_null())
        .then(pl.lit("lost"))
    )


def _contradicted() -> pl.Expr:
    """Say whether the CRM's own status and the mapped stage cannot both be true, or a closed deal has not ended."""
    said, mapped = pl.col("said"), pl.col("mapped")
    still_open = (said == "open") & mapped.is_in(CLOSED)
    one_is_won = said.is_in(CLOSED) & mapped.is_in(CLOSED) & ((said == "won") != (mapped == "won"))
    is_unmapped = pl.col("stage_raw").is_not_null() & mapped.is_null()  # which is a warning of its own
    has_not_ended = pl.col("is_closed") & ~pl.col("outcome").is_in(CLOSED).fill_null(value=False) & ~is_unmapped
    return pl.any_horizontal(each.fill_null(value=False) for each in (still_open, one_is_won, has_not_ended))


def _any_says(meaning: str) -> pl.Expr:
    return pl.any_horizontal(
        (pl.col(name) == meaning).fill_null(value=False) for name in ("status_says", "reason_says")
    )


def _reached_develop() -> pl.Expr:
    places = [pl.col(name) for name in ("furthest", "mapped", "outcome")]
    reached = pl.any_horizontal(place.is_in(DEVELOPED).fill_null(value=False) for place in places)
    stayed = pl.any_horizontal((place == "qualify").fill_null(value=False) for place in places)
    found = pl.when(reached).then(pl.lit(value=True)).when(stayed).then(pl.lit(value=False))
    return found.otherwise(None).alias("reached_develop")


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
