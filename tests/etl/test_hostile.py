"""Hostile exports give exactly the reasons they must give, at the right lines; their neighbours read well."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from etl.check import check_file
from etl.reasons import IGNORED, REFUSED, REJECTED, WARNINGS
from organisation import Workspace
from tests.etl.hostile_files import ELSEWHERE, FOLDER, HostileFile, hostile_files

FILES = hostile_files()
STAGES = {"Open": "qualify", "Deep": "develop", "Won": "won", "Lost": "lost"}
CLASSES = sorted({*REFUSED, *REJECTED, *IGNORED, *WARNINGS})


def read(case: HostileFile, folder: Path) -> dict[str, object]:
    file, profile = folder / case.name, folder / "profile.yaml"
    file.write_bytes(case.content())
    YAML().dump({"crm": "generic", "stages": STAGES, **case.expected.profile}, profile)
    return check_file(file, Workspace(folder), source=None, table=case.expected.table, profile=profile)


def listed(found: object, *keys: str) -> list[tuple[object, ...]]:
    assert isinstance(found, list)
    return sorted((tuple(each.get(key) for key in keys) for each in found), key=str)


@pytest.mark.parametrize("case", FILES, ids=str)
def test_a_hostile_file_gives_exactly_what_is_expected(case: HostileFile, tmp_path: Path) -> None:
    found, expected = read(case, tmp_path), case.expected
    refused = found["refused"]
    assert (refused["reason"] if isinstance(refused, dict) else None) == expected.refused, refused
    assert expected.says in (refused["message"] if isinstance(refused, dict) else "")
    assert listed(found["rejects"], "line", "column", "reason") == listed(expected.rejects, "line", "column", "reason")
    assert listed(found["ignored"], "line", "reason") == listed(expected.ignored, "line", "reason")
    assert found["warnings"] == sorted(expected.warnings)
    rows = found["rows"]
    assert isinstance(rows, list)
    assert len(rows) == expected.rows
    if expected.values is not None:
        shown = [{column: row[column] for column in wanted} for row, wanted in zip(rows, expected.values, strict=True)]
        assert shown == expected.values


@pytest.mark.parametrize("case", FILES, ids=str)
def test_a_case_stands_in_the_folder_of_what_it_gives(case: HostileFile) -> None:
    assert case.reason in CLASSES
    assert (case.reason in case.expected.classes) != case.is_neighbour


@pytest.mark.parametrize("reason", CLASSES)
def test_a_class_has_three_files_that_give_it_and_a_neighbour_that_does_not(reason: str) -> None:
    if reason in ELSEWHERE:
        file, word = ELSEWHERE[reason]
        assert word in (Path(__file__).parent / file).read_text(encoding="utf-8")
        return
    mine = [case for case in FILES if case.reason == reason]
    cases = {case.content() for case in mine if not case.is_neighbour}
    assert len(cases) >= 3, f"{reason} has {len(cases)} different files"
    assert any(case.is_neighbour for case in mine), f"{reason} has no neighbour"


def test_every_file_of_the_folder_has_its_expectation() -> None:
    data = {file for file in FOLDER.glob("*/*") if not file.name.endswith(".expect.yaml")}
    stated = {file.with_name(file.name.removesuffix(".expect.yaml")) for file in FOLDER.glob("*/*.expect.yaml")}
    assert data == stated
