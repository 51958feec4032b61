"""A snapshot for other databases: neither a deleted row too many nor a small load too few."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from warehouse.errors import StoreDamaged
from warehouse.export import export_snapshot
from warehouse.store import Store

ROWS = pl.DataFrame({"load_id": ["l"] * 100, "line": range(100), "reason": ["FOOTER"] * 100})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a lake with 100 rows in a file, 30 of them deleted, and 3 rows that lie in the catalog; to be copied."""
    lake = tmp_path_factory.mktemp("made") / "lake"
    with Store.open_writer(lake) as writer:
        with writer.transaction("many"):
            writer.insert("ignored_row", ROWS)
        with writer.transaction("deleted"):
            writer.execute("DELETE FROM ignored_row WHERE line < 30")
        with writer.transaction("few"):
            writer.insert("ignored_row", ROWS.head(3))
    return lake


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Iterator[Path]:
    lake = Path(shutil.copytree(made, tmp_path / "lake"))
    yield lake
    shutil.rmtree(lake)


def test_an_export_has_the_rows_of_the_snapshot_where_the_folder_has_others(lake: Path, tmp_path: Path) -> None:
    before = sorted(lake.rglob("*.parquet"))
    export = export_snapshot(lake, tmp_path / "export")
    exported = pl.read_parquet(export.files["ignored_row"])
    assert (export.rows["ignored_row"], exported.height) == (73, 73)
    stored = [file for file in before if file.parent.name == "ignored_row" and "delete" not in file.name]
    assert pl.read_parquet(stored).height == 100, (
        "who reads the lake's own files has deleted rows and lacks small loads"
    )
    assert sorted(lake.rglob("*.parquet")) == before, "the lake is as it was"


def test_an_export_of_the_past_has_the_rows_of_then(lake: Path, tmp_path: Path) -> None:
    newest = export_snapshot(lake, tmp_path / "newest").snapshot
    assert export_snapshot(lake, tmp_path / "before", newest - 1).rows["ignored_row"] == 70
    assert export_snapshot(lake, tmp_path / "first", newest - 2).rows["ignored_row"] == 100


def test_a_file_with_other_rows_than_the_snapshot_is_refused(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = Store.execute

    def losing(store: Store, sql: str, parameters: "list[object] | None" = None) -> None:
        execute(store, sql.replace("FROM ignored_row)", "FROM ignored_row LIMIT 72)"), parameters)

    monkeypatch.setattr(Store, "execute", losing)
    with pytest.raises(StoreDamaged, match="ignored_row at snapshot"):
        export_snapshot(lake, tmp_path / "export")
