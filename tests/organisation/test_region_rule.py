"""The region rule of a profile: by a column's word, and since when; every fault with its line."""

from datetime import date
from pathlib import Path

import pytest

from organisation import Problem, RegionRule, load_yaml
from organisation.fields import Fields
from organisation.region_rule import region_rule


def read(tmp_path: Path, text: str) -> tuple[RegionRule, list[str]]:
    file = tmp_path / "crm.yaml"
    file.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    rule = region_rule(Fields(load_yaml(file), problems, known=("region", "region_from")))
    return rule, [str(problem) for problem in problems]


def test_one_rule_with_a_day_holds_from_that_day(tmp_path: Path) -> None:
    rule, problems = read(
        tmp_path, "region_from: {column: Land, NL: benelux, default: dach, valid_from: 2026-01-01, before: emea}\n"
    )
    assert problems == []
    assert (rule.valid_from, rule.column, rule.by_value) == (date(2026, 1, 1), "Land", {"NL": "benelux"})
    assert rule.before == RegionRule("emea")
    assert rule.regions == ("dach", "benelux", "emea")


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("region: emea\nregion_from: {column: Land, NL: benelux, default: dach, valid_from: 2026-01-01}\n", "emea"),
        ("region_from: {column: Land, NL: benelux, default: dach, valid_from: 2026-01-01}\n", "dach"),
    ],
)
def test_before_the_first_day_the_profiles_region_holds_else_the_rules_default(
    tmp_path: Path, text: str, before: str
) -> None:
    rule, problems = read(tmp_path, text)
    assert problems == []
    assert rule.before == RegionRule(before)


def test_several_rules_follow_one_another_in_whatever_order_they_are_written(tmp_path: Path) -> None:
    rule, problems = read(
        tmp_path,
        "region_from:\n"
        "  - {column: Office, R: benelux, default: dach, valid_from: 2026-07-01}\n"
        "  - {default: dach}\n"
        "  - {column: Land, NL: benelux, default: dach, valid_from: 2026-01-01}\n",
    )
    assert problems == []
    assert [each.valid_from for each in rule.rules] == [date(2026, 7, 1), date(2026, 1, 1), None]
    assert rule.columns == ("Office", "Land")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("region_from: dach\n", 'crm.yaml:1: "region_from" cannot be read'),
        ("region_from:\n  - dach\n", 'crm.yaml:1: "region_from" cannot be read'),
        ("region_from: []\n", 'crm.yaml:1: "region_from" cannot be read'),
        ("region_from:\n  NL: benelux\n  default: dach\n", 'crm.yaml:2: "column" is missing'),
        ("region_from:\n  column: Land\n  NL:\n  default: dach\n", 'crm.yaml:3: "NL" names no region'),
        (
            "region_from:\n  column: Land\n  N: b\n  valid_from: soon\n",
            'crm.yaml:4: "valid_from: soon" cannot be read',
        ),
        (
            "region_from:\n  column: Land\n  NL: benelux\n  valid_from: 2026-01-01\n",
            "crm.yaml:4: nothing says which region a row before 2026-01-01 belongs to",
        ),
        (
            "region_from:\n  column: Land\n  NL: benelux\n  before: dach\n",
            'crm.yaml:4: "before" without "valid_from"',
        ),
        (
            "region_from:\n  - {default: dach}\n  - {column: Land, NL: b}\n",
            "crm.yaml:3: two rules of region_from have no valid_from",
        ),
        (
            "region_from:\n  - {default: a, valid_from: 2026-01-01}\n  - {default: b, valid_from: 2026-01-01}\n",
            "crm.yaml:3: two rules of region_from have valid_from: 2026-01-01",
        ),
        (
            "region_from:\n  - {default: a}\n  - {default: b, valid_from: 2026-01-01, before: c}\n",
            'crm.yaml:3: "before" is said by the first rule only',
        ),
    ],
)
def test_a_rule_that_cannot_be_meant_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    _, problems = read(tmp_path, text)
    assert [problem for problem in problems if problem.startswith(said)], problems
