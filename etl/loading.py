"""One source's exports of one table put into the store: states, ledger rows and details in one transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from etl import ledger
from etl.child import Readers, Task
from etl.conformed import Conformed, in_export
from etl.errors import EtlError, Refused
from etl.ledger import Entry, Member
from etl.order import BY_NAME, BY_RELEASE
from etl.stage_history import TABLE as CHANGES
from etl.stage_table import StageTable
from organisation import Export, Organisation, Source
from organisation.durable import remembered_sha256
from warehouse.absence import Rules
from warehouse.history import NO_KEYS, Folded, Seen, fold, record_keys
from warehouse.merges import end_merged
from warehouse.schema import keyed_table
from warehouse.states import StatesOf, forget_states, last_states, refine_past, standing, store_fold
from warehouse.store import Store


@dataclass(frozen=True)
class Loading:
    """What a load works with."""

    organisation: Organisation
    store: Store
    readers: Readers


@dataclass(frozen=True)
class Touched:
    """What the stored states concern: the loads' final ledger rows, regions and days."""

    entries: tuple[Entry, ...] = ()
    regions: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()


def store_members(loading: Loading, source: Source, members: Sequence[Member], *, anew: bool) -> Touched:
    """Fold exports of one table, in the order of their moments, into the store; anew: in place of all its states.

    Needs a transaction.
    """
    if not members:
        return Touched()
    table = keyed_table(members[0].content.table)
    export = export_of(source, *members[0].entry.of_export)
    of = states_of(source, export.table, export.part)
    if anew:
        forget_states(loading.store, table, of)
    keys = (
        None if export.mode == "full" or anew else pl.concat([each.content.rows.select(table.keys) for each in members])
    )
    seen = [_seen(member) for member in members]
    rules = _rules(loading.organisation, export)
    unchanged = pl.concat([each.content.unchanged for each in members])
    known = last_states(loading.store, table, of, rules=rules, keys=keys, unchanged=unchanged)
    folded = fold(table, known, seen, rules)
    store_fold(loading.store, table, source.id, folded)
    if export.table in (DEALS, CHANGES) and any(each.table == CHANGES for each in source.exports.values()):
        _refine(loading, source, folded, known, rules)
    entries = tuple(replace(each.entry, changed=folded.changed[each.entry.load_id]) for each in members)
    ledger.write(loading.store, entries)
    ledger.write_details(loading.store, members, source.region.regions)
    merged = pl.DataFrame()
    if export.table in (DEALS, CHANGES, MERGES) and any(each.table == MERGES for each in source.exports.values()):
        merged = end_merged(loading.store, source.id)
    concerned = (folded.added, folded.updated, merged)
    return Touched(entries, _regions(*concerned), _days(*concerned))


def stands_as_read(store: Store, source: Source, content: Conformed, part: str | None = None) -> bool:
    """Say whether the rows that were not read again are what is stored of their records."""
    if content.unchanged.is_empty():
        return True
    of = states_of(source, content.table, part)
    return standing(store, keyed_table(content.table), of, content.unchanged) == content.unchanged.height


def _refine(loading: Loading, source: Source, folded: Folded, known: pl.DataFrame, rules: Rules) -> None:
    """Let exported stage history tell what deals were before their first export, where a load brought either."""
    concerned = folded.added["opportunity_id"]
    if "changed_at" not in folded.added.columns:  # deals: those met for the first time
        concerned = concerned.filter(~concerned.is_in(known["opportunity_id"].implode()))
    else:
        concerned = pl.concat([concerned, folded.updated["opportunity_id"]])
    if concerned.len():
        refine_past(loading.store, source.id, concerned, rules)


def archived_members(
    loading: Loading, source: Source, entries: Sequence[Entry], stages: StageTable | None = None
) -> list[Member]:
    """Read loaded exports of a source again, from the archive and with today's profile; raises EtlError.

    stages: the source's stage table, where it is not the stored one.
    """
    stages = stages or StageTable.of_store(loading.store, source)
    archive = loading.organisation.workspace.archive
    futures = []
    for entry in entries:
        file = archive / (entry.archived_as or "")
        if not file.is_file():
            raise EtlError(f"{file} is missing: without it the history of {source.id} cannot be built again.")
        if remembered_sha256(file) != entry.sha256:
            raise EtlError(f"{file} is not what was loaded: put the export as it was in its place, or a backup's copy.")
        task = Task(file, source.id, export_of(source, *entry.of_export).key, entry.loaded_at, stages)
        futures.append((entry, file, loading.readers.submit(task)))
    members = []
    for entry, file, future in futures:
        content = future.result()
        if isinstance(content, Refused):
            raise EtlError(f"{file.name}, loaded before, is refused by today's profile of {source.id}: {content}")
        members.append(Member(counted(of_today(entry, source), content), content, file))
    return in_order(members)


