"""A region's onboarding: rehearsed without storing anything, accepted once all is answered, loaded as rehearsed."""

import json
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from commands.app import app
from commands.onboarding import HANDLERS, OpenStore, accept_trial, rehearse, trial_of
from etl.child import Readers
from etl.errors import EtlError
from etl.load import load_waiting
from etl.loading import Loading
from etl.rehearsal import fingerprint_of
from etl.requests import execute_requests
from etl.results import Done
from kpi.engines.duckdb import DuckDbEngine
from organisation import Organisation
from organisation.requests import Answer, answer_of, ask
from organisation.workspace import REPOSITORY
from tests.etl.shop import Shop
from tests.etl.strangers import POLISH_ANSWERS, POLISH_NAME, polish_file
from warehouse.store import Store

WHO = "sales operations"
DEALS = """Deal ID,Deal Name,Stage,Amount,Currency,Close Date,Created Date
A1,One,Closed Won,100,PLN,2026-10-05,2026-01-05
A2,Two,Qualification,200,PLN,2026-12-20,2026-01-25
"""
LEADS = """Lead ID,Created Date,Lead Status,Lead Source,Lead Owner
L1,2026-10-15,New,Web,Person One
L2,2026-10-25,Qualified,Web,Person One
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Give the company before the region joins; loaded once, to be read and never written."""
    shop = Shop.open(tmp_path_factory.mktemp("before"))
    shutil.copyfile(REPOSITORY / "kpi_definitions.yaml", shop.workspace.definitions_file)
    shop.drop_deals("2026-11-03", 10, 20, 30, 40)
    shop.load()
    return shop


@pytest.fixture
def shop(before: Shop, tmp_path: Path) -> Shop:
    return before.copied(tmp_path / "company")


def files_of(shop: Shop) -> dict[str, bytes]:
    """Give every file of the workspace with its content, except those that the store's readers leave behind."""
    return {
        str(file.relative_to(shop.workspace.root)): file.read_bytes()
        for file in shop.workspace.root.rglob("*")
        if file.is_file() and not file.name.endswith(("-wal", "-shm", "lock"))
    }


def rehearsed(shop: Shop, file: Path, answers: Mapping[str, str], region: str = "poland") -> dict[str, object]:
    with DuckDbEngine(shop.workspace.lake) as today:
        return rehearse(trial_of([file], region, answers), shop.organisation, today)


def accepted(shop: Shop, file: Path, answers: Mapping[str, str], seen: str = "") -> Done:
    with Store.open_writer(shop.workspace.lake) as store, Readers(shop.organisation) as readers:
        loading = Loading(shop.organisation, store, readers)
        trial = trial_of([file], "poland", answers)
        return accept_trial(trial, loading, OpenStore(store), who=WHO, seen=seen)


def part(found: Mapping[str, object], name: str) -> dict[str, object]:
    value = found[name]
    assert isinstance(value, dict)
    return value


def listed(found: Mapping[str, object], name: str) -> list[dict[str, object]]:
    value = found[name]
    assert isinstance(value, list)
    return value


def test_a_rehearsal_stores_nothing(shop: Shop, tmp_path: Path) -> None:
    before = files_of(shop)
    found = rehearsed(shop, polish_file(tmp_path), POLISH_ANSWERS)
    assert found["acceptable"] is True
    assert files_of(shop) == before


def test_a_rehearsal_shows_rows_rejects_and_what_was_won(shop: Shop, tmp_path: Path) -> None:
    found = part(rehearsed(shop, polish_file(tmp_path), POLISH_ANSWERS), "rehearsal")
    result = listed(found, "results")[0]
    assert (result["rows_in"], result["loaded"], result["rejected"], result["ignored"]) == (9, 6, 1, 2)
    reject = listed(found, "rejects")[0]
    assert (reject["line"], reject["column_name"], reject["reason"]) == (11, "amount", "TYPE_NUMBER")
    assert "Nowak" not in str(reject["raw"])
    assert found["won"] == [
        {
            "month": "2026-09",
            "currency": "PLN",
            "value": "160000.25",
            "deals": 2,
            "own": "160000.25",
            "difference": "0.00",
        }
    ]


