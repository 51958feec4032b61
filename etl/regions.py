"""The region of each row by the source's rule, dated: flows by their day, stocks by the export's."""

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from organisation import RegionRule

WORD = "region_word"


def word_column(rule: RegionRule, column: str) -> str:
    """Give the name under which a draft holds the words of a column that the rule asks."""
    place = rule.columns.index(column)
    return WORD if place == 0 else f"{WORD}_{place + 1}"


def regions_of(frame: pl.DataFrame, rule: RegionRule, days: pl.Series | None = None) -> pl.Series:
    """Give the region of each row under the rule that held on its day, without days under the newest one.

    A region is null where no rule covers the row.
    """
    found = _under(frame, rule, rule.rules[-1])
    for each in reversed(rule.rules[:-1]):
        mine = _under(frame, rule, each)
        found = mine if days is None or each.valid_from is None else mine.zip_with(days >= each.valid_from, found)
    return found.alias("region")


def days_of(table: str, frame: pl.DataFrame, today: date, zone: ZoneInfo) -> pl.Series:
    """Give the day that decides which rule holds for a row: the closing, creation or activity day, else today.

    today is the day of the export: what is open belongs to the organisation of that day.
    """
    day = pl.lit(None, dtype=pl.Date)
    if table == "opportunity" and "closed_on" in frame.columns:
        won = pl.when(pl.col("outcome") == "won").then("won_on")
        day = pl.when(pl.col("outcome").is_in(["won", "lost", "dropped"])).then(pl.coalesce(won, "closed_on"))
    elif table == "lead":
        day = pl.col("created_at").dt.convert_time_zone(str(zone)).dt.date()
    elif table == "activity":
        day = pl.coalesce("at", "done_at").dt.convert_time_zone(str(zone)).dt.date()
    return frame.select(pl.coalesce(day, pl.lit(today)).alias("day")).to_series()


def _under(frame: pl.DataFrame, rule: RegionRule, each: RegionRule) -> pl.Series:
    column = word_column(rule, each.column) if each.column else ""
    if column not in frame.columns:
        return pl.Series("region", [each.default] * frame.height, dtype=pl.String)
    words = frame[column]
    known = {word: each.region_of(word) for word in words.unique().drop_nulls()}
    mapped = words.replace_strict(known, default=None, return_dtype=pl.String)
    empty = pl.Series("region", [each.region_of(None)] * frame.height, dtype=pl.String)
    return mapped.zip_with(words.is_not_null(), empty)
