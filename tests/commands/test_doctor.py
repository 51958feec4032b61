"""denominator doctor as people and programs meet it: a healthy, an empty and a broken workspace."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.app import app
from commands.examination import examine_workspace
from organisation import Workspace
from tests.etl.shop import SOURCE, Shop
from warehouse.backup import NOTE, back_up
from warehouse.finding import Finding

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DEFINITIONS = (Path(__file__).parents[2] / "kpi_definitions.yaml").read_text(encoding="utf-8")
ACTIVITY = "activity_id,owner_ref,at,related_ref\na1,Ann,2026-11-20,d1\n"


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Give a shop without any finding; loaded once, to be read and never written."""
    place = tmp_path_factory.mktemp("well")
    shop = Shop.open(place / "shop")
    shop.workspace.definitions_file.write_text(DEFINITIONS, encoding="utf-8")
    shop.drop_deals("2026-11-20", 1, 2, 3)
    shop.drop("activities_2026-11-20.csv", ACTIVITY)
    assert {each.status for each in shop.load()} == {"loaded"}
    back_up(shop.workspace, place / "backup")
    return shop


@pytest.fixture
def shop(well: Shop, tmp_path: Path) -> Shop:
    return well.copied(tmp_path / "shop")


def found(shop: Shop, code: str) -> Finding:
    matching = [each for each in examine_workspace(shop.workspace) if each.code == code]
    assert matching, examine_workspace(shop.workspace)
    return matching[0]


def codes(shop: Shop) -> set[str]:
    return {each.code for each in examine_workspace(shop.workspace)}


def test_a_healthy_workspace_has_no_findings(shop: Shop) -> None:
    assert examine_workspace(shop.workspace) == []
    done = CliRunner().invoke(app, ["doctor", "--workspace", str(shop.workspace.root)])
    assert (done.exit_code, done.output.startswith("All is well.")) == (0, True)


def test_each_finding_is_one_object_with_the_same_keys_and_a_problem_exits_with_1(shop: Shop) -> None:
    shop.drop("deels.csv", "a,b\n1,2\n")
    (shop.workspace.lake / NOTE).unlink()
    done = CliRunner().invoke(app, ["doctor", "--json", "--workspace", str(shop.workspace.root)])
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(list(each) == ["severity", "code", "what", "where", "do"] for each in objects)
    assert [(each["severity"], each["code"]) for each in objects] == [
        ("problem", "unclaimed"),
        ("notice", "backup_missing"),
    ]
    assert all(each["what"] and each["where"] and each["do"] for each in objects)
    assert done.exit_code == 1


def test_a_notice_alone_exits_with_0(shop: Shop) -> None:
    (shop.workspace.lake / NOTE).unlink()
    done = CliRunner().invoke(app, ["doctor", "--workspace", str(shop.workspace.root)])
    assert done.exit_code == 0
    assert "Notice: No backup of this workspace was ever made." in done.output
    assert "denominator backup DIR" in done.output


def test_an_old_backup_is_a_notice(shop: Shop) -> None:
    shop.workspace.clock_file.write_text("2027-01-24T14:00:00+00:00", encoding="utf-8")
    assert "of 2026-11-24" in found(shop, "backup_old").what


def test_a_late_feed_is_a_notice(shop: Shop) -> None:
    text = SOURCE.replace("    mode: full\n", "    mode: full\n    arrives: daily by 07:00\n")
    (shop.workspace.sources_dir / "shop.yaml").write_text(text, encoding="utf-8")
    late = found(shop, "feed_late")
    assert (late.severity, late.where) == ("notice", "shop opportunity")
    assert "was due at 2026-11-24 07:00" in late.what


def test_all_problems_of_the_settings_are_told_at_once_and_hide_nothing_else(shop: Shop) -> None:
    definitions = DEFINITIONS.replace("currency: EUR", "currency: euros")
    shop.workspace.definitions_file.write_text(definitions, encoding="utf-8")
    (shop.workspace.sources_dir / "shop.yaml").write_text(SOURCE.replace("mode: full", "mode: fool"), encoding="utf-8")
    (shop.workspace.lake / NOTE).unlink()
    (file,) = shop.workspace.archive.rglob("opportunities_*.csv")
    file.unlink()
    told = examine_workspace(shop.workspace)
    assert {Path(each.where.rpartition(":")[0]).name for each in told if each.code == "settings"} == {
        "kpi_definitions.yaml",
        "shop.yaml",
    }
    assert {"settings", "archive_file", "backup_missing"} == {each.code for each in told}


def test_a_clock_file_or_a_rhythm_that_cannot_be_read_is_a_problem_of_the_settings(shop: Shop) -> None:
    shop.workspace.clock_file.write_text("soon", encoding="utf-8")
    text = SOURCE.replace("    mode: full\n", "    mode: full\n    arrives: now and then\n")
    (shop.workspace.sources_dir / "shop.yaml").write_text(text, encoding="utf-8")
    said = " ".join(each.what for each in examine_workspace(shop.workspace) if each.code == "settings")
    assert '"soon" is no instant with a zone' in said
    assert "arrives: now and then" in said


def test_a_column_that_a_crm_is_said_to_lack_must_exist(shop: Shop) -> None:
    profile = shop.workspace.sources_dir / "shop.yaml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(
        text.replace("    mode: full", "    lacks: [forcast_category]\n    mode: full", 1), encoding="utf-8"
    )
    ran = CliRunner().invoke(app, ["doctor", "--workspace", str(shop.workspace.root)])
    assert ran.exit_code == 1
    assert 'lacks: there is no column "forcast_category"' in ran.output
    assert "forecast_category" in ran.output


def test_a_broken_warehouse_hides_neither_inbox_nor_settings(shop: Shop) -> None:
    (shop.workspace.lake / "meta.sqlite").write_bytes(b"nothing like a catalog")
    shop.drop("deels.csv", "a,b\n1,2\n")
    shop.workspace.clock_file.write_text("soon", encoding="utf-8")
    assert {"catalog_damaged", "catalog_unreadable", "unclaimed", "settings"} <= codes(shop)


def test_damaged_data_hide_no_held_load(shop: Shop) -> None:
    shop.drop_deals("2026-11-21")
    shop.load()
    for file in shop.workspace.lake.glob("files/*/opportunity_version/*.parquet"):
        file.write_bytes(file.read_bytes()[::-1])
    (shop.workspace.lake / "files" / "main" / "gone").mkdir(parents=True, exist_ok=True)
    assert "load_held" in codes(shop)


@pytest.mark.parametrize("content", [{}, {"data": None}, {"kpi_definitions.yaml": "]["}])
def test_an_empty_or_senseless_folder_is_told_without_a_traceback(
    run_command: Run, tmp_path: Path, content: dict[str, str | None]
) -> None:
    for name, text in content.items():
        (tmp_path / name).mkdir() if text is None else (tmp_path / name).write_text(text, encoding="utf-8")
    done = run_command("doctor", "--workspace", str(tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "There is no warehouse" in done.stdout
    assert "kpi_definitions.yaml" in done.stdout


def test_a_new_workspace_is_well(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path / "one")
    shop.workspace.definitions_file.write_text(DEFINITIONS, encoding="utf-8")
    for file in shop.workspace.lake.rglob("*"):
        file.unlink() if file.is_file() else None
    assert [(each.severity, each.code) for each in examine_workspace(Workspace(shop.workspace.root))] == [
        ("notice", "no_warehouse")
    ]
