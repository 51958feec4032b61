"""Every CRM module reads a small export of its own: rows, rejects with line and column, ignored lines, warnings."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from etl.check import check_file
from etl.contract import exported_columns
from etl.crm import crm_module, crm_names
from etl.crm.dialect import STATUS_COLUMNS, Crm
from etl.errors import UnknownCrm
from etl.words import ACTIVITY_TYPES, BUSINESS_TYPES, LEAD_STATUSES
from organisation import Workspace

EXPORTS = Path(__file__).parent.parent / "exports"


@pytest.mark.parametrize("crm", crm_names())
def test_the_sample_export_is_read_as_expected(crm: str, tmp_path: Path) -> None:
    folder = EXPORTS / crm
    expected = YAML(typ="safe").load(folder / "expected.yaml")
    found = check_file(
        folder / "opportunities.csv",
        Workspace(tmp_path),
        source=None,
        table="opportunities",
        profile=folder / "profile.yaml",
    )
    assert found["refused"] is None
    rows, rejects, ignored = found["rows"], found["rejects"], found["ignored"]
    assert isinstance(rows, list)
    assert isinstance(rejects, list)
    assert isinstance(ignored, list)
    shown = [{column: row[column] for column in wanted} for row, wanted in zip(rows, expected["rows"], strict=True)]
    assert shown == expected["rows"]
    assert {(r["line"], r["column"], r["reason"]) for r in rejects} == {tuple(r) for r in expected["rejects"]}
    assert [[i["line"], i["reason"]] for i in ignored] == expected["ignored"]
    assert found["warnings"] == expected["warnings"]


@pytest.mark.parametrize("crm", crm_names())
def test_a_header_means_one_column(crm: str) -> None:
    module = crm_module(crm)
    for table in module.headers:
        meanings: dict[str, str] = {}
        for column, headers in module.headers_of(table).items():
            assert column in (*exported_columns(table), *STATUS_COLUMNS)
            for header in headers:
                assert meanings.setdefault(header, column) == column, f"{crm} {table}: {header} means two columns"


@pytest.mark.parametrize("crm", crm_names())
def test_words_are_mapped_to_common_words(crm: str) -> None:
    module: Crm = crm_module(crm)
    assert set(module.lead_statuses.values()) <= set(LEAD_STATUSES)
    assert set(module.activity_types.values()) <= set(ACTIVITY_TYPES)
    assert set(module.business_types.values()) <= set(BUSINESS_TYPES)
    assert set(module.status_words.values()) <= {"open", "won", "lost", "dropped"}


def test_an_unknown_system_names_the_nearest() -> None:
    with pytest.raises(UnknownCrm, match='Did you mean "salesforce"'):
        crm_module("salesforc")
