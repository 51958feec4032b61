"""What people state in the weekly review becomes canonical rows: a file a request, with who asked in the ledger."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from etl.errors import EtlError
from etl.load import load_one
from etl.loading import Loading
from etl.results import LoadResult
from organisation import Export, Organisation, Source
from organisation.requests import Request, file_of

FOOTER = "Request"


def taker(organisation: Organisation, table: str, name: str) -> tuple[Source, Export]:
    """Give the export that takes a table row by row; a full one would end all that a file does not name.

    name: what exports of the table are called in a profile. Raises EtlError that says what to add.
    """
    for source in organisation.sources.values():
        for export in source.exports.values():
            if export.table == table and export.mode == "delta":
                return source, export
    raise EtlError(
        f'No source takes {name.replace("_", " ")} row by row. Add sources/weekly_review.yaml with "exports: {{{name}: '
        f'{{files: "{name}_*.csv", mode: delta, footers: [{FOOTER}]}}}}"; nothing was changed.'
    )


def load_stated(
    loading: Loading, request: Request, of: tuple[str, str], columns: Sequence[str], rows: Sequence[Iterable[object]]
) -> LoadResult | None:
    """Load rows that a request states; None where they were loaded before. of: the table, and its exports' name.

    The request's own id is the file's last line: who states A, then B, then A again has stated A last. Raises EtlError
    where not every row was loaded.
    """
    table, exports = of
    source, export = taker(loading.organisation, table, exports)
    name = f"{exports}_{request.id}.csv"
    if not loading.store.query("SELECT load_id FROM load WHERE source = ? AND file = ?", [source.id, name]).is_empty():
        return None
    file = file_of(loading.organisation.workspace, request, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([columns, *rows, [f"{FOOTER} {request.id}"]])
    file.write_text(text.getvalue(), encoding="utf-8")
    load = load_one(loading, file, source, export, who=request.who)
    (result,) = load.files
    if result.loaded != len(rows):
        raise EtlError(f"It was not loaded ({result.reason or 'a row is rejected'}): {result.message}")
    return load
