"""The KPI reference and the JSON Schemas stand in step with what they are made from, and with each other."""

from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer.testing import CliRunner

from commands.app import app
from commands.reference import SCHEMAS, schema_files
from kpi.definitions import Definitions
from kpi.reference import reference
from organisation import YamlMap, load_yaml

ROOT = Path(__file__).parents[2]
SETTINGS = [
    (ROOT / "kpi_definitions.yaml", "kpi_definitions.json"),
    *((file, "region.json") for file in sorted((ROOT / "regions").glob("*.yaml"))),
    *((file, "source.json") for file in sorted((ROOT / "sources").glob("*.yaml"))),
]


def plain(node: object) -> object:
    """Give what a YAML file holds without the lines."""
    if isinstance(node, YamlMap):
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, list) else node


def faults(stated: object, schema: str) -> list[str]:
    checker = jsonschema.Draft202012Validator(SCHEMAS[schema]())
    return [f"{'.'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in checker.iter_errors(stated)]


def test_the_reference_in_the_handbook_is_that_of_the_definitions() -> None:
    made = reference(Definitions.read(ROOT / "kpi_definitions.yaml"))
    assert (ROOT / "docs" / "kpis.md").read_text(encoding="utf-8") == made, "run: python . reference > docs/kpis.md"


def test_the_reference_names_every_kpi_and_what_it_is_not() -> None:
    definitions = Definitions.read(ROOT / "kpi_definitions.yaml")
    made = reference(definitions)
    assert all(f"### {kpi.label} (`{kpi.name}`)" in made for kpi in definitions.kpis.values())
    assert made.count("| it is not |") == sum(bool(kpi.is_not) for kpi in definitions.kpis.values())
    assert "| `FILL_LOW` | A field that this figure needs is often empty. |" in made


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_file_is_what_the_reading_code_draws(name: str) -> None:
    kept = (ROOT / "schema" / name).read_text(encoding="utf-8")
    assert kept == schema_files()[name], "run: python . schema"


@pytest.mark.parametrize(("file", "schema"), SETTINGS, ids=lambda given: getattr(given, "name", given))
def test_the_shipped_settings_name_their_schema_and_fit_it(file: Path, schema: str) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.parent / first.partition("=")[2]).resolve() == ROOT / "schema" / schema
    assert faults(plain(load_yaml(file)), schema) == []


def test_an_editor_marks_what_the_reader_would_refuse() -> None:
    kpi = {"label": "Won", "unit": "monye", "owener": "me", "flag": {"wach": "10% below plan"}}
    found = faults({"group": {"currency": "EUR"}, "kpis": {"Won": kpi}}, "kpi_definitions.json")
    assert any("'owener' was unexpected" in fault for fault in found)
    assert any("'wach' was unexpected" in fault for fault in found)
    assert any("'monye' is not one of" in fault for fault in found)
    assert any("'Won' does not match" in fault for fault in found)
    assert "kpis: is required" not in found
    assert any("'crm' is a required property" in fault for fault in faults({"exports": {}}, "source.json"))
    export = {"opportunities": {"mode": "ful", "lacks": ["first_touch_at"]}}
    assert faults({"crm": "x", "exports": export}, "source.json") == [
        "exports.opportunities.mode: 'ful' is not one of ['full', 'delta']"
    ]


def test_the_commands_print_and_write_the_same(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["schema", "--out", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    assert {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == schema_files()
    ran = CliRunner().invoke(app, ["reference", "--workspace", str(ROOT)])
    assert ran.stdout == reference(Definitions.read(ROOT / "kpi_definitions.yaml"))
