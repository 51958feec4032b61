"""The rules of deviations: read from the definitions file, each fault with its line."""

from datetime import timedelta
from pathlib import Path

import pytest

from kpi.definitions import Definitions, DefinitionsError
from tests.kpi.conftest import ROOT, shipped

SHIPPED = (ROOT / "kpi_definitions.yaml").read_text(encoding="utf-8")


def changed(tmp_path: Path, before: str, after: str) -> Path:
    assert before in SHIPPED
    file = tmp_path / "kpi_definitions.yaml"
    file.write_text(SHIPPED.replace(before, after), encoding="utf-8")
    return file


def test_the_shipped_file_states_every_rule() -> None:
    rules = shipped().rules
    assert (rules.a_week, rules.calm_for, rules.few_watch) == (5, timedelta(days=14), 0.4)
    assert rules.weekly == ("pipeline_created", "leads_received", "win_rate", "lead_sla")


def test_a_changed_line_holds(tmp_path: Path) -> None:
    assert Definitions.read(changed(tmp_path, "few_watch: 40%", "few_watch: 55%")).rules.few_watch == 0.55


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("few_watch: 40%", "few_watch: some", "few_watch: some"),
        ("  a_week: 5", "  a_weak: 5", 'unknown key "a_weak"'),
        ("[pipeline_created, leads_received,", "[pipeline_create,", 'there is no KPI "pipeline_create"'),
        ("peers: [win_rate,", "peers: [win_rat,", 'there is no KPI "win_rat"'),
        ("peers: [win_rate,", "peers: [win_rate_by_value,", '"win_rate_by_value" is no share of cases'),
        ("process: [commit_overdue,", "process: [commit_over,", 'Did you mean "commit_overdue"'),
        ("act_from: 1.5", "act_from: 0.5", "Expected a number such as 1.5"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, before: str, after: str, says: str) -> None:
    with pytest.raises(DefinitionsError, match=r"kpi_definitions\.yaml:\d+") as error:
        Definitions.read(changed(tmp_path, before, after))
    assert says in str(error.value)
