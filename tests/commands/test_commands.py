"""The commands as other programs call them: their objects, their exit codes, their words."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from commands.app import app
from commands.start import COMMANDS as MODULES
from etl.archives import Archive
from etl.workbook import read_workbook
from organisation import Workspace

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]
COMMANDS = sorted(MODULES)
REGIONS = {"amer", "benelux", "dach", "japan", "latam", "nordics", "group"}


def test_kpi_prints_one_object_a_region_and_one_for_the_group(run_command: Run, small: Workspace) -> None:
    done = run_command("kpi", "won_value", "win_rate", "--workspace", str(small.root), "--by", "region", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert {(value["kpi"], value["region"]) for value in values} == {
        (kpi, region) for kpi in ("won_value", "win_rate") for region in REGIONS
    }
    assert set(values[0]) >= {
        "kpi", "region", "period", "value", "n", "numerator", "denominator", "unit", "as_of", "comparable", "reason",
    }  # fmt: skip
    assert {value["period"] for value in values} == {"2026-Q4"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value["as_of"]) for value in values)
    assert all(value["value"] is None or re.fullmatch(r"-?\d+(\.\d+)?", value["value"]) for value in values)


def test_kpi_writes_the_same_values_as_csv_parquet_and_workbook(small: Workspace, tmp_path: Path) -> None:
    def kpi(*words: str) -> str:
        ran = CliRunner().invoke(app, ["kpi", "won_value", "win_rate", "--workspace", str(small.root), *words])
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    told = json.loads(kpi("--json"))
    kpi("--parquet", "--out", str(tmp_path / "kpis.parquet"))
    kpi("--xlsx", "--out", str(tmp_path / "kpis.xlsx"))
    lines = list(csv.DictReader(kpi("--csv").splitlines()))
    stored = pl.read_parquet(tmp_path / "kpis.parquet").to_dicts()
    book = read_workbook(Archive((tmp_path / "kpis.xlsx").read_bytes()), None).rows
    assert len(told) == len(lines) == len(stored) == len(book) - 1 == 14
    for one, line, row in zip(told, lines, stored, strict=True):
        assert list(line) == list(row) == list(one)
        assert {**line, "value": _number(line["value"])} == {
            **{name: "" if word is None else str(word) for name, word in one.items()},
            "reason": " ".join(one["reason"]),
            "value": _number(one["value"]),
        }
        assert row["value"] == _number(one["value"])
        assert row["n"] == one["n"]


def _number(word: str | None) -> Decimal | None:
    return Decimal(word) if word else None


def test_kpi_writes_one_form_at_a_time(small: Workspace, tmp_path: Path) -> None:
    given = ["kpi", "won_value", "--workspace", str(small.root)]
    ran = CliRunner().invoke(app, [*given, "--csv", "--xlsx"])
    assert (ran.exit_code, "take one of --csv, --xlsx" in ran.output) == (2, True)
    ran = CliRunner().invoke(app, [*given, "--out", str(tmp_path / "x")])
    assert (ran.exit_code, "--csv, --parquet or --xlsx" in ran.output) == (2, True)
    ran = CliRunner().invoke(app, [*given, "--csv", "--out", str(tmp_path / "no" / "x.csv")])
    said = re.sub(r"[\s│]+", " ", ran.output)  # the frame breaks lines where the folder's name is long
    assert (ran.exit_code, "cannot be written" in said) == (2, True)


def test_kpi_list_prints_the_definitions(run_command: Run, small: Workspace) -> None:
    done = run_command("kpi", "--list", "--json", "--workspace", str(small.root))
    listed = {kpi["kpi"]: kpi for kpi in json.loads(done.stdout)}
    assert {"won_value", "attainment", "pace", "freshness", "data_completeness"} <= set(listed)
    assert listed["win_rate"]["unit"] == "percent"


def test_an_unknown_kpi_is_a_usage_error_with_the_nearest_name(run_command: Run, small: Workspace) -> None:
    done = run_command("kpi", "win_rat", "--workspace", str(small.root), "--json")
    assert done.returncode == 2
    assert "win_rate" in done.stderr
    assert "Traceback" not in done.stderr


def test_load_prints_one_object_a_file_that_balances(run_command: Run, own_reviewed: Workspace) -> None:
    place = own_reviewed
    export = next(iter(sorted((place.archive / "dach_dynamics").rglob("opportunities*.csv"))))
    waiting = place.inbox / "dach_dynamics" / "opportunities_2020-01-07.csv"
    waiting.parent.mkdir(parents=True, exist_ok=True)
    waiting.write_bytes(export.read_bytes())
    done = run_command("load", "--workspace", str(place.root), "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == ["opportunities_2020-01-07.csv"]
    assert set(lines[0]) == {
        "file", "source", "table", "status", "rows_in", "loaded", "changed", "rejected", "ignored", "seconds", "reason",
    }  # fmt: skip
    assert lines[0]["rows_in"] == lines[0]["loaded"] + lines[0]["rejected"] + lines[0]["ignored"]


def test_a_refused_file_exits_with_3_and_says_what_to_do(run_command: Run, own_reviewed: Workspace) -> None:
    place = own_reviewed
    waiting = place.inbox / "dach_dynamics" / "opportunities_2026-11-24.csv"
    waiting.parent.mkdir(parents=True, exist_ok=True)
    waiting.write_text("<html><body>Please log in</body></html>", encoding="utf-8")
    done = run_command("load", "--workspace", str(place.root), "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout.splitlines()[0])["status"] == "refused"
    assert "Traceback" not in done.stderr


def test_broken_definitions_are_reported_with_file_and_line(run_command: Run, own_reviewed: Workspace) -> None:
    file = own_reviewed.definitions_file
    file.write_text(
        file.read_text(encoding="utf-8").replace("from: opportunity", "from: opportunty", 1), encoding="utf-8"
    )
    done = run_command("kpi", "won_value", "--workspace", str(own_reviewed.root))
    assert done.returncode == 1
    assert re.search(r"kpi_definitions\.yaml:\d+: .*opportunty", done.stderr)
    assert "Traceback" not in done.stderr


def test_doctor_finds_the_demonstration_well(run_command: Run, demonstration: Workspace) -> None:
    done = run_command("doctor", "--workspace", str(demonstration.root))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_command_starts_without_the_modules_of_the_others() -> None:
    program = "import sys; from commands.start import command_line; command_line(['kpi']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "commands.kpi" in loaded
    assert not loaded & {"commands.bench", "commands.load", "alembic", "pptx", "streamlit"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(name: str) -> None:
    done = CliRunner().invoke(app, [name, "--help"])
    assert done.exit_code == 0
    listed = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert any(re.search(rf"`{name}[ `]", line.split(" | ")[0]) for line in listed), f"{name} is not in the README"


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = {
        name
        for line in text.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z]+)[ `]", line.split(" | ")[0])
    }
    assert listed == set(COMMANDS)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_the_handbook_names_no_command_that_does_not_exist(page: Path) -> None:
    said = set(re.findall(r"`denominator ([a-z]+)", page.read_text(encoding="utf-8")))
    assert said <= set(COMMANDS)
