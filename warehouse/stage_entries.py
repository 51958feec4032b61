"""When a deal entered its stages: what only the sequence of its states can tell. Pure: frames in, frames out."""

from datetime import timedelta

import polars as pl

COLUMNS = ("first_stage", "furthest_stage", "stage_entered_at", "developed_at", "proposed_at", "closing_at")
NEEDED = ("stage", "stage_changed_at", "created_at")
STAGES = ("qualify", "develop", "propose", "close", "won")
ENTERED = {"developed_at": 1, "proposed_at": 2, "closing_at": 3}
# A deal first seen later than that had a life before its first export: when it entered its stages is not known.
SEEN_AT_ONCE = timedelta(days=8)

_RANKS = dict(zip(STAGES, range(5), strict=True))
_CHANGED = pl.when(pl.col("stage_changed_at") <= pl.col("known_from")).then("stage_changed_at")


def first_entries() -> dict[str, pl.Expr]:
    """Give the columns of a deal's first state, by name, over a frame with NEEDED and known_from."""
    entered = _first_entry()
    return {
        "first_stage": pl.col("stage"),
        "furthest_stage": pl.when(_rank("stage").is_not_null()).then("stage"),
        "stage_entered_at": entered,
        **{name: pl.when(_reached_at_first(place)).then(entered) for name, place in ENTERED.items()},
    }


def with_entries(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the states of deals, in order within record, with COLUMNS filled; a stored state (seq -1) keeps its own.

    A stage that was skipped counts as entered with the later one. Within one stay the earliest moment named holds, so
    a bulk import that touches every deal makes none of them young. Null where nothing tells the moment.
    """
    stored = pl.col("seq") == -1
    rank, kept = _rank("stage"), _rank("furthest_stage")
    rows = rows.with_columns(rank=rank, reached=pl.when(stored).then(pl.max_horizontal(kept, rank)).otherwise(rank))
    rows = rows.with_columns(
        reached=pl.col("reached").cum_max().forward_fill().over("record"),
        run=pl.col("stage").ne_missing(pl.col("stage").shift()).over("record"),
        is_first=pl.int_range(pl.len()).over("record") == 0,
    ).with_columns(
        before=pl.col("reached").shift().over("record"),
        starts=pl.col("run") | pl.col("is_first"),
        run=(pl.col("run") | pl.col("is_first")).cum_sum().over("record"),
    )
    unranked = pl.col("before").is_null()
    entry = pl.when(unranked).then(_first_entry()).otherwise(pl.coalesce(_CHANGED, "known_from"))
    named = pl.when("starts").then(entry).otherwise(_CHANGED)
    rows = rows.with_columns(entry=entry, stay=pl.when(stored).then("stage_entered_at").otherwise(named)).with_columns(
        first_stage=pl.when(stored).then("first_stage").otherwise("stage").first().over("record"),
        furthest_stage=pl.col("reached").replace_strict(range(5), STAGES, default=None, return_dtype=pl.String),
        stage_entered_at=pl.col("stay").cum_min().forward_fill().over("record", "run"),
        **{
            name: pl.when(stored)
            .then(name)
            .when(
                pl.when(unranked)
                .then(_reached_at_first(place))
                .otherwise((pl.col("before") < place) & (pl.col("rank") >= place))
            )
            .then("entry")
            .forward_fill()
            .over("record")
            for name, place in ENTERED.items()
        },
    )
    return rows.drop("rank", "reached", "run", "is_first", "before", "starts", "entry", "stay")


def _first_entry() -> pl.Expr:
    """Give when a deal entered the stage in which it was first seen: as the CRM says, or as far as it is plain."""
    created = pl.when(pl.col("stage") == "qualify").then("created_at")
    return pl.coalesce(_CHANGED, created, pl.when(_seen_at_once()).then("known_from"))


def _rank(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(_RANKS, default=None, return_dtype=pl.Int8)


def _seen_at_once() -> pl.Expr:
    return pl.col("known_from") - pl.col("created_at") <= SEEN_AT_ONCE


def _reached_at_first(place: int) -> pl.Expr:
    """Say whether the first state tells when a stage was entered: it stands there, or came past it within days."""
    rank = _rank("stage")
    return rank.eq(place) | (rank.gt(place) & _seen_at_once())
