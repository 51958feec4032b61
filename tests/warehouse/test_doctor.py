"""The doctor: each kind of trouble is found and said in plain words."""

from pathlib import Path

import polars as pl
import pytest

from warehouse.doctor import examine
from warehouse.store import Store, version_text

ROWS = pl.DataFrame({"load_id": ["l"] * 20, "line": range(20), "reason": ["FOOTER"] * 20})


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    lake = tmp_path / "lake"
    with Store.open_writer(lake) as writer:
        with writer.transaction("first"):
            writer.insert("ignored_row", ROWS)
        writer.seal()
    return lake


def words(lake: Path) -> str:
    return " ".join(f"{finding.level}: {finding.what} {finding.what_to_do}" for finding in examine(lake))


def test_a_sound_warehouse_has_no_findings(lake: Path) -> None:
    assert examine(lake, [lake.parent]) == []


def test_a_warehouse_that_does_not_exist_yet_is_a_note(tmp_path: Path) -> None:
    assert "denominator load" in words(tmp_path / "lake")


def test_a_loader_at_work_is_named(lake: Path) -> None:
    with Store.open_writer(lake) as writer, writer.exclusive():
        assert "is loading just now" in words(lake)


def test_a_damaged_data_file_is_named_with_its_load(lake: Path) -> None:
    (file,) = lake.glob("files/*/*/*.parquet")
    file.write_bytes(file.read_bytes()[::-1])
    assert "of first_" in words(lake)
    assert "denominator scrub --repair" in words(lake)


def test_a_damaged_catalog_is_a_problem(lake: Path) -> None:
    catalog = lake / "meta.sqlite"
    catalog.write_bytes(catalog.read_bytes()[:-4096] + b"\x01" * 4096)
    assert "problem: The catalog" in words(lake)


@pytest.mark.parametrize(("hint", "said"), [("1", "note: The version file says 1"), ("99", "problem: Snapshot 99")])
def test_a_wrong_version_file_is_named(lake: Path, hint: str, said: str) -> None:
    (lake / "version").write_text(version_text(int(hint)))
    assert said in words(lake)


def test_files_of_a_stopped_loader_are_a_note(lake: Path) -> None:
    (lake / "files" / "main" / "ignored_row" / "ducklake-orphan.parquet").write_bytes(b"half")
    assert "note: 1 data files belong to no snapshot" in words(lake)


def test_a_disk_that_is_nearly_full_is_a_problem(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.doctor.LEAST_FREE_BYTES", 1 << 60)
    assert "MB left" in words(lake)
