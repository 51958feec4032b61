from pathlib import Path

import pytest

from organisation import ConfigurationError, Workspace
from organisation.people import read_people

REGIONS = frozenset({"dach", "japan"})
PEOPLE = """\
d.one: {name: Director One, role: global sales director, timezone: Europe/Berlin, email: d.one@example.com}
m.one:
  name: Manager One
  role: regional manager DACH
  regions: [dach]
  digest: weekly
"""


def workspace(root: Path, text: str) -> Workspace:
    (root / "people.yaml").write_text(text, encoding="utf-8")
    return Workspace(root)


def test_people_are_read_with_what_they_may_see(tmp_path: Path) -> None:
    director, manager = read_people(workspace(tmp_path, PEOPLE), REGIONS)
    assert (director.id, director.role, director.regions, director.digest) == (
        "d.one",
        "global sales director",
        None,
        "daily",
    )
    assert (manager.regions, manager.digest, manager.email) == (frozenset({"dach"}), "weekly", None)


def test_a_workspace_without_the_file_has_no_people(tmp_path: Path) -> None:
    assert read_people(Workspace(tmp_path), REGIONS) == ()


def test_all_problems_are_said_at_once_with_their_lines(tmp_path: Path) -> None:
    wrong = PEOPLE.replace("[dach]", "[dahc]").replace("weekly", "weekli").replace("d.one@example.com", "nobody")
    with pytest.raises(ConfigurationError) as caught:
        read_people(workspace(tmp_path, wrong + "x: 3\n"), REGIONS)
    said = str(caught.value)
    assert "people.yaml:1" in said
    assert 'people.yaml:5: region "dahc" has no profile. Did you mean "dach"?' in said
    assert 'people.yaml:6: "weekli" is no digest. Did you mean "weekly"?' in said
    assert 'people.yaml:7: "x" is no person' in said
