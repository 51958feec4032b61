"""The group's own settings."""

from pathlib import Path

import pytest

from organisation import Group, Problem


@pytest.mark.parametrize(
    ("stated", "peers", "faults"),
    [
        ("currency: EUR", "values", 0),
        ("currency: EUR, peers: quartiles", "quartiles", 0),
        ("currency: EUR, peers: names", "names", 1),
    ],
)
def test_what_is_shown_of_other_regions_is_one_of_two_words(
    tmp_path: Path, stated: str, peers: str, faults: int
) -> None:
    file = tmp_path / "kpi_definitions.yaml"
    file.write_text(f"group: {{{stated}}}\n", encoding="utf-8")
    problems: list[Problem] = []
    assert Group.read(file, problems).peers == peers
    assert len(problems) == faults
