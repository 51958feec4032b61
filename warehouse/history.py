"""History: successive exports of one table folded into the states each record has had. Pure: frames in, frames out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import groupby

import polars as pl

from organisation import FiscalCalendar
from warehouse.absence import Rules, losses, lost_rows, with_missed
from warehouse.schema import HISTORY_COLUMNS, KEY_SEPARATOR, Table
from warehouse.stage_entries import NEEDED, first_entries, with_entries

TRACKED = ("amount", "expected_close_on", "closed_on", "outcome", "region", "reached_develop", *NEEDED)
HASHED_AT_ONCE = 20_000
REGION_NOW = "region_now"  # says how things are organised, not what became of the record: its change is no new state
TEXT_SEPARATOR, NOTHING = "\x1f", "\x00"
QUARTERS_FROM, QUARTERS_UNTIL = date(1901, 1, 1), date(2150, 1, 1)  # wider than the years that a date may have
NO_KEYS = pl.Series("key", [], dtype=pl.String)
STATE = ("row_hash", "known_from", "known_until", "ended_because", "held_back")


@dataclass(frozen=True)
class Seen:
    """What one export showed: its readable rows (values, line), and the keys of records that it has but unreadable.

    unchanged: keys of records that it shows as they are stored; they are neither among its rows nor among the known.
    An export that is not full, such as corrected rows between full exports, says nothing of what it does not hold.
    """

    load_id: str
    moment: datetime
    rows: pl.DataFrame
    held: pl.Series = field(default_factory=lambda: NO_KEYS)
    full: bool = True
    unchanged: pl.Series = field(default_factory=lambda: NO_KEYS)


@dataclass(frozen=True)
class Folded:
    """States to add, earlier states to update (key columns, load_id, known_from and the new end), new states a load."""

    added: pl.DataFrame
    updated: pl.DataFrame
    changed: dict[str, int]


def last_state_columns(table: Table, rules: Rules) -> list[str]:
    """Give the columns of each record's last state that fold() needs of what is already stored.

    Where absence means a loss, a deal's whole last state is needed: the lost state is made from it.
    """
    values = table.values if rules.lost_when_gone(table) else _tracked(table)
    return list(dict.fromkeys((*table.keys, "load_id", *STATE, *values, *_derived(table))))


def with_row_hash(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows with row_hash, a hash of all their values that stays the same between versions of any library."""
    joined = pl.concat_str(_texts(table, rows), separator=TEXT_SEPARATOR).cast(pl.Binary).alias("text")
    digests = [
        blake2b(text, digest_size=12).hexdigest()
        for rows_at_once in rows.iter_slices(HASHED_AT_ONCE)  # the joined texts are as large as the rows themselves
        for text in rows_at_once.with_columns(joined)["text"].to_list()
    ]
    return rows.with_columns(pl.Series("row_hash", digests, dtype=pl.String))


def _texts(table: Table, rows: pl.DataFrame) -> list[pl.Expr]:
    """Give the columns as texts; columns without any value, which stand side by side, as one text for all rows."""
    found: list[pl.Expr] = []
    names = [name for name in table.values if name in rows.columns and name != REGION_NOW]
    for is_empty, group in groupby(names, key=lambda name: rows[name].null_count() == rows.height > 0):
        of_group = list(group)
        if is_empty:
            found.append(pl.lit(TEXT_SEPARATOR.join([NOTHING] * len(of_group))))
        else:
            found += [_text(rows.schema[name], name).fill_null(NOTHING) for name in of_group]
    return found


def record_keys(table: Table, rows: pl.DataFrame) -> pl.Series:
    """Give the key of each row as text, as rejected rows name it."""
    return rows.select(_key(table).alias("key"))["key"]


