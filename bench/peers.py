"""What Denominator's loader is measured against: other tools doing the part of its work that they can do."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path

import duckdb
import polars as pl

from bench.exports import FORMATS
from demo.formats.format import Format
from warehouse.connection import connect_writer

BLOCK = 4 << 20
Work = Callable[[], None]


def _measured(work: Callable[[str, str], None]) -> Callable[[str, str], AbstractContextManager[Work]]:
    """Have all of a function measured, with nothing made ready before."""

    @wraps(work)
    @contextmanager
    def ready(inbox: str, folder: str) -> Iterator[Work]:
        yield lambda: work(inbox, folder)

    return ready


@_measured
def raw_duckdb(inbox: str, work: str) -> None:
    """Read each export with its declared dialect, every cell as text, into a table."""
    with duckdb.connect(str(_emptied(work) / "raw.duckdb")) as connection:
        for form, file in _utf8_exports(inbox, work):
            connection.execute(f"CREATE TABLE {form.source} AS SELECT * FROM {_read_csv(form, file)}")


@_measured
def mapped_duckdb(inbox: str, work: str) -> None:
    """Read each export and type its columns by SQL, into one table."""
    with duckdb.connect(str(_emptied(work) / "mapped.duckdb")) as connection:
        for form, file in _utf8_exports(inbox, work):
            select = f"SELECT {_typed_columns(form)} FROM {_read_csv(form, file)}"
            exists = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
            connection.execute(
                f"INSERT INTO deals {select}" if exists and exists[0] else f"CREATE TABLE deals AS {select}"
            )


@_measured
def polars_parquet(inbox: str, work: str) -> None:
    """Read each export with polars, every cell as text, and write it as Parquet."""
    folder = _emptied(work)
    for form, file in _utf8_exports(inbox, work):
        frame = pl.read_csv(file, separator=form.separator, infer_schema=False)
        frame.write_parquet(folder / f"{form.source}.parquet")


@contextmanager
def dlt_arrow(inbox: str, work: str) -> Iterator[Work]:
    """Have dlt load each export as Arrow tables into DuckDB."""

    yield lambda: _dlt(inbox, _emptied(work), disposition="replace")


@contextmanager
def dlt_scd2_first(inbox: str, work: str) -> Iterator[Work]:
    """Have dlt keep history by its scd2 strategy: the first export."""

    yield lambda: _dlt(inbox, _emptied(work), disposition=_SCD2)


@contextmanager
def dlt_scd2_next(inbox: str, work: str) -> Iterator[Work]:
    """Have dlt keep history by its scd2 strategy: the next export."""

    yield lambda: _dlt(inbox, Path(work), disposition=_SCD2)


@_measured
def scd2_first(inbox: str, work: str) -> None:
    """Keep history by hand-written SQL with a stored hash: the first export."""
    with duckdb.connect(str(_emptied(work) / "scd2.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE deals AS SELECT *, ''::VARCHAR AS hash, now() AS valid_from, now() AS valid_until "
            f"FROM ({_all_deals(inbox, work)}) LIMIT 0"
        )
        connection.execute(f"INSERT INTO deals SELECT *, {_HASH}, now(), NULL FROM ({_all_deals(inbox, work)}) AS new")


@_measured
def scd2_next(inbox: str, work: str) -> None:
    """Keep history by hand-written SQL with a stored hash: the next export."""
    with duckdb.connect(str(Path(work) / "scd2.duckdb")) as connection:
        connection.execute(
            f"CREATE TEMP TABLE incoming AS SELECT *, {_HASH} AS hash FROM ({_all_deals(inbox, work)}) AS new"
        )
        connection.execute("BEGIN")
        connection.execute(
            "UPDATE deals SET valid_until = now() FROM (SELECT d.source, d.id FROM deals AS d "
            "LEFT JOIN incoming AS i ON i.source = d.source AND i.id = d.id "
            "WHERE d.valid_until IS NULL AND i.hash IS DISTINCT FROM d.hash) AS c "
            "WHERE deals.source = c.source AND deals.id = c.id AND deals.valid_until IS NULL"
        )
        connection.execute(
            "INSERT INTO deals SELECT i.*, now(), NULL FROM incoming AS i LEFT JOIN deals AS d "
            "ON d.source = i.source AND d.id = i.id AND d.valid_until IS NULL WHERE d.id IS NULL"
        )
        connection.execute("COMMIT")


@_measured
def ducklake_first(inbox: str, work: str) -> None:
    """Keep the present in a DuckLake: the first export."""
    with connect_writer(_lake(_emptied(work))) as connection:
        connection.execute(f"CREATE TABLE deals AS SELECT *, {_HASH} AS hash FROM ({_all_deals(inbox, work)}) AS new")


@_measured
def ducklake_next(inbox: str, work: str) -> None:
    """Keep the present in a DuckLake by MERGE: the next export (its snapshots are the history)."""
    with connect_writer(_lake(Path(work))) as connection:
        columns = [row[0] for row in connection.execute("DESCRIBE deals").fetchall()]
        connection.execute(
            f"MERGE INTO deals USING (SELECT *, {_HASH} AS hash FROM ({_all_deals(inbox, work)}) AS new) AS incoming "
            "ON incoming.source = deals.source AND incoming.id = deals.id "
            "WHEN MATCHED AND incoming.hash <> deals.hash THEN UPDATE "
            f"SET {', '.join(f'{name} = incoming.{name}' for name in columns)} WHEN NOT MATCHED THEN INSERT"
        )


_COLUMNS = (
    "source id amount expected_close_on created_at modified_at stage_changed_at name account_ref owner_ref stage_raw "
    "currency lead_source business_type country"
).split()
_HASH = f"md5(concat_ws('|', {', '.join(f'coalesce(CAST(new.{name} AS VARCHAR), chr(0))' for name in _COLUMNS)}))"


def _all_deals(inbox: str, work: str) -> str:
    return " UNION ALL ".join(
        f"SELECT {_typed_columns(form)} FROM {_read_csv(form, file)}" for form, file in _utf8_exports(inbox, work)
    )


def _typed_columns(form: Format) -> str:
    headers = form.headers["opportunities"]
    number = (
        f"replace(\"{headers['amount']}\", '{form.decimal}', '.')" if form.decimal == "," else f'"{headers["amount"]}"'
    )
    day, instant = form.day.replace("%-", "%"), form.instant.replace("%-", "%")
    dated = {"expected_close_on": day, "created_at": instant, "modified_at": instant, "stage_changed_at": instant}
    plain = "name account_ref owner_ref stage_raw currency lead_source business_type country".split()
    return ", ".join(
        [
            f"'{form.source}' AS source",
            f'"{headers["opportunity_id"]}" AS id',
            f"CAST({number} AS DECIMAL(18, 2)) AS amount",
            *(f"strptime(\"{headers[name]}\", '{pattern}') AS {name}" for name, pattern in dated.items()),
            *(f'"{headers[name]}" AS {name}' for name in plain),
        ]
    )


def _read_csv(form: Format, file: Path) -> str:
    return f"read_csv('{file}', delim = '{form.separator}', header = true, all_varchar = true)"


def _utf8_exports(inbox: str, work: str) -> list[tuple[Format, Path]]:
    """Give each export in UTF-8, the only encoding that the readers take without a further download."""
    found = []
    for form in FORMATS:
        file = max((Path(inbox) / form.source).glob("opportunities_*.csv"))
        found.append((form, file if form.encoding == "utf-8" else _in_utf8(form, file, Path(work))))
    return found


def _in_utf8(form: Format, file: Path, work: Path) -> Path:
    target = work / f"{form.source}.utf8.csv"
    with file.open(encoding=form.encoding, newline="") as source, target.open("w", encoding="utf-8", newline="") as out:
        while block := source.read(BLOCK):
            out.write(block)
    return target


_SCD2 = {"disposition": "merge", "strategy": "scd2", "row_version_column_name": "row_hash"}


def _dlt(inbox: str, folder: Path, *, disposition: object) -> None:
    import dlt

    dlt.config["normalize.parquet_normalizer.add_dlt_id"] = disposition is _SCD2
    destination = dlt.destinations.duckdb(str(folder / "dlt.duckdb"))
    pipeline = dlt.pipeline(
        "exports", pipelines_dir=str(folder / "pipelines"), destination=destination, dataset_name="raw"
    )
    with duckdb.connect() as connection:
        for form, file in _utf8_exports(inbox, str(folder)):
            hashed = f", {_HASH} AS row_hash" if disposition is _SCD2 else ""
            deals = f"SELECT {_typed_columns(form)} FROM {_read_csv(form, file)}"
            table = connection.execute(f"SELECT *{hashed} FROM ({deals}) AS new").to_arrow_table()
            pipeline.run(table, table_name=form.source, write_disposition=disposition)


def _lake(folder: Path) -> Path:
    (folder / "files").mkdir(parents=True, exist_ok=True)
    return folder


def _emptied(work: str) -> Path:
    shutil.rmtree(work, ignore_errors=True)
    Path(work).mkdir(parents=True)
    return Path(work)
