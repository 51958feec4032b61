"""A rehearsal: a region's files loaded into a store that is thrown away, by the loader itself."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from etl.errors import EtlError
from etl.load import load_waiting
from etl.propose.profiles import ProfileFiles
from etl.results import FileResult
from organisation import Organisation, Workspace
from warehouse.schema import keyed_table
from warehouse.store import Store

TABLES = ("opportunity", "lead", "activity", "account", "person", "opportunity_change", "pipeline_stage")


@dataclass(frozen=True)
class Rehearsed:
    """What a load of the files gives; fingerprint changes with any row, reject or ignored line.

    won: month, currency, value and deals of what was won; rejects and warnings as the ledger has them.
    """

    organisation: Organisation
    lake: Path
    results: tuple[FileResult, ...]
    rows: dict[str, int]
    rejects: pl.DataFrame
    warnings: pl.DataFrame
    won: pl.DataFrame
    fingerprint: str


@contextmanager
def rehearsed(
    organisation: Organisation, source: str, region: str, profiles: ProfileFiles, files: Sequence[Path]
) -> Iterator[Rehearsed]:
    """Load files under profiles that are not stored yet, beside the company's own regions; all of it goes afterwards.

    The workspace and its store are not touched. Raises ConfigurationError where the profiles have faults.
    """
    with tempfile.TemporaryDirectory(prefix="rehearsal") as folder:
        workspace = _scratch(organisation.workspace, Path(folder), source, region, profiles, files)
        trial = Organisation.read(workspace)
        with Store.open_writer(workspace.lake) as store:
            results = tuple(each for load in load_waiting(trial, store) for each in load.files)
        with Store.open_reader(workspace.lake) as store:
            yield Rehearsed(
                trial,
                workspace.lake,
                results,
                {table: int(store.query(f"SELECT count(*) AS n FROM {table}")["n"][0]) for table in TABLES},
                rejects_of(store, source),
                warnings_of(store, source),
                won_by_month(store, source),
                fingerprint_of(store, source),
            )


def fingerprint_of(store: Store, source: str) -> str:
    """Give what one source's rows, rejects and ignored lines are, as one word: equal loads have equal ones."""
    found = hashlib.sha256()
    for table in TABLES:
        keys = ", ".join(keyed_table(table).keys)
        rows = store.query(
            f"SELECT {keys}, row_hash, line FROM {table}_version WHERE source = ? ORDER BY ALL", [source]
        )
        found.update(f"{table} {rows.rows()}".encode())
    for table in ("rejected_row", "ignored_row"):
        columns = "d.line, d.reason" + (", d.column_name, d.raw" if table == "rejected_row" else "")
        rows = store.query(
            f"SELECT l.table_name, {columns} FROM {table} AS d JOIN load AS l ON l.load_id = d.load_id "
            "WHERE l.source = ? ORDER BY ALL",
            [source],
        )
        found.update(f"{table} {rows.rows()}".encode())
    return found.hexdigest()[:24]


def won_by_month(store: Store, source: str) -> pl.DataFrame:
    """Give what was won each month: month (YYYY-MM), currency, value (as exported, to the cent), deals."""
    return store.query(
        "SELECT strftime(won_on, '%Y-%m') AS month, currency, sum(amount) AS value, count(*) AS deals "
        "FROM opportunity WHERE source = ? AND outcome = 'won' AND won_on IS NOT NULL "
        "AND NOT coalesce(is_deleted, false) GROUP BY ALL ORDER BY month DESC, currency",
        [source],
    )


def rejects_of(store: Store, source: str) -> pl.DataFrame:
    """Give the rejected rows: table_name, file, line, column_name, reason, raw."""
    return store.query(
        "SELECT l.table_name, l.file, r.line, r.column_name, r.reason, r.raw FROM rejected_row AS r "
        "JOIN load AS l ON l.load_id = r.load_id WHERE l.source = ? ORDER BY l.table_name, r.line",
        [source],
    )


def warnings_of(store: Store, source: str) -> pl.DataFrame:
    """Give the warnings: table_name, code, column_name, word, rows."""
    return store.query(
        "SELECT l.table_name, w.code, w.column_name, w.word, w.rows FROM load_warning AS w "
        "JOIN load AS l ON l.load_id = w.load_id WHERE l.source = ? ORDER BY w.rows DESC, w.code, w.word",
        [source],
    )


def _scratch(
    company: Workspace, folder: Path, source: str, region: str, profiles: ProfileFiles, files: Sequence[Path]
) -> Workspace:
    workspace = Workspace(folder.resolve())
    for place in (workspace.regions_dir, workspace.sources_dir, workspace.inbox / source):
        place.mkdir(parents=True)
    shutil.copyfile(company.definitions_file, workspace.definitions_file)
    for file in company.regions_dir.glob("*.yaml"):
        shutil.copyfile(file, workspace.regions_dir / file.name)
    if company.clock_file.exists():
        shutil.copyfile(company.clock_file, workspace.clock_file)
    if profiles.region is not None:
        (workspace.regions_dir / f"{region}.yaml").write_text(profiles.region, encoding="utf-8")
    (workspace.sources_dir / f"{source}.yaml").write_text(profiles.source, encoding="utf-8")
    if len({file.name for file in files}) < len(files):
        raise EtlError("Two of the files have the same name; rename one of them.")
    for file in files:
        shutil.copyfile(file, workspace.inbox / source / file.name)
    return workspace
