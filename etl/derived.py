"""The columns that the loader derives from one export alone, table by table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import polars as pl

from etl.columns import ACTUAL
from etl.crm.dialect import Crm
from etl.match_key import match_keys
from etl.outcomes import with_close, with_outcome
from etl.stage_history import TABLE, with_stage
from etl.words import ACTIVITY_TYPES, LEAD_STATUSES, TOUCHES, Distinct, map_words
from etl.worktime import work_time
from organisation import Organisation, Source


@dataclass
class Derivation:
    """Typed rows on their way: frame, what gave them, the words nothing maps and the columns the file has."""

    frame: pl.DataFrame
    source: Source
    crm: Crm
    organisation: Organisation
    present: frozenset[str]
    distinct: Distinct
    unmapped: dict[str, tuple[str, ...]] = field(default_factory=dict)
    activity_type: str | None = None


def derive(table: str, work: Derivation) -> pl.DataFrame:
    """Give the frame with every derived column of its table; region is there already."""
    derivation = _BY_TABLE.get(table)
    return derivation(work) if derivation else work.frame


def _opportunity(work: Derivation) -> pl.DataFrame:
    frame, unmapped = with_outcome(work.frame, work.distinct, work.source, work.crm)
    work.unmapped.update(unmapped)
    if work.source.amount.won == "actual":  # an order without an actual amount has none: an estimate is no order
        earned = pl.when(pl.col("outcome") == "won").then(ACTUAL).otherwise("amount")
        frame = frame.with_columns(earned.alias("amount"))
    zones = {name: ZoneInfo(region.timezone) for name, region in work.organisation.regions.items()}
    return with_close(frame, work.source, work.crm, zones)


def _lead(work: Derivation) -> pl.DataFrame:
    frame = work.frame
    words = {**work.crm.lead_statuses, **work.source.statuses}
    status = map_words("status_raw", work.distinct, words, LEAD_STATUSES)
    work.unmapped["status_raw"] = status.unmapped
    starts = frame.select(pl.coalesce("handed_over_at", "created_at")).to_series()
    due = pl.Series("sla_due_at", [None] * frame.height, dtype=pl.Datetime("us", "UTC"))
    response = pl.Series("response_work_hours", [None] * frame.height, dtype=pl.Float64)
    for name in frame["region"].unique().drop_nulls():
        elsewhere = (frame["region"] != name).fill_null(value=True)
        working = work_time(work.organisation.working_calendars[name])
        promised = work.organisation.regions[name].lead_sla
        hours = (
            frame["lead_source"]
            .fill_null("")
            .replace_strict(promised, default=promised.get("default"), return_dtype=pl.Float64)
        )
        here = starts.set(elsewhere, None)
        due = due.fill_null(working.due(here, hours))
        response = response.fill_null(working.hours_between(here, frame["first_touch_at"]))
    rounded = response.round(2).cast(pl.Decimal(10, 2)).alias("response_work_hours")
    known = pl.when(pl.col("is_converted")).then(pl.lit("converted")).otherwise(status.values)
    early = touched_early(work)  # nobody can say whether such a lead was answered in time
    judged = pl.DataFrame([due, rounded]).select(pl.when(~early).then(pl.all()))
    return frame.with_columns(known.alias("status"), *judged)


def touched_early(work: Derivation) -> pl.Series:
    """Say which leads were touched before there was the lead; a touch without a time of day is of the whole day."""
    frame, created, touched = work.frame, pl.col("created_at"), pl.col("first_touch_at")
    found = pl.lit(value=False)
    for name in frame["region"].unique().drop_nulls():
        zone = work.organisation.regions[name].timezone
        begins = created.dt.convert_time_zone(zone).dt.truncate("1d")
        is_early = (touched < created) & (touched.dt.convert_time_zone(zone) != begins)
        found = pl.when(pl.col("region") == name).then(is_early).otherwise(found)
    return frame.select(found.fill_null(value=False).alias("touched_early")).to_series()


def _activity(work: Derivation) -> pl.DataFrame:
    words = {**work.crm.activity_types, **work.source.words["activity_types"]}
    kind = map_words("type_raw", work.distinct, words, ACTIVITY_TYPES)
    work.unmapped["type_raw"] = kind.unmapped
    of_export = pl.when(pl.col("type_raw").is_null()).then(pl.lit(work.activity_type, dtype=pl.String))
    touches = pl.col("type").is_in(TOUCHES)
    if "done_at" in work.present:
        touches &= pl.col("done_at").is_not_null()
        if "is_done" in work.present:  # what was canceled has an end too
            touches &= pl.col("is_done").fill_null(value=True)
    elif "is_done" in work.present:
        touches &= pl.col("is_done").fill_null(value=False)
    elif work.crm.activities_are_plans:
        touches &= pl.lit(value=False)
    return work.frame.with_columns(pl.coalesce(kind.values, of_export).alias("type")).with_columns(
        touches.alias("is_touch")
    )


def _account(work: Derivation) -> pl.DataFrame:
    is_gone = pl.col("is_deleted")
    if "is_company" in work.present:  # a list of companies and people: people are no accounts
        is_gone = pl.coalesce(pl.when(~pl.col("is_company")).then(pl.lit(value=True)), is_gone)
    return work.frame.with_columns(match_keys(work.frame["name"]).alias("match_key"), is_gone.alias("is_deleted"))


def _change(work: Derivation) -> pl.DataFrame:
    frame, unmapped = with_stage(work.frame, work.distinct, work.source.stages)
    work.unmapped["stage_raw"] = unmapped
    return frame


_BY_TABLE: dict[str, Callable[[Derivation], pl.DataFrame]] = {
    "opportunity": _opportunity,
    "lead": _lead,
    "activity": _activity,
    "account": _account,
    TABLE: _change,
}