def test_the_load_equals_the_rehearsal_row_for_row(shop: Shop, tmp_path: Path) -> None:
    file = polish_file(tmp_path)
    seen = str(part(rehearsed(shop, file, POLISH_ANSWERS), "rehearsal")["fingerprint"])
    done = accepted(shop, file, POLISH_ANSWERS, seen)
    assert done.result["equal"] is True
    assert done.message == "6 rows loaded, equal to the rehearsal."
    with Store.open_reader(shop.workspace.lake) as store:
        assert fingerprint_of(store, "poland") == seen
    assert shop.query("SELECT count(*), sum(amount) FROM opportunity WHERE source = 'poland'")[0][0] == 6
    assert list(shop.workspace.archive.rglob(POLISH_NAME))


def test_the_written_profiles_are_valid_and_read_the_next_export(shop: Shop, tmp_path: Path) -> None:
    file = polish_file(tmp_path)
    done = accepted(shop, file, POLISH_ANSWERS)
    organisation = Organisation.read(shop.workspace)
    assert organisation.regions["poland"].currency == "PLN"
    source = organisation.sources["poland"]
    assert source.stages["Wygrana"] == "won"
    assert source.exports["opportunities"].gone_means == "lost"
    text = (shop.workspace.sources_dir / "poland.yaml").read_text(encoding="utf-8")
    assert f"by {WHO}" in text
    assert "160,000.25 PLN, equal to the CRM's own report" in text
    assert set(part(done.result, "written")) == {"regions/poland.yaml", "sources/poland.yaml"}
    later = shop.workspace.inbox / "poland" / "szanse_2026-11-21.csv"
    later.write_bytes(file.read_bytes().replace("1 200,50".encode("cp1250"), "1 300,50".encode("cp1250")))
    assert {result.status for result in shop.load()} == {"loaded"}


def test_that_nothing_was_won_has_to_be_said_by_a_person(shop: Shop, tmp_path: Path) -> None:
    file = polish_file(tmp_path)
    file.write_bytes(re.sub(rb"(Wygrana;[^;]*);", rb"\1?;", file.read_bytes()))
    silent = {key: said for key, said in POLISH_ANSWERS.items() if not key.startswith("won/")}
    found = rehearsed(shop, file, silent)
    assert found["acceptable"] is False
    assert "show no won deal" in str(part(found, "rehearsal")["not_reconciled"])
    said = rehearsed(shop, file, {**silent, "won_none": "yes"})
    assert part(said, "rehearsal")["not_reconciled"] is None
    found = rehearsed(shop, file, POLISH_ANSWERS)
    assert "2026-09: the files show nothing won" in str(part(found, "rehearsal")["not_reconciled"])


def test_nothing_is_written_while_a_question_is_open(shop: Shop, tmp_path: Path) -> None:
    before = files_of(shop)
    answers = {key: said for key, said in POLISH_ANSWERS.items() if key != "amount/tax"}
    with pytest.raises(EtlError, match=r"1 questions are open, the first: With or without tax\?"):
        accepted(shop, polish_file(tmp_path), answers)
    assert files_of(shop) == before


def test_a_won_value_that_differs_by_a_cent_is_refused_until_someone_says_why(shop: Shop, tmp_path: Path) -> None:
    answers = {**POLISH_ANSWERS, "won/2026-09": "160000.26"}
    with pytest.raises(EtlError, match=r"160,000\.25 PLN were found won, the CRM says 160,000\.26"):
        accepted(shop, polish_file(tmp_path), answers)
    assert not (shop.workspace.sources_dir / "poland.yaml").exists()
    done = accepted(shop, polish_file(tmp_path), {**answers, "won_differs": "the report rounds up"})
    assert done.result["equal"] is True
    text = (shop.workspace.sources_dir / "poland.yaml").read_text(encoding="utf-8")
    assert "Why it differs: the report rounds up" in text


def test_a_won_value_has_to_be_given(shop: Shop, tmp_path: Path) -> None:
    answers = {key: said for key, said in POLISH_ANSWERS.items() if not key.startswith("won/")}
    with pytest.raises(EtlError, match="own won value of at least one month"):
        accepted(shop, polish_file(tmp_path), answers)


