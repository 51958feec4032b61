"""The benchmark measures real work: its exports load whole, its contenders run, and what fails says so."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from bench import ours
from bench.exports import FORMATS, LAST_DAY, changed, deals, deltas_from, make_company, parts_of, write_exports
from bench.measure import Contender, ContenderFailed, Measured, middle, run
from organisation import Organisation, Workspace
from warehouse.store import Store

ROWS = 500


def test_each_export_loads_whole_and_the_next_one_changes_what_was_changed(tmp_path: Path) -> None:
    company = make_company(tmp_path, ROWS)
    write_exports(company, LAST_DAY)
    with ours.load(str(tmp_path)) as work:
        work()
    frames = {place: changed(deals(company, place), share=0.1, seed=place) for place in range(len(FORMATS))}
    write_exports(company, LAST_DAY + timedelta(days=1), frames)
    with ours.load(str(tmp_path)) as work:
        work()
    different = sum((frames[place]["amount"] != deals(company, place)["amount"]).sum() for place in range(len(FORMATS)))
    with Store.open_reader(Organisation.read(company.workspace).workspace.lake) as store:
        loads = store.query("SELECT sum(loaded) AS loaded, sum(rejected) AS rejected FROM load").row(0)
        versions = store.query("SELECT count(*) AS n FROM opportunity_version")["n"][0]
    assert tuple(map(int, loads)) == (2 * ROWS, 0)
    assert versions == ROWS + different


def test_a_delta_holds_the_rows_it_promises(tmp_path: Path) -> None:
    stored = make_company(tmp_path / "stored", ROWS)
    delta = deltas_from(stored, tmp_path / "delta", 20)
    with ours.load(str(delta.workspace.root)) as work:
        work()
    with Store.open_reader(delta.workspace.lake) as store:
        assert store.query("SELECT mode, loaded FROM load").rows() == [("delta", 20)]


def test_a_large_company_is_loaded_in_parts_and_has_every_opportunity_once(tmp_path: Path) -> None:
    numbers: list[int] = []
    for part in parts_of(tmp_path / "part", 3 * ROWS, ROWS):
        numbers += deals(part, 0)["number"].to_list()
        shutil.copytree(part.workspace.root, tmp_path / "whole", dirs_exist_ok=True)
        with ours.load(str(tmp_path / "whole")) as work:
            work()
    assert numbers == list(range(3 * ROWS // len(FORMATS)))
    with Store.open_reader(Workspace(tmp_path / "whole").lake) as store:
        assert store.query("SELECT count(*) AS n FROM opportunity")["n"][0] == 3 * ROWS


def test_a_contender_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    company = make_company(tmp_path / "exports", ROWS)
    write_exports(company, LAST_DAY)
    contender = Contender("raw", "bench.peers:raw_duckdb", (str(company.workspace.inbox), str(tmp_path / "work")))
    measured = run(contender)
    assert measured.seconds > 0
    assert (tmp_path / "work" / "raw.duckdb").exists()


def test_a_contender_that_fails_says_why(tmp_path: Path) -> None:
    contender = Contender("raw", "bench.peers:raw_duckdb", (str(tmp_path / "nothing"), str(tmp_path / "work")))
    with pytest.raises(ContenderFailed, match="raw"):
        run(contender)


def test_medians_are_of_each_figure_and_memory_is_the_largest() -> None:
    runs = [Measured(3, 1, 100, 5), Measured(1, 2, 300, 4), Measured(2, 9, 200, 6)]
    assert middle(runs) == Measured(2, 2, 300, 6)