def fold(table: Table, known: pl.DataFrame, exports: Sequence[Seen], rules: Rules) -> Folded:
    """Give what a sequence of exports, in the order of their moments, adds to the last known states.

    known has last_state_columns(), one row a record. Folding several exports at once gives the same
    as folding them one after the other.
    """
    if len(exports) > 1:
        return _fold_together(table, known, exports, rules)
    # Nearly every record of one export is as it was or was never seen before: only the others need the whole fold.
    export = exports[0]
    rows = _all_rows(table, exports)
    keys, stored = record_keys(table, rows), record_keys(table, known)
    steady = known["known_until"].is_null() & ~known["held_back"]
    as_before = rows.select(key=keys, row_hash="row_hash").join(
        known.filter(steady).select(key=stored.filter(steady), row_hash="row_hash"), on=["key", "row_hash"], how="semi"
    )["key"]
    is_first = ~keys.is_in(stored.implode())
    rest = rows.filter(~is_first & ~keys.is_in(as_before.implode())).drop("at_row", "seq")
    others = known.filter(~stored.is_in(as_before.implode()))
    fresh = _fresh(table, rows.filter(is_first).drop("at_row", "seq"), export)
    readable = pl.concat([keys, export.unchanged])
    held = export.held.filter(~export.held.is_in(readable.implode()))
    folded = _fold_together(table, others, [replace(export, rows=rest, held=held)], rules)
    changed = {export.load_id: folded.changed[export.load_id] + fresh.height}
    return replace(folded, added=pl.concat([folded.added, fresh.select(folded.added.columns)]), changed=changed)


def _fresh(table: Table, rows: pl.DataFrame, export: Seen) -> pl.DataFrame:
    """Give the states of records that are seen for the first time."""
    types = table.polars_schema()
    derived = {"times_pushed": pl.lit(0), "first_amount": pl.col("amount"), "first_seen_at": pl.lit(export.moment)}
    derived |= first_entries()
    return rows.with_columns(known_from=pl.lit(export.moment).cast(types["known_from"])).with_columns(
        *(derived[name].cast(types[name]).alias(name) for name in _derived(table)),
        load_id=pl.lit(export.load_id),
        known_until=pl.lit(None).cast(types["known_until"]),
        ended_because=pl.lit(None, dtype=pl.String),
        held_back=pl.lit(value=False),
    )


def _fold_together(table: Table, known: pl.DataFrame, exports: Sequence[Seen], rules: Rules) -> Folded:
    rows = _all_rows(table, exports)
    events = with_missed(_events(table, known, rows, exports), rules, _next_full(exports, rules))
    if rules.lost_when_gone(table) and events["missed"].any():
        events, rows = _with_losses(events, rows, known, (table, rules, exports))
    events = _with_segments(events)
    states = _states(with_derived(events, table, rules), rules, exports)
    return Folded(
        added=_added(table, states, rows, exports),
        updated=_updated(states, known),
        changed=_changed(states, exports),
    )