def test_what_was_looked_at_must_be_what_is_accepted(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(EtlError, match="no longer what was rehearsed"):
        accepted(shop, polish_file(tmp_path), POLISH_ANSWERS, seen="another")
    assert not (shop.workspace.sources_dir / "poland.yaml").exists()


def test_a_source_that_is_there_is_not_overwritten(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(EtlError, match=r"shop\.yaml is there already"):
        rehearsed(shop, polish_file(tmp_path), POLISH_ANSWERS, region="shop")


def test_a_loader_that_has_not_read_the_new_profile_leaves_the_file_where_it_is(shop: Shop, tmp_path: Path) -> None:
    stale = shop.organisation
    accepted(shop, polish_file(tmp_path), POLISH_ANSWERS)
    later = shop.workspace.inbox / "poland" / "szanse_2026-11-21.csv"
    later.write_bytes(polish_file(tmp_path).read_bytes())
    with Store.open_writer(shop.workspace.lake) as store:
        load_waiting(stale, store)
    assert later.exists()
    assert [result.status for result in shop.load()] == ["loaded"]


def test_an_archive_of_several_tables_joins_whole(shop: Shop, tmp_path: Path) -> None:
    archive = tmp_path / "crm_2026-11-20.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("deals.csv", DEALS)
        packed.writestr("leads.csv", LEADS)
        packed.writestr("readme.txt", "exported by hand\n")
    answers = {
        **{key: said for key, said in POLISH_ANSWERS.items() if not key.startswith(("szanse", "won/"))},
        "crm_2026-11-20.zip/deals.csv/covers": "all",
        "crm_2026-11-20.zip/deals.csv/gone_means": "deleted",
        "crm_2026-11-20.zip/leads.csv/covers": "all",
        "crm_2026-11-20.zip/leads.csv/gone_means": "deleted",
        "crm_2026-11-20.zip/deals.csv/is/expected_close_on": "Close Date",
        "crm": "generic",
        "won/2026-10": "100",
    }
    found = rehearsed(shop, archive, answers)
    assert found["acceptable"] is True, found["summary"]
    assert {(each["table"], each["loaded"]) for each in listed(part(found, "rehearsal"), "results")} == {
        ("opportunity", 2),
        ("lead", 2),
    }
    done = accepted(shop, archive, answers)
    assert done.result["equal"] is True
    assert done.result["rows"] == 4


def test_files_of_one_table_written_differently_are_not_mixed(shop: Shop, tmp_path: Path) -> None:
    one, other = tmp_path / "deals_a.csv", tmp_path / "opportunities_b.csv"
    one.write_text(DEALS, encoding="utf-8")
    other.write_text(DEALS, encoding="utf-8")
    answers = {key: said for key, said in POLISH_ANSWERS.items() if not key.startswith(("szanse", "won/"))}
    answers["crm"] = "generic"
    with (
        DuckDbEngine(shop.workspace.lake) as today,
        pytest.raises(EtlError, match="both list opportunities, but are named or written differently"),
    ):
        rehearse(trial_of([one, other], "poland", answers), shop.organisation, today)


def test_a_rhythm_is_asked_for_and_not_agreed_until_somebody_says_one(shop: Shop, tmp_path: Path) -> None:
    file = polish_file(tmp_path)
    found = rehearsed(shop, file, POLISH_ANSWERS)
    (question,) = [each for each in listed(found, "questions") if str(each["id"]).endswith("/arrives")]
    assert (question["open"], question["assumed"]) == (False, "not agreed")
    assert "# arrives: not agreed" in str(part(found, "profiles")["source"])
    accepted(shop, file, {**POLISH_ANSWERS, f"{POLISH_NAME}/arrives": "weekdays by 07:30"})
    assert Organisation.read(shop.workspace).sources["poland"].exports["opportunities"].arrives == "weekdays by 07:30"


@pytest.mark.parametrize("rhythm", ["now and then", "daily by 31:00"])
def test_a_rhythm_that_says_none_is_refused(shop: Shop, tmp_path: Path, rhythm: str) -> None:
    with pytest.raises(EtlError, match=f'"{rhythm}" is no rhythm of exports'):
        rehearsed(shop, polish_file(tmp_path), {f"{POLISH_NAME}/arrives": rhythm})


def test_the_terminal_asks_what_is_open_by_number_and_in_words_and_then_what_was_won(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tax by its number, the rhythm typed, the won value typed."""
    monkeypatch.setattr("commands.rehearse.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    known = {key: said for key, said in POLISH_ANSWERS.items() if key not in ("amount/tax", "won/2026-09")}
    answers = tmp_path / "answers.yaml"
    answers.write_text(json.dumps(known), encoding="utf-8")
    command = ["rehearse", str(polish_file(tmp_path)), "--as", "poland", "--answers", str(answers)]
    typed = "1\nmonday by 07:00\n160000.25\n"
    ran = CliRunner().invoke(app, [*command, "--workspace", str(shop.workspace.root)], input=typed)
    assert ran.exit_code == 0, ran.output
    assert "With or without tax?" in ran.output
    assert f"By when does {POLISH_NAME} arrive?" in ran.output
    assert "What does the CRM's own report say was won in 2026-09?" in ran.output
    assert not (shop.workspace.sources_dir / "poland.yaml").exists()


def test_a_terminal_that_answers_nothing_ends_with_what_is_open(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.rehearse.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    known = {key: said for key, said in POLISH_ANSWERS.items() if key != "amount/tax"}
    answers = tmp_path / "answers.yaml"
    answers.write_text(json.dumps({**known, f"{POLISH_NAME}/arrives": "not agreed"}), encoding="utf-8")
    command = ["rehearse", str(polish_file(tmp_path)), "--as", "poland", "--answers", str(answers)]
    ran = CliRunner().invoke(app, [*command, "--workspace", str(shop.workspace.root)], input="\n")
    assert ran.exit_code == 1
    assert "1 questions are open" in ran.output


@pytest.mark.parametrize("name", ["../poland", "Poland", "a b", ""])
def test_a_name_that_could_leave_the_folder_is_refused(shop: Shop, tmp_path: Path, name: str) -> None:
    with pytest.raises(EtlError, match="is no name for a region"):
        rehearsed(shop, polish_file(tmp_path), POLISH_ANSWERS, region=name)


def test_pages_rehearse_and_accept_by_request(shop: Shop, tmp_path: Path) -> None:
    file = polish_file(tmp_path)
    first = asked(shop, "rehearse", file, {})
    assert first.done
    assert first.result["readable"] is False
    second = asked(shop, "rehearse", file, POLISH_ANSWERS)
    assert second.result["acceptable"] is True
    done = asked(shop, "accept", file, POLISH_ANSWERS, fingerprint=str(part(second.result, "rehearsal")["fingerprint"]))
    assert done.done, done.message
    assert done.result["equal"] is True
    refused = asked(shop, "accept", file, POLISH_ANSWERS)
    assert not refused.done


def asked(shop: Shop, what: str, file: Path, answers: Mapping[str, str], **more: str) -> Answer:
    arguments = {"as": "poland", "answers": json.dumps(dict(answers)), **more}
    request = ask(shop.workspace, what, who=WHO, arguments=arguments, files={file.name: file.read_bytes()})
    with Store.open_writer(shop.workspace.lake) as store, Readers(shop.organisation) as readers:
        execute_requests(Loading(shop.organisation, store, readers), HANDLERS, lambda _load: None)
    found = answer_of(shop.workspace, request.id)
    assert found is not None
    return found


def test_the_command_says_0_1_or_3(shop: Shop, tmp_path: Path) -> None:
    run = CliRunner()
    file = polish_file(tmp_path)
    place = ["--as", "poland", "--workspace", str(shop.workspace.root)]
    answers = tmp_path / "answers.yaml"
    answers.write_text(json.dumps(POLISH_ANSWERS), encoding="utf-8")
    assert run.invoke(app, ["rehearse", str(file), *place, "--json"]).exit_code == 1
    ready = run.invoke(app, ["rehearse", str(file), *place, "--answers", str(answers), "--json"])
    assert ready.exit_code == 0
    assert json.loads(ready.stdout)["acceptable"] is True
    page = tmp_path / "page.csv"
    page.write_text("<html><body>Sign in</body></html>", encoding="utf-8")
    assert run.invoke(app, ["rehearse", str(page), *place, "--json"]).exit_code == 3
    told = run.invoke(app, ["rehearse", str(file), *place, "--answers", str(answers), "--accept", "--who", WHO])
    assert told.exit_code == 0, told.output
    assert "6 rows loaded, equal to the rehearsal" in told.stdout