def counted(entry: Entry, content: Conformed) -> Entry:
    """Give a ledger row with what reading its file found.

    Corrected rows keep the moment of what they correct, and an export that a person called the newest its own, but
    where its name states one.
    """
    moment = (entry.exported_at, entry.exported_at_from)
    is_told = entry.exported_at_from == BY_RELEASE and content.exported_at_from != BY_NAME
    if content.corrects is None and not is_told:
        moment = (content.exported_at, content.exported_at_from)
    return replace(
        entry,
        exported_at=moment[0],
        exported_at_from=moment[1],
        rows_in=content.rows_in,
        loaded=content.loaded,
        rejected=content.rejected,
        ignored=content.ignored.height,
    )


def new_entry(source: str, export: Export | None, file: Path, facts: "FileFacts") -> Entry:
    """Give the ledger row of a file that was just taken up."""
    table = export.table if export else "unknown"
    told = " ".join(str(part) for part in facts.same_export if part is not None)
    digest = hashlib.sha256(told.encode()).hexdigest()[:12]
    load_id = f"{source or 'inbox'}-{table}-{digest}"
    return Entry(
        load_id=load_id,
        source=source,
        table_name=table,
        file=file.name,
        archived_as=f"{source}/{load_id}/{file.name}",
        sha256=facts.sha256,
        profile_hash=facts.profile_hash,
        exported_at=facts.arrived_at,
        exported_at_from="arrival",
        loaded_at=facts.arrived_at,
        mode=export.mode if export else "full",
        covers=export.covers if export else "all",
        status="loaded",
        export=export.part if export else None,
    )


@dataclass(frozen=True)
class FileFacts:
    """What makes a file the same export again, and when it was taken up.

    named: the moment that its name states. A CRM that shows on Friday what it showed on Monday shows it on Friday:
    the same bytes under another day's name are another export.
    """

    sha256: str
    profile_hash: str
    arrived_at: datetime
    named: datetime | None = None

    @property
    def same_export(self) -> tuple[str, str, datetime | None]:
        """Two files of which this is equal are one export."""
        return self.sha256, self.profile_hash, self.named


def export_of(source: Source, table: str, part: str | None = None) -> Export:
    """Give a source's export of a canonical table, the usual one or a part; raises EtlError where none is named."""
    for export in source.exports.values():
        if (export.table, export.part) == (table, part):
            return export
    which = f'"{part}"' if part else "an export"
    raise EtlError(f"{source.file.name} no longer names {which} for the table {table}.")


def states_of(source: Source, table: str, part: str | None) -> StatesOf:
    """Give whose states an export of a source speaks of."""
    return StatesOf(source.id, table in SPLIT, part)


SPLIT = ("activity",)  # tables that may come in several exports
DEALS = "opportunity"
MERGES = "opportunity_merge"
CELL = r"[^,;\t|\"\r\n]+"


def in_order(members: Sequence[Member]) -> list[Member]:
    """Give exports in the order of their moments."""
    return sorted(members, key=lambda m: (m.entry.exported_at, m.entry.loaded_at, m.entry.file, m.entry.load_id))


def of_today(entry: Entry, source: Source) -> Entry:
    """Give a ledger row with what today's profile says of its export; corrected rows stay what they are."""
    export = export_of(source, *entry.of_export)
    today = replace(entry, profile_hash=source.profile_hash(export.key))
    return today if entry.is_correction else replace(today, mode=export.mode, covers=export.covers)


def _seen(member: Member) -> Seen:
    content = member.content
    words = _words_of_torn_rows(content.rejects)
    if member.entry.export:
        words = in_export(member.entry.export, words)
    held = pl.concat([content.rejects["record_key"].drop_nulls(), words])
    table = keyed_table(content.table)
    unchanged = record_keys(table, content.unchanged) if content.unchanged.height else NO_KEYS
    whole = content.corrects is None
    return Seen(member.entry.load_id, member.entry.exported_at, content.rows, held, full=whole, unchanged=unchanged)


def _words_of_torn_rows(rejects: pl.DataFrame) -> pl.Series:
    """Give every cell of the rejected rows whose key could not be read.

    A torn row still holds its id somewhere; a word that is no record's key holds nothing back.
    """
    torn = rejects.filter(pl.col("record_key").is_null())["raw"]
    return torn.str.extract_all(CELL).explode(empty_as_null=False).drop_nulls().alias("record_key")


def _rules(organisation: Organisation, export: Export) -> Rules:
    return Rules(
        full=export.mode == "full",
        covers=export.covers,
        gone_means=export.gone_means,
        fiscal={name: organisation.fiscal_calendar(name) for name in organisation.regions},
        group_fiscal=organisation.fiscal_calendar("group"),
        zones={name: region.timezone for name, region in organisation.regions.items()},
        group_zone=organisation.group.timezone,
    )


def _regions(*states: pl.DataFrame) -> frozenset[str]:
    frames = [frame for frame in states if "region" in frame.columns]
    return frozenset(name for frame in frames for name in frame["region"].drop_nulls().unique())


def _days(*states: pl.DataFrame) -> frozenset[date]:
    found = [
        frame[name].cast(pl.Date).drop_nulls().unique()
        for frame in states
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Date | pl.Datetime) and not name.startswith("known_")
    ]
    return frozenset(day for days in found for day in days)
