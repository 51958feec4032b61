"""Whatever a file holds, proposing never fails: it is proposed, asked about, or refused with a reason."""

from pathlib import Path

import pytest

from etl.propose import propose_files
from organisation import Organisation
from tests.etl.shop import Shop
from tests.faults.company import tries

EXPORTS = Path(__file__).parent.parent / "exports"
REAL = Path(__file__).parents[3] / "shared" / "exports"
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".zip", ".gz", ".json", ".jsonl", ".xls")


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return Shop.open(tmp_path_factory.mktemp("shop")).organisation


def files_below(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and file.name.endswith(ENDINGS)]


def test_no_hostile_file_makes_a_proposal_fail(organisation: Organisation) -> None:
    seen = 0
    for file in files_below(EXPORTS / "hostile")[:: tries(4, 1)]:
        found = propose_files([file], "stranger", organisation)
        seen += 1
        for each in found.files:
            assert each.refused or each.columns or each.is_left_out or found.open_questions, file
    assert seen > 50


def test_every_real_file_is_proposed_or_asked_about(organisation: Organisation) -> None:
    if not REAL.is_dir():
        pytest.skip("the real exports are not beside this checkout")
    files = files_below(REAL)
    for file in files:
        found = propose_files([file], "stranger", organisation)
        assert any(each.columns for each in found.files) or found.open_questions, file
    assert len(files) > 20
