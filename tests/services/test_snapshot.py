"""Spark has the rows of a snapshot: none that was deleted, all that lie in the catalog."""

from pathlib import Path

import polars as pl
from pyspark.sql import SparkSession

from kpi.engines.spark import SparkEngine
from warehouse.export import export_snapshot
from warehouse.store import Store

ROWS = pl.DataFrame({"load_id": ["l"] * 100, "line": range(100), "reason": ["FOOTER"] * 100})
SUMMED = "SELECT COUNT(*) AS lines, SUM(r.line) AS summed FROM ignored_row AS r WHERE r.load_id = $load"


def test_spark_counts_neither_deleted_rows_nor_loses_small_loads(spark: SparkSession, tmp_path: Path) -> None:
    """
    load      lines               where they lie
    l         0 to 99             in a file; 0 to 29 are deleted by a file of its own
    l         0, 1, 2             in the catalog
    snapshot  30 to 99, 0, 1, 2   73 lines, 4515 + 3 = 4518 together
    folder    0 to 99             100 lines, 4950 together: 30 too many and 3 too few
    """
    lake = tmp_path / "lake"
    with Store.open_writer(lake) as writer:
        with writer.transaction("many"):
            writer.insert("ignored_row", ROWS)
        with writer.transaction("deleted"):
            writer.execute("DELETE FROM ignored_row WHERE line < 30")
        with writer.transaction("few"):
            writer.insert("ignored_row", ROWS.head(3))
    with SparkEngine(spark, export_snapshot(lake, tmp_path / "export")) as engine:
        assert engine.fetch(SUMMED, {"load": "l"}).row(0) == (73, 4518)
    files = [str(file) for file in lake.rglob("*.parquet") if file.parent.name == "ignored_row"]
    stored = spark.read.parquet(*(file for file in files if "delete" not in file))
    assert stored.count() == 100, "who reads the folder gets another number"
