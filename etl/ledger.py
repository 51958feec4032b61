"""The ledger: one row for each export that was ever looked at, with what it brought, rejected and left out."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from etl.conformed import Conformed
from etl.gate import medians_of
from warehouse.history import record_keys
from warehouse.schema import Table, keyed_table
from warehouse.store import Store

DETAILS = ("load_region", "load_amount", "load_header", "rejected_row", "ignored_row", "load_warning")
CORRECTS = "corrects "  # and the load's id: what an export of corrected rows covers
INSTANT = pl.Datetime("us", "UTC")


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
    export: str | None = None

    @property
    def of_export(self) -> tuple[str, str | None]:
        """Table and export: only loads of which it is equal speak of the same records."""
        return self.table_name, self.export

    @property
    def is_correction(self) -> bool:
        """Whether these are rejected rows of another load, corrected and sent again."""
        return self.covers.startswith(CORRECTS)

    def is_of(self, load_id: str) -> bool:
        """Say whether this is a load or corrected rows of it."""
        return load_id == self.load_id or self.covers == CORRECTS + load_id

    @property
    def same_export(self) -> tuple[str, str, datetime | None]:
        """What makes another file this export again: content, profile and the moment that its name states."""
        named = self.exported_at if self.exported_at_from == "file name" else None
        return self.sha256, self.profile_hash, named


@dataclass(frozen=True)
class Member:
    """One export that is part of what is stored: its ledger row, its content, and where the file lies now."""

    entry: Entry
    content: Conformed
    file: Path


def entries_of(store: Store, entry: Entry) -> list[Entry]:
    """Give the loaded ledger rows of the same source and export as a row's, in the order of their moments."""
    return [each for each in entries(store, entry.source, entry.table_name) if each.export == entry.export]


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
    contents = [(member, member.content) for member in members]
    whole = [member for member in members if member.content.corrects is None]
    if whole:
        store.insert("load_region", _regions(whole, tuple(regions)))
        store.insert("load_amount", _of_loads((member, medians_of(member.content)) for member in whole))
    store.insert("load_header", _headers(members))
    store.insert("ignored_row", _of_loads((member, content.ignored) for member, content in contents))
    store.insert("load_warning", _of_loads((member, content.warnings) for member, content in contents))
    store.insert("rejected_row", _corrected(store, members))
    _close_lines(store, members)


def _headers(members: Sequence[Member]) -> pl.DataFrame:
    """Give the header of each load of which rows were rejected, so that they can be written as the file was."""
    stated = [
        (m.entry.load_id, json.dumps(m.content.header, ensure_ascii=False)) for m in members if m.content.rejected
    ]
    return pl.DataFrame(stated, schema={"load_id": pl.String, "header": pl.String}, orient="row")


def _close_lines(store: Store, members: Sequence[Member]) -> None:
    """Note on rejected rows which load brought them right, by the line that a correction names: some have no key."""
    for member in members:
        corrects = member.content.corrects
        if corrects is None:
            continue
        right = corrects.lines.join(member.content.rows.select(pl.col("line").cast(pl.Int64)), on="line", how="semi")
        if right.height:
            with store.frame("right_lines", right.select(pl.col("original").unique())):
                store.execute(
                    "UPDATE rejected_row SET corrected_by = ? WHERE load_id = ? AND corrected_by IS NULL "
                    "AND line IN (SELECT original FROM right_lines)",
                    [member.entry.load_id, corrects.load_id],
                )


def forget(store: Store, load_ids: Sequence[str]) -> None:
    """Remove ledger rows and their details. Needs a transaction."""
    with store.frame("forgotten", pl.DataFrame({"load_id": load_ids})):
        for table in ("load", *DETAILS):
            store.execute(f"DELETE FROM {table} WHERE load_id IN (SELECT load_id FROM forgotten)")


def _regions(members: Sequence[Member], regions: tuple[str, ...]) -> pl.DataFrame:
    """Give what each load brought for each region; a full export also says that a region has nothing."""
    rows = _of_loads((member, member.content.shown("region", "modified_at")) for member in members)
    given = {name: pl.col(name) if name in rows.columns else pl.lit(None) for name in ("region", "modified_at")}
    region = given["region"].cast(pl.String).fill_null("group")
    newest = given["modified_at"].cast(INSTANT).max()
    found = rows.group_by("load_id", region.alias("region")).agg(rows=pl.len().cast(pl.Int64), newest=newest)
    moments = pl.DataFrame(
        {"load_id": [m.entry.load_id for m in members], "moment": [m.entry.exported_at for m in members]},
        schema={"load_id": pl.String, "moment": INSTANT},
    )
    if members[0].entry.mode == "full":
        every = moments.join(pl.DataFrame({"region": regions}, schema={"region": pl.String}), how="cross")
        silent = every.join(found, on=["load_id", "region"], how="anti").select("load_id", "region", rows=pl.lit(0))
        found = pl.concat([found, silent], how="diagonal_relaxed")
    return found.join(moments, on="load_id").with_columns(data_until=pl.coalesce("newest", "moment"))


def _of_loads(parts: Iterable[tuple[Member, pl.DataFrame]]) -> pl.DataFrame:
    """Give the rows of several loads in one frame, each with its load's id."""
    frames = [(member.entry.load_id, rows) for member, rows in parts if rows.height]
    if not frames:
        return pl.DataFrame(schema={"load_id": pl.String})
    heights = pl.DataFrame({"load_id": [name for name, _ in frames], "times": [rows.height for _, rows in frames]})
    names = heights.select(pl.col("load_id").repeat_by("times").explode())["load_id"]
    return pl.concat([rows for _, rows in frames]).with_columns(names)


def _corrected(store: Store, members: Sequence[Member]) -> pl.DataFrame:
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
    if keys.is_empty():
        return rejects
    right = _right_rows(table, members, keys)
    found = _joined_forward(earlier, right).filter(pl.col("corrected_by").is_not_null())
    if found.height:
        with store.frame("corrections", found):
            store.execute(
                "UPDATE rejected_row AS r SET corrected_by = c.corrected_by FROM corrections AS c "
                "WHERE r.load_id = c.load_id AND r.record_key = c.record_key"
            )
    return _joined_forward(rejects, right)


def _with_moment(member: Member, rows: pl.DataFrame) -> pl.DataFrame:
    moment = pl.lit(member.entry.exported_at).cast(INSTANT)
    return rows.with_columns(load_id=pl.lit(member.entry.load_id), moment=moment)


def _right_rows(table: Table, members: Sequence[Member], keys: pl.Series) -> pl.DataFrame:
    """Give (record_key, moment, corrected_by) of each readable row whose record was rejected at some time."""
    frames = [
        _with_moment(member, pl.DataFrame({"record_key": _loaded_keys(table, member.content)}))
        .filter(pl.col("record_key").is_in(keys.implode()))
        .rename({"load_id": "corrected_by"})
        for member in members
    ]
    return pl.concat(frames).sort("moment")


def _loaded_keys(table: Table, content: Conformed) -> pl.Series:
    return record_keys(table, content.shown(*table.keys)).cast(pl.String)


def _joined_forward(rejects: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Add to each reject the next later load in which its record is readable."""
    return rejects.sort("moment").join_asof(
        right, on="moment", by="record_key", strategy="forward", allow_exact_matches=False, check_sortedness=False
    )
