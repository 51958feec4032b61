"""An export read without storing anything: what loads, what does not, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from pathlib import Path

import polars as pl

from etl.archives import weight
from etl.child import apart
from etl.columns import WantedColumns
from etl.conform import Conforming, conform_export, dialect_of
from etl.conformed import Conformed
from etl.corrections import may_be_corrected
from etl.crm import crm_of
from etl.errors import Refused
from etl.reader import read_table
from etl.stage_table import StageTable, names_stages
from organisation import (
    ConfigurationError,
    Export,
    FiscalYear,
    Group,
    Organisation,
    Problem,
    Region,
    Source,
    Workspace,
    YamlMap,
    load_yaml,
)
from organisation.problems import did_you_mean
from organisation.source import ACTIVITIES, EXPORT_KEYS, TABLES

_KEY_OF = {table: key for key, table in TABLES.items()}


@dataclass(frozen=True)
class Looked:
    """What reading an export found; cells: lines and cells under the file's own headers, where these are wanted."""

    conformed: Conformed
    cells: pl.DataFrame | None = None


Reader = Callable[[Callable[[], Looked], Path], Looked | Refused]


def apart_from_us(look: Callable[[], Looked], file: Path) -> Looked | Refused:
    """Read in a process of its own, with the loader's limits of memory and time."""
    return apart(look, weight(file))


def here(look: Callable[[], Looked], _file: Path) -> Looked | Refused:
    """Read in this process, without limits."""
    try:
        return look()
    except Refused as refusal:
        return refusal


def check_file(
    file: Path,
    workspace: Workspace,
    *,
    source: str | None,
    table: str,
    profile: Path | None = None,
    raw: bool = False,
    read: Reader = here,
) -> dict[str, object]:
    """Give rows, rejects, ignored, warnings and refused of an export, ready to be written as JSON.

    table: an export's name (opportunities) or its table (opportunity); profile: one export's settings in a file of
    their own, used instead of a source; raw: rows under the file's own headers, as written.
    Raises ConfigurationError for an unknown source or table, or a profile with faults.
    """
    key = _KEY_OF.get(table, table)
    organisation = of_profile(profile, key, workspace) if profile else Organisation.read(workspace)
    checked = organisation.sources[profile.stem] if profile else _source(organisation, source or "")
    wanted = WantedColumns(checked, _export(checked, key))
    crm_of(checked)  # a system that there is no module for is no fault of the file
    stages = _stored_stages(workspace, checked)
    look = partial(_look, file, wanted, organisation, arrived_at=workspace.now(), stages=stages, raw=raw)
    looked = read(look, file)
    if isinstance(looked, Refused):
        refused = {"reason": looked.reason, "message": looked.message}
        return {"rows": [], "rejects": [], "ignored": [], "warnings": [], "refused": refused}
    found = looked.conformed
    rejects = found.rejects.select("line", pl.col("column_name").alias("column"), "reason", "raw")
    return {
        "rows": _rows(found.rows) if looked.cells is None else _raw_rows(looked.cells, found),
        "rejects": rejects.to_dicts(),
        "ignored": found.ignored.to_dicts(),
        "warnings": sorted(set(found.warnings["code"])),
        "refused": None,
    }


def _look(
    file: Path,
    wanted: WantedColumns,
    organisation: Organisation,
    *,
    arrived_at: datetime,
    stages: StageTable | None,
    raw: bool,
) -> Looked:
    if not raw and not may_be_corrected(file):
        source, export = wanted.source, wanted.export
        return Looked(conform_export(file, source, export, organisation, arrived_at=arrived_at, stages=stages))
    table = read_table(file.read_bytes(), dialect_of(wanted))
    found = Conforming(table, wanted, organisation, stages).conformed(file.name, arrived_at)
    return Looked(found, table.cells.with_columns(line=table.lines) if raw else None)


def _stored_stages(workspace: Workspace, source: Source) -> StageTable | None:
    if not names_stages(source) or not workspace.lake.exists():
        return None
    from warehouse.store import Store  # the database costs more than a small file

    with Store.open_reader(workspace.lake) as store:
        return StageTable.of_store(store, source)


def _rows(rows: pl.DataFrame) -> list[dict[str, str | None]]:
    named = rows.drop("source", "line").iter_rows(named=True)
    return [{column: _text(value) for column, value in row.items()} for row in named]


def _raw_rows(cells: pl.DataFrame, found: Conformed) -> list[dict[str, str]]:
    kept = cells.filter(pl.col("line").is_in(found.rows["line"].implode())).drop("line")
    return [dict(zip(found.header, row, strict=True)) for row in kept.iter_rows()]


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _source(organisation: Organisation, name: str) -> Source:
    if name in organisation.sources:
        return organisation.sources[name]
    folder = organisation.workspace.sources_dir
    raise ConfigurationError([Problem(folder, 1, f'no source "{name}"', did_you_mean(name, organisation.sources))])


def _export(source: Source, key: str) -> Export:
    if key in source.exports:
        return source.exports[key]
    raise ConfigurationError([Problem(source.file, 1, f'no export "{key}"', did_you_mean(key, source.exports))])


def of_profile(profile: Path, key: str, workspace: Workspace) -> Organisation:
    """Give an organisation of one source, read from one export's settings, and the regions that it names."""
    problems: list[Problem] = []
    settings = load_yaml(profile)
    export = {name: value for name, value in settings.items() if name in EXPORT_KEYS}
    rest = {name: value for name, value in settings.items() if name not in EXPORT_KEYS}
    lines = {name: settings.line_of(name) for name in settings}
    export.setdefault("files", "*")
    rest.setdefault("crm", "generic")
    if "region_from" not in rest:
        rest.setdefault("region", "region")
    if key not in (*TABLES, *ACTIVITIES) and "table" not in export:
        problems.append(Problem(profile, 1, f'there is no table "{key}"', did_you_mean(key, (*TABLES, *ACTIVITIES))))
    rest["exports"] = YamlMap(profile, 1, {key: YamlMap(profile, 1, export, lines)}, {})
    source = Source.parse(YamlMap(profile, 1, rest, lines), profile, problems)
    if problems:
        raise ConfigurationError(problems)
    regions = {name: _plain_region(name, source) for name in source.region.regions}
    group = Group("Group", source.currency or "EUR", "monday", (FiscalYear(1),), source.timezone or "UTC")
    return Organisation(workspace, group, regions, {source.id: source})


def _plain_region(name: str, source: Source) -> Region:
    return Region(
        id=name,
        name=name,
        part_of=None,
        manager=name,
        currency=source.currency or "",
        timezone=source.timezone or "UTC",
        country="US",
        opens=time(8),
        closes=time(17),
        fiscal_years=(FiscalYear(1),),
        lead_sla={},
        person_level="off",
        holidays=frozenset(),
        file=source.file,
    )
