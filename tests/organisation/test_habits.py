"""How a profile says that its CRM writes, and what is said of a wrong word: the file, the line and what is expected."""

from pathlib import Path

import pytest

from organisation import Problem, Source, load_yaml
from organisation.habits import Habits

PROFILE = "crm: generic\nregion: north\nexports:\n  opportunities: {mode: full}\n"


def parsed(tmp_path: Path, lines: str) -> tuple[Source, list[Problem]]:
    file = tmp_path / "north.yaml"
    file.write_text(PROFILE + lines, encoding="utf-8")
    problems: list[Problem] = []
    return Source.parse(load_yaml(file), file, problems), problems


def test_a_profile_without_habits_leaves_them_to_the_crm(tmp_path: Path) -> None:
    source, problems = parsed(tmp_path, "")
    assert (source.habits, problems) == (Habits(), [])


def test_habits_are_read(tmp_path: Path) -> None:
    source, problems = parsed(
        tmp_path,
        "yes_words: [Held]\nno_words: [Planned]\nempty_is_no: true\ngroups: no\nclose_date: overwritten\n"
        'currency_signs: exporter\nlinks: {account_ref: ids}\ncurrencies: {"-99": EUR}\n',
    )
    assert problems == []
    assert source.habits == Habits(
        ("Held",), ("Planned",), True, "overwritten", "exporter", False, {"account_ref": "ids"}
    )
    assert source.words["currencies"] == {"-99": "EUR"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("empty_is_no: perhaps", '"empty_is_no: perhaps" cannot be read'),
        ("groups: 3", '"groups: 3" cannot be read'),
        ("close_date: mine", '"mine" is no close_date'),
        ("currency_signs: both", '"both" is no currency_signs'),
        ("links: {account_ref: nmae}", '"nmae" of account_ref is no kind of link'),
        ('currencies: {"-99": Euro}', '"Euro" is no currency'),
        ("yes_words: ja", '"yes_words" must be a list'),
        ("yes_word: [ja]", 'unknown key "yes_word"'),
    ],
)
def test_a_wrong_habit_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    _, problems = parsed(tmp_path, line + "\n")
    assert [(problem.line, message in problem.message) for problem in problems] == [(5, True)]


def test_a_word_cannot_mean_yes_and_no(tmp_path: Path) -> None:
    _, problems = parsed(tmp_path, "yes_words: [ja]\nno_words: [ja]\n")
    assert [problem.line for problem in problems] == [6]
