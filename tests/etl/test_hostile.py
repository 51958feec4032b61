"""Hostile exports give exactly the reasons they must give, at the right lines; their neighbours read well."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from etl.check import check_file
from etl.reasons import IGNORED, REFUSED, REJECTED, WARNINGS
from organisation import Workspace
from tests.etl.hostile_circumstances import loaded_while, reader_under
from tests.etl.hostile_files import FOLDER, HostileFile, hostile_files
from tests.etl.shop import Shop

FILES = hostile_files()
STAGES = {"Open": "qualify", "Deep": "develop", "Won": "won", "Lost": "lost"}
CLASSES = sorted({*REFUSED, *REJECTED, *IGNORED, *WARNINGS})


def read(case: HostileFile, folder: Path) -> dict[str, object]:
    if case.expected.under.loaded_while:
        return loaded(case, folder)
    file, profile = folder / case.name, folder / "profile.yaml"
    file.write_bytes(case.content())
    YAML().dump({"crm": "generic", "stages": STAGES, **case.expected.profile}, profile)
    table, workspace = case.expected.table, Workspace(folder)
    reader = reader_under(case.expected.under, workspace, profile, table)
    return check_file(file, workspace, source=None, table=table, profile=profile, read=reader)


def loaded(case: HostileFile, folder: Path) -> dict[str, object]:
    said, deals = loaded_while(case.expected.under.loaded_while, case.content(), Shop.open(folder))
    refused = {"reason": said.reason, "message": said.message} if said.reason else None
    return {"rows": [{}] * deals, "rejects": [], "ignored": [], "warnings": [], "refused": refused}


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
    mine = [case for case in FILES if case.reason == reason]
    cases = {case.content() for case in mine if not case.is_neighbour}
    assert len(cases) >= 3, f"{reason} has {len(cases)} different files"
    assert any(case.is_neighbour for case in mine), f"{reason} has no neighbour"


def test_every_file_of_the_folder_has_its_expectation() -> None:
    data = {file for file in FOLDER.glob("*/*") if not file.name.endswith(".expect.yaml")}
    stated = {file.with_name(file.name.removesuffix(".expect.yaml")) for file in FOLDER.glob("*/*.expect.yaml")}
    assert data == stated
