"""store.yaml: where a shared store lies; every fault is named with its line, and no secret is accepted."""

from pathlib import Path

import pytest

from organisation import ConfigurationError, SharedStore


def test_without_a_file_a_workspace_keeps_its_own_store(tmp_path: Path) -> None:
    assert SharedStore.read(tmp_path / "store.yaml") is None


def test_catalog_and_files_are_read(tmp_path: Path) -> None:
    file = tmp_path / "store.yaml"
    file.write_text("catalog: host=db.example dbname=sales\nfiles: s3://lake/sales\n", encoding="utf-8")
    assert SharedStore.read(file) == SharedStore("host=db.example dbname=sales", "s3://lake/sales/")


def test_all_faults_are_named_at_once_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "store.yaml"
    file.write_text("catalog: host=db password=hunter2\nfiles: /mnt/lake\nfile: x\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as found:
        SharedStore.read(file)
    assert [problem.line for problem in found.value.problems] == [3, 1, 2]
    assert "hunter2" not in str(found.value)
    assert 'Did you mean "files"' in str(found.value)
