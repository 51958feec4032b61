"""The doctor: each kind of trouble of the store is found and said in plain words."""

import os
import shutil
import subprocess
from collections import namedtuple
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from warehouse.doctor import examine, examine_care, examine_disk
from warehouse.finding import Finding, all_of, notice
from warehouse.store import Store, version_text
from warehouse.upkeep import tend

ROWS = pl.DataFrame({"load_id": ["l"] * 20, "line": range(20), "reason": ["FOOTER"] * 20})
NOW = datetime(2026, 11, 24, 14, tzinfo=UTC)
Space = namedtuple("Space", ["total", "used", "free"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a lake of one load, made once; to be copied."""
    lake = tmp_path_factory.mktemp("made") / "lake"
    with Store.open_writer(lake) as writer:
        with writer.transaction("first"):
            writer.insert("ignored_row", ROWS)
        writer.seal()
    return lake


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "lake"))


def codes(found: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.code) for finding in found]


def words(lake: Path) -> str:
    return " ".join(
        f"{finding.severity} {finding.code}: {finding.what} {finding.what_to_do}" for finding in examine(lake)
    )


def damage(file: Path) -> None:
    file.write_bytes(file.read_bytes()[::-1])


def data_file(lake: Path) -> Path:
    (file,) = lake.glob("files/*/ignored_row/*.parquet")
    return file


def test_a_sound_warehouse_has_no_findings(lake: Path) -> None:
    assert examine(lake) + examine_disk([lake, lake.parent]) == []


def test_a_warehouse_that_does_not_exist_yet_is_a_notice(tmp_path: Path) -> None:
    assert codes(examine(tmp_path / "lake")) == [("notice", "no_warehouse")]
    assert "denominator load" in words(tmp_path / "lake")


def test_a_loader_at_work_is_named_with_the_moment_it_began(lake: Path) -> None:
    with Store.open_writer(lake) as writer, writer.exclusive():
        os.utime(lake / "lock", (NOW.timestamp(), NOW.timestamp()))
        (found,) = examine(lake)
        assert found.code == "lock_held"
        assert found.what == f"Process {os.getpid()} is loading just now, since 2026-11-24 14:00 UTC."
        assert f"kill {os.getpid()}" in found.what_to_do
    assert examine(lake) == []


def test_looking_at_the_lock_leaves_no_mark(lake: Path) -> None:
    before = ((lake / "lock").read_text(), (lake / "lock").stat().st_mtime_ns)
    examine(lake)
    assert ((lake / "lock").read_text(), (lake / "lock").stat().st_mtime_ns) == before


def test_a_damaged_data_file_is_named_with_its_load(lake: Path) -> None:
    damage(data_file(lake))
    assert codes(examine(lake)) == [("problem", "file_damaged")]
    assert "of first_" in words(lake)
    assert "denominator scrub --repair" in words(lake)


def test_files_that_the_upkeep_compared_are_not_read_again_but_missed(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        tend(writer, NOW)
    file = data_file(lake)
    damage(file)
    assert examine(lake) == []
    file.unlink()
    assert "is missing" in words(lake)


def test_damage_that_the_upkeep_found_is_a_problem_until_it_is_mended(lake: Path) -> None:
    damage(data_file(lake))
    with Store.open_writer(lake) as writer:
        assert tend(writer, NOW).damaged
    assert ("problem", "file_damaged") in codes(examine(lake))


def test_a_catalog_with_another_byte_is_a_problem(lake: Path) -> None:
    catalog = lake / "meta.sqlite"
    content = bytearray(catalog.read_bytes())
    content[-1] ^= 1
    catalog.write_bytes(content)
    assert ("problem", "catalog_damaged") in codes(examine(lake))


def test_a_catalog_that_cannot_be_read_is_a_problem_and_hides_nothing(lake: Path) -> None:
    (lake / "meta.sqlite").write_bytes(b"nothing like a catalog")
    assert {"catalog_damaged", "catalog_unreadable"} <= {code for _, code in codes(examine(lake))}


def test_a_catalog_that_is_not_sealed_is_examined_for_its_structure(lake: Path) -> None:
    (lake / "catalog.seal").unlink()
    assert examine(lake) == []
    (lake / "meta.sqlite").write_bytes(b"nothing like a catalog")
    assert ("problem", "catalog_damaged") in codes(examine(lake))


def test_a_missing_catalog_beside_its_files_is_a_problem(lake: Path) -> None:
    (lake / "meta.sqlite").unlink()
    assert codes(examine(lake)) == [("problem", "catalog_missing")]
    assert "denominator restore" in words(lake)


@pytest.mark.parametrize(
    ("hint", "said"),
    [("1", "notice version_stale: The version file says 1"), ("99", "problem commits_lost: Snapshot 99")],
)
def test_a_wrong_version_file_is_named(lake: Path, hint: str, said: str) -> None:
    (lake / "version").write_text(version_text(int(hint)))
    assert said in words(lake)


def test_files_of_a_stopped_loader_are_a_notice(lake: Path) -> None:
    (lake / "files" / "main" / "ignored_row" / "ducklake-orphan.parquet").write_bytes(b"half")
    assert "notice orphans: 1 data files belong to no snapshot" in words(lake)


@pytest.mark.parametrize(("free", "backlog", "said"), [(900 << 20, 0, 1), (2 << 30, 0, 0), (2 << 30, 1 << 30, 1)])
def test_a_disk_without_room_for_the_next_load_is_named_once(
    lake: Path, monkeypatch: pytest.MonkeyPatch, free: int, backlog: int, said: int
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Space(1 << 40, 0, free))
    found = examine_disk([lake, lake.parent], backlog)
    assert codes(found) == [("problem", "disk_low")] * said
    assert all(f"{free >> 20} MB left" in finding.what for finding in found)


def test_a_folder_that_cannot_be_written_is_a_problem(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", refuse)
    (found,) = examine_disk([lake])
    assert (found.code, found.where) == ("not_writable", str(lake))
    assert "Read-only file system" in found.what


def test_an_upkeep_that_was_left_out_for_days_is_a_notice(lake: Path) -> None:
    with Store.open_writer(lake) as writer:
        tend(writer, NOW)
    assert codes(examine_care(lake, NOW + timedelta(days=1))) == [("notice", "backup_missing")]
    late = [finding for finding in examine_care(lake, NOW + timedelta(days=3)) if finding.code == "upkeep_overdue"]
    assert "since 2026-11-24" in late[0].what
    assert "denominator upkeep" in late[0].what_to_do


def test_a_check_that_fails_is_named_and_hides_no_other() -> None:
    def broken() -> list[Finding]:
        raise subprocess.SubprocessError("no such thing")

    found = all_of({"the moon": broken, "the rest": lambda: [notice("fine", "Fine.", "here", "Nothing.")]}, "here")
    assert codes(found) == [("problem", "not_examined"), ("notice", "fine")]
    assert "the moon (no such thing)" in found[0].what
