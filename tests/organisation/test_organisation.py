from datetime import UTC, datetime
from pathlib import Path

import pytest

from organisation import ConfigurationError, Organisation, Workspace, load_yaml

GROUP = "group:\n  currency: EUR\n  timezone: Europe/Berlin\n"
REGION = "name: DACH\ncurrency: EUR\ntimezone: Europe/Berlin\ncountry: DE\n"
SOURCE = """\
crm: dynamics
region: dach
exports:
  opportunities:
    files: 'opportunities*.csv'
stages: {Angebot: propose}
"""


def workspace(root: Path, *, group: str = GROUP, region: str = REGION, source: str = SOURCE) -> Workspace:
    for folder in ("regions", "sources", "data"):
        (root / folder).mkdir(exist_ok=True)
    (root / "kpi_definitions.yaml").write_text(group, encoding="utf-8")
    (root / "regions" / "dach.yaml").write_text(region, encoding="utf-8")
    (root / "sources" / "dach_dynamics.yaml").write_text(source, encoding="utf-8")
    return Workspace(root)


def test_a_workspace_reads_into_regions_and_sources(tmp_path: Path) -> None:
    organisation = Organisation.read(workspace(tmp_path))
    assert list(organisation.regions) == ["dach"]
    source = organisation.sources["dach_dynamics"]
    assert source.region.region_of(None) == "dach"
    assert source.stages == {"Angebot": "propose"}
    assert source.exports["opportunities"].table == "opportunity"


def test_norway_and_on_stay_words(tmp_path: Path) -> None:
    file = tmp_path / "words.yaml"
    file.write_text("country: NO\non: yes\n", encoding="utf-8")
    assert dict(load_yaml(file)) == {"country": "NO", "on": "yes"}


def test_every_problem_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    place = workspace(
        tmp_path,
        region=REGION.replace("timezone: Europe/Berlin", "timezone: Europe/Berln") + "fiscal_year_start: july\n",
        source=SOURCE.replace("propose", "proposed").replace("region: dach", "region: dahc"),
    )
    with pytest.raises(ConfigurationError) as caught:
        Organisation.read(place)
    said = str(caught.value)
    assert 'dach.yaml:3: "timezone: Europe/Berln" cannot be read' in said
    assert 'dach.yaml:5: unknown key "fiscal_year_start". Did you mean "fiscal_year_starts"?' in said
    assert 'dach_dynamics.yaml:6: stages: "Angebot" is mapped to "proposed"' in said
    assert 'Did you mean "propose"?' in said
    assert 'region "dahc" has no profile in regions/. Did you mean "dach"?' in said


def test_flag_levels_of_a_region_are_held_against_the_kpis_of_the_group(tmp_path: Path) -> None:
    own = REGION + "deviations:\n  flags:\n    pacce: {watch: below 80%}\n"
    place = workspace(tmp_path, group=GROUP + "kpis:\n  pace:\n    flag: {watch: below 92%}\n", region=own)
    with pytest.raises(ConfigurationError, match=r'dach\.yaml:7: flags: there is no KPI "pacce". Did you mean "pace"'):
        Organisation.read(place)


def test_absence_can_mean_a_loss_for_opportunities_only(tmp_path: Path) -> None:
    lost = SOURCE.replace("opportunities:", "leads: {gone_means: lost}\n  opportunities:\n    gone_means: lost")
    with pytest.raises(
        ConfigurationError, match=r'^dach_dynamics.yaml:4: "gone_means: lost" holds for opportunities only'
    ):
        Organisation.read(workspace(tmp_path, source=lost))


@pytest.mark.parametrize(
    "rule",
    [
        "filename opportunities_%d.%m.%Y",
        "file name: opportunities_%d.%m.%Y",
        "file name: deals.csv",
        "file name: deals_%y-%m-%d.csv",
        "file name: deals_%Y-%m-%d.csv at 25:00",
        "file name: deals_%Y-%m-%d.csv at six",
    ],
)
def test_a_rule_of_the_moment_that_says_nothing_is_a_problem_with_its_line(tmp_path: Path, rule: str) -> None:
    wrong = SOURCE.replace("stages:", f'    exported_at: "{rule}"\nstages:')
    with pytest.raises(ConfigurationError, match=r"^dach_dynamics.yaml:6: .*cannot be read.*file name: deals_%Y-%m-%d"):
        Organisation.read(workspace(tmp_path, source=wrong))


def test_a_rule_of_the_moment_may_name_files_with_spaces(tmp_path: Path) -> None:
    rule = "file name: All Deals %Y-%m-%d.csv at 06:30"
    right = SOURCE.replace("stages:", f'    exported_at: "{rule}"\nstages:')
    found = Organisation.read(workspace(tmp_path, source=right))
    assert found.sources["dach_dynamics"].exports["opportunities"].exported_at == rule


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"dach\.yaml:5: is no valid YAML: found duplicate key"):
        Organisation.read(workspace(tmp_path, region=REGION + "name: Other\n"))


def test_the_profile_hash_changes_with_what_decides_the_reading(tmp_path: Path) -> None:
    before = Organisation.read(workspace(tmp_path)).sources["dach_dynamics"].profile_hash("opportunities")
    place = workspace(tmp_path, source=SOURCE + "currency: EUR\n")
    assert Organisation.read(place).sources["dach_dynamics"].profile_hash("opportunities") != before


def test_the_clock_file_is_the_only_now(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    place.clock_file.write_text("2026-11-24T15:02:00+01:00\n", encoding="utf-8")
    assert place.now() == datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
    place.clock_file.write_text("yesterday\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match='clock:1: "yesterday" is no instant with a zone'):
        place.now()
