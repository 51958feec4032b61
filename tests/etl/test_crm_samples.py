"""Every CRM module reads a small export of its own: rows, rejects with line and column, ignored lines, warnings."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from etl.check import check_file
from etl.contract import exported_columns
from etl.crm import crm_module, crm_names
from etl.crm.dialect import STATUS_COLUMNS, STATUS_MEANINGS, Crm
from etl.errors import UnknownCrm
from etl.words import ACTIVITY_TYPES, BUSINESS_TYPES, LEAD_STATUSES
from organisation import Workspace
from organisation.source import ACTIVITIES, STAGES, TABLES

EXPORTS = Path(__file__).parent.parent / "exports"


@dataclass(frozen=True)
class Sample:
    """An export made from what is known of a system, and what reading it gives.

    In tests/exports/<crm>/: the file <table>.* or <table>_<variant>.*, what it gives in <stem>.expected.yaml (of
    opportunities.csv: expected.yaml), read under <stem>.profile.yaml, else profile.yaml.
    """

    file: Path

    @property
    def crm(self) -> str:
        return self.file.parent.name

    @property
    def table(self) -> str:
        return next(
            key for key in (*TABLES, *ACTIVITIES) if re.fullmatch(rf"{key}(_\w+)?", self.file.name.split(".")[0])
        )

    @property
    def expected(self) -> dict[str, Any]:
        found = YAML(typ="safe").load(self._beside("expected"))
        assert isinstance(found, dict)
        return found

    @property
    def said(self) -> str:
        return self._beside("expected").read_text(encoding="utf-8")

    @property
    def profile(self) -> Path:
        return self._beside("profile")

    def _beside(self, what: str) -> Path:
        own = self.file.with_name(f"{self.file.name.split('.')[0]}.{what}.yaml")
        return own if own.exists() else self.file.with_name(f"{what}.yaml")


SAMPLES = [
    Sample(file)
    for crm in crm_names()
    for file in sorted((EXPORTS / crm).iterdir())
    if file.suffix not in (".yaml", ".md", ".py")
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.crm}/{sample.file.name}")
def test_the_sample_export_is_read_as_expected(sample: Sample, tmp_path: Path) -> None:
    expected = sample.expected
    found = check_file(sample.file, Workspace(tmp_path), source=None, table=sample.table, profile=sample.profile)
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


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.crm}/{sample.file.name}")
def test_a_sample_says_what_proves_it_or_that_nothing_does(sample: Sample) -> None:
    if sample.crm != "generic":  # whose names are ours
        assert re.search(r"\[[RSDCT]+\]|roven|Documented|nothing proves", sample.said)


@pytest.mark.parametrize("crm", crm_names())
def test_every_system_has_a_sample_of_its_opportunities(crm: str) -> None:
    assert "opportunities" in {sample.table for sample in SAMPLES if sample.crm == crm}


@pytest.mark.parametrize("crm", crm_names())
def test_a_header_means_one_column(crm: str) -> None:
    module = crm_module(crm)
    for table in module.headers:
        meanings: dict[str, str] = {}
        for column, headers in module.headers_of(table).items():
            assert column in (*exported_columns(table), *STATUS_COLUMNS.get(table, ()))
            for header in headers:
                assert meanings.setdefault(header, column) == column, f"{crm} {table}: {header} means two columns"


@pytest.mark.parametrize("crm", crm_names())
def test_words_are_mapped_to_common_words(crm: str) -> None:
    module: Crm = crm_module(crm)
    assert set(module.lead_statuses.values()) <= set(LEAD_STATUSES)
    assert set(module.activity_types.values()) <= set(ACTIVITY_TYPES)
    assert set(module.business_types.values()) <= set(BUSINESS_TYPES)
    assert {*module.status_words.values(), *module.reason_words.values()} <= set(STATUS_MEANINGS)
    assert set(module.stages.values()) <= set(STAGES)


def test_an_unknown_system_names_the_nearest() -> None:
    with pytest.raises(UnknownCrm, match='Did you mean "salesforce"'):
        crm_module("salesforc")
