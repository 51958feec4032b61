"""Rejected rows as a file that a person corrects and sends again: the export's own columns, and why each is there."""

import csv
import io
import json
from dataclasses import dataclass

import polars as pl

from kpi.engines.base import Engine
from kpi.errors import KpiError
from kpi.ledger import STANDING
from kpi.masking import known_persons, mask_records, mask_text
from kpi.reject_reasons import sentence
from kpi.scope import Scope, allowed_sources
from organisation import Export, Organisation
from organisation.corrections import HIDDEN, MARKS, file_name, guarded

TEXT_ENCODINGS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig"}  # a spreadsheet knows UTF-8 by its mark only


@dataclass(frozen=True)
class RejectedLoad:
    """A load of which rows stand rejected; rows counts records."""

    load_id: str
    source: str
    table: str
    file: str
    rows: int
    export: str | None = None


@dataclass(frozen=True)
class RejectsFile:
    """The file of a load's rejected rows, written as the source's profile reads it."""

    name: str
    content: bytes
    rows: int


def rejected_loads(
    engine: Engine, organisation: Organisation, scope: Scope, source: str | None = None
) -> tuple[RejectedLoad, ...]:
    """Give the loads of which rows stand rejected, the newest first; a source only where the scope allows all of it."""
    allowed = allowed_sources(organisation, scope)
    rows = engine.fetch(
        f"{STANDING} SELECT load_id, source, table_name AS table, export, file, count(DISTINCT line) AS rows, "
        "any_value(exported_at) AS moment FROM standing WHERE list_contains($sources, source) "
        "AND load_id IN (SELECT load_id FROM load_header) "
        "GROUP BY load_id, source, table_name, export, file ORDER BY moment DESC, load_id",
        {"sources": [name for name in allowed if source in (None, name)]},
    )
    loads = [RejectedLoad(**row) for row in rows.drop("moment").to_dicts()]
    return tuple(load for load in loads if _has_export(organisation, load))


def rejects_file(engine: Engine, organisation: Organisation, scope: Scope, load_id: str) -> RejectsFile:
    """Give the rows of a load that stand rejected, for correction: as exported, formulas guarded, persons hidden.

    What is hidden is put back when the file comes back. A torn row has no cells: its text stands in the last column,
    and its cells are for the person to fill in. Raises KpiError where nothing of the load stands rejected.
    """
    found = engine.fetch(
        f"{STANDING} SELECT source, table_name, export, line, any_value(raw) AS raw, any_value(cells) AS cells, "
        "list(DISTINCT {'reason': reason, 'column': column_name}) AS reasons FROM standing WHERE load_id = $load "
        "AND list_contains($sources, source) GROUP BY source, table_name, export, line ORDER BY line",
        {"load": load_id, "sources": allowed_sources(organisation, scope)},
    )
    header = engine.fetch("SELECT header FROM load_header WHERE load_id = $load", {"load": load_id})
    if found.is_empty() or header.is_empty():
        raise KpiError(f'No row of the load "{load_id}" stands rejected.')
    names = [str(name) for name in json.loads(header["header"][0])]
    export = _export(organisation, str(found["source"][0]), str(found["table_name"][0]), found["export"][0])
    rows = _rows(found, known_persons(engine, organisation), load_id, len(names))
    return RejectsFile(file_name(export.key, load_id), _encoded([[*names, *MARKS], *rows], export), len(rows))


def _rows(found: pl.DataFrame, persons: frozenset[str], load_id: str, width: int) -> list[list[str]]:
    records = [json.loads(cells) if cells else [""] * width for cells in found["cells"]]
    masked = mask_records(records, persons, HIDDEN)
    return [
        [*cells, load_id, str(row["line"]), *_why(row["reasons"]), _text(row, persons)]
        for cells, row in zip(masked, found.to_dicts(), strict=True)
    ]


def _why(reasons: list[dict[str, str | None]]) -> tuple[str, str]:
    """Give the reason classes, and for each its column and sentence."""
    pairs = sorted((str(each["reason"]), each["column"] or "") for each in reasons)
    words = [f"{column}: {sentence(reason)}" if column else sentence(reason) for reason, column in pairs]
    return " ".join(dict.fromkeys(reason for reason, _ in pairs)), " ".join(words)


def _text(row: dict[str, object], persons: frozenset[str]) -> str:
    return "" if row["cells"] else mask_text(str(row["raw"]), persons, HIDDEN)


def _encoded(rows: list[list[str]], export: Export) -> bytes:
    """Give the rows in the encoding and with the separator of the profile; UTF-8 and comma where it names none."""
    declared = {"tab": "\t", "\\t": "\t"}.get(export.delimiter or "", export.delimiter)
    text = io.StringIO()
    csv.writer(text, delimiter=declared or ",", lineterminator="\r\n").writerows(map(guarded, row) for row in rows)
    encoding = (export.encoding or "utf-8").lower()
    try:
        return text.getvalue().encode(TEXT_ENCODINGS.get(encoding, encoding))
    except (LookupError, UnicodeEncodeError):  # rather refused when it comes back than changed unseen
        return text.getvalue().encode("utf-8-sig")


def _export(organisation: Organisation, source: str, table: str, part: str | None) -> Export:
    exports = organisation.sources[source].exports.values() if source in organisation.sources else ()
    for export in exports:
        if (export.table, export.part) == (table, part):
            return export
    raise KpiError(f"No profile of {source} names an export for the table {table} any more.")


def _has_export(organisation: Organisation, load: RejectedLoad) -> bool:
    """Whether the profile still says how such a file is read; without it a correction could not come back."""
    declared = organisation.sources[load.source].exports.values()
    return any((export.table, export.part) == (load.table, load.export) for export in declared)
