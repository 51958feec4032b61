"""Absence: what it means that a full export no longer holds a record. Pure: frames in, frames out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from organisation import FiscalCalendar
from warehouse.schema import Table

CALENDAR_YEAR = FiscalCalendar.from_month(1)
NO_LINE = 0  # the line of a state that follows from a record's absence: no line of the file shows it


@dataclass(frozen=True)
class Rules:
    """How states follow from exports: what a full export covers, what absence means, which fiscal quarters there are.

    fiscal: region -> its calendar.

    zones: region -> zone, in which the day of a loss by absence is told.
    """

    full: bool = True
    covers: str = "all"
    gone_means: str = "deleted"
    fiscal: Mapping[str, FiscalCalendar] = field(default_factory=dict)
    group_fiscal: FiscalCalendar = CALENDAR_YEAR
    zones: Mapping[str, str] | None = None
    group_zone: str = "UTC"

    def lost_when_gone(self, table: Table) -> bool:
        """Say whether an open deal that leaves a full export is lost (Odoo archives lost deals, for one)."""
        return self.full and self.gone_means == "lost" and self.covers != "open_only" and "outcome" in table.values

    @property
    def gone_because(self) -> str:
        """Why a state ends whose record is gone."""
        return "deleted" if self.gone_means == "deleted" and self.covers != "open_only" else "left_view"


def with_missed(events: pl.DataFrame, rules: Rules, next_full: pl.Series) -> pl.DataFrame:
    """Mark the events (sorted by record and seq) after which the next full export lacks the record.

    next_full: for the place of each export, and one past the last, the first full export from there on.
    Adds place, last_row (the place of the last readable row), absent_at (the next full export) and missed.
    """
    events = events.drop("place", "last_row", "missed", "absent_at", strict=False).with_row_index("place")
    last_row = pl.when("is_row").then("place").forward_fill().over("record")
    events = events.with_columns(last_row=last_row, inside=_inside(rules, events.columns))
    events = events.with_columns(inside=events["inside"].gather(events["last_row"]).fill_null(value=False))
    events = events.with_columns(absent_at=next_full.gather(events["seq"] + 1))
    next_seq = pl.col("seq").shift(-1).over("record").fill_null(next_full.len() - 1)
    missed = pl.col("inside") & (pl.col("absent_at") < next_seq) & ~pl.col("ended")
    return events.with_columns(missed=missed).drop("inside")


def losses(
    events: pl.DataFrame, rows: pl.DataFrame, known: pl.DataFrame, moments: Sequence[datetime]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the open deals that were missed: their events, and the rows that the losses start from.

    rows are the last rows that showed the deals (of an export or as stored), in the order of the events.
    """
    # a deal is lost once until a row shows it again: an unreadable row in between opens nothing
    missed = events.filter("missed").unique("last_row", keep="first", maintain_order=True)
    last = events[missed["last_row"]]
    gone = missed.with_columns(last.select("outcome", "at_row", "at_known"))
    gone = gone.filter(pl.col("outcome") == "open")
    wanted = [name for name in rows.columns if name not in ("at_row", "seq")]
    parts = [
        rows[gone["at_row"].drop_nulls()].select(wanted),
        known[gone.filter(pl.col("at_row").is_null())["at_known"]].select(
            name if name in known.columns else pl.lit(None, dtype=rows.schema[name]).alias(name) for name in wanted
        ),
    ]
    gone = pl.concat([gone.filter(pl.col("at_row").is_not_null()), gone.filter(pl.col("at_row").is_null())])
    seq = gone["absent_at"].alias("seq")
    moment = pl.Series("known_from", list(moments), dtype=pl.Datetime("us", "UTC")).gather(seq)
    return gone.with_columns(seq, moment), pl.concat(parts, how="vertical_relaxed")


def lost_rows(rows: pl.DataFrame, moments: pl.Series, rules: Rules) -> pl.DataFrame:
    """Give the rows as lost at the moments of the exports that lack them; the day is the one of the deal's region."""
    return rows.with_columns(
        pl.lit("lost").alias("outcome"),
        pl.lit("lost").alias("stage"),
        days_at(moments, rows["region"], rules).alias("closed_on"),
        pl.lit(value=True).alias("closed_on_estimated"),
        pl.lit(NO_LINE, dtype=pl.Int64).alias("line"),
    )


def days_at(moments: pl.Series, regions: pl.Series, rules: Rules) -> pl.Series:
    """Give the day of each moment in the zone of its region."""
    day = moments.dt.convert_time_zone(rules.group_zone).dt.date()
    for region, zone in (rules.zones or {}).items():
        here = (regions == region).fill_null(value=False)
        if here.any():
            day = moments.dt.convert_time_zone(zone).dt.date().zip_with(here, day)
    return day


def _inside(rules: Rules, columns: list[str]) -> pl.Expr:
    """Say whether a state lies in what the export covers: only such a record can be gone."""
    if not {"outcome", "closed_on"} <= set(columns):
        return pl.lit(value=True)
    is_open = (pl.col("outcome") == "open") | pl.col("outcome").is_null()
    if rules.covers == "all":
        inside = pl.lit(value=True)
    elif rules.covers.startswith("closed_since:"):
        since = date.fromisoformat(rules.covers.removeprefix("closed_since:"))
        inside = is_open | (pl.col("closed_on") >= since)
    else:
        inside = is_open
    if rules.gone_means == "lost":
        # A deal that is lost already says nothing new by its absence; a won one that leaves is nobody's to guess.
        inside = inside & ~pl.col("outcome").is_in(["lost", "dropped"]).fill_null(value=False)
    return inside
