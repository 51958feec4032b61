"""The ledger: one row for each export that was ever looked at, with what it brought, rejected and left out."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

import polars as pl

from etl.conformed import Conformed
from warehouse.history import record_keys
from warehouse.schema import Table, keyed_table
from warehouse.store import Store

DETAILS = ("load_region", "rejected_row", "ignored_row", "load_warning")
GATE_LOADS = 8


@dataclass(frozen=True)
class Entry:
    """One row of the table load; the fields are its columns."""

    load_id: str
    source: str
    table_name: str
    file: str
    archived_as: str | None
    sha256: str
    profile_hash: str
    exported_at: datetime
    exported_at_from: str
    loaded_at: datetime
    mode: str
    covers: str
    status: str
    rows_in: int = 0
    loaded: int = 0
    changed: int = 0
    rejected: int = 0
    ignored: int = 0
    seconds: float = 0.0
    reason: str | None = None
    message: str | None = None
    who: str = "loader"


@dataclass(frozen=True)
class Member:
    """One export that is part of what is stored: its ledger row, its content, and where the file lies now."""

    entry: Entry
    content: Conformed
    file: Path


def entries(store: Store, source: str, table: str | None = None, *, status: str = "loaded") -> list[Entry]:
    """Give the ledger rows of a source (and table) with a status, in the order of their exports' moments."""
    found = store.query(
        "SELECT * FROM load WHERE source = ? AND status = ? AND table_name = coalesce(?, table_name) "
        "ORDER BY exported_at, loaded_at, file, load_id",
        [source, status, table],
    )
    return [Entry(**row) for row in found.iter_rows(named=True)]


def write(store: Store, rows: Sequence[Entry]) -> None:
    """Write ledger rows; an earlier row of the same load, with its details, is replaced. Needs a transaction."""
    if not rows:
        return
    ids = [row.load_id for row in rows]
    if store.query("SELECT load_id FROM load WHERE list_contains(?, load_id)", [ids]).height:
        forget(store, ids)
    store.insert("load", pl.DataFrame([asdict(row) for row in rows], infer_schema_length=None))


def write_details(store: Store, members: Sequence[Member], regions: Iterable[str]) -> None:
    """Write what each load brought for each region, its rejects, ignored rows and warnings. Needs a transaction."""
    every = tuple(regions)
    parts = {
        "load_region": [_regions(member, every) for member in members],
        "ignored_row": [_of_load(member, member.content.ignored) for member in members],
        "load_warning": [_of_load(member, member.content.warnings) for member in members],
        "rejected_row": _corrected(store, members),
    }
    for table, frames in parts.items():
        store.insert(table, pl.concat(frames, how="diagonal_relaxed"))


def forget(store: Store, load_ids: Sequence[str]) -> None:
    """Remove ledger rows and their details. Needs a transaction."""
    with store.frame("forgotten", pl.DataFrame({"load_id": load_ids})):
        for table in ("load", *DETAILS):
            store.execute(f"DELETE FROM {table} WHERE load_id IN (SELECT load_id FROM forgotten)")


def too_short(rows: int, earlier: Sequence[int]) -> str | None:
    """Say why a full export may not take effect by itself: no rows, or under half of what came lately."""
    if rows == 0:
        return "The export holds no readable rows; nothing was changed. Release it if that is true."
    usual = median(earlier[-GATE_LOADS:]) if earlier else 0
    if rows * 2 >= usual:
        return None
    return (
        f"The export holds {rows:,} rows where the last {len(earlier[-GATE_LOADS:])} held {usual:,.0f} at the median; "
        "nothing was changed. Release it if that is true."
    )


def _regions(member: Member, regions: tuple[str, ...]) -> pl.DataFrame:
    rows = member.content.rows
    moment = pl.lit(member.entry.exported_at).cast(pl.Datetime("us", "UTC"))
    newest = pl.col("modified_at").max() if "modified_at" in rows.columns else pl.lit(None)
    region = pl.col("region").fill_null("group") if "region" in rows.columns else pl.lit("group")
    found = rows.group_by(region.cast(pl.String).alias("region")).agg(
        rows=pl.len().cast(pl.Int64), data_until=pl.coalesce(newest.cast(pl.Datetime("us", "UTC")), moment)
    )
    silent = [name for name in regions if name not in set(found["region"])]
    none = pl.DataFrame({"region": silent}, schema={"region": pl.String}).with_columns(
        rows=pl.lit(0, dtype=pl.Int64), data_until=moment
    )
    complete = [found, none] if member.entry.mode == "full" else [found]
    return _of_load(member, pl.concat(complete))


def _of_load(member: Member, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(load_id=pl.lit(member.entry.load_id))


def _corrected(store: Store, members: Sequence[Member]) -> list[pl.DataFrame]:
    """Give the loads' rejects with the load that brought each record right, and note that on earlier rejects too."""
    table = keyed_table(members[0].content.table)
    rejects = pl.concat([_with_moment(member, member.content.rejects) for member in members])
    source, name = members[0].entry.source, members[0].entry.table_name
    earlier = store.query(
        "SELECT DISTINCT r.load_id, r.record_key, l.exported_at AS moment FROM rejected_row AS r "
        "JOIN load AS l ON l.load_id = r.load_id WHERE l.source = ? AND l.table_name = ? AND l.status = 'loaded' "
        "AND r.record_key IS NOT NULL AND r.corrected_by IS NULL AND NOT list_contains(?, r.load_id)",
        [source, name, [member.entry.load_id for member in members]],
    )
    keys = pl.concat([rejects["record_key"], earlier["record_key"]]).drop_nulls().unique()
    right = _right_rows(table, members, keys)
    found = _joined_forward(earlier, right).filter(pl.col("corrected_by").is_not_null())
    if found.height:
        with store.frame("corrections", found):
            store.execute(
                "UPDATE rejected_row AS r SET corrected_by = c.corrected_by FROM corrections AS c "
                "WHERE r.load_id = c.load_id AND r.record_key = c.record_key"
            )
    return [_joined_forward(rejects, right)]


def _with_moment(member: Member, rows: pl.DataFrame) -> pl.DataFrame:
    moment = pl.lit(member.entry.exported_at).cast(pl.Datetime("us", "UTC"))
    return _of_load(member, rows).with_columns(moment=moment)


def _right_rows(table: Table, members: Sequence[Member], keys: pl.Series) -> pl.DataFrame:
    """Give (record_key, moment, corrected_by) of each readable row whose record was rejected at some time."""
    frames = [
        _with_moment(member, pl.DataFrame({"record_key": record_keys(table, member.content.rows).cast(pl.String)}))
        .filter(pl.col("record_key").is_in(keys.implode()))
        .rename({"load_id": "corrected_by"})
        for member in members
    ]
    return pl.concat(frames).sort("moment")


def _joined_forward(rejects: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Add to each reject the next later load in which its record is readable."""
    return rejects.sort("moment").join_asof(
        right, on="moment", by="record_key", strategy="forward", allow_exact_matches=False, check_sortedness=False
    )
