"""Persons in the raw text of records: names, ids and addresses become dots before anybody sees them."""

import csv
import io
import re
from collections.abc import Sequence

import polars as pl

from kpi.engines.base import Engine
from organisation import Organisation

MASK = "•••"
E_MAIL = re.compile(r"[^\s,;|\"<>]+@[^\s,;|\"<>]+")
SHORTEST = 5  # shorter ids are masked as whole cells only: "12" stands in every amount
PERSON_COLUMNS = ("owner_ref", "person_ref")
EVERYBODY = """
    SELECT person_ref AS person FROM person_version UNION SELECT name FROM person_version
    UNION SELECT owner_ref FROM opportunity_version UNION SELECT owner_ref FROM lead_version
    UNION SELECT owner_ref FROM activity_version UNION SELECT owner_ref FROM account_version
"""


def mask_persons(engine: Engine, organisation: Organisation, rows: pl.DataFrame) -> pl.DataFrame:
    """Give rejected rows (columns source, table_name, raw) with every person in their raw text masked.

    A column in which any of the rows names a known person is a person column: there every cell is masked, so that
    a person who is in no other table stays hidden too.
    """
    if rows.is_empty():
        return rows
    persons = known_persons(engine, organisation)
    groups = rows.with_row_index("place").partition_by("source", "table_name", maintain_order=True)
    return pl.concat([_masked(group, persons, organisation) for group in groups]).sort("place").drop("place")


def known_persons(engine: Engine, organisation: Organisation) -> frozenset[str]:
    """Give the names and ids of every person that any table names, and the former ones that profiles map to them.

    A name that a profile replaces stands in no table, but still in the raw text of rejected rows.
    """
    found = [str(person) for person in engine.fetch(EVERYBODY)["person"].drop_nulls()]
    for source in organisation.sources.values():
        for column in PERSON_COLUMNS:
            found += source.aliases.get(column, {})
    return frozenset(person.strip() for person in found if person.strip())


def mask_records(records: Sequence[list[str]], persons: frozenset[str], mask: str = MASK) -> list[list[str]]:
    """Give the records of one table, each a list of cells, with every person masked; see mask_persons."""
    hidden = {place for cells in records for place, cell in enumerate(cells) if cell.strip() in persons}
    return [
        [mask if place in hidden and cell else mask_text(cell, persons, mask) for place, cell in enumerate(cells)]
        for cells in records
    ]


def mask_text(text: str, persons: frozenset[str], mask: str = MASK) -> str:
    """Give a text in which e-mail addresses and the known persons are masked."""
    masked = E_MAIL.sub(mask, text)
    for person in sorted((name for name in persons if len(name) >= SHORTEST and name in masked), key=len, reverse=True):
        masked = masked.replace(person, mask)
    return masked


def _masked(group: pl.DataFrame, persons: frozenset[str], organisation: Organisation) -> pl.DataFrame:
    delimiter = _delimiter(organisation, str(group["source"][0]), str(group["table_name"][0]))
    records = [_cells(str(raw), delimiter) for raw in group["raw"]]
    texts = [_record(cells, delimiter) for cells in mask_records(records, persons)]
    return group.with_columns(pl.Series("raw", texts, dtype=pl.String))


def _cells(raw: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(raw), delimiter=delimiter), [])
    except csv.Error:
        return raw.split(delimiter)


def _record(cells: list[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(cells)
    return text.getvalue()


def _delimiter(organisation: Organisation, source: str, table: str) -> str:
    profile = organisation.sources.get(source)
    exports = profile.exports.values() if profile else ()
    return next((export.delimiter for export in exports if export.table == table and export.delimiter), ",")