def _all_rows(table: Table, exports: Sequence[Seen]) -> pl.DataFrame:
    types = table.polars_schema()
    wanted = {name: types[name] for name in (*_wide(table), "row_hash")}
    typed = []
    for place, export in enumerate(exports):
        given = export.rows if "row_hash" in export.rows.columns else with_row_hash(table, export.rows)
        columns = [
            (pl.col(name) if name in given.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in wanted.items()
        ]
        typed.append(given.select(columns).with_columns(seq=pl.lit(place, dtype=pl.Int32)))
    return pl.concat(typed).with_row_index("at_row")


def _events(table: Table, known: pl.DataFrame, rows: pl.DataFrame, exports: Sequence[Seen]) -> pl.DataFrame:
    """Give one row for each time a record was stored (seq -1), seen or present but unreadable, by record and time."""
    tracked = _tracked(table)
    moments = pl.Series([export.moment for export in exports], dtype=pl.Datetime("us", "UTC"))
    seen = rows.select(
        "seq",
        "at_row",
        "row_hash",
        *tracked,
        key=_key(table),
        held=pl.lit(False),
        known_from=moments.gather(rows["seq"]),
    )
    held = pl.concat(
        [
            pl.DataFrame({"key": export.held.cast(pl.String).drop_nulls().unique()}).with_columns(
                seq=pl.lit(place, dtype=pl.Int32), held=pl.lit(True)
            )
            for place, export in enumerate(exports)
        ]
    ).join(seen.select("key", "seq"), on=["key", "seq"], how="anti")
    stored = known.select(
        *tracked,
        *_derived(table),
        "known_from",
        "row_hash",
        key=_key(table),
        seq=pl.lit(-1, dtype=pl.Int32),
        held=pl.col("held_back"),
        ended=pl.col("known_until").is_not_null(),
        at_known=pl.int_range(pl.len(), dtype=pl.Int64),
    )
    events = pl.concat([stored, seen, held], how="diagonal_relaxed").sort("key", "seq")
    return events.with_columns(
        is_row=pl.col("row_hash").is_not_null(), ended=pl.col("ended").fill_null(False), absent=pl.lit(False)
    ).with_columns(record=(pl.col("key") != pl.col("key").shift()).fill_null(True).cum_sum())


def _with_losses(
    events: pl.DataFrame,
    rows: pl.DataFrame,
    known: pl.DataFrame,
    folding: tuple[Table, Rules, Sequence[Seen]],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add a lost state, as an event and a row, for each open deal that a full export no longer holds."""
    table, rules, exports = folding
    gone, before = losses(events, rows, known, [export.moment for export in exports])
    lost = lost_rows(before, gone["known_from"], rules).select(_wide(table))
    # A stored state knows whether the deal ever developed, a row only what it says itself: the hash leaves it out.
    plain = lost.with_columns(reached_develop=pl.lit(None, dtype=pl.Boolean))
    lost = lost.with_columns(with_row_hash(table, plain)["row_hash"])
    lost = lost.with_columns(seq=gone["seq"], at_row=pl.int_range(pl.len(), dtype=pl.UInt32) + rows.height)
    events_of_losses = gone.drop("place", "last_row", "missed", "absent_at", "at_known").with_columns(
        lost.select("at_row", "row_hash", *_tracked(table)),
        is_row=pl.lit(True),
        held=pl.lit(False),
        absent=pl.lit(True),
    )
    events = pl.concat([events, events_of_losses], how="diagonal_relaxed").sort("record", "seq")
    rows = pl.concat([rows, lost.select(rows.columns)], how="vertical_relaxed")
    return with_missed(events, rules, _next_full(exports, rules)), rows


def _next_full(exports: Sequence[Seen], rules: Rules) -> pl.Series:
    """Give for the place of each export, and one past the last, the first full export from there on."""
    found, after = [len(exports)], len(exports)
    for place in reversed(range(len(exports))):
        after = place if rules.full and exports[place].full else after
        found.append(after)
    return pl.Series("absent_at", found[::-1], dtype=pl.Int32)


def _with_segments(events: pl.DataFrame) -> pl.DataFrame:
    """Mark the spans in which a record was there without a break."""
    breaks = (pl.col("missed") | pl.col("ended")).shift(1, fill_value=False).over("record")
    events = events.with_columns(segment=breaks.cast(pl.Int32).cum_sum().over("record"))
    first_row = pl.col("is_row").cum_sum().over("record", "segment")
    # An unreadable row of a record that is not there (never seen, or gone) says nothing about any state.
    return events.filter(first_row > 0)


def with_derived(events: pl.DataFrame, table: Table, rules: Rules) -> pl.DataFrame:
    """Add what only the sequence of states can tell: pushes, first amount, first seen, ever developed, entries."""
    if not _derived(table):
        return events
    stored = pl.col("seq") == -1
    rows = events.filter("is_row").with_columns(
        first_amount=pl.when(stored).then("first_amount").otherwise("amount").first().over("record"),
        first_seen_at=pl.when(stored).then("first_seen_at").otherwise("known_from").first().over("record"),
        reached_develop=pl.col("reached_develop")
        .cast(pl.Int8)
        .cum_max()
        .forward_fill()
        .over("record")
        .cast(pl.Boolean),
        quarter=_fiscal_quarter(rules, "expected_close_on"),
        quarter_before=_fiscal_quarter(rules, pl.col("expected_close_on").shift(1).over("record")),
        open_before=(pl.col("outcome") == "open").shift(1).over("record"),
    )
    pushed = (
        (pl.col("quarter") > pl.col("quarter_before")) & pl.col("open_before") & (pl.col("outcome") == "open")
    ).fill_null(False)
    times = pl.when(stored).then(pl.col("times_pushed").fill_null(0)).otherwise(pushed.cast(pl.Int32))
    rows = with_entries(rows.with_columns(times_pushed=times.cum_sum().over("record").cast(pl.Int32)))
    derived = rows.select("record", "seq", *_derived(table), "reached_develop")
    return events.drop([*_derived(table), "reached_develop"]).join(
        derived, on=["record", "seq"], how="left", maintain_order="left"
    )


def _fiscal_quarter(rules: Rules, day: str | pl.Expr) -> pl.Expr:
    """Give the number of the region's fiscal quarter that a day lies in, one more for each quarter; null for no day."""
    column = pl.col(day) if isinstance(day, str) else day
    place = (column - QUARTERS_FROM).dt.total_days()
    by_region = pl.lit(_quarter_numbers(rules.group_fiscal)).gather(place)
    for calendar in dict.fromkeys(rules.fiscal.values()):
        if calendar != rules.group_fiscal:
            names = [name for name, own in rules.fiscal.items() if own == calendar]
            numbers = pl.lit(_quarter_numbers(calendar)).gather(place)
            by_region = pl.when(pl.col("region").is_in(names)).then(numbers).otherwise(by_region)
    return by_region


@lru_cache(maxsize=64)
def _quarter_numbers(calendar: FiscalCalendar) -> pl.Series:
    """Give the number of the quarter of every day, so that a column of days is looked up at once."""
    starts = pl.Series([quarter.start for quarter in calendar.quarters]).sort()
    days = pl.date_range(QUARTERS_FROM, QUARTERS_UNTIL, eager=True)
    return starts.search_sorted(days, side="right").cast(pl.Int32)


def _states(events: pl.DataFrame, rules: Rules, exports: Sequence[Seen]) -> pl.DataFrame:
    """Give one row for each state, with its end where it has one."""
    same_segment = ["record", "segment"]
    last_hash = pl.when("is_row").then("row_hash").forward_fill().shift(1).over(same_segment)
    begins = pl.col("is_row") & (last_hash.is_null() | (pl.col("row_hash") != last_hash))
    states = (
        events.with_columns(begins=begins)
        .with_columns(state=pl.col("begins").cum_sum())
        .group_by("state", maintain_order=True)
        .agg(
            pl.all().exclude("held", "missed", "absent_at").first(),
            pl.col("held").last(),
            missed=pl.col("missed").last(),
            absent_at=pl.col("absent_at").last(),
        )
    )
    moments = pl.Series([export.moment for export in exports], dtype=pl.Datetime("us", "UTC"))
    follows = pl.col("seq").shift(-1).over(same_segment)
    ended_at = pl.coalesce(follows, pl.when("missed").then("absent_at"))
    gone = pl.when("missed").then(pl.lit(rules.gone_because))
    lost = pl.col("absent").shift(-1).over(same_segment)
    states = states.with_columns(
        ended_at=ended_at,
        ended_because=pl.when(lost)
        .then(pl.lit("absent"))
        .when(follows.is_not_null())
        .then(pl.lit("changed"))
        .otherwise(gone),
    )
    return states.with_columns(known_until=moments.gather(states["ended_at"]))


def _added(table: Table, states: pl.DataFrame, rows: pl.DataFrame, exports: Sequence[Seen]) -> pl.DataFrame:
    new = states.filter(pl.col("seq") >= 0)
    loads = pl.Series([export.load_id for export in exports], dtype=pl.String)
    wide = rows[new["at_row"]].drop("at_row", "seq")
    return wide.with_columns(
        [new[name] for name in (*_derived(table), *(["reached_develop"] if _derived(table) else []))]
    ).with_columns(
        loads.gather(new["seq"]).alias("load_id"),
        new["known_from"],
        new["known_until"],
        new["ended_because"],
        new["held"].alias("held_back"),
    )


def _updated(states: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    stored = states.filter((pl.col("seq") == -1) & ~pl.col("ended"))
    before = known[stored["at_known"]]
    after = before.drop(*STATE[2:]).with_columns(
        stored["known_until"], stored["ended_because"], stored["held"].alias("held_back")
    )
    differs = after["known_until"].is_not_null() | (after["held_back"] != before["held_back"])
    return after.filter(differs)


def _changed(states: pl.DataFrame, exports: Sequence[Seen]) -> dict[str, int]:
    counts = dict(states.filter((pl.col("seq") >= 0) & ~pl.col("absent"))["seq"].value_counts().iter_rows())
    return {export.load_id: counts.get(place, 0) for place, export in enumerate(exports)}


def _key(table: Table) -> pl.Expr:
    return pl.concat_str([pl.col(name).cast(pl.String) for name in table.keys], separator=KEY_SEPARATOR)


def _wide(table: Table) -> tuple[str, ...]:
    return (*table.values, "line")


def _tracked(table: Table) -> list[str]:
    return [name for name in TRACKED if name in table.values]


def _derived(table: Table) -> list[str]:
    names = {column.name for column in table.columns}
    return [name for name in HISTORY_COLUMNS if name in names]


def _text(kind: pl.DataType, name: str) -> pl.Expr:
    """Give a column as text: instants and days as numbers, since formatting them costs ten times as much."""
    if isinstance(kind, pl.Datetime):
        return pl.col(name).cast(pl.Datetime("us", "UTC")).cast(pl.Int64).cast(pl.String)
    if isinstance(kind, pl.Date):
        return pl.col(name).cast(pl.Int32).cast(pl.String)
    return pl.col(name).cast(pl.String)
